#include "admin/retention_job.h"

#include <optional>

#include "common/log.h"
#include "common/status_macros.h"
#include "storage/account_link_store.h"
#include "storage/refresh_token_store.h"
#include "storage/row_retention.h"

namespace mab::admin {
namespace {

using storage::RowRetention;

// Of a run, so that one after a long time off ends too; the next one goes on.
constexpr int kExpiredBatchesMax = 100;
constexpr int kExpiredPerBatch = 1000;
constexpr int kSetAsidePerBatch = 1000;

}  // namespace

RetentionJob::RetentionJob(const Options& options, PgPool* pool, const Clock* clock,
                           Metrics& metrics)
    : options_(options),
      pool_(pool),
      clock_(clock),
      rows_(metrics.Counter("mab_retention_rows_deleted_total",
                            "Rows of visitors in archived experiments that were deleted.")),
      experiments_(metrics.Counter("mab_retention_experiments_total",
                                   "Archived experiments whose rows began to be deleted.")),
      credentials_(metrics.Counter("mab_retention_credentials_deleted_total",
                                   "Expired refresh tokens and links that were deleted.")),
      failures_(
          metrics.Counter("mab_retention_failures_total",
                          "Runs of the job that deletes what has had its time which failed.")),
      last_run_(metrics.Gauge("mab_retention_last_run_timestamp_seconds",
                              "When the job that deletes what has had its time last ended well.")),
      task_(
          options.interval, [this] { (void)RunOnce(); }, options.first_after) {}

absl::StatusOr<uint64_t> RetentionJob::RunOnce() {
  const absl::Status expired = DeleteExpired();
  absl::StatusOr<uint64_t> rows = expired.ok() ? RetireRows() : expired;
  if (!rows.ok()) {
    failures_.Increment();
    MAB_LOG(kWarning, "what has had its time could not be deleted; the next run tries again",
            {{"error", rows.status()}});
    return rows;
  }
  last_run_.Set(absl::ToDoubleSeconds(clock_->Now() - absl::UnixEpoch()));
  return rows;
}

absl::StatusOr<uint64_t> RetentionJob::RetireRows() {
  if (options_.retention_days == 0) return 0;
  const absl::Time now = clock_->Now();
  const RowRetention::Options options{
      .archived_before = now - options_.retention_days * absl::Hours(24),
      .retention_days = options_.retention_days,
      .rows_max = options_.rows_max};
  uint64_t deleted = 0;
  std::optional<RowRetention::Position> position;
  for (bool done = false; !done;) {
    RowRetention::Batch batch;
    MAB_RETURN_IF_ERROR(pool_->Transaction([&](PgConnection& db) -> absl::Status {
      MAB_ASSIGN_OR_RETURN(batch, RowRetention::RetireBatch(db, now, options, position));
      return absl::OkStatus();
    }));
    position = batch.next;
    if (batch.marked) {
      experiments_.Increment();
      MAB_LOG(kInfo, "the rows of an archived experiment are being deleted",
              {{"experiment", batch.experiment_key}, {"retention_days", options_.retention_days}});
    }
    rows_.Increment(static_cast<double>(batch.rows));
    deleted += batch.rows;
    done = batch.done || task_.Pause(options_.pause);
  }
  if (deleted > 0) MAB_LOG(kInfo, "deleted rows of archived experiments", {{"rows", deleted}});
  MAB_RETURN_IF_ERROR(ClearSetAside());
  return deleted;
}

absl::Status RetentionJob::ClearSetAside() {
  for (bool done = false; !done;) {
    int cleared = 0;
    MAB_RETURN_IF_ERROR(pool_->Transaction([&](PgConnection& db) -> absl::Status {
      MAB_ASSIGN_OR_RETURN(cleared, RowRetention::ClearSetAside(db, kSetAsidePerBatch));
      return absl::OkStatus();
    }));
    if (cleared > 0) {
      MAB_LOG(kInfo, "cleared records of archived experiments that were set aside",
              {{"records", cleared}});
    }
    done = cleared < kSetAsidePerBatch || task_.Pause(options_.pause);
  }
  return absl::OkStatus();
}

absl::Status RetentionJob::DeleteExpired() {
  const absl::Time now = clock_->Now();
  for (int batch = 0; batch < kExpiredBatchesMax; ++batch) {
    int64_t deleted = 0;
    MAB_RETURN_IF_ERROR(pool_->Transaction([&](PgConnection& db) -> absl::Status {
      MAB_ASSIGN_OR_RETURN(deleted,
                           storage::RefreshTokenStore::DeleteExpired(db, now, kExpiredPerBatch));
      MAB_ASSIGN_OR_RETURN(const int64_t links,
                           storage::AccountLinkStore::DeleteExpired(db, now, kExpiredPerBatch));
      deleted += links;
      return absl::OkStatus();
    }));
    credentials_.Increment(static_cast<double>(deleted));
    if (deleted < kExpiredPerBatch || task_.Pause(options_.pause)) break;
  }
  return absl::OkStatus();
}

}  // namespace mab::admin
