#include "admin/assignment_lookup.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/error.h"
#include "common/status_macros.h"
#include "storage/experiment_store.h"
#include "storage/used_version_store.h"

namespace mab::admin {
namespace {

using bandit::ReplayOutcome;

AssignmentProof Prove(const storage::Experiment& experiment,
                      const storage::StoredAssignment& assignment,
                      std::vector<bandit::DrawVersion> versions) {
  AssignmentProof proof;
  if (versions.empty()) return proof;
  proof.version = std::move(versions.front());
  std::vector<VariantId> variants;
  for (const storage::Variant& variant : experiment.variants) variants.push_back(variant.id);
  proof.as_published = storage::IsAsPublished(*proof.version, variants);
  proof.outcome = bandit::Replay(*proof.version, assignment.user, assignment.variant_index,
                                 assignment.propensity);
  if (proof.outcome != ReplayOutcome::kNotDrawable) {
    proof.draw = bandit::ExplainDraw(*proof.version, assignment.user);
  }
  return proof;
}

absl::Status NotOnRecord(const storage::Experiment& experiment) {
  if (experiment.rows_retire_time.has_value()) {
    return NotFoundError(
        kReasonAssignmentNotFound,
        absl::StrCat("the rows of visitors of this experiment were deleted from ",
                     absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", *experiment.rows_retire_time,
                                      absl::UTCTimeZone()),
                     " on, for it is archived: who was assigned what is not on record any more"));
  }
  return NotFoundError(kReasonAssignmentNotFound,
                       "the database has no assignment of this user; one of the last seconds may "
                       "still be in the journal");
}

absl::Status Read(PgConnection& db, const LookupQuery& query, const bandit::UserHash& user,
                  AssignmentLookup& lookup) {
  MAB_ASSIGN_OR_RETURN(lookup.experiment, storage::ExperimentStore::Get(db, query.id_or_key));
  const ExperimentId id = lookup.experiment.id;
  MAB_ASSIGN_OR_RETURN(std::optional<storage::StoredAssignment> assignment,
                       storage::AssignmentStore::Find(db, id, user));
  if (!assignment.has_value()) return NotOnRecord(lookup.experiment);
  lookup.assignment = *std::move(assignment);
  if (!query.replay) return absl::OkStatus();
  MAB_ASSIGN_OR_RETURN(std::vector<bandit::DrawVersion> versions,
                       storage::UsedVersionStore::GetMany(db, id, {lookup.assignment.version}));
  lookup.proof = Prove(lookup.experiment, lookup.assignment, std::move(versions));
  return absl::OkStatus();
}

std::string VariantText(const storage::Experiment& experiment, size_t index) {
  return index < experiment.variants.size()
             ? absl::StrCat("variant ", experiment.variants[index].key)
             : "a variant that the experiment does not have";
}

}  // namespace

absl::StatusOr<AssignmentLookup> LookUpAssignment(PgPool& pool, const storage::UserKey& key,
                                                  const LookupQuery& query) {
  if (query.user_id.empty() || query.user_id.size() > storage::kUserIdBytesMax) {
    return InvalidArgumentError("user_id", "must be 1 to 256 bytes");
  }
  const bandit::UserHash user = key.Hash(query.user_id);
  AssignmentLookup lookup;
  MAB_RETURN_IF_ERROR(
      pool.Transaction([&](PgConnection& db) { return Read(db, query, user, lookup); }));
  return lookup;
}

std::string FindingText(const AssignmentLookup& lookup) {
  if (!lookup.proof.has_value()) return "";
  const AssignmentProof& proof = *lookup.proof;
  if (!proof.version.has_value()) {
    return "The version is not in the database, so the draw can't be made again.";
  }
  const std::string recorded = VariantText(lookup.experiment, lookup.assignment.variant_index);
  switch (proof.outcome) {
    case ReplayOutcome::kAgrees:
      return absl::StrCat("The draw gives ", recorded, ", with the propensity of record",
                          proof.as_published
                              ? "."
                              : ", but the version is not as it was published: its row was "
                                "altered.");
    case ReplayOutcome::kOtherArm:
      return absl::StrCat("The draw gives ", VariantText(lookup.experiment, proof.draw->arm),
                          ", and on record is ", recorded, ".");
    case ReplayOutcome::kOtherPropensity:
      return absl::StrCat("The draw gives ", recorded,
                          ", but the version gave it another propensity than the one of record.");
    case ReplayOutcome::kNotDrawable:
      return "The version can't be drawn from: its sampler is unknown here, or its row was "
             "altered.";
  }
  return "";
}

}  // namespace mab::admin
