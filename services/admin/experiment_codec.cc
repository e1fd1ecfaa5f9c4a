#include "admin/experiment_codec.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "admin/experiment_payload_codec.h"
#include "admin/experiment_rules.h"
#include "admin/time_codec.h"
#include "common/error.h"
#include "common/status_macros.h"

namespace mab::admin {
namespace {

constexpr int kMaskPathsMax = 100;
constexpr size_t kQuotedPathBytesMax = 64;

std::optional<storage::ExperimentState> DecodeState(v1::Experiment::State state) {
  switch (state) {
    case v1::Experiment::DRAFT:
      return storage::ExperimentState::kDraft;
    case v1::Experiment::RUNNING:
      return storage::ExperimentState::kRunning;
    case v1::Experiment::PAUSED:
      return storage::ExperimentState::kPaused;
    case v1::Experiment::COMPLETED:
      return storage::ExperimentState::kCompleted;
    case v1::Experiment::ARCHIVED:
      return storage::ExperimentState::kArchived;
    default:
      return std::nullopt;
  }
}

void TakePolicy(const v1::Experiment& message, ExperimentChange& change) {
  switch (message.policy()) {
    case v1::Experiment::POLICY_UNSPECIFIED:
    case v1::Experiment::THOMPSON:
      change.policy = bandit::Policy::kThompson;
      return;
    case v1::Experiment::TOP_TWO_THOMPSON:
      change.policy = bandit::Policy::kTopTwoThompson;
      return;
    case v1::Experiment::FIXED:
      change.policy = bandit::Policy::kFixed;
      return;
    default:
      change.malformed.Add("policy", "must be THOMPSON, TOP_TWO_THOMPSON or FIXED");
  }
}

void TakeState(const v1::Experiment& message, ExperimentChange& change) {
  change.state = DecodeState(message.state());
  if (!change.state.has_value()) change.malformed.Add("state", "must be a state, and can't be set");
}

VariantChange DecodeVariant(const v1::Variant& message, int index, Violations& malformed) {
  VariantChange variant;
  variant.key = message.key();
  if (!message.name().empty()) variant.name = message.name();
  variant.is_control = message.is_control();
  if (message.has_payload()) {
    variant.payload_json =
        DecodePayload(message.payload(), absl::StrCat("variants[", index, "].payload"), malformed);
  }
  if (message.has_weight()) variant.weight = message.weight();
  variant.disabled = message.disabled();
  return variant;
}

void TakeVariants(const v1::Experiment& message, ExperimentChange& change) {
  // One more than allowed is enough to be refused.
  const int count = std::min(message.variants_size(), static_cast<int>(kVariantsMax) + 1);
  change.variants.emplace();
  change.variants->reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    change.variants->push_back(DecodeVariant(message.variants(i), i, change.malformed));
  }
}

void TakeAllowedOrigins(const v1::Experiment& message, ExperimentChange& change) {
  // One more than allowed is enough to be refused.
  const int count =
      std::min(message.allowed_origins_size(), static_cast<int>(kAllowedOriginsMax) + 1);
  change.allowed_origins.emplace(message.allowed_origins().begin(),
                                 message.allowed_origins().begin() + count);
}

void TakeFloor(const v1::Experiment& message, ExperimentChange& change) {
  change.default_floor = !message.has_floor();
  if (message.has_floor()) change.floor = message.floor();
}

void TakePriorAlpha(const v1::Experiment& message, ExperimentChange& change) {
  change.prior_alpha = message.has_prior() ? message.prior().alpha() : kPriorDefault.alpha;
}

void TakePriorBeta(const v1::Experiment& message, ExperimentChange& change) {
  change.prior_beta = message.has_prior() ? message.prior().beta() : kPriorDefault.beta;
}

using IsSet = bool (*)(const v1::Experiment& message);
// Takes the field into a change: its default where it is not set.
using Take = void (*)(const v1::Experiment& message, ExperimentChange& change);

// Which requests a path takes part in.
enum class Use {
  kField,       // a field of its own
  kPart,        // a part of a field, for masks
  kOutputOnly,  // named by a mask, it is compared
  kNoChange,    // named by a mask, it says nothing
};

struct Field {
  absl::string_view path;
  Use use;
  IsSet is_set;
  Take take;
};

constexpr IsSet kNever = [](const v1::Experiment&) { return false; };
constexpr Take kNothing = [](const v1::Experiment&, ExperimentChange&) {};

constexpr Field kFields[] = {
    {"key", Use::kField, [](const v1::Experiment& m) { return !m.key().empty(); },
     [](const v1::Experiment& m, ExperimentChange& c) { c.key = m.key(); }},
    {"name", Use::kField, [](const v1::Experiment& m) { return !m.name().empty(); },
     [](const v1::Experiment& m, ExperimentChange& c) { c.name = m.name(); }},
    {"description", Use::kField, [](const v1::Experiment& m) { return !m.description().empty(); },
     [](const v1::Experiment& m, ExperimentChange& c) { c.description = m.description(); }},
    {"variants", Use::kField, [](const v1::Experiment& m) { return m.variants_size() > 0; },
     TakeVariants},
    {"policy", Use::kField,
     [](const v1::Experiment& m) { return m.policy() != v1::Experiment::POLICY_UNSPECIFIED; },
     TakePolicy},
    {"floor", Use::kField, [](const v1::Experiment& m) { return m.has_floor(); }, TakeFloor},
    {"burn_in_exposures", Use::kField,
     [](const v1::Experiment& m) { return m.burn_in_exposures() != 0; },
     [](const v1::Experiment& m, ExperimentChange& c) {
       c.burn_in_exposures = m.burn_in_exposures();
     }},
    {"traffic_share", Use::kField, [](const v1::Experiment& m) { return m.has_traffic_share(); },
     [](const v1::Experiment& m, ExperimentChange& c) {
       c.traffic_share = m.has_traffic_share() ? m.traffic_share() : kTrafficShareDefault;
     }},
    {"prior", Use::kField, [](const v1::Experiment& m) { return m.has_prior(); },
     [](const v1::Experiment& m, ExperimentChange& c) {
       TakePriorAlpha(m, c);
       TakePriorBeta(m, c);
     }},
    {"prior.alpha", Use::kPart, kNever, TakePriorAlpha},
    {"prior.beta", Use::kPart, kNever, TakePriorBeta},
    {"conversion_window_seconds", Use::kField,
     [](const v1::Experiment& m) { return m.has_conversion_window_seconds(); },
     [](const v1::Experiment& m, ExperimentChange& c) {
       c.conversion_window_seconds = m.has_conversion_window_seconds()
                                         ? m.conversion_window_seconds()
                                         : kConversionWindowSecondsDefault;
     }},
    {"threshold_of_caring", Use::kField,
     [](const v1::Experiment& m) { return m.has_threshold_of_caring(); },
     [](const v1::Experiment& m, ExperimentChange& c) {
       c.threshold_of_caring =
           m.has_threshold_of_caring() ? m.threshold_of_caring() : kThresholdOfCaringDefault;
     }},
    {"minimum_exposures", Use::kField,
     [](const v1::Experiment& m) { return m.has_minimum_exposures(); },
     [](const v1::Experiment& m, ExperimentChange& c) {
       c.minimum_exposures =
           m.has_minimum_exposures() ? m.minimum_exposures() : kMinimumExposuresDefault;
     }},
    {"allowed_origins", Use::kField,
     [](const v1::Experiment& m) { return m.allowed_origins_size() > 0; }, TakeAllowedOrigins},
    {"state", Use::kOutputOnly, kNever, TakeState},
    {"winner", Use::kOutputOnly, kNever,
     [](const v1::Experiment& m, ExperimentChange& c) { c.winner = m.winner(); }},
    {"id", Use::kNoChange, kNever, kNothing},
    {"etag", Use::kNoChange, kNever, kNothing},
    {"create_time", Use::kNoChange, kNever, kNothing},
    {"update_time", Use::kNoChange, kNever, kNothing},
    {"start_time", Use::kNoChange, kNever, kNothing},
    {"end_time", Use::kNoChange, kNever, kNothing},
    {"rows_retire_time", Use::kNoChange, kNever, kNothing},
};

ExperimentChange TakeWhatIsSet(const v1::Experiment& message) {
  ExperimentChange change;
  for (const Field& field : kFields) {
    if (field.use == Use::kField && field.is_set(message)) field.take(message, change);
  }
  return change;
}

// A path as a client wrote it, such that it may stand in a message.
std::string Quote(const std::string& path) {
  return absl::StrCat("\"", absl::CEscape(path.substr(0, kQuotedPathBytesMax)), "\"");
}

absl::Status EncodeVariant(const storage::Variant& variant, v1::Variant& message) {
  message.set_id(variant.id.ToString());
  message.set_key(variant.key);
  message.set_name(variant.name);
  message.set_is_control(variant.is_control);
  message.set_weight(variant.weight);
  message.set_disabled(variant.disabled);
  return EncodePayload(variant.payload_json, *message.mutable_payload());
}

}  // namespace

