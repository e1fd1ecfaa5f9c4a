// Assigner, exposer and converter as the service wires them, on a journal in memory and a clock
// that a test turns.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "assignment/assigner.h"
#include "assignment/converter.h"
#include "assignment/entry_recorder.h"
#include "assignment/event_counter.h"
#include "assignment/exposer.h"
#include "assignment/sticky_map.h"
#include "assignment/testing/fake_journal.h"
#include "assignment/testing/sample_snapshot.h"
#include "assignment/version_recorder.h"
#include "common/clock.h"
#include "storage/user_key.h"

namespace mab::assignment {

struct HotPath {
  explicit HotPath(JournalSync sync = JournalSync::kConversions, size_t sticky_bytes_max = 0)
      : sticky_map(sticky_bytes_max), recorder(&journal, &sticky_map, &clock, sync) {
    sticky_map.MarkComplete();
  }

  absl::StatusOr<Recorded<Assignment>> Assign(absl::string_view experiment,
                                              absl::string_view user_id, bool expose = true) {
    return assigner.Assign(*snapshot, {std::string(experiment), user_key.Hash(user_id), expose});
  }
  absl::StatusOr<Recorded<Exposure>> Expose(absl::string_view experiment,
                                            absl::string_view user_id) {
    return exposer.Expose(*snapshot, {std::string(experiment), user_key.Hash(user_id)});
  }
  absl::StatusOr<Recorded<Conversion>> Convert(absl::string_view experiment,
                                               absl::string_view user_id) {
    return converter.Convert(*snapshot, {std::string(experiment), user_key.Hash(user_id), {}, ""});
  }
  void SetExperiments(const std::vector<SnapshotExperiment>& experiments) {
    snapshot = SampleSnapshot(experiments);
  }
  StickyKey KeyOf(const SnapshotExperiment& experiment, absl::string_view user_id) const {
    return {experiment.id, user_key.Hash(user_id)};
  }

  FakeClock clock{SampleTime()};
  FakeJournal journal;
  StickyMap sticky_map;
  storage::UserKey user_key{std::string(16, 'k')};
  EntryRecorder recorder;
  VersionRecorder versions{&journal};
  Metrics metrics;
  EventCounter counter{&journal, &clock, metrics};
  Assigner assigner{&recorder, &versions, &counter};
  Exposer exposer{&recorder, &counter};
  Converter converter{&recorder, &counter};
  std::shared_ptr<const Snapshot> snapshot = SampleSnapshot({});
};

}  // namespace mab::assignment
