// Reads back who was assigned, exposed and converted: what the assignment service fills its memory
// with when it starts without a journal, and what a lookup of one visitor answers.
//
// Thread safety: as the pool's.
#pragma once

#include <cstdint>
#include <optional>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bandit/user_hash.h"
#include "common/postgres.h"
#include "common/uuid.h"

namespace mab::storage {

struct StoredAssignment {
  ExperimentId experiment_id;
  bandit::UserHash user;
  uint16_t variant_index = 0;
  uint64_t version = 0;
  double propensity = 0;
  absl::Time assigned_at;
  std::optional<absl::Time> exposed_at;
  std::optional<absl::Time> converted_at;
  bool credited = false;
};

class AssignmentStore {
 public:
  // `pool` outlives this. `page_rows`: how many rows one statement reads, at least 1.
  explicit AssignmentStore(PgPool* pool, int page_rows = 5000)
      : pool_(pool), page_rows_(page_rows) {}

  // Calls `visit` with every assignment of every experiment that is not archived, with its exposure
  // and its conversion, by pages: experiment by experiment, in the order of the user hash. Rows
  // that are added meanwhile may or may not be visited, and those of erased visitors are not.
  // UNAVAILABLE in the middle of it when the database goes away; CANCELLED as soon as `visit`
  // returns false.
  absl::Status ForEach(absl::FunctionRef<bool(const StoredAssignment&)> visit);

  // One visitor's, in the caller's transaction; nullopt where the tables have none (yet).
  static absl::StatusOr<std::optional<StoredAssignment>> Find(PgConnection& db,
                                                              ExperimentId experiment_id,
                                                              const bandit::UserHash& user);

 private:
  PgPool* pool_;
  int page_rows_;
};

}  // namespace mab::storage
