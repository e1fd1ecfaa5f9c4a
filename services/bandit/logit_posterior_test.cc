#include "bandit/logit_posterior.h"

#include <gtest/gtest.h>

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <cmath>
#include <vector>

namespace mab::bandit {
namespace {

using Wide = boost::multiprecision::cpp_bin_float_50;

const std::vector<Posterior>& ExtremePosteriors() {
  static const std::vector<Posterior> posteriors = {
      {1, 1},   {0.1, 0.1}, {0.1, 1e9},  {1e9, 0.1}, {1e9, 1e9},
      {1, 1e9}, {1e9, 1},   {371, 7621}, {0.1, 7},   {1001, 999999001}};
  return posteriors;
}

// The same quantity as it stands, in 50 digits, at `distance` from the mode.
double ExactRelativeDensity(const Posterior& posterior, const Wide& distance) {
  const Wide a = posterior.alpha;
  const Wide b = posterior.beta;
  const auto level = [&](const Wide& u) -> Wide { return -a * log1p(exp(-u)) - b * log1p(exp(u)); };
  const Wide mode = log(a / b);
  return static_cast<double>(exp(Wide(level(mode + distance) - level(mode))));
}

TEST(LogitPosteriorTest, DensityIsThatOfHighPrecision) {
  for (const Posterior& posterior : ExtremePosteriors()) {
    SCOPED_TRACE(testing::Message() << posterior.alpha << " " << posterior.beta);
    const LogitPosterior logit(posterior);
    const double mode = std::log(posterior.alpha / posterior.beta);
    for (int i = 0; i <= 200; ++i) {
      const double u = logit.lower() + (logit.upper() - logit.lower()) * i / 200;
      const double exact = ExactRelativeDensity(posterior, Wide(u) - mode);
      ASSERT_NEAR(logit.RelativeDensity(u) / exact, 1, 1e-12) << "at " << u;
    }
  }
}

TEST(LogitPosteriorTest, LeavesOutOnlyWhatIsNegligible) {
  for (const Posterior& posterior : ExtremePosteriors()) {
    SCOPED_TRACE(testing::Message() << posterior.alpha << " " << posterior.beta);
    const LogitPosterior logit(posterior);
    EXPECT_LT(logit.lower(), logit.upper());
    for (double edge : {logit.lower(), logit.upper()}) {
      EXPECT_LE(logit.RelativeDensity(edge), std::exp(-42));
      EXPECT_GE(logit.RelativeDensity(edge), std::exp(-44));
    }
    EXPECT_EQ(logit.RelativeDensity(-1e6), 0);
    EXPECT_EQ(logit.RelativeDensity(1e6), 0);
  }
}

}  // namespace
}  // namespace mab::bandit
