// The tables experiments and variants. Every function runs in the caller's transaction.
//
// Thread safety: stateless; a PgConnection belongs to one thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/postgres.h"
#include "storage/experiment.h"

namespace mab::storage {

struct ExperimentRevision {
  ExperimentId id;
  uint64_t revision = 0;
};

struct ExperimentListQuery {
  int page_size = 25;                  // 1 to 100
  std::optional<ExperimentId> before;  // the last id of the page before
  std::optional<ExperimentState> state;
  std::string text;  // part of key or name, any case; empty: all
};

enum class RowLock { kNone, kForUpdate };

class ExperimentStore {
 public:
  // By id ("0198…") or key; any text may be asked for. EXPERIMENT_NOT_FOUND.
  static absl::StatusOr<Experiment> Get(PgConnection& db, absl::string_view id_or_key,
                                        RowLock lock = RowLock::kNone);
  // Those that exist, in any order; for the snapshot.
  static absl::StatusOr<std::vector<Experiment>> GetMany(PgConnection& db,
                                                         const std::vector<ExperimentId>& ids);
  // By id, the greatest first: newest first, as ids are UUIDv7. One row more than the page where
  // there is another page.
  static absl::StatusOr<std::vector<Experiment>> List(PgConnection& db,
                                                      const ExperimentListQuery& query);
  // Of all experiments: what changed is what differs.
  static absl::StatusOr<std::vector<ExperimentRevision>> ListRevisions(PgConnection& db);
  // Every key that begins so, in any order: to find one that is free.
  static absl::StatusOr<std::vector<std::string>> ListKeysStartingWith(PgConnection& db,
                                                                       absl::string_view prefix);
  // ALREADY_EXISTS naming `key` when the key is taken; the transaction can go on and try another.
  static absl::Status Insert(PgConnection& db, const Experiment& experiment);
  // Writes every column and variant of an experiment that was read FOR UPDATE in this transaction.
  static absl::Status Update(PgConnection& db, const Experiment& experiment);
  // EXPERIMENT_NOT_FOUND.
  static absl::Status Delete(PgConnection& db, ExperimentId id);
};

}  // namespace mab::storage
