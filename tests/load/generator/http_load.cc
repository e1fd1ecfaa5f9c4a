// Loads the JSON API, or any HTTP server that answers the same requests: with a closed loop (each
// connection asks again as soon as it is answered), or at a constant rate, where a call's latency
// counts from the moment in which it was to be sent, however late a connection was free for it.
// Requests are prepared; only digits are written into them.
//
//   http_load --address=127.0.0.1:8000 --connections=64 --seconds=3 --new_percent=20
//   http_load --address=127.0.0.1:8000 --get=/health/live --connections=64 --rate=5000
//
// Prints one line of JSON (load_result.h). Exit status 1 where the server can't be reached, or
// stopped answering.
#include <arpa/inet.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "call_plan.h"
#include "http_connection.h"
#include "load_flags.h"
#include "load_result.h"
#include "prepared_request.h"
#include "steady_time.h"

ABSL_FLAG(std::string, address, "127.0.0.1:8000", "host:port of the server, an IPv4 address");
ABSL_FLAG(std::string, get, "", "a path to GET, in place of assigns and conversions");
ABSL_FLAG(uint32_t, connections, 64, "connections, each with one call at a time");
ABSL_FLAG(uint32_t, threads, 1, "threads that share the connections");
ABSL_FLAG(double, rate, 0, "calls a second; 0: as many as are answered");
ABSL_FLAG(double, patience_seconds, 1, "how late a call of a constant rate may be sent at most");

namespace mab::load {
namespace {

// How long answers are waited for after the last call was sent.
constexpr int64_t kAnswerLimitNs = 10 * kSecondNs;
// A server that breaks this many connections is not measured any longer.
constexpr uint64_t kBrokenMax = 10000;

struct Requests {
  PreparedRequest assign, convert;
};

class Worker {
 public:
  Worker(const sockaddr_in& server, Requests requests, const CallPlan::Options& plan,
         uint32_t connections, double rate)
      : requests_(std::move(requests)),
        plan_(plan),
        interval_ns_(rate > 0 ? static_cast<double>(kSecondNs) / rate : 0),
        patience_ns_(ToNs(absl::GetFlag(FLAGS_patience_seconds))),
        epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    for (uint32_t i = 0; i < connections; ++i) {
      connections_.push_back(std::make_unique<HttpConnection>(server));
    }
  }
  ~Worker() { close(epoll_); }

  // False where the server can't be reached.
  bool Open() {
    for (const auto& connection : connections_) {
      if (!Reopen(*connection)) return false;
    }
    return true;
  }

  void Run(int64_t seconds_ns) {
    prctl(PR_SET_TIMERSLACK, 1);
    began_ns_ = NowNs();
    end_ns_ = began_ns_ + seconds_ns;
    while (NowNs() < end_ns_ && !exhausted_ && result_.failed < kBrokenMax) {
      Schedule();
      SendWhatWaits();
      Wait(NextWakeNs());
    }
    end_ns_ = std::min(end_ns_, NowNs());
    result_.seconds = static_cast<double>(end_ns_ - began_ns_) / kSecondNs;
    result_.unsent += due_.size();
    sending_ = false;
    while (in_flight_ > 0 && NowNs() < end_ns_ + kAnswerLimitNs) Wait(end_ns_ + kAnswerLimitNs);
    result_.failed += in_flight_;
    result_.new_users = plan_.new_users();
  }

  const LoadResult& result() const { return result_; }

 private:
  bool Reopen(HttpConnection& connection) {
    if (!connection.Open()) return false;
    epoll_event event{.events = EPOLLIN, .data = {.ptr = &connection}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd(), &event);
    idle_.push_back(&connection);
    return true;
  }

  // Which calls are to be sent by now, at a constant rate; those that nobody would wait for any
  // longer are given up.
  void Schedule() {
    if (interval_ns_ == 0) return;
    const int64_t now = NowNs();
    for (; NextDueNs() <= now; ++scheduled_) due_.push_back(NextDueNs());
    for (; !due_.empty() && due_.front() + patience_ns_ < now; ++result_.unsent) due_.pop_front();
  }

  int64_t NextDueNs() const {
    return began_ns_ + static_cast<int64_t>(interval_ns_ * static_cast<double>(scheduled_));
  }

  int64_t NextWakeNs() const {
    return interval_ns_ == 0 ? end_ns_ : std::min(end_ns_, NextDueNs());
  }

  void SendWhatWaits() {
    while (!idle_.empty() && !exhausted_ && (interval_ns_ == 0 || !due_.empty())) {
      HttpConnection* const connection = idle_.back();
      idle_.pop_back();
      const std::optional<Call> call = plan_.Next();
      if (!call.has_value()) {
        exhausted_ = true;
        return;
      }
      connection->sent_ns = connection->intended_ns = NowNs();
      if (interval_ns_ > 0) {
        connection->intended_ns = due_.front();
        due_.pop_front();
      }
      PreparedRequest& request =
          call->kind == Call::Kind::kConvert ? requests_.convert : requests_.assign;
      connection->Send(request.With(call->user, call->experiment));
      ++in_flight_;
      if (connection->state() == HttpConnection::State::kBroken) Lost(*connection);
    }
  }

