#include "admin/experiment_lifecycle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/error.h"

namespace mab::admin {
namespace {

using storage::Experiment;
using storage::ExperimentState;
using ::testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1'795'392'000);

constexpr ExperimentState kStates[] = {ExperimentState::kDraft, ExperimentState::kRunning,
                                       ExperimentState::kPaused, ExperimentState::kCompleted,
                                       ExperimentState::kArchived};
constexpr LifecycleAction kActions[] = {
    LifecycleAction::kStart,    LifecycleAction::kPause,   LifecycleAction::kResume,
    LifecycleAction::kComplete, LifecycleAction::kArchive, LifecycleAction::kDisableVariant};

Experiment MakeExperiment(ExperimentState state) {
  Experiment experiment;
  experiment.state = state;
  for (const char* key : {"a", "b", "c"}) {
    storage::Variant variant;
    variant.id = VariantId{Uuid::NewV7(kNow)};
    variant.key = key;
    variant.name = key;
    variant.is_control = experiment.variants.empty();
    experiment.variants.push_back(variant);
  }
  return experiment;
}

Transition MakeTransition(LifecycleAction action) {
  const bool has_variant =
      action == LifecycleAction::kComplete || action == LifecycleAction::kDisableVariant;
  return {action, has_variant ? "b" : ""};
}

TEST(ExperimentLifecycleTest, TakesExactlyTheStepsOfItsTable) {
  // Where each step leads; what is not here is refused.
  const std::map<std::pair<ExperimentState, LifecycleAction>, ExperimentState> table = {
      {{ExperimentState::kDraft, LifecycleAction::kStart}, ExperimentState::kRunning},
      {{ExperimentState::kRunning, LifecycleAction::kPause}, ExperimentState::kPaused},
      {{ExperimentState::kPaused, LifecycleAction::kResume}, ExperimentState::kRunning},
      {{ExperimentState::kRunning, LifecycleAction::kComplete}, ExperimentState::kCompleted},
      {{ExperimentState::kPaused, LifecycleAction::kComplete}, ExperimentState::kCompleted},
      {{ExperimentState::kCompleted, LifecycleAction::kArchive}, ExperimentState::kArchived},
      {{ExperimentState::kRunning, LifecycleAction::kDisableVariant}, ExperimentState::kRunning},
      {{ExperimentState::kPaused, LifecycleAction::kDisableVariant}, ExperimentState::kPaused},
  };
  for (const ExperimentState state : kStates) {
    for (const LifecycleAction action : kActions) {
      SCOPED_TRACE(absl::StrCat(storage::StateName(state), " ", ActionName(action)));
      const Experiment before = MakeExperiment(state);
      Experiment after = before;
      const absl::Status status = Apply(MakeTransition(action), kNow, after);
      const auto expected = table.find({state, action});
      if (expected != table.end()) {
        EXPECT_TRUE(status.ok()) << status;
        EXPECT_EQ(after.state, expected->second);
      } else {
        EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
        EXPECT_EQ(ErrorReason(status), kReasonFailedPrecondition);
        EXPECT_THAT(std::string(status.message()),
                    HasSubstr(absl::StrCat("this one is ", storage::StateName(state))));
        EXPECT_TRUE(after == before);
      }
    }
  }
}

TEST(ExperimentLifecycleTest, SaysTheStateAndWhatIsAllowedInIt) {
  Experiment experiment = MakeExperiment(ExperimentState::kPaused);
  EXPECT_EQ(Apply({LifecycleAction::kPause, ""}, kNow, experiment).message(),
            "only a RUNNING experiment can be paused; this one is PAUSED: it can be resumed or "
            "completed, and variants disabled");
}

TEST(ExperimentLifecycleTest, OnlyADraftCanBeDeleted) {
  for (const ExperimentState state : kStates) {
    const absl::Status status = CheckDeleteAllowed(MakeExperiment(state));
    if (state == ExperimentState::kDraft) {
      EXPECT_TRUE(status.ok()) << status;
    } else {
      EXPECT_EQ(ErrorReason(status), kReasonFailedPrecondition) << storage::StateName(state);
    }
  }
}

TEST(ExperimentLifecycleTest, KeepsTheTimesOfStartAndEnd) {
  Experiment experiment = MakeExperiment(ExperimentState::kDraft);
  ASSERT_TRUE(Apply({LifecycleAction::kStart, ""}, kNow, experiment).ok());
  EXPECT_EQ(experiment.start_time, kNow);
  EXPECT_EQ(experiment.end_time, std::nullopt);
  const absl::Time later = kNow + absl::Hours(1);
  ASSERT_TRUE(Apply({LifecycleAction::kPause, ""}, later, experiment).ok());
  ASSERT_TRUE(Apply({LifecycleAction::kResume, ""}, later, experiment).ok());
  EXPECT_EQ(experiment.start_time, kNow);
  ASSERT_TRUE(Apply({LifecycleAction::kComplete, "c"}, later, experiment).ok());
  EXPECT_EQ(experiment.end_time, later);
  EXPECT_EQ(experiment.winner_index, 2u);
  ASSERT_TRUE(Apply({LifecycleAction::kArchive, ""}, later + absl::Hours(1), experiment).ok());
  EXPECT_EQ(experiment.start_time, kNow);
  EXPECT_EQ(experiment.end_time, later);
  EXPECT_EQ(experiment.winner_index, 2u);
}

TEST(ExperimentLifecycleTest, TheWinnerIsAVariantThatIsServed) {
  Experiment experiment = MakeExperiment(ExperimentState::kRunning);
  for (const char* winner : {"", "z", "B"}) {
    const absl::Status status = Apply({LifecycleAction::kComplete, winner}, kNow, experiment);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    ASSERT_EQ(ErrorViolations(status).size(), 1u);
    EXPECT_EQ(ErrorViolations(status)[0].field, "winner");
  }
  ASSERT_TRUE(Apply({LifecycleAction::kDisableVariant, "b"}, kNow, experiment).ok());
  EXPECT_EQ(ErrorReason(Apply({LifecycleAction::kComplete, "b"}, kNow, experiment)),
            kReasonFailedPrecondition);
  // The control may win.
  EXPECT_TRUE(Apply({LifecycleAction::kComplete, "a"}, kNow, experiment).ok());
  EXPECT_EQ(experiment.winner_index, 0u);
}

TEST(ExperimentLifecycleTest, DisablesAVariantOnceAndForAll) {
  Experiment experiment = MakeExperiment(ExperimentState::kRunning);
  const auto disable = [&](const char* key) {
    return Apply({LifecycleAction::kDisableVariant, key}, kNow, experiment);
  };
  EXPECT_EQ(ErrorReason(disable("z")), kReasonVariantNotFound);
  EXPECT_EQ(ErrorReason(disable("a")), kReasonFailedPrecondition);  // the control
  EXPECT_TRUE(disable("b").ok());
  EXPECT_TRUE(experiment.variants[1].disabled);
  EXPECT_EQ(ErrorReason(disable("b")), kReasonFailedPrecondition);  // again
  EXPECT_EQ(ErrorReason(disable("c")), kReasonFailedPrecondition);  // the last one
  EXPECT_FALSE(experiment.variants[0].disabled);
  EXPECT_FALSE(experiment.variants[2].disabled);
}

TEST(ExperimentLifecycleTest, TheFixedPolicyKeepsAVariantWithAWeight) {
  Experiment experiment = MakeExperiment(ExperimentState::kRunning);
  experiment.variants[0].weight = 0;
  experiment.variants[2].weight = 0;
  Experiment fixed = experiment;
  fixed.policy = bandit::Policy::kFixed;
  EXPECT_EQ(ErrorReason(Apply({LifecycleAction::kDisableVariant, "b"}, kNow, fixed)),
            kReasonFailedPrecondition);
  EXPECT_TRUE(Apply({LifecycleAction::kDisableVariant, "b"}, kNow, experiment).ok());
}

// One change of each field, and the states that allow it.
struct UpdateCase {
  std::string what;
  std::function<void(Experiment&)> change;
  bool running = false;
  bool completed = false;
};

std::vector<UpdateCase> UpdateCases() {
  return {
      {"name", [](Experiment& e) { e.name = "new"; }, true, true},
      {"description", [](Experiment& e) { e.description = "new"; }, true, true},
      {"allowed_origins", [](Experiment& e) { e.allowed_origins = {"https://a"}; }, true, true},
      {"policy", [](Experiment& e) { e.policy = bandit::Policy::kFixed; }, true, false},
      {"floor", [](Experiment& e) { e.floor = 0.2; }, true, false},
      {"burn_in_exposures", [](Experiment& e) { e.burn_in_exposures = 5; }, true, false},
      {"traffic_share", [](Experiment& e) { e.traffic_share = 0.5; }, true, false},
      {"threshold_of_caring", [](Experiment& e) { e.threshold_of_caring = 0.1; }, true, false},
      {"minimum_exposures", [](Experiment& e) { e.minimum_exposures = 7; }, true, false},
      {"variants", [](Experiment& e) { e.variants[1].name = "new"; }, true, false},
      {"variants", [](Experiment& e) { e.variants[1].payload_json = "1"; }, true, false},
      {"variants", [](Experiment& e) { e.variants[1].weight = 2; }, true, false},
      {"prior", [](Experiment& e) { e.prior.alpha = 2; }, false, false},
      {"prior", [](Experiment& e) { e.prior.beta = 2; }, false, false},
      {"conversion_window_seconds", [](Experiment& e) { e.conversion_window_seconds = 1; }, false,
       false},
      {"the set of variants", [](Experiment& e) { e.variants.pop_back(); }, false, false},
      {"the set of variants", [](Experiment& e) { e.variants.emplace_back(); }, false, false},
      {"the set of variants", [](Experiment& e) { e.variants[1].key = "new"; }, false, false},
      {"the control",
       [](Experiment& e) { std::swap(e.variants[0].is_control, e.variants[1].is_control); }, false,
       false},
  };
}

TEST(ExperimentLifecycleTest, AllowsInEachStateExactlyTheUpdatesOfItsTable) {
  for (const ExperimentState state : kStates) {
    const Experiment before = MakeExperiment(state);
    EXPECT_TRUE(CheckUpdateAllowed(before, before).ok());
    for (const UpdateCase& update : UpdateCases()) {
      SCOPED_TRACE(absl::StrCat(storage::StateName(state), " ", update.what));
      Experiment after = before;
      update.change(after);
      const bool runs = state == ExperimentState::kRunning || state == ExperimentState::kPaused;
      const bool allowed = state == ExperimentState::kDraft || (runs && update.running) ||
                           (state == ExperimentState::kCompleted && update.completed);
      const absl::Status status = CheckUpdateAllowed(before, after);
      if (allowed) {
        EXPECT_TRUE(status.ok()) << status;
      } else {
        EXPECT_EQ(ErrorReason(status), kReasonFailedPrecondition);
        EXPECT_THAT(std::string(status.message()), HasSubstr(update.what));
        EXPECT_THAT(std::string(status.message()), HasSubstr(storage::StateName(state)));
      }
    }
  }
}

TEST(ExperimentLifecycleTest, NamesAllThatAnUpdateMayNotChange) {
  const Experiment before = MakeExperiment(ExperimentState::kRunning);
  Experiment after = before;
  after.prior.alpha = 2;
  after.conversion_window_seconds = 1;
  after.name = "new";
  EXPECT_EQ(
      CheckUpdateAllowed(before, after).message(),
      "the experiment is RUNNING: prior, conversion_window_seconds can't be changed any "
      "more; name, description, policy, floor, burn_in_exposures, traffic_share, "
      "threshold_of_caring, minimum_exposures, allowed_origins, and the variants' names, payloads "
      "and weights can");
}

}  // namespace
}  // namespace mab::admin
