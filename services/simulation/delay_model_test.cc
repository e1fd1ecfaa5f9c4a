#include "simulation/delay_model.h"

#include <gtest/gtest.h>

#include <cmath>

namespace mab::simulation {
namespace {

TEST(DelayModelTest, WithoutDelaysEverythingHasHappened) {
  EXPECT_EQ(DelayedShare({}, 0), 1);
  EXPECT_EQ(DelayedShare({}, -1), 0);
}

TEST(DelayModelTest, IsTheExponentialDistribution) {
  const DelayModel model = {.kind = DelayKind::kExponential, .mean_seconds = 600};
  EXPECT_EQ(DelayedShare(model, 0), 0);
  EXPECT_NEAR(DelayedShare(model, 600), 1 - std::exp(-1), 1e-15);
  EXPECT_NEAR(DelayedShare(model, 6e-6), 1e-8, 1e-16);
}

TEST(DelayModelTest, TheLogNormalHasTheMeanThatWasAskedFor) {
  const DelayModel model = {.kind = DelayKind::kLogNormal, .mean_seconds = 600, .sigma = 1.5};
  EXPECT_EQ(DelayedShare(model, 0), 0);
  EXPECT_NEAR(DelayedShare(model, 600 * std::exp(-1.5 * 1.5 / 2)), 0.5, 1e-15);
  // The mean is the integral of what has not happened yet.
  double mean = 0;
  double before = 0;
  for (double time = 1e-3; time < 1e9; time *= 1.001) {
    mean += (time - before) * (1 - DelayedShare(model, (time + before) / 2));
    before = time;
  }
  EXPECT_NEAR(mean, 600, 0.01);
}

TEST(DelayModelTest, NamesWhatIsOutsideItsLimits) {
  const auto count = [](const DelayModel& model) {
    Violations violations;
    CheckDelayModel(model, violations);
    return ErrorViolations(violations.ToStatus()).size();
  };
  EXPECT_EQ(count({.kind = DelayKind::kNone, .mean_seconds = -1}), 0u);
  EXPECT_EQ(count({.kind = DelayKind::kExponential, .mean_seconds = 0}), 1u);
  EXPECT_EQ(count({.kind = DelayKind::kExponential, .mean_seconds = 31'536'001}), 1u);
  EXPECT_EQ(count({.kind = DelayKind::kLogNormal, .mean_seconds = std::nan(""), .sigma = 0}), 2u);
  EXPECT_EQ(count({.kind = DelayKind::kLogNormal, .mean_seconds = 1, .sigma = 5}), 0u);
}

}  // namespace
}  // namespace mab::simulation
