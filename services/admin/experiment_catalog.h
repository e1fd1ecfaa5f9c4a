// The experiments, and all that is done to them. Knows no transport: requests are decoded before,
// answers encoded after.
//
// Each change is one transaction: the experiment is read and locked, the rules decide, and it is
// written together with its entry in the audit log. Then `on_change` is called, so that the new
// state reaches visitors at once.
//
// Errors: INVALID_ARGUMENT with every violation, EXPERIMENT_NOT_FOUND, VARIANT_NOT_FOUND,
// ALREADY_EXISTS naming `key`, ETAG_MISMATCH, FAILED_PRECONDITION, UNAVAILABLE when the database is
// away (whether a change whose COMMIT failed was made is then unknown).
//
// Thread-safe.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "admin/experiment_change.h"
#include "admin/experiment_lifecycle.h"
#include "admin/experiment_page_token.h"
#include "common/clock.h"
#include "common/postgres.h"
#include "common/uuid.h"
#include "storage/audit_store.h"
#include "storage/experiment.h"

namespace mab::admin {

struct ExperimentListRequest {
  ExperimentFilter filter;
  uint32_t page_size = 0;  // 1 to 100; 25 when 0
  std::string page_token;  // empty: the first page
};

struct ExperimentPage {
  std::vector<storage::Experiment> experiments;
  std::string next_page_token;  // empty: the last page
};

// Which experiment is to be changed, by whom, and what he believes it to be.
struct ExperimentRef {
  std::string id_or_key;
  std::string etag;  // empty: whatever it is
  storage::AuditActor actor;
};

class ExperimentCatalog {
 public:
  struct Options {
    PgPool* pool = nullptr;        // not owned; outlives this
    const Clock* clock = nullptr;  // not owned; outlives this
    // After each change, in the caller's thread. Must not block.
    std::function<void()> on_change = [] {};
  };
  explicit ExperimentCatalog(Options options) : options_(std::move(options)) {}

  // A draft. Without a key it gets the slug of its name, with "-2", "-3", … where that is taken.
  absl::StatusOr<storage::Experiment> Create(const ExperimentChange& change,
                                             const storage::AuditActor& actor);
  absl::StatusOr<storage::Experiment> Get(absl::string_view id_or_key);
  // Newest first. A page ends early where its payloads and descriptions become too much for one
  // message.
  absl::StatusOr<ExperimentPage> List(const ExperimentListRequest& request);
  // What changes nothing keeps its etag and leaves no entry.
  absl::StatusOr<storage::Experiment> Update(const ExperimentRef& ref,
                                             const ExperimentChange& change);
  absl::StatusOr<storage::Experiment> Take(const ExperimentRef& ref, const Transition& transition);
  // Drafts only.
  absl::Status Delete(const ExperimentRef& ref);

 private:
  // Makes the experiment that a change leads to of the one before.
  using Edit = std::function<absl::StatusOr<storage::Experiment>(const storage::Experiment& before,
                                                                 absl::Time now)>;
  absl::StatusOr<storage::Experiment> Change(const ExperimentRef& ref, absl::string_view action,
                                             const Edit& edit);
  absl::Time Now() const;

  const Options options_;
};

}  // namespace mab::admin
