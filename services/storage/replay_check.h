// Replays every assignment of an experiment, or of all: from the version that it names, the draw is
// made again and must give the variant and the propensity of record (bandit/replay.h).
//
// The rows are read in the order of their versions, so that each version is read and checked once;
// what is in memory at a time is a page of assignments and their versions. All of it is one state
// of the database: drainers go on meanwhile. Assignments of erased visitors can't be replayed, for
// their hash is gone.
//
// Thread safety: functions without state; a PgConnection belongs to one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bandit/replay.h"
#include "common/postgres.h"
#include "common/uuid.h"

namespace mab::storage {

// An assignment that is not what its version draws.
struct ReplayDisagreement {
  std::string experiment_key;
  // The first 8 hexadecimal digits of the user's hash: enough to find the row.
  std::string user_hash_prefix;
  uint64_t version = 0;
  bandit::ReplayOutcome outcome = bandit::ReplayOutcome::kOtherArm;
  // On record; any number of a row that was altered.
  int64_t variant_index = 0;
  double propensity = 0;
  // What the version draws, and gives it. Of kNotDrawable there is none.
  std::optional<size_t> drawn_index;
  double drawn_allocation = 0;
};

// What was found of one experiment. agreeing + disagreeing + erased + unversioned = assignments.
struct ExperimentReplay {
  ExperimentId id;
  std::string key;
  uint64_t assignments = 0;
  uint64_t agreeing = 0;
  uint64_t disagreeing = 0;
  uint64_t erased = 0;
  // Of versions that mab.versions does not have.
  uint64_t unversioned = 0;
  // Its rows are gone, or going (row_retention.h): what is there is not all that there was.
  std::optional<absl::Time> rows_retire_time = std::nullopt;
  // Those that were drawn from, and how many of them are not as they were published
  // (IsAsPublished).
  uint64_t versions = 0;
  uint64_t deviating_versions = 0;
};

struct ReplayReport {
  // Those that have assignments, and those whose rows were retired, by id.
  std::vector<ExperimentReplay> experiments;
  // The first disagreements.
  std::vector<ReplayDisagreement> first;

  // Every assignment that can be replayed agrees, and every version is as it was published.
  bool clean() const;
};

class ReplayCheck {
 public:
  struct Options {
    // Its id or key; empty: all.
    std::string experiment = {};
    // Assignments that are in memory at a time, at least 1.
    int page_rows = 10'000;
    // Of the disagreements, how many the report names.
    size_t disagreements_max = 20;
  };

  // REQUIRES: no transaction is open on `db`. EXPERIMENT_NOT_FOUND.
  static absl::StatusOr<ReplayReport> Run(PgConnection& db, const Options& options);
};

}  // namespace mab::storage
