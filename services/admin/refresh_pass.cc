#include "admin/refresh_pass.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "admin/draw_input.h"
#include "admin/next_version.h"
#include "common/status_macros.h"
#include "storage/experiment_store.h"
#include "storage/version_store.h"

namespace mab::admin {
namespace {

using storage::ExperimentState;
using storage::VariantTotals;

constexpr char kTryLockSql[] = "SELECT pg_try_advisory_xact_lock($1) AS locked";

// Pending exposures count for more as they grow older, without any event.
constexpr absl::Duration kPendingInterval = absl::Minutes(1);

// Whose ages one statement reads: no statement may take so long that the server ends it, however
// many experiments there are.
constexpr size_t kExperimentsAStatement = 32;

// New users are drawn (or will be again), so a version must be there.
bool IsActive(const PublishedExperiment& published) {
  const ExperimentState state = published.experiment->state;
  return state == ExperimentState::kRunning || state == ExperimentState::kPaused;
}

uint64_t NumberOf(const PublishedExperiment& published) {
  return published.version == nullptr ? 0 : published.version->number;
}

bool SameCounts(const std::vector<VariantTotals>& a, const std::vector<VariantTotals>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const VariantTotals& x, const VariantTotals& y) {
                      return x.variant_index == y.variant_index && x.exposures == y.exposures &&
                             x.conversions == y.conversions;
                    });
}

}  // namespace

RefreshPass::RefreshPass(const KnownExperiments& known, DelayEstimates* delays, absl::Time now)
    : known_(known), delays_(delays), now_(now) {}

absl::Status RefreshPass::Run(PgConnection& db) {
  // First, so that all that the last holder committed is seen by the statements below.
  MAB_ASSIGN_OR_RETURN(const PgResult lock, db.Execute(kTryLockSql, {kLockKey}));
  MAB_RETURN_IF_ERROR(ReadExperiments(db));
  MAB_RETURN_IF_ERROR(ReadVersions(db));
  if (lock.Bool(0, "locked")) return DecideVersions(db);
  return absl::OkStatus();
}

const KnownExperiment* RefreshPass::Find(ExperimentId id) const {
  if (removed_.contains(id)) return nullptr;
  if (const auto it = edited_.find(id); it != edited_.end()) return &it->second;
  if (const auto it = known_.find(id); it != known_.end()) return &it->second;
  return nullptr;
}

KnownExperiment& RefreshPass::Edit(ExperimentId id) {
  const auto [it, inserted] = edited_.try_emplace(id);
  if (inserted) {
    if (const auto known = known_.find(id); known != known_.end()) it->second = known->second;
  }
  return it->second;
}

absl::Status RefreshPass::ReadExperiments(PgConnection& db) {
  MAB_ASSIGN_OR_RETURN(const std::vector<storage::ExperimentRevision> revisions,
                       storage::ExperimentStore::ListRevisions(db));
  absl::flat_hash_set<ExperimentId> listed;
  listed.reserve(revisions.size());
  std::vector<ExperimentId> stale;
  for (const storage::ExperimentRevision& row : revisions) {
    listed.insert(row.id);
    const KnownExperiment* known = Find(row.id);
    if (known == nullptr || known->published.experiment->revision != row.revision) {
      stale.push_back(row.id);
    }
  }
  for (const auto& [id, known] : known_) {
    if (!listed.contains(id)) removed_.insert(id);
  }
  if (stale.empty()) return absl::OkStatus();

  // One that was deleted since is not among the rows; the next pass misses it.
  MAB_ASSIGN_OR_RETURN(std::vector<storage::Experiment> experiments,
                       storage::ExperimentStore::GetMany(db, stale));
  for (storage::Experiment& experiment : experiments) {
    const ExperimentId id = experiment.id;
    Edit(id).published.experiment =
        std::make_shared<const storage::Experiment>(std::move(experiment));
    changed_.insert(id);
  }
  return absl::OkStatus();
}

absl::Status RefreshPass::ReadVersions(PgConnection& db) {
  MAB_ASSIGN_OR_RETURN(const std::vector<storage::VersionNumber> numbers,
                       storage::VersionStore::ListNumbers(db));
  std::vector<ExperimentId> stale;
  for (const storage::VersionNumber& row : numbers) {
    stored_numbers_.emplace(row.experiment_id, row.number);
    const KnownExperiment* known = Find(row.experiment_id);
    if (known != nullptr && NumberOf(known->published) != row.number) {
      stale.push_back(row.experiment_id);
    }
  }
  if (stale.empty()) return absl::OkStatus();

  MAB_ASSIGN_OR_RETURN(std::vector<storage::CurrentVersion> versions,
                       storage::VersionStore::GetMany(db, stale));
  for (storage::CurrentVersion& current : versions) {
    Edit(current.experiment_id).published.version =
        std::make_shared<const bandit::DrawVersion>(std::move(current.version));
    changed_.insert(current.experiment_id);
  }
  return absl::OkStatus();
}

