#include "assignment/sticky_checkpoint.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "assignment/durable_file.h"
#include "assignment/testing/sample_entries.h"
#include "assignment/testing/temp_directory.h"

namespace mab::assignment {
namespace {

TEST(StickyCheckpointTest, ReadsBackWhatWasWritten) {
  TempDirectory directory;
  const std::string path = directory.path() + "/checkpoint";
  StickyMap map;
  EXPECT_FALSE(*LoadStickyCheckpoint(path, map));
  // More than one chunk.
  for (uint32_t i = 0; i < 30000; ++i) {
    StickyEntry entry = SampleEntry();
    entry.variant_index = static_cast<uint16_t>(i % 100);
    if (i % 2 == 0) entry.exposed_at = SampleTime() + absl::Microseconds(i);
    if (i % 3 == 0) entry.converted_at = SampleTime() + absl::Seconds(i);
    entry.credited = i % 6 == 0;
    Put(map, KeyNumber(i), entry);
  }
  ASSERT_TRUE(WriteStickyCheckpoint(map, path).ok());
  StickyMap read;
  ASSERT_TRUE(*LoadStickyCheckpoint(path, read));
  EXPECT_EQ(read.size(), map.size());
  map.ForEach(
      [&](const StickyKey& key, const StickyEntry& entry) { EXPECT_EQ(read.Find(key), entry); });
}

TEST(StickyCheckpointTest, LeavesOutWhatTheJournalOfThisRunHas) {
  TempDirectory directory;
  const std::string path = directory.path() + "/checkpoint";
  StickyMap map;
  StickyEntry fresh = SampleEntry();
  fresh.assignment_sequence = 9;
  Put(map, KeyNumber(1), fresh);
  StickyEntry known = SampleEntry();
  known.exposed_at = SampleTime();
  known.exposure_sequence = 10;
  known.converted_at = SampleTime();
  known.credited = true;
  known.conversion_sequence = 11;
  Put(map, KeyNumber(2), known);
  ASSERT_TRUE(WriteStickyCheckpoint(map, path).ok());
  StickyMap read;
  ASSERT_TRUE(*LoadStickyCheckpoint(path, read));
  EXPECT_EQ(read.size(), 1u);
  EXPECT_EQ(read.Find(KeyNumber(2)), SampleEntry());
}

TEST(StickyCheckpointTest, ADamagedFileAddsNothing) {
  TempDirectory directory;
  const std::string path = directory.path() + "/checkpoint";
  StickyMap map;
  for (uint32_t i = 0; i < 50; ++i) Put(map, KeyNumber(i), SampleEntry());
  ASSERT_TRUE(WriteStickyCheckpoint(map, path).ok());
  const std::string good = **ReadFile(path, 1 << 20);
  std::vector<std::string> damaged = {"", "x", good.substr(0, good.size() - 1), good + "x",
                                      good.substr(0, good.size() - 75)};
  for (size_t at = 0; at < good.size(); at += 97) {
    damaged.push_back(good);
    damaged.back()[at] = static_cast<char>(damaged.back()[at] ^ 0x10);
  }
  for (const std::string& bytes : damaged) {
    ASSERT_TRUE(WriteFileDurably(path, bytes).ok());
    StickyMap read;
    EXPECT_TRUE(absl::IsDataLoss(LoadStickyCheckpoint(path, read).status()));
    EXPECT_EQ(read.size(), 0u);
  }
}

}  // namespace
}  // namespace mab::assignment