ExperimentChange DecodeNewExperiment(const v1::Experiment& message) {
  ExperimentChange change = TakeWhatIsSet(message);
  if (change.variants.has_value()) {
    for (VariantChange& variant : *change.variants) variant.disabled = false;
  }
  return change;
}

ExperimentChange DecodeUpdate(const v1::Experiment& message,
                              const google::protobuf::FieldMask& mask) {
  if (mask.paths().empty()) return TakeWhatIsSet(message);
  ExperimentChange change;
  if (mask.paths_size() > kMaskPathsMax) {
    change.malformed.Add("update_mask",
                         absl::StrCat("must have at most ", kMaskPathsMax, " paths"));
    return change;
  }
  for (const std::string& path : mask.paths()) {
    const auto* const field =
        std::find_if(std::begin(kFields), std::end(kFields),
                     [&](const Field& candidate) { return candidate.path == path; });
    if (field != std::end(kFields)) {
      field->take(message, change);
    } else {
      change.malformed.Add("update_mask",
                           absl::StrCat(Quote(path), " is not a field that can be updated"));
    }
  }
  return change;
}

ExperimentChange DecodeUpdate(const v1::UpdateExperimentRequest& request) {
  ExperimentChange change = DecodeUpdate(request.experiment(), request.update_mask());
  if (request.remove_variants_size() > static_cast<int>(kVariantsMax)) {
    change.malformed.Add("remove_variants", absl::StrCat("must be at most ", kVariantsMax));
    return change;
  }
  change.remove_variants.assign(request.remove_variants().begin(), request.remove_variants().end());
  return change;
}

