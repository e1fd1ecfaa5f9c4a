// What a report on an experiment is made of, as a short text: equal texts, equal counts and rules.
// For whoever would like to know cheaply whether a report that he has still stands.
//
// Thread safety: stateless; a PgConnection belongs to one thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/postgres.h"
#include "common/uuid.h"

namespace mab::storage {

struct ReportState {
  ExperimentId id;
  std::string key;
  // Of the experiment itself.
  uint64_t revision = 0;
  // Of revision, version, counts of each variant and other events: all of these only grow, and the
  // rollups change in the transactions in which the counts do.
  std::string fingerprint;
};

class ReportStateStore {
 public:
  // Of those experiments that exist, each once, in any order; any texts may be asked for. One
  // statement in the caller's transaction.
  static absl::StatusOr<std::vector<ReportState>> List(PgConnection& db,
                                                       const std::vector<std::string>& ids_or_keys);
};

}  // namespace mab::storage
