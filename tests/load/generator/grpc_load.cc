// Loads the assignment service by unary RPCs, as internal services make them: so many calls are
// under way at a time, over a few channels of a connection each, and each answer makes room for the
// next call. --method=health asks grpc.health.v1.Health/Check in place of Assign: the least that a
// unary RPC to this server costs.
//
//   MAB_INTERNAL_SECRET=… grpc_load --address=127.0.0.1:8010 --calls=64 --seconds=3
//   --new_percent=20
//
// Prints one line of JSON (load_result.h). Exit status 1 where the server can't be reached.
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/str_cat.h"
#include "call_plan.h"
#include "load_flags.h"
#include "load_result.h"
#include "mab/v1/assignment_service.grpc.pb.h"
#include "prepared_request.h"
#include "steady_time.h"

ABSL_FLAG(std::string, address, "127.0.0.1:8010", "host:port of the service");
ABSL_FLAG(std::string, method, "assign", "assign or health");
ABSL_FLAG(uint32_t, calls, 64, "calls under way at a time");
ABSL_FLAG(uint32_t, channels, 4, "connections at most, which share the calls");

namespace mab::load {
namespace {

constexpr int kConnectLimitS = 5;
constexpr int kCallLimitS = 10;

struct Target {
  std::unique_ptr<v1::AssignmentService::Stub> assignments;
  std::unique_ptr<grpc::GenericStub> anything;
};

// One call at a time, one after the other. Callbacks of gRPC's threads run it, never two at once.
class Caller {
 public:
  Caller(Target* target, bool asks_health, const CallPlan::Options& plan, int64_t end_ns,
         std::atomic<int>* running)
      : target_(target),
        asks_health_(asks_health),
        plan_(plan),
        end_ns_(end_ns),
        running_(running) {
    const char* const secret = std::getenv("MAB_INTERNAL_SECRET");
    if (secret != nullptr) secret_ = secret;
    assign_.set_experiment(absl::StrCat("load-", std::string(kExperimentDigits, '0')));
    assign_.set_user_id(absl::StrCat("visitor-", std::string(kUserDigits, '0')));
  }

  void Next() {
    const std::optional<Call> call = plan_.Next();
    if (NowNs() >= end_ns_ || !call.has_value()) {
      result_.new_users = plan_.new_users();
      running_->fetch_sub(1);
      running_->notify_one();
      return;
    }
    context_ = std::make_unique<grpc::ClientContext>();
    context_->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(kCallLimitS));
    sent_ns_ = NowNs();
    const auto done = [this](const grpc::Status& status) { Answered(status); };
    if (asks_health_) {
      target_->anything->UnaryCall(context_.get(), "/grpc.health.v1.Health/Check", {}, &empty_,
                                   &checked_, done);
      return;
    }
    if (!secret_.empty()) context_->AddMetadata("mab-internal-secret", secret_);
    WriteDigits(call->user, kUserDigits, assign_.mutable_user_id()->data() + 8);
    WriteDigits(call->experiment, kExperimentDigits, assign_.mutable_experiment()->data() + 5);
    target_->assignments->async()->Assign(context_.get(), &assign_, &assigned_, done);
  }

  const LoadResult& result() const { return result_; }

 private:
  void Answered(const grpc::Status& status) {
    const int64_t now = NowNs();
    ++result_.statuses[status.error_code()];
    if (status.ok()) {
      ++result_.good;
      if (now <= end_ns_) ++result_.in_time;
      result_.latency.Add(now - sent_ns_);
      result_.service.Add(now - sent_ns_);
    }
    Next();
  }

  Target* const target_;
  const bool asks_health_;
  CallPlan plan_;
  const int64_t end_ns_;
  std::atomic<int>* const running_;
  std::string secret_;
  int64_t sent_ns_ = 0;
  std::unique_ptr<grpc::ClientContext> context_;
  v1::AssignRequest assign_;
  v1::AssignResponse assigned_;
  const grpc::Slice no_bytes_;
  const grpc::ByteBuffer empty_{&no_bytes_, 1};  // asks how the whole server is
  grpc::ByteBuffer checked_;
  LoadResult result_;
};

std::vector<std::unique_ptr<Target>> Connect(uint32_t count) {
  std::vector<std::unique_ptr<Target>> targets;
  for (uint32_t i = 0; i < count; ++i) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a connection of its own
    const auto channel = grpc::CreateCustomChannel(absl::GetFlag(FLAGS_address),
                                                   grpc::InsecureChannelCredentials(), arguments);
    if (!channel->WaitForConnected(std::chrono::system_clock::now() +
                                   std::chrono::seconds(kConnectLimitS))) {
      return {};
    }
    auto target = std::make_unique<Target>();
    target->assignments = v1::AssignmentService::NewStub(channel);
    target->anything = std::make_unique<grpc::GenericStub>(channel);
    targets.push_back(std::move(target));
  }
  return targets;
}

int Main() {
  const std::string method = absl::GetFlag(FLAGS_method);
  if (method != "assign" && method != "health") {
    std::fprintf(stderr, "--method must be assign or health, and is %s\n", method.c_str());
    return 1;
  }
  const uint32_t calls = std::max(1U, absl::GetFlag(FLAGS_calls));
  const auto targets = Connect(std::clamp(absl::GetFlag(FLAGS_channels), 1U, calls));
  if (targets.empty()) {
    std::fprintf(stderr, "nobody listens at %s\n", absl::GetFlag(FLAGS_address).c_str());
    return 1;
  }
  const int64_t began_ns = NowNs();
  const int64_t end_ns = began_ns + ToNs(absl::GetFlag(FLAGS_seconds));
  std::atomic<int> running{static_cast<int>(calls)};
  std::vector<std::unique_ptr<Caller>> callers;
  for (uint32_t i = 0; i < calls; ++i) {
    callers.push_back(std::make_unique<Caller>(targets[i % targets.size()].get(),
                                               method == "health", PlanOfFlags(i, calls, 1), end_ns,
                                               &running));
  }
  for (const auto& caller : callers) caller->Next();
  for (int left = running.load(); left != 0; left = running.load()) running.wait(left);
  LoadResult result;
  for (const auto& caller : callers) result.Merge(caller->result());
  result.seconds = static_cast<double>(end_ns - began_ns) / kSecondNs;
  std::printf("%s\n", result.ToJson().c_str());
  return 0;
}

}  // namespace
}  // namespace mab::load

int main(int argc, char** argv) {
  absl::ParseCommandLine(argc, argv);
  return mab::load::Main();
}
