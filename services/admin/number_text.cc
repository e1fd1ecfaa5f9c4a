#include "admin/number_text.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace mab::admin {
namespace {

// Three significant digits, of at most eight decimals.
std::string ThreeDigits(double value) {
  constexpr int kDecimalsMax = 8;
  if (!(std::fabs(value) >= 0.5 * std::pow(10, -kDecimalsMax))) return "0";
  // What rounds up to the next power of ten has a digit more before the point.
  const int magnitude = static_cast<int>(std::floor(std::log10(std::fabs(value) * 1.0005)));
  const int decimals = std::clamp(2 - magnitude, 0, kDecimalsMax);
  return absl::StrCat(value < 0 ? "−" : "", absl::StrFormat("%.*f", decimals, std::fabs(value)));
}

}  // namespace

std::string PercentText(double share) { return absl::StrCat(ThreeDigits(100 * share), " %"); }

std::string SignedPercentText(double share) {
  const std::string text = PercentText(share);
  return share > 0 && text != "0 %" ? absl::StrCat("+", text) : text;
}

std::string ProbabilityText(double probability) {
  if (probability > 0.999) return "more than 99.9 %";
  if (probability < 0.001) return "less than 0.1 %";
  return absl::StrFormat("%.1f %%", 100 * probability);
}

std::string PointsText(double difference) {
  return absl::StrCat(ThreeDigits(100 * difference), " percentage points");
}

std::string CountText(uint64_t count) {
  const std::string digits = absl::StrCat(count);
  std::string text;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text.push_back(',');
    text.push_back(digits[i]);
  }
  return text;
}

std::string CountText(uint64_t count, const char* one, const char* many) {
  return absl::StrCat(CountText(count), " ", count == 1 ? one : many);
}

std::string PValueText(double p_value) {
  if (p_value < 0.0001) return "less than 0.0001";
  return absl::StrFormat("%.2g", p_value);
}

}  // namespace mab::admin
