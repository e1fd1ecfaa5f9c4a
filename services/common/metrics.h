// Prometheus metrics of one process. Handles are resolved at construction; labels are bounded.
//
//   metrics.Counter("mab_assignments_total", "Assignments answered.", {{"kind", "new"}}).Increment();
//
// Thread-safe.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace prometheus {
class Exposer;
}

namespace mab {

class Metrics {
 public:
  using Labels = std::map<std::string, std::string>;

  Metrics();
  ~Metrics();

  // The same name and labels give the same handle. Handles live as long as this.
  prometheus::Counter& Counter(const std::string& name, const std::string& help,
                               const Labels& labels = {});
  prometheus::Gauge& Gauge(const std::string& name, const std::string& help,
                           const Labels& labels = {});
  prometheus::Histogram& Histogram(const std::string& name, const std::string& help,
                                   const std::vector<double>& buckets, const Labels& labels = {});

  // Serves /metrics on "127.0.0.1:9101" (port 0: a free one); nothing where `listen` is empty. FAILED_PRECONDITION when
  // the address is taken or is none. At most once.
  absl::Status Serve(const std::string& listen);
  // The port that /metrics is served on; 0 where it is not.
  int port() const;
  prometheus::Registry& registry() { return *registry_; }

 private:
  void StopServing();

  std::shared_ptr<prometheus::Registry> registry_;
  std::string listen_;
  std::unique_ptr<prometheus::Exposer> exposer_;
};

}  // namespace mab