std::vector<ExperimentId> RefreshPass::ActiveExperiments() const {
  std::vector<ExperimentId> active;
  for (const auto& [id, known] : edited_) {
    if (IsActive(known.published)) active.push_back(id);
  }
  for (const auto& [id, known] : known_) {
    if (!edited_.contains(id) && !removed_.contains(id) && IsActive(known.published)) {
      active.push_back(id);
    }
  }
  return active;
}

uint64_t RefreshPass::StoredNumber(ExperimentId id) const {
  const auto stored = stored_numbers_.find(id);
  return stored == stored_numbers_.end() ? 0 : stored->second;
}

bool RefreshPass::StillHolds(ExperimentId id, const std::vector<VariantTotals>& totals) const {
  const KnownExperiment& known = *Find(id);
  if (!known.decision.has_value()) return false;
  const VersionDecision& last = *known.decision;
  // A clock that was set back makes the last decision one of the future.
  const bool aged = last.pending && (now_ < last.at || now_ - last.at >= kPendingInterval);
  return !aged && last.revision == known.published.experiment->revision &&
         last.version_number == StoredNumber(id) && SameCounts(last.totals, totals);
}

absl::Status RefreshPass::DecideVersions(PgConnection& db) {
  const std::vector<ExperimentId> active = ActiveExperiments();
  if (active.empty()) return absl::OkStatus();
  MAB_ASSIGN_OR_RETURN(const std::vector<VariantTotals> rows,
                       storage::TotalsStore::GetMany(db, active));
  absl::flat_hash_map<ExperimentId, std::vector<VariantTotals>> totals;
  for (const VariantTotals& row : rows) totals[row.experiment_id].push_back(row);
  std::vector<ExperimentId> moved;
  for (const ExperimentId& id : active) {
    if (!StillHolds(id, totals[id])) moved.push_back(id);
  }
  if (moved.empty()) return absl::OkStatus();

  for (size_t first = 0; first < moved.size(); first += kExperimentsAStatement) {
    const size_t end = std::min(moved.size(), first + kExperimentsAStatement);
    const std::vector<ExperimentId> some(moved.begin() + static_cast<ptrdiff_t>(first),
                                         moved.begin() + static_cast<ptrdiff_t>(end));
    MAB_ASSIGN_OR_RETURN(const std::vector<storage::ArmAge> age_rows,
                         storage::RollupStore::ArmAges(db, some, now_));
    absl::flat_hash_map<ExperimentId, std::vector<storage::ArmAge>> ages;
    for (const storage::ArmAge& row : age_rows) ages[row.experiment_id].push_back(row);
    for (const ExperimentId& id : some) {
      MAB_RETURN_IF_ERROR(Decide(db, id, std::move(totals[id]), ages[id]));
    }
  }
  return absl::OkStatus();
}

absl::Status RefreshPass::Decide(PgConnection& db, ExperimentId id,
                                 std::vector<VariantTotals> totals,
                                 const std::vector<storage::ArmAge>& ages) {
  KnownExperiment& edited = Edit(id);
  const storage::Experiment& experiment = *edited.published.experiment;
  MAB_ASSIGN_OR_RETURN(const auto delays, delays_->Get(db, experiment, now_));
  const std::vector<ArmEvidence> evidence = ArmEvidenceOf(experiment, ages, *delays);
  const auto heard = known_.find(id);
  const uint64_t last_number = heard == known_.end() ? 0 : NumberOf(heard->second.published);
  // A database that was restored to an earlier point has forgotten a version that watchers have:
  // the next one replaces it, whatever it says.
  const bool forgotten = StoredNumber(id) < last_number;
  std::optional<bandit::DrawVersion> next =
      NextVersion(experiment, ArmStatesOf(experiment, evidence),
                  forgotten ? nullptr : edited.published.version.get(), last_number,
                  static_cast<uint64_t>(absl::ToUnixMillis(now_)));
  if (next.has_value()) {
    MAB_RETURN_IF_ERROR(storage::VersionStore::Upsert(db, id, *next));
    edited.published.version = std::make_shared<const bandit::DrawVersion>(*std::move(next));
    changed_.insert(id);
    ++published_count_;
  }
  const bool pending = std::any_of(evidence.begin(), evidence.end(),
                                   [](const ArmEvidence& arm) { return arm.pending > 0; });
  edited.decision = VersionDecision{.revision = experiment.revision,
                                    .version_number = NumberOf(edited.published),
                                    .at = now_,
                                    .pending = pending,
                                    .totals = std::move(totals)};
  return absl::OkStatus();
}

SnapshotChange RefreshPass::Apply(KnownExperiments& known) const {
  SnapshotChange change;
  for (const auto& [id, edited] : edited_) known[id] = edited;
  for (const ExperimentId& id : changed_) change.changed.push_back(known.at(id).published);
  for (const ExperimentId& id : removed_) {
    known.erase(id);
    change.removed.push_back(id);
  }
  return change;
}

}  // namespace mab::admin
