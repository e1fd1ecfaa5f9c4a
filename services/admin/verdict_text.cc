#include "admin/verdict_text.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "admin/number_text.h"

namespace mab::admin {
namespace {

using bandit::VerdictCode;
using storage::Experiment;
using storage::ExperimentState;

// "95 %".
std::string LevelText(double level) { return absl::StrFormat("%g %%", 100 * level); }

// A delay that nobody would call slow.
constexpr double kNoticeableDelaySeconds = 600;

class Sentences {
 public:
  Sentences(const Experiment& experiment, const Report& report)
      : experiment_(experiment), report_(report), leader_(report.verdict.leader) {}

  std::string Verdict() const {
    switch (experiment_.state) {
      case ExperimentState::kDraft:
        return "The experiment has not been started.";
      case ExperimentState::kCompleted:
      case ExperimentState::kArchived:
        return Ended();
      case ExperimentState::kRunning:
      case ExperimentState::kPaused:
        return absl::StrCat(OfCode(), ByHour(), Slow());
    }
    return "";
  }

 private:
  const std::string& Name(size_t variant) const { return experiment_.variants[variant].name; }
  const VariantReport& Leader() const { return report_.variants[leader_]; }

  std::string OfCode() const {
    switch (report_.verdict.code) {
      case VerdictCode::kNothingToCompare:
        return absl::StrCat("Only ", Name(leader_),
                            " can be served: there is nothing to compare it with.");
      case VerdictCode::kNoData:
        return "Nobody has seen this experiment yet.";
      case VerdictCode::kDataSuspect:
        return Suspect();
      case VerdictCode::kTooEarly:
        return TooEarly();
      case VerdictCode::kWeekIncomplete:
        return WeekIncomplete();
      case VerdictCode::kLeaderClear:
        return absl::StrCat(Name(leader_), " is best with probability ",
                            ProbabilityText(Leader().probability_best), ": ", Converts(), ". ",
                            Risks(), " Complete the experiment with it.");
      case VerdictCode::kNoDifference:
        return NoDifference();
      case VerdictCode::kValueExhausted:
        return absl::StrCat(Leads(), ", and with ", LevelText(bandit::kVerdictProbability),
                            " certainty no variant converts more than ",
                            PercentText(report_.value_remaining), " better. ", Risks(),
                            " Complete the experiment with it.");
      case VerdictCode::kUndecided:
        return Undecided();
    }
    return "";
  }

  std::string Ended() const {
    if (!experiment_.winner_index.has_value()) return "The experiment is over.";
    const size_t winner = *experiment_.winner_index;
    std::string text = absl::StrCat("Completed: everybody sees ", Name(winner), ".");
    if (report_.exposures == 0) return text;
    absl::StrAppend(&text, " It is best with probability ",
                    ProbabilityText(report_.variants[winner].probability_best), ".");
    return text;
  }

  std::string Suspect() const {
    std::string text = "Look at the data first.";
    for (const HealthFinding& finding : report_.health.findings) {
      if (finding.status == HealthStatus::kFailed) absl::StrAppend(&text, " ", finding.text);
    }
    return text;
  }

  std::string TooEarly() const {
    size_t fewest = leader_;
    for (size_t i = 0; i < report_.variants.size(); ++i) {
      const VariantReport& variant = report_.variants[i];
      if (!CanBeServed(experiment_, i)) continue;
      if (variant.probability_best < bandit::kVerdictContender) continue;
      if (variant.exposures < report_.variants[fewest].exposures) fewest = i;
    }
    return absl::StrCat("Too early to say: ", Name(fewest), " has ",
                        CountText(report_.variants[fewest].exposures), " of the ",
                        CountText(experiment_.minimum_exposures),
                        " exposures that each variant needs first. Keep running.");
  }

  std::string WeekIncomplete() const {
    const std::string why =
        report_.swing.p_value < kSwingPValue
            ? absl::StrCat("The conversion rate moves by ",
                           PercentText(report_.swing.relative_swing),
                           " from hour to hour, and less than a week of it has been seen: a part "
                           "of a week can mislead.")
            : std::string(
                  "Less than a day has been seen: whether the conversion rate moves with "
                  "the hour can't be told yet.");
    return absl::StrCat(why, " So far ", Leads("no"), ". Keep running.");
  }

  std::string NoDifference() const {
    double worst = 0;
    for (size_t i = 0; i < report_.variants.size(); ++i) {
      if (!CanBeServed(experiment_, i)) continue;
      worst = std::max(worst, report_.variants[i].expected_loss);
    }
    return absl::StrCat("There is no meaningful difference: whichever variant is chosen, the ",
                        "expected loss is at most ", PointsText(worst), ", and ",
                        PointsText(report_.verdict.threshold),
                        " do not matter. Stop the experiment, and keep what suits you best.");
  }

  std::string Undecided() const {
    std::string text = absl::StrCat(Leads(), ". ");
    if (Leader().expected_loss > report_.verdict.threshold) {
      absl::StrAppend(&text, "Choosing it now has an expected loss of ",
                      PointsText(Leader().expected_loss), ", more than the ",
                      PointsText(report_.verdict.threshold), " that do not matter.");
    } else {
      absl::StrAppend(&text, "Another variant could still convert up to ",
                      PercentText(report_.value_remaining), " better.");
    }
    return absl::StrCat(text, " Keep running.");
  }