absl::StatusOr<ExperimentListRequest> DecodeList(const v1::ListExperimentsRequest& message) {
  ExperimentListRequest request;
  request.page_size = message.page_size();
  request.page_token = message.page_token();
  request.filter.text = message.q();
  if (message.state() != v1::Experiment::STATE_UNSPECIFIED) {
    request.filter.state = DecodeState(message.state());
    if (!request.filter.state.has_value()) {
      return InvalidArgumentError("state", "must be DRAFT, RUNNING, PAUSED, COMPLETED or ARCHIVED");
    }
  }
  return request;
}

absl::Status EncodeExperiment(const storage::Experiment& experiment, v1::Experiment& message) {
  message.set_id(experiment.id.ToString());
  message.set_key(experiment.key);
  message.set_name(experiment.name);
  message.set_description(experiment.description);
  message.set_state(EncodeState(experiment.state));
  for (const storage::Variant& variant : experiment.variants) {
    MAB_RETURN_IF_ERROR(EncodeVariant(variant, *message.add_variants()));
  }
  message.set_policy(EncodePolicy(experiment.policy));
  message.set_floor(experiment.floor);
  message.set_burn_in_exposures(experiment.burn_in_exposures);
  message.set_traffic_share(experiment.traffic_share);
  message.mutable_prior()->set_alpha(experiment.prior.alpha);
  message.mutable_prior()->set_beta(experiment.prior.beta);
  message.set_conversion_window_seconds(experiment.conversion_window_seconds);
  message.set_threshold_of_caring(experiment.threshold_of_caring);
  message.set_minimum_exposures(experiment.minimum_exposures);
  for (const std::string& origin : experiment.allowed_origins) message.add_allowed_origins(origin);
  message.set_etag(absl::StrCat(experiment.revision));
  *message.mutable_create_time() = EncodeTime(experiment.create_time);
  *message.mutable_update_time() = EncodeTime(experiment.update_time);
  if (experiment.start_time.has_value()) {
    *message.mutable_start_time() = EncodeTime(*experiment.start_time);
  }
  if (experiment.end_time.has_value()) {
    *message.mutable_end_time() = EncodeTime(*experiment.end_time);
  }
  if (experiment.rows_retire_time.has_value()) {
    *message.mutable_rows_retire_time() = EncodeTime(*experiment.rows_retire_time);
  }
  if (experiment.winner_index.has_value()) {
    message.set_winner(experiment.variants[*experiment.winner_index].key);
  }
  return absl::OkStatus();
}

v1::Experiment::State EncodeState(storage::ExperimentState state) {
  switch (state) {
    case storage::ExperimentState::kDraft:
      return v1::Experiment::DRAFT;
    case storage::ExperimentState::kRunning:
      return v1::Experiment::RUNNING;
    case storage::ExperimentState::kPaused:
      return v1::Experiment::PAUSED;
    case storage::ExperimentState::kCompleted:
      return v1::Experiment::COMPLETED;
    case storage::ExperimentState::kArchived:
      return v1::Experiment::ARCHIVED;
  }
  return v1::Experiment::STATE_UNSPECIFIED;
}

v1::Experiment::Policy EncodePolicy(bandit::Policy policy) {
  switch (policy) {
    case bandit::Policy::kThompson:
      return v1::Experiment::THOMPSON;
    case bandit::Policy::kTopTwoThompson:
      return v1::Experiment::TOP_TWO_THOMPSON;
    case bandit::Policy::kFixed:
      return v1::Experiment::FIXED;
  }
  return v1::Experiment::POLICY_UNSPECIFIED;
}

}  // namespace mab::admin
