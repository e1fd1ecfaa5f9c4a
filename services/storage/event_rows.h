// A batch of events as rows: one statement a table, which inserts the rows and moves the totals by
// those that were really inserted. event_store.h puts it into a transaction with the journal's
// position.
//
// The order within a batch says nothing but for erasures: each is about what came before it. So a
// batch with erasures is inserted in pieces (event_store.cc), each with its erasures at its end.
//
// Rows are inserted in the order of their keys and totals are moved in the order of theirs, so that
// two drainers (of two journals) rarely deadlock; where they do, one is ABORTED and comes again. Of
// two events with one key the first counts, in a batch as between batches.
//
// Thread safety: one thread. Events are not copied and outlive this.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "common/postgres.h"
#include "storage/event.h"

namespace mab::storage {

class EventRows {
 public:
  void Add(const Event& event);
  // Whether an erasure was added: nothing else may follow it in this piece.
  bool has_erasures() const { return !erasures_.empty(); }
  // INVALID_ARGUMENT: the database refuses at least one row for its own sake; nothing is known of
  // the others then.
  absl::Status Insert(PgConnection& db);

 private:
  absl::Status InsertVersions(PgConnection& db) const;
  absl::Status InsertAssignments(PgConnection& db);
  absl::Status InsertExposures(PgConnection& db);
  absl::Status InsertConversions(PgConnection& db);
  absl::Status MoveCounts(PgConnection& db) const;
  absl::Status Erase(PgConnection& db) const;

  std::vector<const VersionEvent*> versions_;
  std::vector<const AssignmentEvent*> assignments_;
  std::vector<ExposureEvent> exposures_;
  std::vector<const ConversionEvent*> conversions_;
  std::vector<const CountEvent*> counts_;
  std::vector<const ErasureEvent*> erasures_;
};

}  // namespace mab::storage
