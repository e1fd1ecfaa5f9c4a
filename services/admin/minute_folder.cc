#include "admin/minute_folder.h"

#include "common/log.h"
#include "common/status_macros.h"
#include "storage/rollup_store.h"

namespace mab::admin {

using storage::MinuteFold;

MinuteFolder::MinuteFolder(const Options& options, PgPool* pool, const Clock* clock,
                           Metrics& metrics)
    : options_(options),
      pool_(pool),
      clock_(clock),
      rows_(metrics.Counter("mab_rollup_rows_folded_total",
                            "Minutes of a variant that were folded into their hour.")),
      failures_(metrics.Counter("mab_rollup_fold_failures_total",
                                "Runs of the job that folds old minutes which failed.")),
      last_run_(metrics.Gauge("mab_rollup_fold_last_run_timestamp_seconds",
                              "When the job that folds old minutes last ended well.")),
      task_(options.interval, [this] { (void)RunOnce(); }) {}

absl::StatusOr<uint64_t> MinuteFolder::RunOnce() {
  const absl::Time now = clock_->Now();
  const absl::Time before = storage::HoursBefore(now - options_.margin);
  uint64_t folded = 0;
  for (bool done = false; !done;) {
    MinuteFold::Batch batch;
    const absl::Status status = pool_->Transaction([&](PgConnection& db) -> absl::Status {
      MAB_ASSIGN_OR_RETURN(batch, MinuteFold::FoldBatch(db, before, options_.batch));
      return absl::OkStatus();
    });
    if (!status.ok()) {
      failures_.Increment();
      MAB_LOG(kWarning, "old minutes could not be folded; the next run tries again",
              {{"error", status}, {"folded", folded}});
      return status;
    }
    rows_.Increment(static_cast<double>(batch.rows));
    folded += batch.rows;
    done = batch.done || task_.Pause(options_.pause);
  }
  last_run_.Set(absl::ToDoubleSeconds(now - absl::UnixEpoch()));
  if (folded > 0) MAB_LOG(kInfo, "folded old minutes into hours", {{"rows", folded}});
  return folded;
}

}  // namespace mab::admin
