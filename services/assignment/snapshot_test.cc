#include "assignment/snapshot.h"

#include <gtest/gtest.h>

#include <string>

#include "assignment/testing/sample_snapshot.h"

namespace mab::assignment {
namespace {

TEST(SnapshotTest, FindsByIdAndByKey) {
  const auto snapshot = SampleSnapshot({SampleExperiment(1), SampleExperiment(2)});
  EXPECT_EQ(snapshot->Find("experiment-2")->id, SampleExperimentId(2));
  EXPECT_EQ(snapshot->Find(SampleExperimentId(2).ToString()), snapshot->Find("experiment-2"));
  EXPECT_EQ(snapshot->Find("experiment-3"), nullptr);
  EXPECT_EQ(snapshot->Find(""), nullptr);
}

TEST(SnapshotTest, AKeyThatLooksLikeAnIdIsFoundToo) {
  SnapshotExperiment experiment = SampleExperiment(1);
  experiment.key = "0198f3c4-ffff-7000-8000-000000000001";
  const auto snapshot = SampleSnapshot({experiment});
  EXPECT_NE(snapshot->Find(experiment.key), nullptr);
  EXPECT_EQ(snapshot->Find("0198f3c4-ffff-7000-8000-000000000002"), nullptr);
}

}  // namespace
}  // namespace mab::assignment
