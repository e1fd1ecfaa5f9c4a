#include "admin/version_refresher.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "common/log.h"
#include "common/status_macros.h"
#include "storage/api_key_store.h"
#include "storage/settings_store.h"

namespace mab::admin {
namespace {

const std::vector<double>& RefreshBuckets() {
  static const auto* const buckets =
      new std::vector<double>{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5};
  return *buckets;
}

// Keys that did not change are told again so often, or whoever took no notice of them, because
// PostgreSQL's clock was set back, would not until they change.
constexpr absl::Duration kKeysInterval = absl::Minutes(1);

}  // namespace

VersionRefresher::VersionRefresher(const Options& options, PgPool* pool, SnapshotHub* hub,
                                   DelayEstimates* delays, const Clock* clock, Metrics& metrics)
    : options_(options),
      pool_(pool),
      hub_(hub),
      delays_(delays),
      clock_(clock),
      refresh_seconds_(metrics.Histogram("mab_posterior_refresh_seconds",
                                         "Duration of one look at the database.",
                                         RefreshBuckets())),
      refresh_failures_(metrics.Counter("mab_posterior_refresh_failures_total",
                                        "Looks at the database that failed.")),
      versions_published_(
          metrics.Counter("mab_versions_published_total", "Versions that were published.")),
      snapshot_experiments_(
          metrics.Gauge("mab_snapshot_experiments", "Experiments in the snapshot.")) {}

VersionRefresher::~VersionRefresher() { Stop(); }

void VersionRefresher::Start() {
  thread_ = std::thread([this] { Loop(); });
}

void VersionRefresher::Stop() {
  pause_.End();
  if (thread_.joinable()) thread_.join();
}

void VersionRefresher::Nudge() { pause_.Wake(); }

absl::Time VersionRefresher::last_success() const {
  absl::MutexLock lock(&mutex_);
  return last_success_;
}

void VersionRefresher::Loop() {
  absl::Duration backoff = options_.interval;
  absl::Duration pause = absl::ZeroDuration();
  while (!pause_.For(pause)) {
    if (RunOnce().ok()) {
      backoff = options_.interval;
      pause = options_.interval * absl::Uniform(jitter_, 0.9, 1.0);
    } else {
      pause = backoff;
      backoff = std::min(backoff * 2, options_.backoff_max);
    }
  }
}

absl::Status VersionRefresher::RunOnce() {
  absl::MutexLock run_lock(&run_mutex_);
  const absl::Time start = absl::Now();
  const absl::Status status = Refresh();
  refresh_seconds_.Observe(absl::ToDoubleSeconds(absl::Now() - start));
  if (!status.ok()) {
    refresh_failures_.Increment();
    MAB_LOG(kWarning, "the snapshot could not be refreshed; what it last had stays",
            {{"error", status}});
  }
  return status;
}

absl::Status VersionRefresher::Refresh() {
  const absl::Time now = clock_->Now();
  std::optional<RefreshPass> pass;
  if (database_id_.empty()) {
    MAB_ASSIGN_OR_RETURN(database_id_, storage::SettingsStore(pool_).DatabaseId());
  }
  // Neither waits for the other.
  const absl::Status keys = RefreshKeys(now);
  MAB_RETURN_IF_ERROR(pool_->Transaction([&](PgConnection& db) -> absl::Status {
    run_mutex_.AssertHeld();
    pass.emplace(known_, delays_, now);
    return pass->Run(db);
  }));

  hub_->Publish(now, database_id_, pass->Apply(known_));
  versions_published_.Increment(pass->published_count());
  snapshot_experiments_.Set(static_cast<double>(known_.size()));
  absl::MutexLock lock(&mutex_);
  last_success_ = now;
  return keys;
}

absl::Status VersionRefresher::RefreshKeys(absl::Time now) {
  PublishedKeys read;
  MAB_RETURN_IF_ERROR(pool_->Transaction([&](PgConnection& db) -> absl::Status {
    // The clock first, so that they are not older than it says.
    MAB_ASSIGN_OR_RETURN(read.as_of, storage::ApiKeyStore::ReadClock(db));
    MAB_ASSIGN_OR_RETURN(read.keys, storage::ApiKeyStore::ListCallers(db, now));
    return absl::OkStatus();
  }));
  const bool told = known_keys_.has_value() && known_keys_->keys == read.keys &&
                    absl::AbsDuration(read.as_of - known_keys_->as_of) < kKeysInterval;
  if (told) return absl::OkStatus();
  known_keys_ = read;
  hub_->PublishKeys(database_id_, std::move(read));
  return absl::OkStatus();
}

}  // namespace mab::admin
