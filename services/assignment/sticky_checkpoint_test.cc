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

constexpr auto kAllWritten = [](uint64_t) { return true; };

CheckpointCover CoverThrough(uint64_t sequence) {
  CheckpointCover cover{.journal_id = {}, .sequence = sequence, .drained = 3};
  cover.journal_id.bytes[5] = 7;
  return cover;
}

TEST(StickyCheckpointTest, ReadsBackWhatWasWritten) {
  TempDirectory directory;
  const std::string path = directory.path() + "/checkpoint";
  StickyMap map;
  EXPECT_FALSE(LoadStickyCheckpoint(path, map)->has_value());
  // More than one chunk.
  for (uint32_t i = 0; i < 30000; ++i) {
    StickyEntry entry = SampleEntry();
    entry.variant_index = static_cast<uint16_t>(i % 100);
    if (i % 2 == 0) entry.exposed_at = SampleTime() + absl::Microseconds(i);
    if (i % 3 == 0) entry.converted_at = SampleTime() + absl::Seconds(i);
    entry.credited = i % 6 == 0;
    Put(map, KeyNumber(i), entry);
  }
  const auto bytes = WriteStickyCheckpoint(map, CoverThrough(12), kAllWritten, path);
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  StickyMap read;
  const auto loaded = LoadStickyCheckpoint(path, read);
  ASSERT_TRUE(loaded.ok() && loaded->has_value()) << loaded.status();
  EXPECT_EQ((*loaded)->cover, CoverThrough(12));
  EXPECT_EQ((*loaded)->bytes, *bytes);
  EXPECT_EQ(read.size(), map.size());
  map.ForEach(
      [&](const StickyKey& key, const StickyEntry& entry) { EXPECT_EQ(read.Find(key), entry); });
}

TEST(StickyCheckpointTest, HasTheFactsOfRecordsUpToItsCoverAndNoOthers) {
  TempDirectory directory;
  const std::string path = directory.path() + "/checkpoint";
  StickyMap map;
  StickyEntry later = SampleEntry();
  later.assignment_sequence = 11;
  Put(map, KeyNumber(1), later);
  StickyEntry known = SampleEntry();
  known.assignment_sequence = 4;
  known.exposed_at = SampleTime();
  known.exposure_sequence = 10;
  known.converted_at = SampleTime();
  known.credited = true;
  known.conversion_sequence = 11;
  Put(map, KeyNumber(2), known);
  StickyEntry failed = SampleEntry();
  failed.assignment_sequence = 9;
  Put(map, KeyNumber(3), failed);
  ASSERT_TRUE(WriteStickyCheckpoint(
                  map, CoverThrough(10), [](uint64_t sequence) { return sequence != 9; }, path)
                  .ok());
  StickyMap read;
  ASSERT_TRUE(LoadStickyCheckpoint(path, read)->has_value());
  EXPECT_EQ(read.size(), 1u);
  StickyEntry expected = SampleEntry();
  expected.exposed_at = SampleTime();
  EXPECT_EQ(read.Find(KeyNumber(2)), expected);
}

TEST(StickyCheckpointTest, HasNobodyWhoseErasureItCovers) {
  TempDirectory directory;
  const std::string path = directory.path() + "/checkpoint";
  StickyMap map;
  for (uint32_t i = 1; i <= 2; ++i) {
    StickyEntry entry = SampleEntry();
    entry.erasure_sequence = 9 + i;
    Put(map, KeyNumber(i), entry);
  }
  ASSERT_TRUE(WriteStickyCheckpoint(map, CoverThrough(10), kAllWritten, path).ok());
  StickyMap read;
  ASSERT_TRUE(LoadStickyCheckpoint(path, read)->has_value());
  EXPECT_FALSE(read.Find(KeyNumber(1)).has_value());
  EXPECT_EQ(read.Find(KeyNumber(2)), SampleEntry());
}

TEST(StickyCheckpointTest, ADamagedFileAddsNothing) {
  TempDirectory directory;
  const std::string path = directory.path() + "/checkpoint";
  StickyMap map;
  for (uint32_t i = 0; i < 50; ++i) Put(map, KeyNumber(i), SampleEntry());
  ASSERT_TRUE(WriteStickyCheckpoint(map, CoverThrough(1), kAllWritten, path).ok());
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
