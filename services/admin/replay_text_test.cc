#include "admin/replay_text.h"

#include <gtest/gtest.h>

namespace mab::admin {
namespace {

using storage::ExperimentReplay;
using storage::ReplayReport;

ExperimentReplay Hero() {
  return {.id = {},
          .key = "hero",
          .assignments = 2000,
          .agreeing = 2000,
          .disagreeing = 0,
          .erased = 0,
          .unversioned = 0,
          .versions = 12,
          .deviating_versions = 0};
}

TEST(ReplayTextTest, SaysThatAllAgrees) {
  EXPECT_EQ(ReplayText({.experiments = {Hero()}, .first = {}}, absl::Seconds(2)),
            "hero (00000000-0000-0000-0000-000000000000): 2000 assignments of 12 versions, 2000 "
            "agree, 0 disagree\n"
            "Every draw can be made again: 2000 of 2000 assignments agree (2.0 s, 1000 a "
            "second).\n");
}

TEST(ReplayTextTest, SaysWhatWasSkipped) {
  ExperimentReplay replay = Hero();
  replay.erased = 3;
  replay.unversioned = 4;
  replay.agreeing = 1993;
  replay.deviating_versions = 1;
  const std::string text = ReplayText({.experiments = {replay}, .first = {}}, absl::Seconds(2));
  EXPECT_NE(text.find("0 disagree, 3 of erased visitors skipped, 4 of versions that are missing, "
                      "1 version is not as published\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("Not every draw is as recorded: 1993 of 2000"), std::string::npos) << text;
}

TEST(ReplayTextTest, NamesTheFirstDisagreements) {
  ExperimentReplay replay = Hero();
  replay.agreeing = 1995;
  replay.disagreeing = 5;
  const ReplayReport report{.experiments = {replay},
                            .first = {{.experiment_key = "hero",
                                       .user_hash_prefix = "0a1b2c3d",
                                       .version = 1795392000123,
                                       .outcome = bandit::ReplayOutcome::kOtherArm,
                                       .variant_index = 1,
                                       .propensity = 0.25,
                                       .drawn_index = 0,
                                       .drawn_allocation = 0.75},
                                      {.experiment_key = "hero",
                                       .user_hash_prefix = "00000000",
                                       .version = 7,
                                       .outcome = bandit::ReplayOutcome::kNotDrawable,
                                       .variant_index = 1,
                                       .propensity = 0.1,
                                       .drawn_index = std::nullopt,
                                       .drawn_allocation = 0}}};
  const std::string text = ReplayText(report, absl::Seconds(2));
  EXPECT_NE(text.find("hero, user hash 0a1b2c3d…, version 1795392000123: on record variant 1 with "
                      "propensity 0.25, the draw gives variant 0 with propensity 0.75\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("propensity 0.10000000000000001, nothing can be drawn from this version\n"
                      "… and 3 more\n"),
            std::string::npos)
      << text;
}

TEST(ReplayTextTest, SaysThatRowsAreGone) {
  ExperimentReplay replay;
  replay.key = "hero";
  replay.rows_retire_time = absl::FromUnixSeconds(1'795'000'000);
  EXPECT_EQ(ReplayText({.experiments = {replay}, .first = {}}, absl::Seconds(2)),
            "hero (00000000-0000-0000-0000-000000000000): 0 assignments of 0 versions, 0 agree, 0 "
            "disagree, rows retired on 2026-11-18: what is gone can't be replayed\n"
            "Every draw can be made again: 0 of 0 assignments agree (2.0 s, 0 a second).\n");
}

}  // namespace
}  // namespace mab::admin
