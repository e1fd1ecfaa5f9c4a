#include "simulation/text_table.h"

#include <gtest/gtest.h>

namespace mab::simulation {
namespace {

TEST(TextTableTest, AlignsTheFirstColumnLeftAndOthersRight) {
  EXPECT_EQ(AlignTable({{"policy", "regret"}, {"a", "12.5"}, {"longer name", "7"}}),
            "policy       regret\n"
            "a              12.5\n"
            "longer name       7\n");
}

TEST(TextTableTest, MeasuresCharactersAndEndsShortRows) {
  EXPECT_EQ(AlignTable({{"a", "b"}, {"x", "1 ± 2"}, {"only"}}),
            "a         b\n"
            "x     1 ± 2\n"
            "only\n");
  EXPECT_EQ(AlignTable({}), "");
}

}  // namespace
}  // namespace mab::simulation
