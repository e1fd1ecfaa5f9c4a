#include "bandit/chi_square.h"

#include <boost/math/special_functions/gamma.hpp>
#include <cmath>

namespace mab::bandit {
namespace {

// (χ²/n)^(1/3) is about normal with mean 1 − 2/(9 n) and variance 2/(9 n).
double WilsonHilferty(double statistic, double degrees_of_freedom) {
  const double variance = 2 / (9 * degrees_of_freedom);
  const double root = std::cbrt(statistic / degrees_of_freedom);
  return std::erfc((root - (1 - variance)) / std::sqrt(2 * variance)) / 2;
}

}  // namespace

double ChiSquareUpperTail(double statistic, double degrees_of_freedom) {
  using boost::math::policies::errno_on_error;
  using boost::math::policies::policy;
  using Quiet = policy<boost::math::policies::domain_error<errno_on_error>,
                       boost::math::policies::pole_error<errno_on_error>,
                       boost::math::policies::overflow_error<errno_on_error>,
                       boost::math::policies::evaluation_error<errno_on_error>>;
  if (!(statistic > 0)) return 1;
  const double tail = boost::math::gamma_q(degrees_of_freedom / 2, statistic / 2, Quiet());
  if (tail >= 0 && tail <= 1) return tail;
  return WilsonHilferty(statistic, degrees_of_freedom);
}

}  // namespace mab::bandit
