#include "assignment/query.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "common/error.h"
#include "common/status_macros.h"

namespace mab::assignment {
namespace {

constexpr char kMustNameAnExperiment[] = "must be an experiment's id or key: 1 to 64 bytes";

bool IsExperimentName(absl::string_view name) {
  return !name.empty() && name.size() <= kExperimentNameBytesMax;
}

void CheckUserId(absl::string_view user_id, Violations& violations) {
  if (user_id.empty() || user_id.size() > storage::kUserIdBytesMax) {
    violations.Add("user_id", "must be 1 to 256 bytes");
  }
}

void CheckExperiment(absl::string_view experiment, Violations& violations) {
  if (!IsExperimentName(experiment)) violations.Add("experiment", kMustNameAnExperiment);
}

void CheckExperiments(const std::vector<std::string>& experiments, Violations& violations) {
  if (experiments.empty() || experiments.size() > kBatchExperimentsMax) {
    violations.Add("experiments", "must have 1 to 100 entries");
    return;
  }
  absl::flat_hash_set<absl::string_view> seen;
  for (size_t i = 0; i < experiments.size(); ++i) {
    const std::string field = absl::StrCat("experiments[", i, "]");
    if (!IsExperimentName(experiments[i])) {
      violations.Add(field, kMustNameAnExperiment);
    } else if (!seen.insert(experiments[i]).second) {
      violations.Add(field, "must not be named twice");
    }
  }
}

void CheckForce(const std::vector<std::string>& experiments,
                const absl::flat_hash_map<std::string, std::string>& force,
                Violations& violations) {
  if (force.size() > kBatchExperimentsMax) {
    violations.Add("force", "must have at most 100 entries");
    return;
  }
  for (const auto& [experiment, variant] : force) {
    if (std::find(experiments.begin(), experiments.end(), experiment) == experiments.end()) {
      violations.Add("force", "must name only entries of experiments");
      return;
    }
    if (variant.empty() || variant.size() > kVariantKeyBytesMax) {
      violations.Add("force", "must name variants by their keys: 1 to 64 bytes");
      return;
    }
  }
}

}  // namespace

absl::StatusOr<AssignQuery> MakeAssignQuery(const storage::UserKey& key,
                                            absl::string_view experiment, absl::string_view user_id,
                                            bool expose) {
  Violations violations;
  CheckExperiment(experiment, violations);
  CheckUserId(user_id, violations);
  MAB_RETURN_IF_ERROR(violations.ToStatus());
  return AssignQuery{std::string(experiment), key.Hash(user_id), expose};
}

absl::StatusOr<ExposeQuery> MakeExposeQuery(const storage::UserKey& key,
                                            absl::string_view experiment,
                                            absl::string_view user_id) {
  Violations violations;
  CheckExperiment(experiment, violations);
  CheckUserId(user_id, violations);
  MAB_RETURN_IF_ERROR(violations.ToStatus());
  return ExposeQuery{std::string(experiment), key.Hash(user_id)};
}

absl::StatusOr<ConvertQuery> MakeConvertQuery(const storage::UserKey& key,
                                              absl::string_view experiment,
                                              absl::string_view user_id,
                                              std::optional<double> value,
                                              absl::string_view event_id) {
  Violations violations;
  CheckExperiment(experiment, violations);
  CheckUserId(user_id, violations);
  if (value.has_value() && !std::isfinite(*value)) violations.Add("value", "must be finite");
  if (event_id.size() > kEventIdBytesMax) {
    violations.Add("event_id", "must be at most 128 bytes");
  }
  if (event_id.find('\0') != absl::string_view::npos) {
    violations.Add("event_id", "must not have a NUL character");
  }
  MAB_RETURN_IF_ERROR(violations.ToStatus());
  return ConvertQuery{std::string(experiment), key.Hash(user_id), value, std::string(event_id)};
}

absl::StatusOr<BatchAssignQuery> MakeBatchAssignQuery(
    const storage::UserKey& key, absl::string_view user_id, std::vector<std::string> experiments,
    bool expose, absl::flat_hash_map<std::string, std::string> force) {
  Violations violations;
  CheckUserId(user_id, violations);
  CheckExperiments(experiments, violations);
  CheckForce(experiments, force, violations);
  MAB_RETURN_IF_ERROR(violations.ToStatus());
  return BatchAssignQuery{key.Hash(user_id), std::move(experiments), expose, std::move(force)};
}

absl::StatusOr<AssignAllQuery> MakeAssignAllQuery(const storage::UserKey& key,
                                                  absl::string_view user_id, bool expose) {
  Violations violations;
  CheckUserId(user_id, violations);
  MAB_RETURN_IF_ERROR(violations.ToStatus());
  return AssignAllQuery{key.Hash(user_id), expose};
}

absl::StatusOr<BatchExposeQuery> MakeBatchExposeQuery(const storage::UserKey& key,
                                                      absl::string_view user_id,
                                                      std::vector<std::string> experiments) {
  Violations violations;
  CheckUserId(user_id, violations);
  CheckExperiments(experiments, violations);
  MAB_RETURN_IF_ERROR(violations.ToStatus());
  return BatchExposeQuery{key.Hash(user_id), std::move(experiments)};
}

absl::StatusOr<bandit::UserHash> MakeEraseQuery(const storage::UserKey& key,
                                                absl::string_view user_id) {
  Violations violations;
  CheckUserId(user_id, violations);
  MAB_RETURN_IF_ERROR(violations.ToStatus());
  return key.Hash(user_id);
}

}  // namespace mab::assignment
