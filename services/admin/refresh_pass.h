// One look at the database: what changed since the last one, and the versions that follow from it.
//
// Runs in one transaction. Whoever gets the advisory lock computes and writes versions; everybody
// reads what there is now. The lock belongs to the transaction, so it works through a pooler and
// goes with its holder.
//
// Cost: four statements where nothing moved (lock, revisions, totals of what runs, version
// numbers). Where something did, the ages of its exposures (one statement for up to 32 experiments:
// minutes of six hours and hours of a conversion window for each variant, some 2 µs a row), once a
// minute its delays (delay_estimates.h), and one statement for each version that is published.
// Posteriors are computed only where counts, configuration or version moved, or where exposures are
// pending, which grow older by themselves: once a minute.
//
// Thread safety: one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "admin/delay_estimates.h"
#include "admin/snapshot_hub.h"
#include "common/postgres.h"
#include "common/uuid.h"
#include "storage/rollup_store.h"
#include "storage/totals_store.h"

namespace mab::admin {

// What the last decision about an experiment's version was made from. While it is the same, so is
// the decision.
struct VersionDecision {
  uint64_t revision = 0;
  uint64_t version_number = 0;
  absl::Time at;
  // Some exposures could still convert.
  bool pending = false;
  // Of its variants, by index.
  std::vector<storage::VariantTotals> totals;
};

struct KnownExperiment {
  PublishedExperiment published;
  std::optional<VersionDecision> decision;
};

using KnownExperiments = absl::flat_hash_map<ExperimentId, KnownExperiment>;

class RefreshPass {
 public:
  // Of the advisory lock: "mab refr" in ASCII.
  static constexpr int64_t kLockKey = 0x6d61622072656672;

  // `known` is what the passes before have seen; it is not changed. Both outlive this.
  RefreshPass(const KnownExperiments& known, DelayEstimates* delays, absl::Time now);

  // In the caller's transaction. After an error this pass is void.
  absl::Status Run(PgConnection& db);

  // After the transaction was committed: takes what was learned over into `known`, and says what
  // watchers must hear.
  SnapshotChange Apply(KnownExperiments& known) const;

  // Versions that this pass wrote.
  int published_count() const { return published_count_; }

 private:
  const KnownExperiment* Find(ExperimentId id) const;
  KnownExperiment& Edit(ExperimentId id);
  absl::Status ReadExperiments(PgConnection& db);
  absl::Status ReadVersions(PgConnection& db);
  uint64_t StoredNumber(ExperimentId id) const;
  absl::Status DecideVersions(PgConnection& db);
  // Whether the last decision was made from the same, and not too long ago.
  bool StillHolds(ExperimentId id, const std::vector<storage::VariantTotals>& totals) const;
  // `ages`: of this experiment.
  absl::Status Decide(PgConnection& db, ExperimentId id, std::vector<storage::VariantTotals> totals,
                      const std::vector<storage::ArmAge>& ages);
  std::vector<ExperimentId> ActiveExperiments() const;

  const KnownExperiments& known_;
  DelayEstimates* const delays_;
  const absl::Time now_;
  int published_count_ = 0;
  // As the database has them.
  absl::flat_hash_map<ExperimentId, uint64_t> stored_numbers_;
  // Over `known_`: what this pass knows better.
  KnownExperiments edited_;
  absl::flat_hash_set<ExperimentId> changed_;
  absl::flat_hash_set<ExperimentId> removed_;
};

}  // namespace mab::admin