  // Waits until something came or it is that late, and takes the answers.
  void Wait(int64_t until_ns) {
    epoll_event events[256];
    const int64_t left_ns = std::max<int64_t>(0, until_ns - NowNs());
    const timespec timeout{.tv_sec = left_ns / kSecondNs, .tv_nsec = left_ns % kSecondNs};
    const int count = epoll_pwait2(epoll_, events, 256, &timeout, nullptr);
    for (int i = 0; i < count; ++i) Take(*static_cast<HttpConnection*>(events[i].data.ptr));
  }

  void Take(HttpConnection& connection) {
    const bool waited = connection.state() == HttpConnection::State::kWaiting;
    const int status = connection.Receive();
    if (status == 0) return;
    if (status < 0) {
      if (waited) Lost(connection);
      return;
    }
    const int64_t now = NowNs();
    --in_flight_;
    ++result_.statuses[status];
    if (status == 200) {
      ++result_.good;
      if (now <= end_ns_) ++result_.in_time;
      result_.latency.Add(now - connection.intended_ns);
      result_.service.Add(now - connection.sent_ns);
    }
    if (connection.state() == HttpConnection::State::kIdle) {
      idle_.push_back(&connection);
      if (sending_ && interval_ns_ == 0) SendWhatWaits();  // at once: the others' answers can wait
    } else if (sending_ && !Reopen(connection)) {
      ++result_.failed;
    }
  }

  void Lost(HttpConnection& connection) {
    --in_flight_;
    ++result_.failed;
    if (sending_) Reopen(connection);
  }

  Requests requests_;
  CallPlan plan_;
  const double interval_ns_;  // 0: a closed loop
  const int64_t patience_ns_;
  const int epoll_;
  std::vector<std::unique_ptr<HttpConnection>> connections_;
  std::vector<HttpConnection*> idle_;
  std::deque<int64_t> due_;  // patience × rate of them at most
  uint64_t scheduled_ = 0;
  uint64_t in_flight_ = 0;
  int64_t began_ns_ = 0;
  int64_t end_ns_ = 0;
  bool sending_ = true;
  bool exhausted_ = false;
  LoadResult result_;
};

bool ParseAddress(const std::string& text, sockaddr_in& server) {
  const std::vector<std::string> parts = absl::StrSplit(text, ':');
  uint32_t port = 0;
  server = {};
  server.sin_family = AF_INET;
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[1], &port) || port > 65535) return false;
  server.sin_port = htons(static_cast<uint16_t>(port));
  return inet_pton(AF_INET, parts[0].c_str(), &server.sin_addr) == 1;
}

Requests PrepareRequests(const std::string& host) {
  const std::string path = absl::GetFlag(FLAGS_get);
  if (!path.empty()) return {PreparedRequest::Get(host, path), PreparedRequest::Get(host, path)};
  return {PreparedRequest::Post(host, "assign"), PreparedRequest::Post(host, "convert")};
}

// As many files as the system lets us have: thousands of connections are more than it gives at
// first.
void RaiseFileLimit() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int Main() {
  RaiseFileLimit();
  sockaddr_in server;
  const std::string address = absl::GetFlag(FLAGS_address);
  if (!ParseAddress(address, server)) {
    std::fprintf(stderr, "--address must be an IPv4 address and a port, and is %s\n",
                 address.c_str());
    return 1;
  }
  const uint32_t threads = std::max(1U, absl::GetFlag(FLAGS_threads));
  const uint32_t connections = std::max(threads, absl::GetFlag(FLAGS_connections));
  std::vector<std::unique_ptr<Worker>> workers;
  for (uint32_t i = 0; i < threads; ++i) {
    const uint32_t own = connections / threads + (i < connections % threads ? 1 : 0);
    workers.push_back(std::make_unique<Worker>(server, PrepareRequests(address),
                                               PlanOfFlags(i, threads, own), own,
                                               absl::GetFlag(FLAGS_rate) / threads));
    if (!workers.back()->Open()) {
      std::fprintf(stderr, "nobody listens at %s\n", address.c_str());
      return 1;
    }
  }
  std::vector<std::thread> running;
  for (const auto& worker : workers) {
    running.emplace_back([&worker] { worker->Run(ToNs(absl::GetFlag(FLAGS_seconds))); });
  }
  LoadResult result;
  for (uint32_t i = 0; i < threads; ++i) {
    running[i].join();
    result.Merge(workers[i]->result());
  }
  std::printf("%s\n", result.ToJson().c_str());
  return result.failed < kBrokenMax ? 0 : 1;
}

}  // namespace
}  // namespace mab::load

int main(int argc, char** argv) {
  absl::ParseCommandLine(argc, argv);
  return mab::load::Main();
}
