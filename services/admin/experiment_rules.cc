#include "admin/experiment_rules.h"

#include <cmath>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "admin/experiment_text.h"
#include "admin/web_origin.h"
#include "common/uuid.h"

namespace mab::admin {
namespace {

constexpr char kKeyRule[] = "must be 1 to 64 characters of a-z, 0-9, '-' and '_'";

void CheckDescription(absl::string_view description, Violations& violations) {
  const std::optional<TextFacts> facts = InspectText(description);
  if (!facts.has_value()) {
    violations.Add("description", "must be UTF-8");
  } else if (facts->characters > kDescriptionCharactersMax) {
    violations.Add("description",
                   absl::StrCat("must be at most ", kDescriptionCharactersMax, " characters"));
  } else if (facts->has_control_beside_breaks) {
    violations.Add("description", "must not contain control characters but tabs and line breaks");
  }
}

void CheckExperimentKey(absl::string_view key, Violations& violations) {
  if (!storage::IsKey(key)) {
    violations.Add("key", kKeyRule);
  } else if (Uuid::Parse(key).ok()) {
    // Wherever an experiment is named, either its id or its key may stand.
    violations.Add("key", "must not look like an id");
  }
}

// NaN fails every comparison, so it is outside every range.
bool IsWithin(double value, double min, double max) { return value >= min && value <= max; }

void CheckNumbers(const ExperimentChange& change, Violations& violations) {
  if (change.floor.has_value() && !IsWithin(*change.floor, 0, 1)) {
    violations.Add("floor", "must be 0 to 1 / number of variants");
  }
  if (change.burn_in_exposures.has_value() && *change.burn_in_exposures > kBurnInExposuresMax) {
    violations.Add("burn_in_exposures", "must be 0 to 1,000,000");
  }
  if (change.traffic_share.has_value() && !IsWithin(*change.traffic_share, 0, 1)) {
    violations.Add("traffic_share", "must be 0 to 1");
  }
  if (change.prior_alpha.has_value() && !IsWithin(*change.prior_alpha, kPriorMin, kPriorMax)) {
    violations.Add("prior.alpha", "must be 0.1 to 1,000,000");
  }
  if (change.prior_beta.has_value() && !IsWithin(*change.prior_beta, kPriorMin, kPriorMax)) {
    violations.Add("prior.beta", "must be 0.1 to 1,000,000");
  }
  if (change.conversion_window_seconds.has_value() &&
      (*change.conversion_window_seconds < 1 ||
       *change.conversion_window_seconds > kConversionWindowSecondsMax)) {
    violations.Add("conversion_window_seconds", "must be 1 to 31,536,000");
  }
  if (change.threshold_of_caring.has_value() &&
      (!IsWithin(*change.threshold_of_caring, 0, 1) || *change.threshold_of_caring == 0)) {
    violations.Add("threshold_of_caring", "must be above 0 and at most 1");
  }
  if (change.minimum_exposures.has_value() && *change.minimum_exposures > kMinimumExposuresMax) {
    violations.Add("minimum_exposures", "must be 0 to 1,000,000,000");
  }
}

void CheckAllowedOrigins(const std::vector<std::string>& origins, Violations& violations) {
  if (origins.size() > kAllowedOriginsMax) {
    violations.Add("allowed_origins", absl::StrCat("must be at most ", kAllowedOriginsMax));
    return;
  }
  absl::flat_hash_map<std::string, size_t> first_with;
  for (size_t i = 0; i < origins.size(); ++i) {
    const std::string path = absl::StrCat("allowed_origins[", i, "]");
    if (origins[i].size() > kWebOriginBytesMax) {
      violations.Add(path, absl::StrCat("must be at most ", kWebOriginBytesMax, " bytes"));
      continue;
    }
    const std::optional<std::string> origin = CanonicalOrigin(origins[i]);
    if (!origin.has_value()) {
      violations.Add(path,
                     "must be an origin such as https://shop.example or http://localhost:8080: "
                     "http or https, a host, perhaps a port, and nothing else");
    } else if (const auto [first, inserted] = first_with.emplace(*origin, i); !inserted) {
      violations.Add(path, absl::StrCat("is allowed_origins[", first->second, "] too"));
    }
  }
}

void CheckVariant(const std::string& path, const VariantChange& variant, Violations& violations) {
  if (!variant.key.empty() && !storage::IsKey(variant.key)) {
    violations.Add(absl::StrCat(path, ".key"), kKeyRule);
  }
  if (variant.name.has_value())
    CheckName(absl::StrCat(path, ".name"), *variant.name, kNameCharactersMax, violations);
  if (variant.payload_json.has_value() && variant.payload_json->size() > kPayloadBytesMax) {
    violations.Add(absl::StrCat(path, ".payload"),
                   absl::StrCat("must be at most ", kPayloadBytesMax, " bytes of JSON, not ",
                                variant.payload_json->size()));
  }
  if (variant.weight.has_value() && !IsWithin(*variant.weight, 0, kWeightMax)) {
    violations.Add(absl::StrCat(path, ".weight"), "must be 0 to 1,000,000");
  }
}

void AddVariantCount(Violations& violations) {
  violations.Add("variants", absl::StrCat("must be ", kVariantsMin, " to ", kVariantsMax));
}

void CheckUniqueKeys(const storage::Experiment& experiment, Violations& violations) {
  absl::flat_hash_map<absl::string_view, size_t> first_with;
  for (size_t i = 0; i < experiment.variants.size(); ++i) {
    const auto [first, inserted] = first_with.emplace(experiment.variants[i].key, i);
    if (inserted) continue;
    violations.Add(absl::StrCat("variants[", i, "].key"),
                   absl::StrCat("is the key of variants[", first->second, "] too"));
  }
}

void CheckOneControl(const storage::Experiment& experiment, Violations& violations) {
  std::optional<size_t> control;
  for (size_t i = 0; i < experiment.variants.size(); ++i) {
    if (!experiment.variants[i].is_control) continue;
    if (control.has_value()) {
      violations.Add(absl::StrCat("variants[", i, "].is_control"),
                     absl::StrCat("variants[", *control, "] is the control already"));
    } else {
      control = i;
    }
  }
}

}  // namespace

double DefaultFloor(size_t variants) {
  return variants > 10 ? 0.1 / static_cast<double>(variants) : 0.01;
}

void CheckValues(const ExperimentChange& change, Violations& violations) {
  if (change.key.has_value()) CheckExperimentKey(*change.key, violations);
  if (change.name.has_value()) CheckName("name", *change.name, kNameCharactersMax, violations);
  if (change.description.has_value()) CheckDescription(*change.description, violations);
  CheckNumbers(change, violations);
  if (change.allowed_origins.has_value()) CheckAllowedOrigins(*change.allowed_origins, violations);
  if (!change.variants.has_value()) return;
  if (change.variants->size() > kVariantsMax) {
    AddVariantCount(violations);
    return;
  }
  for (size_t i = 0; i < change.variants->size(); ++i) {
    CheckVariant(absl::StrCat("variants[", i, "]"), (*change.variants)[i], violations);
  }
}

void CheckWhole(const storage::Experiment& experiment, Violations& violations) {
  const size_t count = experiment.variants.size();
  if (count < kVariantsMin || count > kVariantsMax) {
    AddVariantCount(violations);
    return;
  }
  CheckUniqueKeys(experiment, violations);
  CheckOneControl(experiment, violations);
  // A floor above 1 has been reported as a value.
  if (experiment.floor <= 1 && experiment.floor * static_cast<double>(count) > 1) {
    violations.Add("floor", absl::StrCat("must be 0 to 1 / number of variants: with ", count,
                                         " variants at most ", 1.0 / static_cast<double>(count)));
  }
  if (experiment.policy == bandit::Policy::kFixed) {
    double weights = 0;
    for (const storage::Variant& variant : experiment.variants) {
      if (!variant.disabled) weights += variant.weight;
    }
    if (weights == 0) {
      violations.Add("variants", "must have a weight above 0 under the policy FIXED");
    }
  }
}

}  // namespace mab::admin
