// What a timeline is made of: arm_totals, added up in PostgreSQL to as few cells as it needs, and
// the versions that were drawn from. What it costs grows with time and the number of variants,
// never with the number of users.
//
// Every function is one statement in the caller's transaction.
//
// Thread safety: stateless; a PgConnection belongs to one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/postgres.h"
#include "common/uuid.h"

namespace mab::storage {

// The minutes of an experiment's first and last exposure (or of what was expected of them).
struct TimelineExtent {
  absl::Time first;
  absl::Time last;
};

// How long cells are: shorter the younger they are, where exposures can still convert, for what
// their age is worth is not the same at both ends of a long one.
struct TimelineGrid {
  // A minute, or a whole number of them of which a day is a multiple, or seven days.
  absl::Duration step;
  // What is older and ended before `from` is one cell.
  absl::Time from;
  // Exposures from here on can still convert: cells of at most six hours. As all of the times
  // below, the start of an hour, and this one of six.
  absl::Time pending_from;
  // HoursBefore: cells of at most an hour from here on, of at least an hour before.
  absl::Time minutes_from;
  // Cells of a minute.
  absl::Time fine_from;

  // Of the cell that begins at `start`, which is at or after `from` or `pending_from`.
  absl::Duration LengthOf(absl::Time start) const;
};

// One variant in one cell.
struct TimelineCell {
  // nullopt: everything before `from` that is no longer pending.
  std::optional<absl::Time> start;
  size_t variant_index = 0;
  uint64_t exposures = 0;
  // Credited to these exposures, whenever they came.
  uint64_t conversions = 0;
};

// What a version gave the variants, by index.
struct VersionShares {
  uint64_t number = 0;
  std::vector<double> probabilities_best;
  std::vector<double> allocations;
};

class TimelineStore {
 public:
  // nullopt: nothing was exposed.
  static absl::StatusOr<std::optional<TimelineExtent>> Extent(PgConnection& db, ExperimentId id);

  // By start, the one without a start first, and variant. All exposures before `to`.
  static absl::StatusOr<std::vector<TimelineCell>> Cells(PgConnection& db, ExperimentId id,
                                                         const TimelineGrid& grid, absl::Time to);

  // Of each time the last version drawn from whose number is less (a number is unix milliseconds);
  // those that are found, each once, by number.
  static absl::StatusOr<std::vector<VersionShares>> LastVersions(
      PgConnection& db, ExperimentId id, const std::vector<absl::Time>& before);
};

}  // namespace mab::storage
