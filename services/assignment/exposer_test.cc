#include "assignment/exposer.h"

#include <gtest/gtest.h>

#include <string>

#include "assignment/testing/hot_path.h"
#include "common/error.h"
#include "storage/event.h"

namespace mab::assignment {
namespace {

using storage::ExposureEvent;

class ExposerTest : public testing::Test {
 protected:
  ExposerTest() { Use(experiment_); }

  void Use(const SnapshotExperiment& experiment) { path_.SetExperiments({experiment}); }
  void AssignHidden(const std::string& user) {
    ASSERT_TRUE(path_.Assign(experiment_.key, user, /*expose=*/false).ok());
  }
  Recorded<Exposure> Expose(const std::string& user) {
    auto result = path_.Expose(experiment_.key, user);
    EXPECT_TRUE(result.ok()) << result.status();
    return *std::move(result);
  }

  HotPath path_;
  SnapshotExperiment experiment_ = SampleExperiment();
};

TEST_F(ExposerTest, CountsAnAssignmentWhenItIsShown) {
  AssignHidden("ann");
  path_.clock.Advance(absl::Seconds(3));
  EXPECT_EQ(Expose("ann").answer.exposed_at, SampleTime() + absl::Seconds(3));
  const auto events = path_.journal.appended_of<ExposureEvent>();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].exposed_at, SampleTime() + absl::Seconds(3));
  EXPECT_TRUE(path_.Assign(experiment_.key, "ann", false)->answer.counted);
}

TEST_F(ExposerTest, RepeatsChangeNothing) {
  AssignHidden("ann");
  const Recorded<Exposure> first = Expose("ann");
  path_.clock.Advance(absl::Seconds(3));
  const Recorded<Exposure> again = Expose("ann");
  EXPECT_EQ(again.answer.exposed_at, first.answer.exposed_at);
  EXPECT_EQ(again.wait, first.wait);
  EXPECT_EQ(path_.journal.appended_of<ExposureEvent>().size(), 1u);
}

TEST_F(ExposerTest, AUserExposedAtOnceIsCountedAlready) {
  ASSERT_TRUE(path_.Assign(experiment_.key, "ann").ok());
  path_.clock.Advance(absl::Seconds(3));
  EXPECT_EQ(Expose("ann").answer.exposed_at, SampleTime());
  EXPECT_TRUE(path_.journal.appended_of<ExposureEvent>().empty());
}

TEST_F(ExposerTest, WithoutAnAssignmentThereIsNothingToExpose) {
  const auto result = path_.Expose(experiment_.key, "ann");
  EXPECT_EQ(result.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ErrorReason(result.status()), kReasonAssignmentNotFound);
}

TEST_F(ExposerTest, APausedExperimentCountsKnownUsers) {
  AssignHidden("ann");
  experiment_.state = ExperimentState::kPaused;
  Use(experiment_);
  EXPECT_TRUE(Expose("ann").answer.exposed_at.has_value());
  EXPECT_EQ(path_.journal.appended_of<ExposureEvent>().size(), 1u);
}

TEST_F(ExposerTest, ACompletedExperimentRecordsNothingAndSaysWhatIsOnRecord) {
  AssignHidden("hidden");
  ASSERT_TRUE(path_.Assign(experiment_.key, "shown").ok());
  experiment_.state = ExperimentState::kCompleted;
  experiment_.winner_index = 0;
  experiment_.end_time = SampleTime();
  Use(experiment_);
  EXPECT_EQ(Expose("hidden").answer.exposed_at, std::nullopt);
  EXPECT_EQ(Expose("shown").answer.exposed_at, SampleTime());
  EXPECT_TRUE(path_.journal.appended_of<ExposureEvent>().empty());
}

TEST_F(ExposerTest, ACompletedExperimentIsClosedAfterItsWindow) {
  AssignHidden("hidden");
  experiment_.state = ExperimentState::kCompleted;
  experiment_.end_time = SampleTime();
  Use(experiment_);
  path_.clock.Advance(experiment_.conversion_window);
  EXPECT_EQ(Expose("hidden").answer.exposed_at, std::nullopt);
  path_.clock.Advance(absl::Microseconds(1));
  for (const char* user : {"hidden", "nobody"}) {
    EXPECT_EQ(ErrorReason(path_.Expose(experiment_.key, user).status()),
              kReasonExperimentNotRunning)
        << user;
  }
}

TEST_F(ExposerTest, ADisabledVariantIsNotExposed) {
  AssignHidden("ann");
  const size_t variant = path_.Assign(experiment_.key, "ann", false)->answer.variant_index;
  experiment_.variants[variant].disabled = true;
  Use(experiment_);
  EXPECT_EQ(Expose("ann").answer.exposed_at, std::nullopt);
  EXPECT_TRUE(path_.journal.appended_of<ExposureEvent>().empty());
}

TEST_F(ExposerTest, DraftsAndArchivedExperimentsAreNotRunning) {
  for (const ExperimentState state : {ExperimentState::kDraft, ExperimentState::kArchived}) {
    experiment_.state = state;
    Use(experiment_);
    EXPECT_EQ(ErrorReason(path_.Expose(experiment_.key, "ann").status()),
              kReasonExperimentNotRunning);
  }
  EXPECT_EQ(ErrorReason(path_.Expose("nobody", "ann").status()), kReasonExperimentNotFound);
}

TEST_F(ExposerTest, AFailedWriteTakesTheExposureBackAndNoMore) {
  AssignHidden("ann");
  path_.journal.HoldWrites();
  Expose("ann");
  path_.journal.FailUnwritten();
  const auto entry = path_.sticky_map.Find(path_.KeyOf(experiment_, "ann"));
  ASSERT_TRUE(entry.has_value());
  EXPECT_EQ(entry->exposed_at, std::nullopt);
  EXPECT_TRUE(Expose("ann").answer.exposed_at.has_value());
}

TEST_F(ExposerTest, BuildsOnTheAssignmentSoThatItNeverOutlivesIt) {
  path_.journal.HoldWrites();
  AssignHidden("ann");
  Expose("ann");
  const auto appended = path_.journal.appended();
  ASSERT_EQ(appended.size(), 3u);
  EXPECT_EQ(path_.journal.after(2), appended[1].sequence);
  path_.journal.FailUnwritten();
  EXPECT_EQ(path_.sticky_map.size(), 0u);
}

}  // namespace
}  // namespace mab::assignment
