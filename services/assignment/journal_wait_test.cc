#include "assignment/journal_wait.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "assignment/testing/fake_journal.h"

namespace mab::assignment {
namespace {

class JournalWaitTest : public testing::Test {
 protected:
  uint64_t Append() { return *journal_.Append(storage::CountEvent{}); }
  void Wait(const JournalWait& wait) {
    WhenDone(journal_, wait, [this](const absl::Status& status) { outcome_ = status; });
  }
  void WaitForAll(JournalStep step, std::vector<uint64_t> sequences) {
    WhenAllDone(journal_, step, std::move(sequences),
                [this](std::vector<absl::Status> outcomes) { outcomes_ = std::move(outcomes); });
  }

  FakeJournal journal_;
  std::optional<absl::Status> outcome_;
  std::optional<std::vector<absl::Status>> outcomes_;
};

TEST_F(JournalWaitTest, NothingToWaitForIsDoneAtOnce) {
  Wait({});
  EXPECT_EQ(outcome_, absl::OkStatus());
}

TEST_F(JournalWaitTest, WaitsForTheWriteOrForTheSyncOrForBoth) {
  journal_.HoldWrites();
  const uint64_t sequence = Append();
  Wait({sequence, 0});
  EXPECT_EQ(outcome_, std::nullopt);
  journal_.Write();
  EXPECT_EQ(outcome_, absl::OkStatus());

  outcome_.reset();
  Wait({0, sequence});
  EXPECT_EQ(outcome_, std::nullopt);
  journal_.Sync();
  EXPECT_EQ(outcome_, absl::OkStatus());

  outcome_.reset();
  const uint64_t later = Append();
  Wait({later, later});
  journal_.Write();
  EXPECT_EQ(outcome_, std::nullopt);
  journal_.Sync();
  EXPECT_EQ(outcome_, absl::OkStatus());
}

TEST_F(JournalWaitTest, AFailureIsTheOutcome) {
  journal_.HoldWrites();
  const uint64_t sequence = Append();
  Wait({sequence, sequence});
  journal_.FailUnwritten();
  ASSERT_TRUE(outcome_.has_value());
  EXPECT_FALSE(outcome_->ok());
}

TEST_F(JournalWaitTest, TellsEachOutcomeOfMany) {
  journal_.HoldWrites();
  const uint64_t good = Append();
  journal_.Write();
  const uint64_t bad = Append();
  WaitForAll(JournalStep::kWritten, {0, bad, good, bad});
  EXPECT_EQ(outcomes_, std::nullopt);
  journal_.FailUnwritten();
  ASSERT_TRUE(outcomes_.has_value());
  ASSERT_EQ(outcomes_->size(), 4u);
  EXPECT_TRUE((*outcomes_)[0].ok());
  EXPECT_FALSE((*outcomes_)[1].ok());
  EXPECT_TRUE((*outcomes_)[2].ok());
  EXPECT_FALSE((*outcomes_)[3].ok());
}

TEST_F(JournalWaitTest, AnEarlierFailureIsSeenBehindALaterSuccess) {
  journal_.HoldWrites();
  const uint64_t bad = Append();
  journal_.FailUnwritten();
  const uint64_t good = Append();
  WaitForAll(JournalStep::kWritten, {bad, good});
  EXPECT_EQ(outcomes_, std::nullopt);
  journal_.Write();
  ASSERT_TRUE(outcomes_.has_value());
  EXPECT_FALSE((*outcomes_)[0].ok());
  EXPECT_TRUE((*outcomes_)[1].ok());
}

TEST_F(JournalWaitTest, AnAnswerThatRestsOnAFailedRecordFailsBehindALaterSuccess) {
  journal_.HoldWrites();
  JournalWait wait;
  wait.Add({Append(), 0});
  journal_.FailUnwritten();
  wait.Add({Append(), 0});
  Wait(wait);
  EXPECT_EQ(outcome_, std::nullopt);
  journal_.Write();
  ASSERT_TRUE(outcome_.has_value());
  EXPECT_FALSE(outcome_->ok());
}

TEST_F(JournalWaitTest, AnAnswerThatRestsOnGoodRecordsIsGood) {
  JournalWait wait;
  for (int i = 0; i < 3; ++i) wait.Add({Append(), 0});
  EXPECT_EQ(wait.others.size(), 2u);
  Wait(wait);
  EXPECT_EQ(outcome_, absl::OkStatus());
}

TEST_F(JournalWaitTest, NoSequencesAreDoneAtOnce) {
  WaitForAll(JournalStep::kSynced, {});
  ASSERT_TRUE(outcomes_.has_value());
  EXPECT_TRUE(outcomes_->empty());
  outcomes_.reset();
  WaitForAll(JournalStep::kSynced, {0, 0});
  ASSERT_TRUE(outcomes_.has_value());
  EXPECT_TRUE((*outcomes_)[0].ok() && (*outcomes_)[1].ok());
}

}  // namespace
}  // namespace mab::assignment
