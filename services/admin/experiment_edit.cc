#include "admin/experiment_edit.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "admin/experiment_lifecycle.h"
#include "admin/experiment_rules.h"
#include "admin/experiment_text.h"
#include "admin/web_origin.h"
#include "common/status_macros.h"

namespace mab::admin {
namespace {

using storage::Experiment;
using storage::ExperimentState;
using storage::Variant;

template <typename T>
void SetIfGiven(const std::optional<T>& given, T& target) {
  if (given.has_value()) target = *given;
}

// Those that are origins; the others are reported.
std::vector<std::string> CanonicalOrigins(const std::vector<std::string>& given) {
  std::vector<std::string> origins;
  for (const std::string& one : given) {
    if (std::optional<std::string> origin = CanonicalOrigin(one)) {
      origins.push_back(*std::move(origin));
    }
  }
  return origins;
}

void ApplyFields(const ExperimentChange& change, Experiment& experiment) {
  SetIfGiven(change.name, experiment.name);
  SetIfGiven(change.description, experiment.description);
  SetIfGiven(change.policy, experiment.policy);
  SetIfGiven(change.floor, experiment.floor);
  SetIfGiven(change.burn_in_exposures, experiment.burn_in_exposures);
  SetIfGiven(change.traffic_share, experiment.traffic_share);
  SetIfGiven(change.prior_alpha, experiment.prior.alpha);
  SetIfGiven(change.prior_beta, experiment.prior.beta);
  SetIfGiven(change.conversion_window_seconds, experiment.conversion_window_seconds);
  SetIfGiven(change.threshold_of_caring, experiment.threshold_of_caring);
  SetIfGiven(change.minimum_exposures, experiment.minimum_exposures);
  if (change.allowed_origins.has_value()) {
    experiment.allowed_origins = CanonicalOrigins(*change.allowed_origins);
  }
}

void ApplyVariant(const VariantChange& change, Variant& variant) {
  SetIfGiven(change.name, variant.name);
  SetIfGiven(change.payload_json, variant.payload_json);
  SetIfGiven(change.weight, variant.weight);
}

Variant NewVariant(const VariantChange& change, std::string key) {
  Variant variant;
  variant.name = key;
  variant.key = std::move(key);
  ApplyVariant(change, variant);
  return variant;
}

// The keys of the entries; by position for those that give none, past those that are taken.
std::vector<std::string> KeysOf(const std::vector<VariantChange>& changes) {
  absl::flat_hash_set<std::string> taken;
  for (const VariantChange& change : changes) taken.insert(change.key);
  std::vector<std::string> keys;
  keys.reserve(changes.size());
  for (size_t i = 0; i < changes.size(); ++i) {
    std::string key = changes[i].key;
    for (size_t position = i; key.empty(); ++position) {
      std::string letters = LetterKey(position);
      if (taken.insert(letters).second) key = std::move(letters);
    }
    keys.push_back(std::move(key));
  }
  return keys;
}

Variant* Find(std::vector<Variant>& variants, absl::string_view key) {
  const auto found = std::find_if(variants.begin(), variants.end(),
                                  [&](const Variant& variant) { return variant.key == key; });
  return found == variants.end() ? nullptr : &*found;
}

// The variants of a new experiment. The first is the control unless another says so.
std::vector<Variant> NewVariants(const std::vector<VariantChange>& changes) {
  const std::vector<std::string> keys = KeysOf(changes);
  std::vector<Variant> variants;
  variants.reserve(changes.size());
  bool has_control = false;
  for (size_t i = 0; i < changes.size(); ++i) {
    variants.push_back(NewVariant(changes[i], keys[i]));
    variants.back().is_control = changes[i].is_control;
    has_control |= changes[i].is_control;
  }
  if (!has_control && !variants.empty()) variants.front().is_control = true;
  return variants;
}

// Each entry changes the variant with its key; a key that is not there yet is appended. Whether
// that, and another control, are allowed, the state's rules say.
std::vector<Variant> MergeVariants(const std::vector<VariantChange>& changes,
                                   std::vector<Variant> variants, Violations& violations) {
  absl::flat_hash_map<absl::string_view, size_t> first_with;
  std::optional<size_t> control;
  for (size_t i = 0; i < changes.size(); ++i) {
    const VariantChange& change = changes[i];
    const std::string path = absl::StrCat("variants[", i, "]");
    if (change.key.empty()) {
      violations.Add(absl::StrCat(path, ".key"), "must say which variant is meant");
      continue;
    }
    if (const auto [first, inserted] = first_with.emplace(change.key, i); !inserted) {
      violations.Add(absl::StrCat(path, ".key"),
                     absl::StrCat("is the key of variants[", first->second, "] too"));
      continue;
    }
    Variant* const known = Find(variants, change.key);
    if (known != nullptr) {
      ApplyVariant(change, *known);
    } else {
      variants.push_back(NewVariant(change, change.key));
    }
    Variant& target = known != nullptr ? *known : variants.back();
    if (!change.is_control) continue;
    if (control.has_value()) {
      violations.Add(absl::StrCat(path, ".is_control"),
                     absl::StrCat("variants[", *control, "] is to be the control already"));
      continue;
    }
    control = i;
    for (Variant& variant : variants) variant.is_control = &variant == &target;
  }
  return variants;
}

// Takes the variants with these keys out. Where the control goes, the first that stays is the
// control.
void RemoveVariants(const std::vector<std::string>& keys, std::vector<Variant>& variants,
                    Violations& violations) {
  for (size_t i = 0; i < keys.size(); ++i) {
    Variant* const found = Find(variants, keys[i]);
    if (found == nullptr) {
      violations.Add(absl::StrCat("remove_variants[", i, "]"), "is no variant's key");
      continue;
    }
    const bool was_control = found->is_control;
    variants.erase(variants.begin() + (found - variants.data()));
    if (was_control && !variants.empty()) variants.front().is_control = true;
  }
}

// Output-only fields are no way to change anything; sending back what was read is fine.
void CheckOutputOnly(const Experiment& before, const ExperimentChange& change,
                     Violations& violations) {
  if (change.key.has_value() && *change.key != before.key) {
    violations.Add("key", "can't be changed");
  }
  if (change.state.has_value() && *change.state != before.state) {
    violations.Add("state", "can't be set; call :start, :pause, :resume, :complete or :archive");
  }
  const std::string winner =
      before.winner_index.has_value() ? before.variants[*before.winner_index].key : "";
  if (change.winner.has_value() && *change.winner != winner) {
    violations.Add("winner", "can't be set; call :complete");
  }
  if (!change.variants.has_value()) return;
  for (size_t i = 0; i < change.variants->size(); ++i) {
    const VariantChange& entry = (*change.variants)[i];
    if (!entry.disabled) continue;
    const bool is_so = std::any_of(
        before.variants.begin(), before.variants.end(),
        [&](const Variant& variant) { return variant.disabled && variant.key == entry.key; });
    if (!is_so) {
      violations.Add(absl::StrCat("variants[", i, "].disabled"), "can't be set; call :disable");
    }
  }
}

bool HasTooManyVariants(const ExperimentChange& change) {
  return change.variants.has_value() && change.variants->size() > kVariantsMax;
}

}  // namespace

absl::StatusOr<Experiment> NewExperiment(const ExperimentChange& change) {
  Violations violations = change.malformed;
  CheckValues(change, violations);
  if (!change.name.has_value()) {
    violations.Add("name", absl::StrCat("must be 1 to ", kNameCharactersMax, " characters"));
  }
  // Reported already, and nothing is to be made of it.
  if (HasTooManyVariants(change)) return violations.ToStatus();

  Experiment experiment;
  experiment.state = ExperimentState::kDraft;
  experiment.key = change.key.value_or("");
  if (change.variants.has_value()) experiment.variants = NewVariants(*change.variants);
  experiment.floor = DefaultFloor(experiment.variants.size());
  experiment.traffic_share = kTrafficShareDefault;
  experiment.prior = kPriorDefault;
  experiment.conversion_window_seconds = kConversionWindowSecondsDefault;
  experiment.threshold_of_caring = kThresholdOfCaringDefault;
  experiment.minimum_exposures = kMinimumExposuresDefault;
  ApplyFields(change, experiment);
  CheckWhole(experiment, violations);
  MAB_RETURN_IF_ERROR(violations.ToStatus());
  return experiment;
}

absl::StatusOr<Experiment> ApplyChange(const Experiment& before, const ExperimentChange& change) {
  Violations violations = change.malformed;
  // The key is not to be changed, so its own rules say nothing new.
  ExperimentChange values = change;
  values.key.reset();
  CheckValues(values, violations);
  if (HasTooManyVariants(change)) return violations.ToStatus();
  CheckOutputOnly(before, change, violations);

  Experiment after = before;
  if (change.variants.has_value()) {
    after.variants = MergeVariants(*change.variants, before.variants, violations);
  }
  RemoveVariants(change.remove_variants, after.variants, violations);
  ApplyFields(change, after);
  if (change.default_floor) after.floor = DefaultFloor(after.variants.size());
  CheckWhole(after, violations);
  MAB_RETURN_IF_ERROR(violations.ToStatus());
  MAB_RETURN_IF_ERROR(CheckUpdateAllowed(before, after));
  return after;
}

}  // namespace mab::admin
