// The hours of experiments, of which the old ones are read once: an experiment of three months and
// ten variants has 20,000 of them, and only those of the last conversion window still change.
//
// What is kept is used only while it adds up: what is kept and what was read now together are what
// each variant has counted, and counts only grow, so nothing of what is kept has changed. (That
// what was expected changes only together with exposures.) Counts that were mended by hand may add
// up to the same; so all is read again once an hour.
//
// Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/postgres.h"
#include "common/uuid.h"
#include "storage/experiment.h"
#include "storage/rollup_store.h"

namespace mab::admin {

class HourCache {
 public:
  struct Options {
    // Hours times variants that are kept, of 24 bytes each: 60 MB.
    size_t cells_max = 2'500'000;
    // Fewer of one experiment are read as fast.
    size_t cells_min = 1000;
    // How long until all is read again.
    absl::Duration age_max = absl::Hours(1);
  };

  explicit HourCache(const Options& options) : options_(options) {}

  // As RollupStore::Hours, in the caller's transaction. `ages` are those of the same experiment,
  // transaction and time.
  absl::StatusOr<std::vector<storage::TotalsCell>> Read(PgConnection& db,
                                                        const storage::Experiment& experiment,
                                                        const std::vector<storage::ArmAge>& ages,
                                                        absl::Time now);

  // Of all experiments.
  size_t cells() const;

 private:
  struct Cell {
    uint32_t hour;  // since the epoch
    uint32_t exposures;
    uint32_t conversions;
    uint32_t variant_index;
    double expected_exposures;
  };
  struct Counts {
    uint64_t exposures = 0;
    uint64_t conversions = 0;
    friend bool operator==(const Counts&, const Counts&) = default;
  };
  // By variant index.
  using Sums = absl::flat_hash_map<size_t, Counts>;
  struct Past {
    absl::Time read_at;
    // All hours that begin before.
    absl::Time cut;
    std::vector<Cell> cells;
    Sums sums;
  };
  struct Kept {
    std::shared_ptr<const Past> past;
    absl::Time used_at;
  };

  static void Add(size_t variant_index, const Counts& counts, Sums& sums);
  std::shared_ptr<const Past> Find(ExperimentId id, absl::Time now);
  // nullptr where it is not worth it.
  std::shared_ptr<const Past> MakePast(const std::vector<storage::TotalsCell>& hours,
                                       absl::Time cut, absl::Time now) const;
  void Keep(ExperimentId id, std::shared_ptr<const Past> past, absl::Time now);
  void EraseLeastUsed() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  mutable absl::Mutex mutex_;
  absl::flat_hash_map<ExperimentId, Kept> kept_ ABSL_GUARDED_BY(mutex_);
  size_t cells_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace mab::admin
