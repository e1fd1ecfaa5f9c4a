#include "assignment/eraser.h"

#include <gtest/gtest.h>

#include <optional>
#include <utility>

#include "assignment/sticky_history.h"
#include "assignment/testing/hot_path.h"
#include "common/error.h"

namespace mab::assignment {
namespace {

class EraserTest : public testing::Test {
 protected:
  EraserTest() { path_.SetExperiments({first_, second_}); }

  // What the caller was told; nullopt: nothing yet.
  std::optional<absl::StatusOr<Eraser::Erased>>& Erase(const std::string& user) {
    told_.reset();
    eraser_.Erase(path_.user_key.Hash(user),
                  [this](absl::StatusOr<Eraser::Erased> erased) { told_ = std::move(erased); });
    return told_;
  }
  bool Known(const std::string& user) {
    return path_.sticky_map.Find(path_.KeyOf(first_, user)).has_value();
  }

  SnapshotExperiment first_ = SampleExperiment(1);
  SnapshotExperiment second_ = SampleExperiment(2);
  HotPath path_;
  Eraser eraser_{&path_.journal, &path_.sticky_map, &path_.clock};
  std::optional<absl::StatusOr<Eraser::Erased>> told_;
};

TEST_F(EraserTest, ForgetsTheUserInEveryExperimentAndNobodyElse) {
  ASSERT_TRUE(path_.Assign(first_.key, "ann").ok());
  ASSERT_TRUE(path_.Assign(second_.key, "ann").ok());
  ASSERT_TRUE(path_.Assign(first_.key, "bob").ok());
  const auto& erased = Erase("ann");
  ASSERT_TRUE(erased.has_value() && erased->ok());
  EXPECT_EQ((*erased)->assignments, 2u);
  EXPECT_EQ((*erased)->at, path_.clock.Now());
  EXPECT_EQ(path_.sticky_map.size(), 1u);
  EXPECT_TRUE(Known("bob"));
  const auto again = path_.Assign(first_.key, "ann");
  ASSERT_TRUE(again.ok());
  EXPECT_FALSE(again->answer.returning);
}

TEST_F(EraserTest, AStrangerIsErasedToo) {
  const auto& erased = Erase("nobody");
  ASSERT_TRUE(erased.has_value() && erased->ok());
  EXPECT_EQ((*erased)->assignments, 0u);
  EXPECT_EQ(path_.journal.appended_of<storage::ErasureEvent>().size(), 1u);
}

TEST_F(EraserTest, AnswersWhenTheRecordIsSyncedAndTheUserForgotten) {
  ASSERT_TRUE(path_.Assign(first_.key, "ann").ok());
  path_.journal.HoldWrites();
  path_.journal.HoldSyncs();
  const auto& erased = Erase("ann");
  EXPECT_FALSE(erased.has_value());
  EXPECT_TRUE(Known("ann"));
  path_.journal.Write();
  EXPECT_FALSE(erased.has_value());
  EXPECT_TRUE(Known("ann"));
  path_.journal.Sync();
  ASSERT_TRUE(erased.has_value());
  EXPECT_TRUE(erased->ok());
  EXPECT_FALSE(Known("ann"));
}

TEST_F(EraserTest, NothingIsAddedToAUserWhileHeIsBeingErased) {
  const auto before = path_.Assign(first_.key, "ann", /*expose=*/false);
  ASSERT_TRUE(before.ok());
  path_.journal.HoldWrites();
  Erase("ann");
  EXPECT_TRUE(absl::IsUnavailable(path_.Expose(first_.key, "ann").status()));
  EXPECT_TRUE(absl::IsUnavailable(path_.Convert(first_.key, "ann").status()));
  EXPECT_TRUE(absl::IsUnavailable(path_.Assign(first_.key, "ann").status()));
  const auto repeat = path_.Assign(first_.key, "ann", /*expose=*/false);
  ASSERT_TRUE(repeat.ok());
  EXPECT_EQ(repeat->answer.variant_index, before->answer.variant_index);
  std::optional<absl::Status> second;
  eraser_.Erase(path_.user_key.Hash("ann"),
                [&](const absl::StatusOr<Eraser::Erased>& erased) { second = erased.status(); });
  ASSERT_TRUE(second.has_value());
  EXPECT_TRUE(absl::IsUnavailable(*second));
  path_.journal.Sync();
}

TEST_F(EraserTest, WhoseErasureIsNotWrittenIsAsKnownAsBefore) {
  ASSERT_TRUE(path_.Assign(first_.key, "ann", /*expose=*/false).ok());
  path_.journal.HoldWrites();
  const auto& erased = Erase("ann");
  path_.journal.FailUnwritten();
  ASSERT_TRUE(erased.has_value());
  EXPECT_EQ(ErrorReason(erased->status()), kReasonJournalFull);
  EXPECT_TRUE(Known("ann"));
  EXPECT_TRUE(path_.Expose(first_.key, "ann").ok());
  path_.journal.Sync();

  path_.journal.SetFull(true);
  const auto& refused = Erase("ann");
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(ErrorReason(refused->status()), kReasonJournalFull);
  EXPECT_TRUE(Known("ann"));
}

TEST_F(EraserTest, WaitsUntilAllAssignmentsAreKnown) {
  StickyMap loading;
  Eraser eraser(&path_.journal, &loading, &path_.clock);
  absl::Status status;
  eraser.Erase(path_.user_key.Hash("ann"),
               [&](const absl::StatusOr<Eraser::Erased>& erased) { status = erased.status(); });
  EXPECT_TRUE(absl::IsUnavailable(status));
}

TEST_F(EraserTest, AReplayForgetsWhatWasBeforeAndKeepsWhatCameAfter) {
  ASSERT_TRUE(path_.Assign(first_.key, "ann").ok());
  ASSERT_TRUE(path_.Assign(first_.key, "bob").ok());
  ASSERT_TRUE(path_.Convert(first_.key, "ann").ok());
  Erase("ann");
  Erase("bob");
  path_.clock.Advance(absl::Hours(1));
  ASSERT_TRUE(path_.Assign(first_.key, "bob").ok());
  StickyMap replayed;
  for (const storage::SequencedEvent& event : path_.journal.appended()) {
    ApplyEvent(event.event, replayed);
  }
  EXPECT_EQ(replayed.size(), 1u);
  const auto bob = replayed.Find(path_.KeyOf(first_, "bob"));
  ASSERT_TRUE(bob.has_value());
  EXPECT_EQ(bob->assigned_at, path_.clock.Now());
}

}  // namespace
}  // namespace mab::assignment
