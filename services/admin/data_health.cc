#include "admin/data_health.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "admin/number_text.h"
#include "bandit/rate_jump.h"
#include "bandit/sample_ratio.h"

namespace mab::admin {
namespace {

// Of all conversions that came, from which a share is worth a warning; and how many there must be.
constexpr double kDuplicateShare = 0.2;
constexpr double kNotCreditedShare = 0.1;
constexpr uint64_t kEventsMin = 20;
// Of all exposures.
constexpr double kConflictShare = 0.001;
constexpr double kExposuresWithoutConversions = 1000;
// Of all that would have been exposures.
constexpr double kBotShare = 0.5;
constexpr double kBotExposuresMin = 1000;

double Total(const std::vector<HourlyEvidence>& hours,
             std::vector<double> HourlyEvidence::*counts) {
  double total = 0;
  for (const HourlyEvidence& hour : hours) {
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

// Some events, as a share of them and the credited conversions.
HealthFinding CheckShare(HealthCode code, uint64_t events, double credited, double threshold,
                         const char* is, const char* are, const char* advice) {
  HealthFinding finding = Check(code, threshold);
  const double all = static_cast<double>(events) + credited;
  finding.value = all > 0 ? static_cast<double>(events) / all : 0;
  finding.text = absl::StrCat(CountText(events, "conversion", "conversions"), " ",
                              events == 1 ? is : are, " (", PercentText(finding.value), ").");
  if (events >= kEventsMin && finding.value >= threshold) {
    finding.status = HealthStatus::kWarning;
    absl::StrAppend(&finding.text, " ", advice);
  }
  return finding;
}

HealthFinding CheckNoConversions(double exposures, double conversions) {
  HealthFinding finding = Check(HealthCode::kNoConversions, kExposuresWithoutConversions);
  finding.value = conversions > 0 ? 0 : exposures;
  if (conversions > 0) {
    finding.text = "There are conversions.";
  } else if (exposures < kExposuresWithoutConversions) {
    finding.text = "Nobody has converted yet.";
  } else {
    finding.status = HealthStatus::kWarning;
    finding.text = absl::StrCat("Not one of ", CountText(static_cast<uint64_t>(exposures)),
                                " exposures has converted. Does the page tell conversions?");
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
  finding.text = absl::StrCat(CountText(conflicts, "user was", "users were"),
                              " given two variants (", PercentText(finding.value),
                              " of the exposures); the first one counts. Two assignment services "
                              "that do not know of each other decide for the same users.");
  return finding;
}

// Exposures of today and yesterday, by UTC.
double RecentExposures(const std::vector<HourlyEvidence>& hours, absl::Time now) {
  const absl::Time today =
      absl::UnixEpoch() + absl::Floor(now - absl::UnixEpoch(), absl::Hours(24));
  double exposures = 0;
  for (const HourlyEvidence& hour : hours) {
    if (hour.start < today - absl::Hours(24)) continue;
    exposures = std::accumulate(hour.exposures.begin(), hour.exposures.end(), exposures);
  }
  return exposures;
}

HealthFinding CheckBots(const storage::ExperimentEventCounts& counts, double exposures) {
  const uint64_t by_agent = counts.bots_by_user_agent.recent;
  const uint64_t by_prefetch = counts.bots_by_prefetch.recent;
  const uint64_t by_rate = counts.bots_by_rate.recent;
  const uint64_t bots = by_agent + by_prefetch + by_rate;
  HealthFinding finding = Check(HealthCode::kBots, kBotShare);
  if (bots == 0) {
    finding.text = "No call since yesterday was taken for a machine's.";
    return finding;
  }
  const double would_be = static_cast<double>(bots) + exposures;
  finding.value = static_cast<double>(bots) / would_be;
  finding.text = absl::StrCat(
      "Since yesterday ", CountText(bots, "call was", "calls were"), " left out as machines' (",
      PercentText(finding.value), " of what would have been exposures): ", CountText(by_agent),
      " that say so themselves, ", CountText(by_prefetch), " of pages that nobody had opened, ",
      CountText(by_rate), " of addresses that ask more than people do.");
  if (would_be < kBotExposuresMin || finding.value <= kBotShare) return finding;
  finding.status = HealthStatus::kWarning;
  absl::StrAppend(&finding.text,
                  by_rate >= by_agent + by_prefetch
                      ? " Does a proxy or a server of yours ask for all visitors? Then set "
                        "MAB_TRUSTED_HOPS, or let the server use gRPC with an API key."
                      : " Are they meant to see this experiment?");
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

void Add(const HourlyEvidence& hour, size_t variant, bandit::RateCount& count) {
  count.trials += hour.trials[variant];
  count.conversions += hour.conversions[variant];
}

// The last 24 hours, the running one included, against `days` days that end `days_ago` days ago.
std::vector<bandit::RateChange> RateChanges(const std::vector<HourlyEvidence>& hours,
                                            size_t variants, absl::Time now, int64_t days_ago,
                                            int64_t days) {
  const absl::Duration day = absl::Hours(24);
  const absl::Time before_end = now - days_ago * day;
  const absl::Time before_from = before_end - days * day;
  std::vector<bandit::RateChange> changes(variants);
  for (const HourlyEvidence& hour : hours) {
    const bool recent = hour.start >= now - day && hour.start <= now;
    const bool before = hour.start >= before_from && hour.start < before_end;
    for (size_t i = 0; i < variants; ++i) {
      if (recent) Add(hour, i, changes[i].recent);
      if (before) Add(hour, i, changes[i].before);
    }
  }
  return changes;
}

bool AnyTrials(const std::vector<bandit::RateChange>& changes,
               bandit::RateCount bandit::RateChange::*side) {
  return std::any_of(changes.begin(), changes.end(),
                     [&](const bandit::RateChange& change) { return (change.*side).trials > 0; });
}

// Whose rate has jumped: the variants that have by themselves, unless it is none or all of them.
// REQUIRES: jumps.flagged.
std::string WhoseRate(const storage::Experiment& experiment, const bandit::RateJumps& jumps,
                      HealthFinding& finding) {
  std::vector<std::string> names;
  size_t last = 0;
  for (size_t i = 0; i < jumps.arms.size(); ++i) {
    if (!jumps.arms[i].flagged) continue;
    names.push_back(experiment.variants[i].name);
    last = i;
  }
  if (names.empty() || names.size() == jumps.arms.size()) return "of all variants";
  if (names.size() == 1) {
    finding.p_value = jumps.arms[last].p_value;
    finding.value = jumps.arms[last].relative_change;
  }
  return absl::StrCat("of ", absl::StrJoin(names, " and "));
}

void DescribeJump(const std::string& whose, bool same_weekday, HealthFinding& finding) {
  finding.status = same_weekday ? HealthStatus::kFailed : HealthStatus::kWarning;
  finding.text = absl::StrCat(
      "The conversion rate ", whose, " has jumped: in the last day it moved by ",
      SignedPercentText(finding.value), " against the week before (p ",
      PValueText(*finding.p_value), ").",
      same_weekday ? " Has the goal or the page changed?"
                   : " It may be the rhythm of the week: there is no such jump against the same "
                     "day of the week before, or no such day.");
}

HealthFinding CheckRateJump(const storage::Experiment& experiment,
                            const std::vector<HourlyEvidence>& hours, absl::Time now) {
  constexpr int64_t kWeekDays = bandit::kBeforeHours / 24;
  const size_t variants = experiment.variants.size();
  HealthFinding finding = Check(HealthCode::kRateJump, bandit::kJumpPValue);
  const absl::Time first = hours.empty() ? now : hours.front().start;
  const int64_t days = std::clamp<int64_t>((now - first) / absl::Hours(24) - 1, 0, kWeekDays);
  const std::vector<bandit::RateChange> changes =
      RateChanges(hours, variants, now, /*days_ago=*/1, days);
  if (!AnyTrials(changes, &bandit::RateChange::recent)) {
    finding.text = "Nobody was exposed within the last day.";
    return finding;
  }
  if (!AnyTrials(changes, &bandit::RateChange::before)) {
    finding.text = "There is no whole day yet to compare the last one with.";
    return finding;
  }
  const bandit::RateJumps jumps = bandit::DetectRateJumps(changes);
  finding.p_value = jumps.overall.p_value;
  finding.value = jumps.overall.relative_change;
  if (jumps.flagged) {
    const bool same_weekday =
        bandit::DetectRateJumps(RateChanges(hours, variants, now, kWeekDays, /*days=*/1)).flagged;
    DescribeJump(WhoseRate(experiment, jumps, finding), same_weekday, finding);
    return finding;
  }
  finding.text =
      absl::StrCat("The conversion rate of the last day is like that of the week before (",
                   SignedPercentText(finding.value), ").");
  return finding;
}

}  // namespace

DataHealth CheckDataHealth(const storage::Experiment& experiment,
                           const std::vector<HourlyEvidence>& hours,
                           const storage::ExperimentEventCounts& counts, absl::Time now) {
  const double credited = Total(hours, &HourlyEvidence::conversions);
  DataHealth health;
  health.findings.push_back(CheckSampleRatio(experiment, hours));
  health.findings.push_back(CheckRateJump(experiment, hours, now));
  health.findings.push_back(
      CheckConflicts(counts.conflicts.all, Total(hours, &HourlyEvidence::exposures)));
  health.findings.push_back(CheckShare(HealthCode::kDuplicateConversions,
                                       counts.duplicate_conversions.all, credited, kDuplicateShare,
                                       "repeats one that is on record, and does not count",
                                       "repeat one that is on record, and do not count",
                                       "Does the page send its conversion more than once?"));
  health.findings.push_back(CheckShare(HealthCode::kLateConversions, counts.late_conversions.all,
                                       credited, kNotCreditedShare,
                                       "came after the conversion window, and is not credited",
                                       "came after the conversion window, and are not credited",
                                       "Is the conversion window too short for this goal?"));
  health.findings.push_back(CheckShare(HealthCode::kNeverExposed, counts.uncredited_conversions.all,
                                       credited, kNotCreditedShare,
                                       "is of a user who was never exposed, and is not credited",
                                       "are of users who were never exposed, and are not credited",
                                       "Does the page tell when a variant has been shown?"));
  const double exposures = Total(hours, &HourlyEvidence::exposures);
  health.findings.push_back(CheckNoConversions(exposures, credited));
  health.findings.push_back(CheckBots(counts, RecentExposures(hours, now)));
  for (const HealthFinding& finding : health.findings) {
    health.status = std::max(health.status, finding.status);
  }
  return health;
}

}  // namespace mab::admin
