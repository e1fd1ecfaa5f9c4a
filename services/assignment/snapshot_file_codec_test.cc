#include "assignment/snapshot_file_codec.h"

#include <gtest/gtest.h>

#include <string>

#include "assignment/durable_file.h"
#include "assignment/testing/sample_snapshot.h"
#include "assignment/testing/temp_directory.h"

namespace mab::assignment {
namespace {

TEST(SnapshotFileTest, ReadsBackWhatWasSaved) {
  TempDirectory directory;
  const std::string path = directory.path() + "/snapshot.pb";
  EXPECT_EQ(*LoadSnapshot(path), nullptr);
  const auto snapshot = SampleSnapshot({SampleExperiment(1), SampleExperiment(2, 7)});
  ASSERT_TRUE(SaveSnapshot(*snapshot, path).ok());
  const auto loaded = LoadSnapshot(path);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ((*loaded)->database_id, kSampleDatabaseId);
  EXPECT_EQ((*loaded)->by_id.size(), 2u);
  const auto experiment = (*loaded)->Find("experiment-2");
  ASSERT_NE(experiment, nullptr);
  EXPECT_EQ(*experiment->version, *SampleExperiment(2, 7).version);
  EXPECT_EQ((*loaded)->Find(experiment->id_text), experiment);
}

TEST(SnapshotFileTest, ADamagedFileIsSaidToBe) {
  TempDirectory directory;
  const std::string path = directory.path() + "/snapshot.pb";
  ASSERT_TRUE(SaveSnapshot(*SampleSnapshot({SampleExperiment(1)}), path).ok());
  const std::string good = **ReadFile(path, 1 << 20);
  for (const std::string& bytes :
       {std::string(), std::string("abc"), good.substr(0, good.size() / 2), good + "x"}) {
    ASSERT_TRUE(WriteFileDurably(path, bytes).ok());
    EXPECT_TRUE(absl::IsDataLoss(LoadSnapshot(path).status()));
  }
}

}  // namespace
}  // namespace mab::assignment
