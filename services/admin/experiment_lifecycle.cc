#include "admin/experiment_lifecycle.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/error.h"
#include "common/status_macros.h"

namespace mab::admin {
namespace {

using storage::Experiment;
using storage::ExperimentState;
using storage::Variant;

absl::Status Refuse(absl::string_view sentence) {
  return FailedPreconditionError(kReasonFailedPrecondition, sentence);
}

// What can be done in a state, for the sentence that refuses something else.
absl::string_view AllowedIn(ExperimentState state) {
  switch (state) {
    case ExperimentState::kDraft:
      return "it can be changed, started or deleted";
    case ExperimentState::kRunning:
      return "it can be paused or completed, and variants disabled";
    case ExperimentState::kPaused:
      return "it can be resumed or completed, and variants disabled";
    case ExperimentState::kCompleted:
      return "it can be archived";
    case ExperimentState::kArchived:
      return "nothing changes any more";
  }
  return "";
}

std::vector<ExperimentState> StatesFor(LifecycleAction action) {
  switch (action) {
    case LifecycleAction::kStart:
      return {ExperimentState::kDraft};
    case LifecycleAction::kPause:
      return {ExperimentState::kRunning};
    case LifecycleAction::kResume:
      return {ExperimentState::kPaused};
    case LifecycleAction::kComplete:
    case LifecycleAction::kDisableVariant:
      return {ExperimentState::kRunning, ExperimentState::kPaused};
    case LifecycleAction::kArchive:
      return {ExperimentState::kCompleted};
  }
  return {};
}

// What the action does, as a participle.
absl::string_view Done(LifecycleAction action) {
  switch (action) {
    case LifecycleAction::kStart:
      return "started";
    case LifecycleAction::kPause:
      return "paused";
    case LifecycleAction::kResume:
      return "resumed";
    case LifecycleAction::kComplete:
      return "completed";
    case LifecycleAction::kArchive:
      return "archived";
    case LifecycleAction::kDisableVariant:
      return "changed to disable a variant";
  }
  return "";
}

// "only a RUNNING experiment can be paused; this one is PAUSED: it can be resumed or completed, …".
absl::Status CheckState(LifecycleAction action, const Experiment& experiment) {
  const std::vector<ExperimentState> states = StatesFor(action);
  if (std::find(states.begin(), states.end(), experiment.state) != states.end()) {
    return absl::OkStatus();
  }
  const std::string allowed =
      absl::StrJoin(states, " or ", [](std::string* out, ExperimentState state) {
        absl::StrAppend(out, storage::StateName(state));
      });
  return Refuse(absl::StrCat("only a ", allowed, " experiment can be ", Done(action),
                             "; this one is ", storage::StateName(experiment.state), ": ",
                             AllowedIn(experiment.state)));
}

std::optional<size_t> IndexOf(const Experiment& experiment, absl::string_view key) {
  for (size_t i = 0; i < experiment.variants.size(); ++i) {
    if (experiment.variants[i].key == key) return i;
  }
  return std::nullopt;
}

absl::Status Complete(absl::string_view winner, absl::Time now, Experiment& experiment) {
  const std::optional<size_t> index = IndexOf(experiment, winner);
  if (!index.has_value()) {
    return InvalidArgumentError("winner", "must be the key of a variant of the experiment");
  }
  if (experiment.variants[*index].disabled) {
    return Refuse(absl::StrCat("variant \"", winner, "\" is disabled and can't be the winner"));
  }
  experiment.winner_index = *index;
  experiment.state = ExperimentState::kCompleted;
  experiment.end_time = now;
  return absl::OkStatus();
}

absl::Status DisableVariant(absl::string_view key, Experiment& experiment) {
  const std::optional<size_t> index = IndexOf(experiment, key);
  if (!index.has_value()) {
    return NotFoundError(kReasonVariantNotFound, "the experiment has no variant with this key");
  }
  Variant& variant = experiment.variants[*index];
  if (variant.disabled) return Refuse(absl::StrCat("variant \"", key, "\" is disabled already"));
  if (variant.is_control) {
    return Refuse(absl::StrCat("variant \"", key, "\" is the control, which can't be disabled"));
  }
  bool another_left = false;
  double weights_left = 0;
  for (const Variant& other : experiment.variants) {
    if (other.disabled || &other == &variant) continue;
    another_left |= !other.is_control;
    weights_left += other.weight;
  }
  if (!another_left) {
    return Refuse(absl::StrCat("variant \"", key,
                               "\" is the last one beside the control, which can't be disabled; "
                               "complete the experiment instead"));
  }
  if (experiment.policy == bandit::Policy::kFixed && weights_left == 0) {
    return Refuse(absl::StrCat("variant \"", key,
                               "\" is the last one with a weight above 0, which can't be disabled "
                               "under the policy FIXED"));
  }
  variant.disabled = true;
  return absl::OkStatus();
}

// What an update would change, by what a state may allow together.
struct Differences {
  // Fields that a running experiment keeps, those that a completed one keeps too, and the others.
  std::vector<absl::string_view> fixed_at_start;
  std::vector<absl::string_view> fixed_at_end;
  std::vector<absl::string_view> fixed_when_archived;
};

void CompareVariants(const Experiment& before, const Experiment& after, Differences& found) {
  const size_t count = std::min(before.variants.size(), after.variants.size());
  bool identity = false, control = false, content = false;
  for (size_t i = 0; i < count; ++i) {
    const Variant& a = before.variants[i];
    const Variant& b = after.variants[i];
    identity |= a.id != b.id || a.key != b.key;
    control |= a.is_control != b.is_control;
    content |= a.name != b.name || a.payload_json != b.payload_json || a.weight != b.weight;
  }
  if (before.variants.size() != after.variants.size() || identity) {
    found.fixed_at_start.push_back("the set of variants");
  }
  if (control) found.fixed_at_start.push_back("the control");
  if (content) found.fixed_at_end.push_back("variants");
}

Differences Compare(const Experiment& before, const Experiment& after) {
  Differences found;
  const auto note = [](bool differs, absl::string_view name,
                       std::vector<absl::string_view>& names) {
    if (differs) names.push_back(name);
  };
  note(before.name != after.name, "name", found.fixed_when_archived);
  note(before.description != after.description, "description", found.fixed_when_archived);
  note(before.allowed_origins != after.allowed_origins, "allowed_origins",
       found.fixed_when_archived);
  note(before.policy != after.policy, "policy", found.fixed_at_end);
  note(before.floor != after.floor, "floor", found.fixed_at_end);
  note(before.burn_in_exposures != after.burn_in_exposures, "burn_in_exposures",
       found.fixed_at_end);
  note(before.traffic_share != after.traffic_share, "traffic_share", found.fixed_at_end);
  note(before.threshold_of_caring != after.threshold_of_caring, "threshold_of_caring",
       found.fixed_at_end);
  note(before.minimum_exposures != after.minimum_exposures, "minimum_exposures",
       found.fixed_at_end);
  note(!(before.prior == after.prior), "prior", found.fixed_at_start);
  note(before.conversion_window_seconds != after.conversion_window_seconds,
       "conversion_window_seconds", found.fixed_at_start);
  CompareVariants(before, after, found);
  return found;
}

void Append(const std::vector<absl::string_view>& more, std::vector<absl::string_view>& list) {
  list.insert(list.end(), more.begin(), more.end());
}

}  // namespace

absl::string_view ActionName(LifecycleAction action) {
  switch (action) {
    case LifecycleAction::kStart:
      return "start";
    case LifecycleAction::kPause:
      return "pause";
    case LifecycleAction::kResume:
      return "resume";
    case LifecycleAction::kComplete:
      return "complete";
    case LifecycleAction::kArchive:
      return "archive";
    case LifecycleAction::kDisableVariant:
      return "disable_variant";
  }
  return "";
}

absl::Status Apply(const Transition& transition, absl::Time now, Experiment& experiment) {
  MAB_RETURN_IF_ERROR(CheckState(transition.action, experiment));
  switch (transition.action) {
    case LifecycleAction::kStart:
      experiment.state = ExperimentState::kRunning;
      experiment.start_time = now;
      return absl::OkStatus();
    case LifecycleAction::kPause:
      experiment.state = ExperimentState::kPaused;
      return absl::OkStatus();
    case LifecycleAction::kResume:
      experiment.state = ExperimentState::kRunning;
      return absl::OkStatus();
    case LifecycleAction::kComplete:
      return Complete(transition.variant_key, now, experiment);
    case LifecycleAction::kArchive:
      experiment.state = ExperimentState::kArchived;
      return absl::OkStatus();
    case LifecycleAction::kDisableVariant:
      return DisableVariant(transition.variant_key, experiment);
  }
  return InternalError("an action that does not exist");
}

absl::Status CheckDeleteAllowed(const Experiment& experiment) {
  if (experiment.state == ExperimentState::kDraft) return absl::OkStatus();
  return Refuse(absl::StrCat("only a DRAFT experiment can be deleted; this one is ",
                             storage::StateName(experiment.state), ": ",
                             AllowedIn(experiment.state)));
}

absl::Status CheckUpdateAllowed(const Experiment& before, const Experiment& after) {
  const Differences found = Compare(before, after);
  std::vector<absl::string_view> refused;
  absl::string_view allowed;
  switch (before.state) {
    case ExperimentState::kDraft:
      return absl::OkStatus();
    case ExperimentState::kRunning:
    case ExperimentState::kPaused:
      refused = found.fixed_at_start;
      allowed =
          "name, description, policy, floor, burn_in_exposures, traffic_share, "
          "threshold_of_caring, minimum_exposures, allowed_origins, and the variants' names, "
          "payloads "
          "and weights can";
      break;
    case ExperimentState::kCompleted:
      refused = found.fixed_at_start;
      Append(found.fixed_at_end, refused);
      allowed = "name, description and allowed_origins can";
      break;
    case ExperimentState::kArchived:
      refused = found.fixed_at_start;
      Append(found.fixed_at_end, refused);
      Append(found.fixed_when_archived, refused);
      allowed = "nothing can";
      break;
  }
  if (refused.empty()) return absl::OkStatus();
  return Refuse(absl::StrCat("the experiment is ", storage::StateName(before.state), ": ",
                             absl::StrJoin(refused, ", "), " can't be changed any more; ",
                             allowed));
}

}  // namespace mab::admin