  // Where two are as likely the best, as far as the text shows, none leads: `no` variant does.
  std::string Leads(absl::string_view no = "No") const {
    const std::string probability = ProbabilityText(Leader().probability_best);
    for (size_t i = 0; i < report_.variants.size(); ++i) {
      if (i == leader_ || !CanBeServed(experiment_, i) ||
          ProbabilityText(report_.variants[i].probability_best) != probability) {
        continue;
      }
      return absl::StrCat(no, " variant leads: ", Name(leader_), " and ", Name(i),
                          " are each best with probability ", probability);
    }
    return absl::StrCat(Name(leader_), " leads: it is best with probability ", probability);
  }

  // "it converts 5.34 % of visitors, 15.0 % more than Today (95 % interval +1.58 % to +30.4 %)".
  std::string Converts() const {
    std::string text =
        report_.basis == Basis::kPooled
            ? absl::StrCat("it converts ", PercentText(Leader().rate), " of its visitors")
            : absl::StrCat("hour for hour it converts ", PercentText(Leader().mean),
                           " of the visitors");
    if (!Leader().versus_control.has_value()) return text;
    const bandit::Comparison& versus = *Leader().versus_control;
    const auto control =
        std::find_if(experiment_.variants.begin(), experiment_.variants.end(),
                     [](const storage::Variant& variant) { return variant.is_control; });
    if (report_.variants[static_cast<size_t>(control - experiment_.variants.begin())].conversions ==
        0) {
      absl::StrAppend(&text, "; of ", control->name, " nobody has converted");
      return text;
    }
    absl::StrAppend(&text, ", ", PercentText(std::abs(versus.lift_median)),
                    versus.lift_median >= 0 ? " more than " : " less than ", control->name, " (",
                    LevelText(kCredibleLevel), " interval ", SignedPercentText(versus.lift.lower),
                    " to ", SignedPercentText(versus.lift.upper), ")");
    return text;
  }

  std::string Risks() const {
    constexpr double kNothing = 0.001;
    const double threshold = report_.verdict.threshold;
    if (Leader().expected_loss < kNothing * threshold) {
      return absl::StrCat("Choosing it has an expected loss of less than a thousandth of the ",
                          PointsText(threshold), " that do not matter.");
    }
    return absl::StrCat("Choosing it has an expected loss of ", PointsText(Leader().expected_loss),
                        ".");
  }

  std::string ByHour() const {
    if (report_.basis == Basis::kPooled) return "";
    return " (Compared within hours: the rate moves with the hour, and all exposures together "
           "would mislead.)";
  }

  // Of delays that are longer than the experiment is old nothing can be known.
  std::string Slow() const {
    constexpr double kShareOfSpan = 0.5;
    const double delay = report_.delays.ninth_decile_seconds.value_or(0);
    if (report_.delays.pending == 0) return "";
    if (delay < kNoticeableDelaySeconds || delay < kShareOfSpan * report_.span_seconds) return "";
    return " (Conversions are slow and the experiment is young: what comes later is not known yet, "
           "and its rates read low, alike for all variants.)";
  }

  const Experiment& experiment_;
  const Report& report_;
  const size_t leader_;
};

size_t LeaderBy(const Report& report, RateEstimate VariantReport::*estimate) {
  size_t leader = 0;
  for (size_t i = 1; i < report.variants.size(); ++i) {
    if ((report.variants[i].*estimate).probability_best >
        (report.variants[leader].*estimate).probability_best) {
      leader = i;
    }
  }
  return leader;
}

}  // namespace

std::string VerdictText(const Experiment& experiment, const Report& report) {
  return Sentences(experiment, report).Verdict();
}

std::string ComparisonText(const Experiment& experiment, const Report& report) {
  if (report.exposures == 0) return "Nobody has seen this experiment yet.";
  const auto probability = [&](RateEstimate VariantReport::*estimate) {
    const size_t leader = LeaderBy(report, estimate);
    return ProbabilityText((report.variants[leader].*estimate).probability_best);
  };
  const auto says = [&](RateEstimate VariantReport::*estimate) {
    const size_t leader = LeaderBy(report, estimate);
    return absl::StrCat(experiment.variants[leader].name, " is best with probability ",
                        probability(estimate));
  };
  const std::string pooled = says(&VariantReport::pooled);
  const std::string stratified = says(&VariantReport::stratified);
  if (report.basis == Basis::kStratified) {
    return absl::StrCat("The conversion rate moves with the hour while the variants' shares move ",
                        "too, so that all exposures together mislead: by them ", pooled,
                        "; within hours ", stratified, ". All numbers are those within hours.");
  }
  if (LeaderBy(report, &VariantReport::pooled) != LeaderBy(report, &VariantReport::stratified)) {
    return absl::StrCat("By all exposures together ", pooled, ", within hours ", stratified,
                        ": they differ, but not by more than chance.");
  }
  if (pooled == stratified) {
    return absl::StrCat("All exposures together, and compared within hours, say alike: ", pooled,
                        ".");
  }
  return absl::StrCat("By all exposures together ", pooled, ", within hours with ",
                      probability(&VariantReport::stratified),
                      ": no further apart than by chance.");
}

}  // namespace mab::admin
