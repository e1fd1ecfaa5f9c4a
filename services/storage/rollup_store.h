// The rollups in time: arm_totals (exposures and conversions by minute of exposure), delay_totals
// (conversions by hour of exposure and delay) and event_counts. The version refresher, analytics
// and the timeline read them: what they cost grows with time and the number of variants, never with
// the number of users.
//
// The drainer writes minutes, and a job folds old ones into their hour (minute_fold.h). When it
// has done so depends on when it ran, and a late conversion may add a minute to a folded hour
// again. So a reader takes everything before HoursBefore(now) by the hour, whatever the rows are:
// then no number depends on whether the job has run.
//
// Every function is one statement in the caller's transaction, and so sees one state of the tables.
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

// How long the minutes are kept apart, at least. What each look of the version refresher costs is
// this many minutes and the hours of a conversion window, for each variant.
inline constexpr absl::Duration kMinutesKept = absl::Hours(6);

// The hour that is the first to be read by minutes: everything before it is read by hours.
absl::Time HoursBefore(absl::Time now);

// What was exposed to one variant at about one age, and how much of it has converted.
struct ArmAge {
  ExperimentId experiment_id;
  size_t variant_index = 0;
  // mab.delay_bucket of the age, 0 to 200; nullopt: all that are past the experiment's window.
  std::optional<int> age_bucket;
  uint64_t exposures = 0;
  // Credited to these exposures, so at most as many.
  uint64_t conversions = 0;
  // Of the exposures, at least 0; the window where they are past it.
  double mean_age_seconds = 0;
};

// Conversions of one hour of exposures that took about one delay.
struct DelayCell {
  ExperimentId experiment_id;
  // 0 where all variants are summed.
  size_t variant_index = 0;
  absl::Time hour;  // its start
  // mab.delay_bucket of the time from exposure to conversion, 0 to 200.
  int delay_bucket = 0;
  uint64_t conversions = 0;
};

enum class DelayGrouping { kAllVariants, kByVariant };

// One variant in one hour of exposure.
struct TotalsCell {
  absl::Time start;
  size_t variant_index = 0;
  uint64_t exposures = 0;
  // Of the exposures of all variants in this hour, how many the versions would have given to this
  // one: their allocations, summed. There are cells of no exposures that were expected to have
  // some.
  double expected_exposures = 0;
  // Credited to exposures of this hour, whenever they came.
  uint64_t conversions = 0;
};

// How often something went otherwise.
struct EventCount {
  uint64_t all = 0;
  // Of today and yesterday, by UTC.
  uint64_t recent = 0;
};

struct ExperimentEventCounts {
  EventCount duplicate_conversions;
  // After the window.
  EventCount late_conversions;
  // Of users who were never exposed.
  EventCount uncredited_conversions;
  // Users who were assigned a second variant by another replica: the first stands.
  EventCount conflicts;
  // Exposures that were not made, since a machine asked: one that says so, a page that nobody has
  // opened, an address that asks more than people do.
  EventCount bots_by_user_agent;
  EventCount bots_by_prefetch;
  EventCount bots_by_rate;
};

struct MaturedTotals {
  size_t variant_index = 0;
  uint64_t exposures = 0;
  uint64_t conversions = 0;
};

class RollupStore {
 public:
  // The ages of all exposures of `ids` at `now`, by experiment, variant and bucket of age, the one
  // past the window last. Each variant's rows add up to its variant_totals. The age of a cell is
  // that of its middle, and of the running minute that of the middle of what has run of it. Reads
  // the minutes and hours of one window; what is past it costs nothing.
  static absl::StatusOr<std::vector<ArmAge>> ArmAges(PgConnection& db,
                                                     const std::vector<ExperimentId>& ids,
                                                     absl::Time now);

  // Of exposures younger than two conversion windows and two days, by experiment, hour, variant and
  // bucket.
  static absl::StatusOr<std::vector<DelayCell>> DelayCells(PgConnection& db,
                                                           const std::vector<ExperimentId>& ids,
                                                           absl::Time now, DelayGrouping grouping);

  // All hours of an experiment in which something was exposed or expected, by hour and variant;
  // those that begin at `since`, a whole hour, or later.
  static absl::StatusOr<std::vector<TotalsCell>> Hours(PgConnection& db, ExperimentId id,
                                                       absl::Time since = absl::InfinitePast());

  static absl::StatusOr<ExperimentEventCounts> EventCounts(PgConnection& db, ExperimentId id,
                                                           absl::Time now);

  // Of the cells that ended at `before` or earlier, by variant; variants without any have no row.
  static absl::StatusOr<std::vector<MaturedTotals>> Matured(PgConnection& db, ExperimentId id,
                                                            absl::Time now, absl::Time before);
};

}  // namespace mab::storage
