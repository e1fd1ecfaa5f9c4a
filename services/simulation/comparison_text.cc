#include "simulation/comparison_text.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "simulation/text_table.h"

namespace mab::simulation {
namespace {

// Three significant digits or whole numbers: more would promise what simulations do not hold.
std::string Number(double value) {
  if (std::fabs(value) >= 100) return absl::StrFormat("%.0f", value);
  if (std::fabs(value) >= 10) return absl::StrFormat("%.1f", value);
  return absl::StrFormat("%.2f", value);
}

std::string Days(double days) { return std::isfinite(days) ? absl::StrFormat("%.3g", days) : "-"; }

std::string Percent(double share) { return absl::StrFormat("%.1f %%", 100 * share); }

std::string WithError(const Estimate& estimate) {
  return absl::StrCat(Number(estimate.mean), " ± ", Number(estimate.standard_error));
}

std::string Rates(const Scenario& scenario) {
  constexpr size_t kShownMax = 12;
  std::string text;
  for (size_t arm = 0; arm < std::min(scenario.rates.size(), kShownMax); ++arm) {
    absl::StrAppend(&text, arm == 0 ? "" : ", ", scenario.rates[arm]);
  }
  if (scenario.rates.size() > kShownMax) {
    absl::StrAppend(&text, ", … (", scenario.rates.size(), " arms)");
  }
  return text;
}

std::string Counted(double count, absl::string_view one, absl::string_view many) {
  return absl::StrCat(count, " ", count == 1 ? one : many);
}

std::string Heading(const Scenario& scenario, size_t runs) {
  return absl::StrCat("Rates ", Rates(scenario), "; ",
                      Counted(scenario.visitors_per_day, "visitor", "visitors"), " a day for ",
                      Counted(scenario.days, "day", "days"), "; ", runs, " runs, seed ",
                      scenario.seed, ".\n\n");
}

std::string OutcomeTable(const std::vector<PolicyResult>& results) {
  std::vector<std::vector<std::string>> rows = {
      {"policy", "lost to the best arm", "over equal split", "5 % of runs", "95 % of runs"}};
  for (const PolicyResult& result : results) {
    rows.push_back({std::string(PolicyName(result.policy)), WithError(result.summary.regret),
                    WithError(result.summary.gain), Number(result.summary.gain_lower),
                    Number(result.summary.gain_upper)});
  }
  return absl::StrCat("Conversions lost and gained, mean ± standard error\n", AlignTable(rows));
}

std::string VerdictTable(const std::vector<PolicyResult>& results) {
  std::vector<std::vector<std::string>> rows = {{"policy", "winner", "no difference", "none",
                                                 "wrong winner", "missed difference", "days: 10 %",
                                                 "50 %", "90 %"}};
  for (const PolicyResult& result : results) {
    const RunSummary& summary = result.summary;
    rows.push_back({std::string(PolicyName(result.policy)), Percent(summary.share_winner),
                    Percent(summary.share_no_difference), Percent(summary.share_undecided),
                    Percent(summary.share_wrong_winner), Percent(summary.share_missed_difference),
                    Days(summary.days_p10), Days(summary.days_p50), Days(summary.days_p90)});
  }
  return absl::StrCat("The first verdict, in shares of the runs, and the days until it\n",
                      AlignTable(rows));
}

// Of the best arm and of the worst: what adaptivity does to the means.
std::string BiasTable(const Scenario& scenario, const std::vector<PolicyResult>& results) {
  const auto best = std::max_element(scenario.rates.begin(), scenario.rates.end());
  const auto worst = std::min_element(scenario.rates.begin(), scenario.rates.end());
  const auto text = [](const Estimate& estimate) {
    return absl::StrFormat("%+.5f ± %.5f", estimate.mean, estimate.standard_error);
  };
  std::vector<std::vector<std::string>> rows = {
      {"policy", absl::StrCat("best arm (", *best, ")"), absl::StrCat("worst arm (", *worst, ")")}};
  for (const PolicyResult& result : results) {
    const std::vector<Estimate>& bias = result.summary.posterior_bias;
    rows.push_back({std::string(PolicyName(result.policy)),
                    text(bias[static_cast<size_t>(best - scenario.rates.begin())]),
                    text(bias[static_cast<size_t>(worst - scenario.rates.begin())])});
  }
  return absl::StrCat("Posterior mean at the end less the true rate\n", AlignTable(rows));
}

}  // namespace

std::string ComparisonText(const Scenario& scenario, const std::vector<PolicyResult>& results) {
  return absl::StrCat(Heading(scenario, results[0].summary.runs), OutcomeTable(results), "\n",
                      VerdictTable(results), "\n", BiasTable(scenario, results));
}

}  // namespace mab::simulation
