#include "admin/totals_text.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace mab::admin {
namespace {

using storage::TotalsDifference;
using storage::TotalsReport;

constexpr char kNotChecked[] =
    "Not checked: DUPLICATE_CONVERSION, CONFLICT and BOT_* of event_counts, which have no rows "
    "behind them.\n";

std::string Line(const TotalsDifference& difference) {
  const std::string id = difference.experiment_id.ToString();
  const std::string experiment = difference.experiment_key.empty()
                                     ? absl::StrCat(id, " (no such experiment)")
                                     : absl::StrCat(difference.experiment_key, " (", id, ")");
  return absl::StrCat(difference.table, ", ", experiment, ", ", difference.row, ": ",
                      difference.column, " stored ", difference.stored.value_or("no row"),
                      ", recomputed ", difference.recomputed.value_or("no row"), "\n");
}

std::string Line(const storage::RetiredExperiment& retired) {
  return absl::StrCat(
      "Not checked: ", retired.key, " (", retired.id.ToString(), "): rows retired on ",
      absl::FormatTime("%Y-%m-%d", retired.rows_retire_time, absl::UTCTimeZone()), "\n");
}

std::string Rows(const TotalsReport& report) {
  return absl::StrCat("the rows of ", report.exposures, " exposures and ", report.conversions,
                      " conversions");
}

std::string Conclusion(const TotalsReport& report, TotalsMode mode) {
  if (report.differences == 0) return absl::StrCat("The totals are those of ", Rows(report), ".\n");
  const std::string differences =
      absl::StrCat(report.differences, report.differences == 1 ? " difference" : " differences",
                   " from ", Rows(report));
  if (mode == TotalsMode::kRepair) {
    return absl::StrCat("Mended: ", differences, ". What was recomputed is stored now.\n");
  }
  return absl::StrCat(differences, ". Nothing was changed; --repair mends them.\n");
}

}  // namespace

std::string TotalsText(const TotalsReport& report, TotalsMode mode) {
  std::string text;
  for (const TotalsDifference& difference : report.first) {
    absl::StrAppend(&text, Line(difference));
  }
  if (report.differences > report.first.size()) {
    absl::StrAppend(&text, "… and ", report.differences - report.first.size(), " more\n");
  }
  for (const storage::RetiredExperiment& retired : report.first_retired) {
    absl::StrAppend(&text, Line(retired));
  }
  if (report.retired > report.first_retired.size()) {
    absl::StrAppend(&text, "… and ", report.retired - report.first_retired.size(),
                    " more whose rows were retired\n");
  }
  absl::StrAppend(&text, Conclusion(report, mode), kNotChecked);
  return text;
}

}  // namespace mab::admin
