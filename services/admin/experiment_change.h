// What a caller asks to be set on an experiment: the fields of a new one, or those that an update
// names. A field that is not given is nullopt; one that is to get its default again bears the
// default.
//
// Made by the codec, judged by experiment_rules.h, applied by experiment_edit.h.
//
// Thread safety: value types.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bandit/draw_version.h"
#include "common/error.h"
#include "storage/experiment.h"

namespace mab::admin {

struct VariantChange {
  std::string key;  // empty: not given
  std::optional<std::string> name;
  bool is_control = false;
  std::optional<std::string> payload_json;  // compact JSON text
  std::optional<double> weight;
  // Output only: true is accepted only where it is so already.
  bool disabled = false;
};

struct ExperimentChange {
  std::optional<std::string> key;
  std::optional<std::string> name;
  std::optional<std::string> description;
  std::optional<std::vector<VariantChange>> variants;
  // Keys of variants to be taken out, in an update.
  std::vector<std::string> remove_variants;
  std::optional<bandit::Policy> policy;
  std::optional<double> floor;
  // The floor is to be the default for the number of variants. REQUIRES: !floor.
  bool default_floor = false;
  std::optional<uint32_t> burn_in_exposures;
  std::optional<double> traffic_share;
  std::optional<double> prior_alpha;
  std::optional<double> prior_beta;
  std::optional<uint32_t> conversion_window_seconds;
  std::optional<double> threshold_of_caring;
  std::optional<uint32_t> minimum_exposures;
  // As the client wrote them.
  std::optional<std::vector<std::string>> allowed_origins;

  // Output only: accepted in an update only where they are so already.
  std::optional<storage::ExperimentState> state;
  std::optional<std::string> winner;

  // What of the request could not be represented here. Reported together with what the rules find.
  Violations malformed;
};

}  // namespace mab::admin
