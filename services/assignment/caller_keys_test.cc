#include "assignment/caller_keys.h"

#include <gtest/gtest.h>

#include "assignment/testing/sample_snapshot.h"

namespace mab::assignment {
namespace {

const absl::Time kNow = SampleTime();

CallerKeyPtr Key(uint8_t number, absl::Time expire_time = absl::InfiniteFuture()) {
  return std::make_shared<const CallerKey>(ApiKeyId{SampleExperimentId(number).uuid},
                                           std::string(32, static_cast<char>(number)), expire_time);
}

TEST(CallerKeysTest, FindsAKeyByItsHashUntilItExpires) {
  const CallerKeys keys({Key(1), Key(2, kNow + absl::Seconds(1))});
  EXPECT_EQ(keys.FindGood(std::string(32, 1), kNow)->id(), Key(1)->id());
  EXPECT_NE(keys.FindGood(std::string(32, 2), kNow), nullptr);
  EXPECT_EQ(keys.FindGood(std::string(32, 2), kNow + absl::Seconds(1)), nullptr);
  EXPECT_EQ(keys.FindGood(std::string(32, 3), kNow), nullptr);
  EXPECT_EQ(keys.FindGood("", kNow), nullptr);
}

TEST(CallerKeysTest, AUseIsToldOnceAMinute) {
  const CallerKeyPtr key = Key(1);
  EXPECT_FALSE(key->TakeUse().has_value());
  key->NoteUse(kNow);
  const absl::Time first = absl::FromUnixMillis(absl::ToUnixMillis(kNow));
  EXPECT_EQ(key->TakeUse(), first);
  EXPECT_FALSE(key->TakeUse().has_value());
  key->NoteUse(kNow + absl::Seconds(59));
  EXPECT_FALSE(key->TakeUse().has_value());
  key->NoteUse(kNow + absl::Seconds(60));
  EXPECT_EQ(key->TakeUse(), first + absl::Seconds(60));
  key->PutUseBack();
  EXPECT_EQ(key->TakeUse(), first + absl::Seconds(60));
  // The clock was set back.
  key->NoteUse(kNow - absl::Hours(1));
  EXPECT_EQ(key->TakeUse(), first - absl::Hours(1));
}

TEST(CallerKeysTest, WhatIsNotedOutlivesANewSet) {
  const CallerKeys known({Key(1), Key(2)});
  known.FindGood(std::string(32, 1), kNow)->NoteUse(kNow);
  const auto carried = CarryUses(&known, CallerKeys({Key(1), Key(3)}));
  EXPECT_TRUE(carried->FindGood(std::string(32, 1), kNow)->TakeUse().has_value());
  EXPECT_EQ(carried->FindGood(std::string(32, 2), kNow), nullptr);
  EXPECT_NE(carried->FindGood(std::string(32, 3), kNow), nullptr);
  EXPECT_EQ(CarryUses(nullptr, known)->size(), 2u);
}

TEST(CallerKeysTest, TellsWhetherTheyAreTheSame) {
  const CallerKeys one({Key(1)}), other({Key(2)}), both({Key(1), Key(2)}), expiring({Key(1, kNow)});
  EXPECT_TRUE(SameKeys(nullptr, nullptr));
  EXPECT_FALSE(SameKeys(&one, nullptr));
  EXPECT_FALSE(SameKeys(nullptr, &one));
  const CallerKeys same({Key(1)});
  EXPECT_TRUE(SameKeys(&one, &same));
  EXPECT_FALSE(SameKeys(&one, &other));
  EXPECT_FALSE(SameKeys(&one, &both));
  EXPECT_FALSE(SameKeys(&one, &expiring));
  const CallerKeys exposing(
      {std::make_shared<const CallerKey>(Key(1)->id(), Key(1)->secret_hash(), Key(1)->expire_time(),
                                         CallerKeySettings{.bulk_exposes = true})});
  EXPECT_FALSE(SameKeys(&one, &exposing));
  const CallerKeys publishable(
      {std::make_shared<const CallerKey>(Key(1)->id(), Key(1)->secret_hash(), Key(1)->expire_time(),
                                         CallerKeySettings{.publishable = true})});
  EXPECT_FALSE(SameKeys(&one, &publishable));
}

}  // namespace
}  // namespace mab::assignment
