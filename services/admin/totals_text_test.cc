#include "admin/totals_text.h"

#include <gtest/gtest.h>

namespace mab::admin {
namespace {

constexpr char kNotChecked[] =
    "Not checked: DUPLICATE_CONVERSION, CONFLICT and BOT_* of event_counts, which have no rows "
    "behind them.\n";

storage::TotalsReport ReportOfTwo() {
  return {.exposures = 1000,
          .conversions = 20,
          .differences = 2,
          .first = {{.table = "variant_totals",
                     .experiment_id = {},
                     .experiment_key = "hero-title",
                     .row = "variant 1",
                     .column = "exposures",
                     .stored = "5",
                     .recomputed = "6"},
                    {.table = "delay_totals",
                     .experiment_id = {},
                     .experiment_key = "",
                     .row = "variant 0, hour 2026-11-18T11:00Z, delay bucket 52",
                     .column = "conversions",
                     .stored = std::nullopt,
                     .recomputed = "1"}}};
}

TEST(TotalsTextTest, SaysThatAllIsWell) {
  EXPECT_EQ(
      TotalsText({.exposures = 1000, .conversions = 20, .differences = 0, .first = {}},
                 TotalsMode::kCompare),
      std::string("The totals are those of the rows of 1000 exposures and 20 conversions.\n") +
          kNotChecked);
}

TEST(TotalsTextTest, NamesEachDifference) {
  EXPECT_EQ(
      TotalsText(ReportOfTwo(), TotalsMode::kCompare),
      std::string(
          "variant_totals, hero-title (00000000-0000-0000-0000-000000000000), variant 1: exposures "
          "stored 5, recomputed 6\n"
          "delay_totals, 00000000-0000-0000-0000-000000000000 (no such experiment), variant 0, "
          "hour "
          "2026-11-18T11:00Z, delay bucket 52: conversions stored no row, recomputed 1\n"
          "2 differences from the rows of 1000 exposures and 20 conversions. Nothing was changed; "
          "--repair mends them.\n") +
          kNotChecked);
}

TEST(TotalsTextTest, SaysWhichExperimentsHaveNoRowsAnyMore) {
  storage::TotalsReport report{.exposures = 1000, .conversions = 20, .differences = 0, .first = {}};
  report.retired = 3;
  report.first_retired = {
      {.id = {}, .key = "hero-title", .rows_retire_time = absl::FromUnixSeconds(1'795'000'000)}};
  EXPECT_EQ(
      TotalsText(report, TotalsMode::kCompare),
      std::string("Not checked: hero-title (00000000-0000-0000-0000-000000000000): rows retired on "
                  "2026-11-18\n"
                  "… and 2 more whose rows were retired\n"
                  "The totals are those of the rows of 1000 exposures and 20 conversions.\n") +
          kNotChecked);
}

TEST(TotalsTextTest, SaysWhatWasMendedAndHowManyAreNotNamed) {
  storage::TotalsReport report = ReportOfTwo();
  report.differences = 12;
  const std::string text = TotalsText(report, TotalsMode::kRepair);
  EXPECT_NE(text.find("\n… and 10 more\nMended: 12 differences from the rows of 1000 exposures and "
                      "20 conversions. What was recomputed is stored now.\n"),
            std::string::npos)
      << text;
}

}  // namespace
}  // namespace mab::admin
