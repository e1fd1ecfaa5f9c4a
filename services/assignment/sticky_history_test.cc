#include "assignment/sticky_history.h"

#include <gtest/gtest.h>

#include "assignment/testing/sample_entries.h"
#include "storage/assignment_store.h"
#include "storage/event.h"

namespace mab::assignment {
namespace {

TEST(StickyHistoryTest, ReplaysAssignmentExposureAndConversion) {
  StickyMap map;
  const StickyKey key = KeyNumber(1);
  const absl::Time later = SampleTime() + absl::Seconds(5);
  ApplyEvent(storage::AssignmentEvent{key.experiment, key.user, 3, 1000, 0.25, SampleTime(), false},
             map);
  EXPECT_EQ(map.Find(key), SampleEntry());
  ApplyEvent(storage::ExposureEvent{key.experiment, key.user, 3, 1000, later}, map);
  ApplyEvent(
      storage::ConversionEvent{key.experiment, key.user, 3, 1000, later, later, true, {}, ""}, map);
  StickyEntry expected = SampleEntry();
  expected.exposed_at = later;
  expected.converted_at = later;
  expected.credited = true;
  EXPECT_EQ(map.Find(key), expected);
  // Once more: a fact that is there stays.
  ApplyEvent(storage::AssignmentEvent{key.experiment, key.user, 1, 2000, 0.5, later, true}, map);
  ApplyEvent(storage::ExposureEvent{key.experiment, key.user, 3, 1000, SampleTime()}, map);
  ApplyEvent(
      storage::ConversionEvent{key.experiment, key.user, 3, 1000, SampleTime(), {}, false, {}, ""},
      map);
  ApplyEvent(storage::VersionEvent{}, map);
  ApplyEvent(storage::CountEvent{}, map);
  EXPECT_EQ(map.Find(key), expected);
  EXPECT_EQ(map.size(), 1u);
}

TEST(StickyHistoryTest, AnAssignmentThatWasShownAtOnceIsAnExposure) {
  StickyMap map;
  const StickyKey key = KeyNumber(1);
  ApplyEvent(storage::AssignmentEvent{key.experiment, key.user, 3, 1000, 0.25, SampleTime(), true},
             map);
  EXPECT_EQ(map.Find(key)->exposed_at, SampleTime());
}

TEST(StickyHistoryTest, WhatTheJournalKnowsAlreadyIsJoinedByTheDatabasesRow) {
  StickyMap map;
  const StickyKey key = KeyNumber(1);
  const absl::Time later = SampleTime() + absl::Seconds(5);
  ApplyEvent(storage::ExposureEvent{key.experiment, key.user, 3, 1000, later}, map);
  storage::StoredAssignment stored;
  stored.experiment_id = key.experiment;
  stored.user = key.user;
  stored.variant_index = 3;
  stored.version = 1000;
  stored.propensity = 0.25;
  stored.assigned_at = SampleTime();
  stored.converted_at = later;
  ApplyStored(stored, map);
  StickyEntry expected = SampleEntry();
  expected.exposed_at = later;
  expected.converted_at = later;
  EXPECT_EQ(map.Find(key), expected);
}

}  // namespace
}  // namespace mab::assignment
