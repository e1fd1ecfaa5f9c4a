#include "common/metrics.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <prometheus/exposer.h>
#include <sys/socket.h>
#include <unistd.h>

#include <exception>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "common/error.h"

namespace mab {
namespace {

// Connects to who listens on `listen` at `port`, and leaves. The web server inside looks whether it
// is to stop only when somebody comes, or after two seconds; nobody is to wait that long for the
// end of a process.
void Knock(const std::string& listen, int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  const std::string host = listen.substr(0, listen.rfind(':'));
  if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) return;
  const int visitor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (visitor < 0) return;
  // Whether it is answered does not matter.
  (void)connect(visitor, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  close(visitor);
}

}  // namespace

Metrics::Metrics() : registry_(std::make_shared<prometheus::Registry>()) {}

Metrics::~Metrics() { StopServing(); }

// A family that is registered again under the same name is the same family, and so is a metric with
// the same labels.
prometheus::Counter& Metrics::Counter(const std::string& name, const std::string& help,
                                      const Labels& labels) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(*registry_).Add(labels);
}

prometheus::Gauge& Metrics::Gauge(const std::string& name, const std::string& help,
                                  const Labels& labels) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(*registry_).Add(labels);
}

prometheus::Histogram& Metrics::Histogram(const std::string& name, const std::string& help,
                                          const std::vector<double>& buckets,
                                          const Labels& labels) {
  return prometheus::BuildHistogram()
      .Name(name)
      .Help(help)
      .Register(*registry_)
      .Add(labels, buckets);
}

absl::Status Metrics::Serve(const std::string& listen) {
  if (listen.empty()) return absl::OkStatus();
  try {
    // The web server inside tells of a bad address by an exception, which ends here.
    exposer_ = std::make_unique<prometheus::Exposer>(listen, /*num_threads=*/2);
  } catch (const std::exception& error) {
    return FailedPreconditionError(
        kReasonFailedPrecondition,
        absl::StrCat("can't serve metrics on ", listen,
                     ": it is in use, or no address to listen on (", error.what(), ")"));
  }
  listen_ = listen;
  exposer_->RegisterCollectable(registry_);
  return absl::OkStatus();
}

void Metrics::StopServing() {
  if (exposer_ == nullptr) return;
  const int bound = port();
  absl::Notification stopped;
  std::thread stopper([&] {
    exposer_.reset();
    stopped.Notify();
  });
  while (!stopped.WaitForNotificationWithTimeout(absl::Milliseconds(5))) Knock(listen_, bound);
  stopper.join();
}

int Metrics::port() const {
  if (exposer_ == nullptr) return 0;
  const std::vector<int> ports = exposer_->GetListeningPorts();
  return ports.empty() ? 0 : ports.front();
}

}  // namespace mab
