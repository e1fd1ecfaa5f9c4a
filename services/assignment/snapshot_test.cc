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

TEST(FingerprintTest, ChangesWithWhatVisitorsGetAndNotWithVersions) {
  const auto of = [](const std::vector<SnapshotExperiment>& experiments) {
    return FingerprintOf(*SampleSnapshot(experiments));
  };
  const SnapshotExperiment first = SampleExperiment(1), second = SampleExperiment(2);
  const uint64_t known = of({first, second});
  EXPECT_EQ(of({second, first}), known);

  SnapshotExperiment later = second;
  later.version = SampleVersion(later, 2000);
  EXPECT_EQ(of({first, later}), known);

  SnapshotExperiment changed = second;
  changed.revision = 2;
  EXPECT_NE(of({first, changed}), known);
  EXPECT_NE(of({first}), known);

  SnapshotExperiment draft = SampleExperiment(3);
  draft.state = ExperimentState::kDraft;
  EXPECT_EQ(of({first, second, draft}), known);
  draft.state = ExperimentState::kRunning;
  draft.revision = 2;
  EXPECT_NE(of({first, second, draft}), known);
  EXPECT_NE(of({}), 0u);
}

}  // namespace
}  // namespace mab::assignment
