// Opening journals in tests, and looking at what they hold.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "assignment/journal_directory.h"
#include "assignment/segment_journal.h"
#include "common/clock.h"
#include "storage/event.h"

namespace mab::assignment {

inline SegmentJournal::Options TestJournalOptions(const std::string& directory) {
  static const SystemClock clock;
  SegmentJournal::Options options;
  options.directory = directory;
  options.clock = &clock;
  options.on_fatal = [](const absl::Status& status) {
    ADD_FAILURE() << "the journal's disk failed: " << status;
  };
  return options;
}

inline absl::Status IgnoreEvent(const storage::SequencedEvent&) { return absl::OkStatus(); }

inline std::unique_ptr<SegmentJournal> OpenTestJournal(const std::string& directory) {
  absl::StatusOr<std::unique_ptr<SegmentJournal>> journal =
      SegmentJournal::Open(TestJournalOptions(directory), IgnoreEvent);
  if (!journal.ok()) {
    ADD_FAILURE() << journal.status();
    return nullptr;
  }
  return *std::move(journal);
}

// Opens the journal, collects all its events, and closes it.
inline absl::StatusOr<std::vector<storage::SequencedEvent>> EventsOf(const std::string& directory) {
  std::vector<storage::SequencedEvent> events;
  absl::StatusOr<std::unique_ptr<SegmentJournal>> journal = SegmentJournal::Open(
      TestJournalOptions(directory), [&](const storage::SequencedEvent& event) {
        events.push_back(event);
        return absl::OkStatus();
      });
  if (!journal.ok()) return journal.status();
  return events;
}

inline std::vector<uint64_t> SequencesOf(const std::vector<storage::SequencedEvent>& events) {
  std::vector<uint64_t> sequences;
  for (const storage::SequencedEvent& event : events) sequences.push_back(event.sequence);
  return sequences;
}

inline std::vector<SegmentFile> SegmentsOf(const std::string& directory) {
  absl::StatusOr<std::vector<SegmentFile>> segments = ListSegments(directory);
  if (!segments.ok()) {
    ADD_FAILURE() << segments.status();
    return {};
  }
  return *std::move(segments);
}

}  // namespace mab::assignment
