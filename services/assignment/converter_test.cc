#include "assignment/converter.h"

#include <gtest/gtest.h>

#include <string>

#include "assignment/testing/hot_path.h"
#include "common/error.h"
#include "storage/event.h"

namespace mab::assignment {
namespace {

using storage::ConversionEvent;
using storage::CountEvent;

class ConverterTest : public testing::Test {
 protected:
  ConverterTest() { Use(experiment_); }

  void Use(const SnapshotExperiment& experiment) { path_.SetExperiments({experiment}); }
  size_t Assign(const std::string& user, bool expose = true) {
    const auto result = path_.Assign(experiment_.key, user, expose);
    EXPECT_TRUE(result.ok()) << result.status();
    return result->answer.variant_index;
  }
  Recorded<Conversion> Convert(const std::string& user) {
    auto result = path_.Convert(experiment_.key, user);
    EXPECT_TRUE(result.ok()) << result.status();
    return *std::move(result);
  }
  void Complete() {
    experiment_.state = ExperimentState::kCompleted;
    experiment_.winner_index = 1;
    experiment_.end_time = path_.clock.Now();
    Use(experiment_);
  }

  HotPath path_;
  SnapshotExperiment experiment_ = SampleExperiment();
};

TEST_F(ConverterTest, CreditsTheVariantOfRecord) {
  const size_t variant = Assign("ann");
  path_.clock.Advance(absl::Minutes(5));
  const Conversion answer = Convert("ann").answer;
  EXPECT_FALSE(answer.duplicate);
  EXPECT_TRUE(answer.credited);
  EXPECT_EQ(answer.variant_index, variant);
  EXPECT_EQ(answer.converted_at, SampleTime() + absl::Minutes(5));
}

TEST_F(ConverterTest, RecordsAllThatTheCallerSaid) {
  const size_t variant = Assign("ann");
  path_.clock.Advance(absl::Minutes(5));
  const auto result = path_.converter.Convert(
      *path_.snapshot, {experiment_.key, path_.user_key.Hash("ann"), 12.5, "order-981"});
  ASSERT_TRUE(result.ok());
  const auto events = path_.journal.appended_of<ConversionEvent>();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].experiment_id, experiment_.id);
  EXPECT_EQ(events[0].user, path_.user_key.Hash("ann"));
  EXPECT_EQ(events[0].variant_index, variant);
  EXPECT_EQ(events[0].version, 1000u);
  EXPECT_EQ(events[0].converted_at, SampleTime() + absl::Minutes(5));
  EXPECT_EQ(events[0].exposed_at, SampleTime());
  EXPECT_TRUE(events[0].credited);
  EXPECT_EQ(events[0].value, 12.5);
  EXPECT_EQ(events[0].event_id, "order-981");
}

TEST_F(ConverterTest, ARepeatAnswersWithTheFirstOnesTime) {
  Assign("ann");
  const Recorded<Conversion> first = Convert("ann");
  path_.clock.Advance(absl::Minutes(5));
  const Recorded<Conversion> again = Convert("ann");
  EXPECT_TRUE(again.answer.duplicate);
  EXPECT_TRUE(again.answer.credited);
  EXPECT_EQ(again.answer.converted_at, first.answer.converted_at);
  EXPECT_EQ(again.wait, first.wait);
  EXPECT_EQ(path_.journal.appended_of<ConversionEvent>().size(), 1u);
}

TEST_F(ConverterTest, WithoutAnAssignmentNothingIsRecorded) {
  const auto result = path_.Convert(experiment_.key, "ann");
  EXPECT_EQ(result.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ErrorReason(result.status()), kReasonAssignmentNotFound);
  EXPECT_TRUE(path_.journal.appended().empty());
  EXPECT_EQ(ErrorReason(path_.Convert("nobody", "ann").status()), kReasonExperimentNotFound);
}

TEST_F(ConverterTest, AUserWhoWasNeverExposedIsStoredAndNotCredited) {
  Assign("ann", /*expose=*/false);
  EXPECT_FALSE(Convert("ann").answer.credited);
  const auto events = path_.journal.appended_of<ConversionEvent>();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].exposed_at, std::nullopt);
  // An exposure that comes later does not change that.
  ASSERT_TRUE(path_.Expose(experiment_.key, "ann").ok());
  EXPECT_FALSE(Convert("ann").answer.credited);
}

TEST_F(ConverterTest, TheWindowIsCountedFromTheExposureAndIsClosedAtItsEnd) {
  Assign("ann", /*expose=*/false);
  Assign("bob");
  path_.clock.Advance(absl::Minutes(30));
  ASSERT_TRUE(path_.Expose(experiment_.key, "ann").ok());
  path_.clock.Advance(absl::Hours(1));
  EXPECT_TRUE(Convert("ann").answer.credited);   // an hour after the exposure, to the microsecond
  EXPECT_FALSE(Convert("bob").answer.credited);  // an hour and a half
  Assign("eve");
  path_.clock.Advance(absl::Hours(1) + absl::Microseconds(1));
  EXPECT_FALSE(Convert("eve").answer.credited);
}

