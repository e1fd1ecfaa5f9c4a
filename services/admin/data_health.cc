#include "admin/data_health.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "admin/number_text.h"
#include "bandit/rate_jump.h"
#include "bandit/sample_ratio.h"

namespace mab::admin {
namespace {

// Of the week's conversions, from which a share is worth a warning; and how many there must be.
constexpr double kDuplicateShare = 0.2;
constexpr double kNotCreditedShare = 0.1;
constexpr uint64_t kEventsMin = 20;
// Of all exposures.
constexpr double kConflictShare = 0.001;

double Total(const std::vector<HourlyEvidence>& hours, std::vector<double> HourlyEvidence::*counts,
             absl::Time since) {
  double total = 0;
  for (const HourlyEvidence& hour : hours) {
    if (hour.start < since) continue;
    for (double count : hour.*counts) total += count;
  }
  return total;
}

HealthFinding Check(HealthCode code, double threshold) {
  HealthFinding finding;
  finding.code = code;
  finding.threshold = threshold;
  return finding;
}

// Some of the week's events, as a share of them and the week's credited conversions.
HealthFinding CheckShare(HealthCode code, uint64_t events, double credited, double threshold,
                         const char* are, const char* advice) {
  HealthFinding finding = Check(code, threshold);
  const double all = static_cast<double>(events) + credited;
  finding.value = all > 0 ? static_cast<double>(events) / all : 0;
  finding.text = absl::StrCat(CountText(events), " conversions of the last seven days ", are, " (",
                              PercentText(finding.value), ").");
  if (events >= kEventsMin && finding.value >= threshold) {
    finding.status = HealthStatus::kWarning;
    absl::StrAppend(&finding.text, " ", advice);
  }
  return finding;
}

HealthFinding CheckConflicts(uint64_t conflicts, double exposures) {
  HealthFinding finding = Check(HealthCode::kConflicts, kConflictShare);
  finding.value = exposures > 0 ? static_cast<double>(conflicts) / exposures : 0;
  if (conflicts == 0) {
    finding.text = "No user was given two variants.";
    return finding;
  }
  finding.status = finding.value >= kConflictShare ? HealthStatus::kFailed : HealthStatus::kWarning;
  finding.text = absl::StrCat(CountText(conflicts), " users were given two variants (",
                              PercentText(finding.value),
                              " of the exposures); the first one counts. Two assignment services "
                              "that do not know of each other decide for the same users.");
  return finding;
}

// The variant whose exposures are furthest from what was expected, in standard deviations.
size_t FurthestOff(const bandit::SampleRatio& ratio) {
  size_t furthest = 0;
  double most = -1;
  for (size_t i = 0; i < ratio.observed.size(); ++i) {
    const double off = std::fabs(ratio.observed[i] - ratio.expected[i]) /
                       std::sqrt(std::max(1.0, ratio.expected[i]));
    if (off > most) {
      most = off;
      furthest = i;
    }
  }
  return furthest;
}

HealthFinding CheckSampleRatio(const storage::Experiment& experiment,
                               const std::vector<HourlyEvidence>& hours) {
  std::vector<bandit::SampleRatioCell> cells;
  cells.reserve(hours.size());
  for (const HourlyEvidence& hour : hours) {
    cells.push_back({.observed = hour.exposures, .expected = hour.expected});
  }
  const bandit::SampleRatio ratio = bandit::TestSampleRatio(cells, experiment.variants.size());
  HealthFinding finding = Check(HealthCode::kSampleRatio, bandit::kSampleRatioAlarm);
  if (cells.empty()) {
    finding.text = "Nobody has seen this experiment yet.";
    return finding;
  }
  finding.p_value = ratio.anytime_p_value;
  const size_t worst = FurthestOff(ratio);
  finding.value = ratio.observed[worst] / std::max(1.0, ratio.expected[worst]) - 1;
  if (!ratio.alarm) {
    finding.text = absl::StrCat("Visitors see the variants in the shares that were drawn (p ",
                                PValueText(ratio.anytime_p_value), ").");
    return finding;
  }
  finding.status = HealthStatus::kFailed;
  finding.text = absl::StrCat("Visitors do not see the variants in the shares that were drawn (p ",
                              PValueText(ratio.anytime_p_value),
                              "): ", experiment.variants[worst].name, " was shown ",
                              CountText(static_cast<uint64_t>(std::llround(ratio.observed[worst]))),
                              " times instead of about ",
                              CountText(static_cast<uint64_t>(std::llround(ratio.expected[worst]))),
                              ". Is it shown, and its exposure told, wherever it was drawn?");
  return finding;
}

// The whole days before the last one, and that one. By hours, the running one included.
std::vector<bandit::RateChange> RateChanges(const std::vector<HourlyEvidence>& hours,
                                            size_t variants, absl::Time now) {
  std::vector<bandit::RateChange> changes(variants);
  if (hours.empty()) return changes;
  const absl::Time recent_from = now - absl::Hours(bandit::kRecentHours);
  const absl::Duration day = absl::Hours(24);
  const int64_t days_before =
      std::min<int64_t>((recent_from - hours.front().start) / day, bandit::kBeforeHours / 24);
  const absl::Time before_from = recent_from - days_before * day;
  for (const HourlyEvidence& hour : hours) {
    if (hour.start < before_from || hour.start > now) continue;
    for (size_t i = 0; i < variants; ++i) {
      bandit::RateCount& count = hour.start < recent_from ? changes[i].before : changes[i].recent;
      count.trials += hour.trials[i];
      count.conversions += hour.conversions[i];
    }
  }
  return changes;
}

HealthFinding CheckRateJump(const storage::Experiment& experiment,
                            const std::vector<HourlyEvidence>& hours, absl::Time now) {
  const size_t variants = experiment.variants.size();
  const std::vector<bandit::RateChange> changes = RateChanges(hours, variants, now);
  const bandit::RateJumps jumps = bandit::DetectRateJumps(changes);
  HealthFinding finding = Check(HealthCode::kRateJump, bandit::kJumpPValue);
  const bool comparable =
      std::any_of(changes.begin(), changes.end(), [](const bandit::RateChange& change) {
        return change.before.trials > 0 && change.recent.trials > 0;
      });
  if (!comparable) {
    finding.text = "There is no whole day yet to compare the last one with.";
    return finding;
  }
  finding.p_value = jumps.overall.p_value;
  finding.value = jumps.overall.relative_change;
  if (!jumps.flagged) {
    finding.text =
        absl::StrCat("The conversion rate of the last day is like that of the week before (",
                     SignedPercentText(finding.value), ").");
    return finding;
  }
  finding.status = HealthStatus::kFailed;
  std::string whose = "of all variants";
  for (size_t i = 0; i < variants && !jumps.overall.flagged; ++i) {
    if (!jumps.arms[i].flagged) continue;
    finding.p_value = jumps.arms[i].p_value;
    finding.value = jumps.arms[i].relative_change;
    whose = absl::StrCat("of ", experiment.variants[i].name);
  }
  finding.text = absl::StrCat("The conversion rate ", whose, " has jumped: the last day is ",
                              SignedPercentText(finding.value), " against the week before (p ",
                              PValueText(*finding.p_value), "). Has the goal or the page changed?");
  return finding;
}

}  // namespace

DataHealth CheckDataHealth(const storage::Experiment& experiment,
                           const std::vector<HourlyEvidence>& hours,
                           const storage::ExperimentEventCounts& counts, absl::Time now) {
  const absl::Time week_ago = now - absl::Hours(7 * 24);
  const double credited = Total(hours, &HourlyEvidence::conversions, week_ago);
  DataHealth health;
  health.findings.push_back(CheckSampleRatio(experiment, hours));
  health.findings.push_back(CheckRateJump(experiment, hours, now));
  health.findings.push_back(CheckConflicts(
      counts.conflicts.all, Total(hours, &HourlyEvidence::exposures, absl::InfinitePast())));
  health.findings.push_back(
      CheckShare(HealthCode::kDuplicateConversions, counts.duplicate_conversions.last_week,
                 credited, kDuplicateShare, "repeat one that is on record, and count once",
                 "Does the page send its conversion more than once?"));
  health.findings.push_back(
      CheckShare(HealthCode::kLateConversions, counts.late_conversions.last_week, credited,
                 kNotCreditedShare, "came after the conversion window, and are not credited",
                 "Is the conversion window too short for this goal?"));
  health.findings.push_back(
      CheckShare(HealthCode::kNeverExposed, counts.uncredited_conversions.last_week, credited,
                 kNotCreditedShare, "are of users who were never exposed, and are not credited",
                 "Does the page tell when a variant has been shown?"));
  for (const HealthFinding& finding : health.findings) {
    health.status = std::max(health.status, finding.status);
  }
  return health;
}

}  // namespace mab::admin
