#include "simulation/regret_plot.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

namespace mab::simulation {
namespace {

constexpr double kWidth = 840;
constexpr double kHeight = 480;
constexpr double kLeft = 78;
constexpr double kRight = 24;
constexpr double kTop = 64;
constexpr double kBottom = 86;

// Of Okabe and Ito: told apart by people with any colour vision.
absl::string_view Colour(SimulatedPolicy policy) {
  switch (policy) {
    case SimulatedPolicy::kThompson:
      return "#0072b2";
    case SimulatedPolicy::kTopTwoThompson:
      return "#009e73";
    case SimulatedPolicy::kFixed:
      return "#aa4499";
    case SimulatedPolicy::kUniform:
      return "#d55e00";
    case SimulatedPolicy::kUcb1:
      return "#555555";
  }
  return "#000000";
}

// Lines that coincide are both seen.
absl::string_view Dashes(SimulatedPolicy policy) {
  switch (policy) {
    case SimulatedPolicy::kThompson:
    case SimulatedPolicy::kTopTwoThompson:
      return "none";
    case SimulatedPolicy::kFixed:
      return "12 4";
    case SimulatedPolicy::kUniform:
      return "7 5";
    case SimulatedPolicy::kUcb1:
      return "2 3";
  }
  return "none";
}

// A round step that divides `range` into about five.
double TickStep(double range) {
  const double rough = range / 5;
  const double magnitude = std::pow(10.0, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * magnitude >= rough) return factor * magnitude;
  }
  return 10 * magnitude;
}

class Plot {
 public:
  Plot(const Scenario& scenario, const std::vector<PolicyResult>& results)
      : scenario_(scenario), results_(results), days_(scenario.checkpoints_days.back()) {
    for (const PolicyResult& result : results) {
      for (const QuantileBand& band : result.summary.regret_curve) {
        top_ = std::max({top_, band.upper, band.mean});
      }
    }
    if (!(top_ > 0)) top_ = 1;
  }

  std::string Draw() {
    Frame();
    Axes();
    for (const PolicyResult& result : results_) Band(result);
    for (const PolicyResult& result : results_) Line(result);
    Legend();
    svg_ += "</svg>\n";
    return std::move(svg_);
  }

 private:
  double X(double days) const { return kLeft + days / days_ * (kWidth - kLeft - kRight); }
  double Y(double regret) const {
    return kHeight - kBottom - regret / top_ * (kHeight - kTop - kBottom);
  }
  static std::string Point(double x, double y) { return absl::StrFormat("%.1f,%.1f ", x, y); }

  void Text(double x, double y, absl::string_view anchor, absl::string_view text,
            absl::string_view more = "") {
    absl::StrAppendFormat(&svg_, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\"%s>%s</text>\n", x,
                          y, anchor, more,
                          absl::StrReplaceAll(text, {{"&", "&amp;"}, {"<", "&lt;"}}));
  }

  void Rule(double x1, double y1, double x2, double y2, absl::string_view colour) {
    absl::StrAppendFormat(&svg_,
                          "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>\n",
                          x1, y1, x2, y2, colour);
  }

  void Frame() {
    absl::StrAppendFormat(
        &svg_,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" "
        "height=\"%.0f\" role=\"img\" font-family=\"system-ui, sans-serif\" font-size=\"13\" "
        "fill=\"#222222\">\n<title>Regret over time</title>\n"
        "<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n",
        kWidth, kHeight, kWidth, kHeight);
    Text(kLeft, 26, "start", "Conversions lost against the best arm",
         " font-size=\"17\" font-weight=\"600\"");
    Text(kLeft, 47, "start",
         absl::StrCat("mean, and the middle 80 % of ", results_[0].summary.runs, " runs; ",
                      scenario_.rates.size(), " arms, ", scenario_.visitors_per_day,
                      " visitors a day"),
         " fill=\"#555555\"");
  }

  void Axes() {
    const double step_y = TickStep(top_);
    for (int i = 0; i * step_y <= top_ * (1 + 1e-9); ++i) {
      const double y = Y(i * step_y);
      Rule(kLeft, y, kWidth - kRight, y, i == 0 ? "#222222" : "#e2e2e2");
      Text(kLeft - 8, y + 4, "end", absl::StrCat(i * step_y));
    }
    const double step_x = TickStep(days_);
    for (int i = 0; i * step_x <= days_ * (1 + 1e-9); ++i) {
      const double x = X(i * step_x);
      Rule(x, kHeight - kBottom, x, kHeight - kBottom + 5, "#222222");
      Text(x, kHeight - kBottom + 20, "middle", absl::StrCat(i * step_x));
    }
    Text((kLeft + kWidth - kRight) / 2, kHeight - kBottom + 40, "middle", "days");
    const double middle = (kTop + kHeight - kBottom) / 2;
    Text(20, middle, "middle", "conversions lost",
         absl::StrFormat(" transform=\"rotate(-90 20 %.1f)\"", middle));
  }

  void Band(const PolicyResult& result) {
    const std::vector<QuantileBand>& curve = result.summary.regret_curve;
    std::string points = Point(X(0), Y(0));
    for (size_t i = 0; i < curve.size(); ++i) {
      points += Point(X(scenario_.checkpoints_days[i]), Y(curve[i].upper));
    }
    for (size_t i = curve.size(); i-- > 0;) {
      points += Point(X(scenario_.checkpoints_days[i]), Y(curve[i].lower));
    }
    absl::StrAppendFormat(&svg_, "<polygon points=\"%s\" fill=\"%s\" fill-opacity=\"0.14\"/>\n",
                          points, Colour(result.policy));
  }

  void Line(const PolicyResult& result) {
    const std::vector<QuantileBand>& curve = result.summary.regret_curve;
    std::string points = Point(X(0), Y(0));
    for (size_t i = 0; i < curve.size(); ++i) {
      points += Point(X(scenario_.checkpoints_days[i]), Y(curve[i].mean));
    }
    absl::StrAppendFormat(
        &svg_,
        "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2.2\" "
        "stroke-dasharray=\"%s\"/>\n",
        points, Colour(result.policy), Dashes(result.policy));
  }

  void Legend() {
    double x = kLeft;
    const double y = kHeight - 18;
    for (const PolicyResult& result : results_) {
      absl::StrAppendFormat(&svg_,
                            "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" "
                            "stroke-width=\"2.6\" stroke-dasharray=\"%s\"/>\n",
                            x, y - 4, x + 26, y - 4, Colour(result.policy), Dashes(result.policy));
      const std::string text =
          absl::StrFormat("%s %.1f", PolicyName(result.policy), result.summary.regret.mean);
      Text(x + 32, y, "start", text);
      x += 32 + 8.0 * static_cast<double>(text.size()) + 20;
    }
  }

  const Scenario& scenario_;
  const std::vector<PolicyResult>& results_;
  const double days_;
  double top_ = 0;
  std::string svg_;
};

}  // namespace

std::string RegretPlot(const Scenario& scenario, const std::vector<PolicyResult>& results) {
  return Plot(scenario, results).Draw();
}

}  // namespace mab::simulation
