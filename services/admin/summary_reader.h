// Summaries of up to a hundred experiments at a time, for lists that ask every few seconds.
//
// A summary is made of a report, by the same code as the analytics (report_input.h, report.h), so
// its numbers are those. A report of a busy experiment takes tens of milliseconds; so one that was
// made less than `age_max` ago is given again, and one that has nothing left to learn (its counts
// stand, and every exposure is older than the conversion window) for as long as that is so: at most
// to the next whole hour, by which the health of the data is told.
//
// What must be made is made one caller at a time, a few experiments a transaction: lists, however
// many are open, hold one connection for that and one processor, and whoever asks for a report has
// the others.
//
// Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "admin/concurrency_limit.h"
#include "admin/delay_estimates.h"
#include "admin/experiment_summary.h"
#include "admin/hour_cache.h"
#include "admin/report_input.h"
#include "common/clock.h"
#include "common/postgres.h"
#include "storage/report_state_store.h"

namespace mab::admin {

struct Summaries {
  absl::Time as_of;
  std::vector<std::shared_ptr<const ExperimentSummary>> summaries;
};

class SummaryReader {
 public:
  static constexpr size_t kIdsMax = 100;

  struct Options {
    PgPool* pool = nullptr;  // not owned; outlives this, as the others
    DelayEstimates* delays = nullptr;
    HourCache* hours = nullptr;
    const Clock* clock = nullptr;
    // How old a summary may be whose experiment has moved on.
    absl::Duration age_max = absl::Seconds(2);
    // Summaries that are kept, of about 1 KB each.
    size_t size_max = 1024;
    // Callers that wait while another one's summaries are made; they find most of theirs then.
    int waiting_max = 16;
  };

  explicit SummaryReader(const Options& options)
      : options_(options), limit_(/*running_max=*/1, options.waiting_max) {}

  // In the order asked for, each experiment once; those that do not exist are left out. None is
  // older than age_max at as_of, or has changed since. Gives up as UNAVAILABLE where `cancelled`.
  // INVALID_ARGUMENT naming `ids` where there are none, or more than kIdsMax. OVERLOADED.
  absl::StatusOr<Summaries> Read(
      const std::vector<std::string>& ids_or_keys,
      const std::function<bool()>& cancelled = [] { return false; });

  // Reports that were made so far.
  int64_t reports_made() const;

 private:
  struct Kept {
    std::shared_ptr<const ExperimentSummary> summary;
    absl::Time at;
    uint64_t revision = 0;
    std::string fingerprint;
    // Time alone changes nothing before the next whole hour.
    bool settled = false;
  };
  using Found = absl::flat_hash_map<ExperimentId, std::shared_ptr<const ExperimentSummary>>;

  // What of `states` can be given at `now` as it is.
  Found Find(const std::vector<storage::ReportState>& states, absl::Time now) const;
  absl::Status Make(const std::vector<ExperimentId>& missing, Found& found);
  void Keep(const storage::ReportState& state, const ReportInput& input,
            std::shared_ptr<const ExperimentSummary> summary);

  const Options options_;
  ConcurrencyLimit limit_;
  mutable absl::Mutex mutex_;
  absl::flat_hash_map<ExperimentId, Kept> kept_ ABSL_GUARDED_BY(mutex_);
  int64_t reports_made_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace mab::admin
