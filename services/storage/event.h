// What happened: the records that the journal carries and the event tables keep.
//
// Thread safety: value types.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "absl/time/time.h"
#include "bandit/draw_version.h"
#include "bandit/user_hash.h"
#include "common/uuid.h"

namespace mab::storage {

// Written before the first draw of a version, so that exactly the used versions reach PostgreSQL.
struct VersionEvent {
  ExperimentId experiment_id;
  bandit::DrawVersion version;
};

struct AssignmentEvent {
  ExperimentId experiment_id;
  bandit::UserHash user;
  uint16_t variant_index = 0;
  uint64_t version = 0;
  double propensity = 0;   // 0 to 1
  absl::Time assigned_at;  // microseconds
  // The assignment was shown at once: an exposure at assigned_at as well.
  bool exposed = false;
};

struct ExposureEvent {
  ExperimentId experiment_id;
  bandit::UserHash user;
  uint16_t variant_index = 0;
  uint64_t version = 0;  // of the assignment
  absl::Time exposed_at;
};

struct ConversionEvent {
  ExperimentId experiment_id;
  bandit::UserHash user;
  uint16_t variant_index = 0;
  uint64_t version = 0;  // of the assignment
  absl::Time converted_at;
  std::optional<absl::Time> exposed_at;  // nullopt: never exposed, so not credited
  bool credited = false;                 // exposed, and within the window
  std::optional<double> value;           // finite
  std::string event_id;                  // at most 128 bytes; empty: none
};

// How often something was answered that left no row, counted in memory and written now and then:
// conversions that were on record, and exposures that were not made because a machine asked, by the
// sign by which it was known.
struct CountEvent {
  // The numbers are in the journal: never change one.
  enum class Kind { kDuplicateConversion, kBotUserAgent, kBotPrefetch, kBotRate };
  ExperimentId experiment_id;
  Kind kind = Kind::kDuplicateConversion;
  absl::Time at;
  uint64_t count = 0;
};

// A visitor asked to be forgotten: everything before this, in every experiment, is nobody's from
// now on. Totals stay. If he comes again he is a new user.
struct ErasureEvent {
  bandit::UserHash user;
  absl::Time erased_at;
};

using Event = std::variant<VersionEvent, AssignmentEvent, ExposureEvent, ConversionEvent,
                           CountEvent, ErasureEvent>;

// "DUPLICATE_CONVERSION", …: as in mab.event_counts.
const char* KindName(CountEvent::Kind kind);

// An event and its place in the journal.
struct SequencedEvent {
  uint64_t sequence = 0;
  Event event;
  // Of the journal's record: it tells this record from another of that sequence.
  uint32_t checksum = 0;
};

// Whose event it is; nullopt where it is no visitor's.
std::optional<bandit::UserHash> UserOf(const Event& event);

}  // namespace mab::storage