TEST_F(ConverterTest, AClockThatWasSetBackPutsNoConversionBeforeItsExposure) {
  Assign("ann");
  path_.clock.Advance(-absl::Hours(3));
  const Conversion answer = Convert("ann").answer;
  EXPECT_EQ(answer.converted_at, SampleTime());
  EXPECT_TRUE(answer.credited);
}

TEST_F(ConverterTest, APausedExperimentRecordsConversions) {
  Assign("ann");
  experiment_.state = ExperimentState::kPaused;
  Use(experiment_);
  EXPECT_TRUE(Convert("ann").answer.credited);
}

TEST_F(ConverterTest, ADisabledVariantIsCreditedToItsUsers) {
  const size_t variant = Assign("ann");
  experiment_.variants[variant].disabled = true;
  Use(experiment_);
  const Conversion answer = Convert("ann").answer;
  EXPECT_TRUE(answer.credited);
  EXPECT_EQ(answer.variant_index, variant);
}

TEST_F(ConverterTest, ACompletedExperimentRecordsWhileTheWindowLasts) {
  const size_t variant = Assign("ann");
  Assign("bob");
  Assign("eve");
  path_.clock.Advance(absl::Minutes(30));
  Complete();
  const Conversion ann = Convert("ann").answer;
  EXPECT_TRUE(ann.credited);
  EXPECT_EQ(ann.variant_index, variant);
  // The window after the end is open, the one after his exposure is not.
  path_.clock.Advance(absl::Hours(1));
  EXPECT_FALSE(Convert("bob").answer.credited);

  path_.clock.Advance(absl::Microseconds(1));
  EXPECT_EQ(ErrorReason(path_.Convert(experiment_.key, "eve").status()),
            kReasonExperimentNotRunning);
  EXPECT_EQ(ErrorReason(path_.Convert(experiment_.key, "stranger").status()),
            kReasonExperimentNotRunning);
  // What is on record stays answered.
  EXPECT_TRUE(Convert("ann").answer.duplicate);
}

TEST_F(ConverterTest, DraftsAndArchivedExperimentsAreNotRunning) {
  Assign("ann");
  for (const ExperimentState state : {ExperimentState::kDraft, ExperimentState::kArchived}) {
    experiment_.state = state;
    Use(experiment_);
    const auto result = path_.Convert(experiment_.key, "ann");
    EXPECT_EQ(result.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(ErrorReason(result.status()), kReasonExperimentNotRunning);
  }
}

TEST_F(ConverterTest, WaitsForTheDisk) {
  Assign("ann");
  EXPECT_EQ(Convert("ann").wait, (JournalWait{0, 3}));
  EXPECT_EQ(path_.journal.after(2), 2u);
}

TEST_F(ConverterTest, AFullJournalRefusesAndLeavesNoTrace) {
  Assign("ann");
  path_.journal.SetFull(true);
  EXPECT_EQ(ErrorReason(path_.Convert(experiment_.key, "ann").status()), kReasonJournalFull);
  path_.journal.SetFull(false);
  EXPECT_FALSE(Convert("ann").answer.duplicate);
}

TEST_F(ConverterTest, AFailedWriteTakesTheConversionBackAndNoMore) {
  Assign("ann");
  path_.journal.HoldWrites();
  Convert("ann");
  path_.journal.FailUnwritten();
  const auto entry = path_.sticky_map.Find(path_.KeyOf(experiment_, "ann"));
  ASSERT_TRUE(entry.has_value());
  EXPECT_EQ(entry->converted_at, std::nullopt);
  EXPECT_TRUE(entry->exposed_at.has_value());
  EXPECT_FALSE(Convert("ann").answer.duplicate);
}

TEST_F(ConverterTest, CountsRepeatsPerExperimentAndWritesThemNowAndThen) {
  Assign("ann");
  Convert("ann");
  for (int i = 0; i < 5; ++i) Convert("ann");
  EXPECT_TRUE(path_.journal.appended_of<CountEvent>().empty());
  path_.journal.SetFull(true);
  path_.counter.Flush();
  path_.journal.SetFull(false);
  path_.clock.Advance(absl::Minutes(1));
  path_.counter.Flush();
  path_.counter.Flush();
  const auto counts = path_.journal.appended_of<CountEvent>();
  ASSERT_EQ(counts.size(), 1u);
  EXPECT_EQ(counts[0].experiment_id, experiment_.id);
  EXPECT_EQ(counts[0].kind, CountEvent::Kind::kDuplicateConversion);
  EXPECT_EQ(counts[0].count, 5u);
  EXPECT_EQ(counts[0].at, SampleTime() + absl::Minutes(1));
}

}  // namespace
}  // namespace mab::assignment
