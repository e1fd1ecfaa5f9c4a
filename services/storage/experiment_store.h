// The tables experiments and variants. Every function runs in the caller's transaction.
//
// Thread safety: stateless; a PgConnection belongs to one thread.
#pragma once

#include <string>
#include <vector>

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
  int page_size = 25;                            // 1 to 100
  std::optional<ExperimentId> before;            // the last id of the page before
  std::optional<ExperimentState> state;
  std::string text;                              // part of key or name, any case; empty: all
};

enum class RowLock { kNone, kForUpdate };

class ExperimentStore {
 public:
  // By id ("0198…") or key. EXPERIMENT_NOT_FOUND.
  static absl::StatusOr<Experiment> Get(PgConnection& db, absl::string_view id_or_key,
                                        RowLock lock = RowLock::kNone);
  // Those that exist, in any order; for the snapshot.
  static absl::StatusOr<std::vector<Experiment>> GetMany(PgConnection& db,
                                                         const std::vector<ExperimentId>& ids);
  // Newest first; one row more than the page where there is another page.
  static absl::StatusOr<std::vector<Experiment>> List(PgConnection& db,
                                                      const ExperimentListQuery& query);
  // Of all experiments: what changed is what differs.
  static absl::StatusOr<std::vector<ExperimentRevision>> ListRevisions(PgConnection& db);
  // ALREADY_EXISTS when the key is taken.
  static absl::Status Insert(PgConnection& db, const Experiment& experiment);
  // Writes every column and variant of an experiment that was read FOR UPDATE in this transaction.
  static absl::Status Update(PgConnection& db, const Experiment& experiment);
  static absl::Status Delete(PgConnection& db, ExperimentId id);
};

}  // namespace mab::storage
