#include "admin/replay_text.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace mab::admin {
namespace {

using bandit::ReplayOutcome;
using storage::ExperimentReplay;
using storage::ReplayDisagreement;
using storage::ReplayReport;

std::string Counted(uint64_t count, const char* one, const char* many) {
  return absl::StrCat(count, " ", count == 1 ? one : many);
}

std::string Line(const ExperimentReplay& replay) {
  std::string line = absl::StrCat(replay.key, " (", replay.id.ToString(),
                                  "): ", Counted(replay.assignments, "assignment", "assignments"),
                                  " of ", Counted(replay.versions, "version", "versions"), ", ",
                                  replay.agreeing, " agree, ", replay.disagreeing, " disagree");
  if (replay.erased > 0) absl::StrAppend(&line, ", ", replay.erased, " of erased visitors skipped");
  if (replay.unversioned > 0) {
    absl::StrAppend(&line, ", ", replay.unversioned, " of versions that are missing");
  }
  if (replay.deviating_versions > 0) {
    absl::StrAppend(&line, ", ", Counted(replay.deviating_versions, "version is", "versions are"),
                    " not as published");
  }
  if (replay.rows_retire_time.has_value()) {
    absl::StrAppend(&line, ", rows retired on ",
                    absl::FormatTime("%Y-%m-%d", *replay.rows_retire_time, absl::UTCTimeZone()),
                    ": what is gone can't be replayed");
  }
  return absl::StrCat(line, "\n");
}

std::string Line(const ReplayDisagreement& disagreement) {
  const std::string recorded = absl::StrFormat("on record variant %d with propensity %.17g",
                                               disagreement.variant_index, disagreement.propensity);
  const std::string drawn =
      disagreement.outcome == ReplayOutcome::kNotDrawable || !disagreement.drawn_index.has_value()
          ? "nothing can be drawn from this version"
          : absl::StrFormat("the draw gives variant %d with propensity %.17g",
                            *disagreement.drawn_index, disagreement.drawn_allocation);
  return absl::StrCat(disagreement.experiment_key, ", user hash ", disagreement.user_hash_prefix,
                      "…, version ", disagreement.version, ": ", recorded, ", ", drawn, "\n");
}

}  // namespace

std::string ReplayText(const ReplayReport& report, absl::Duration took) {
  std::string text;
  ExperimentReplay all;
  for (const ExperimentReplay& replay : report.experiments) {
    absl::StrAppend(&text, Line(replay));
    all.assignments += replay.assignments;
    all.agreeing += replay.agreeing;
    all.disagreeing += replay.disagreeing;
  }
  for (const ReplayDisagreement& disagreement : report.first) {
    absl::StrAppend(&text, Line(disagreement));
  }
  if (all.disagreeing > report.first.size()) {
    absl::StrAppend(&text, "… and ", all.disagreeing - report.first.size(), " more\n");
  }
  const double seconds = std::max(1e-3, absl::ToDoubleSeconds(took));
  absl::StrAppend(
      &text, report.clean() ? "Every draw can be made again: " : "Not every draw is as recorded: ",
      all.agreeing, " of ", Counted(all.assignments, "assignment agrees", "assignments agree"),
      " (",
      absl::StrFormat("%.1f s, %.0f a second", seconds,
                      static_cast<double>(all.assignments) / seconds),
      ").\n");
  return text;
}

}  // namespace mab::admin
