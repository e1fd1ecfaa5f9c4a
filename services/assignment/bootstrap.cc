#include "assignment/bootstrap.h"

#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "assignment/sticky_history.h"
#include "common/error.h"
#include "common/log.h"
#include "common/status_macros.h"

namespace mab::assignment {
namespace {

constexpr absl::Duration kDrainPoll = absl::Milliseconds(50);

}  // namespace

Bootstrap::Bootstrap(Options options) : options_(std::move(options)) {}

Bootstrap::~Bootstrap() { Stop(); }

void Bootstrap::Start() {
  thread_ = std::thread([this] { Loop(); });
}

void Bootstrap::Stop() {
  if (!thread_.joinable()) return;
  pause_.End();
  thread_.join();
}

void Bootstrap::Loop() {
  while (!pause_.ended()) {
    const absl::Status status = RunOnce();
    if (status.ok()) return;
    if (pause_.ended()) return;
    if (absl::IsFailedPrecondition(status)) return options_.on_refused(status);
    MAB_LOG(kWarning, "PostgreSQL is not ready; trying again",
            {{"error", status},
             {"known_users_only", !options_.sticky_map->complete()},
             {"retry_seconds", absl::ToInt64Seconds(options_.retry_interval)}});
    pause_.For(options_.retry_interval);
  }
}

absl::Status Bootstrap::RunOnce() {
  if (!checked_) {
    MAB_RETURN_IF_ERROR(CheckIdentity());
    checked_ = true;
    options_.on_checked();
  }
  return options_.sticky_map->complete() ? absl::OkStatus() : FillMap();
}

absl::Status Bootstrap::CheckIdentity() {
  MAB_ASSIGN_OR_RETURN(const std::string id_text, options_.settings->DatabaseId());
  MAB_ASSIGN_OR_RETURN(const Uuid database_id, Uuid::Parse(id_text));
  MAB_ASSIGN_OR_RETURN(const std::optional<Identity> known, LoadIdentity(options_.identity_path));
  if (known.has_value() && known->database_id != database_id) {
    return FailedPreconditionError(
        kReasonFailedPrecondition,
        absl::StrCat("the data directory belongs to the database ", known->database_id.ToString(),
                     ", DATABASE_URL is the database ", id_text));
  }
  MAB_RETURN_IF_ERROR(options_.settings->CheckUserHashKey(options_.key_fingerprint));
  MAB_RETURN_IF_ERROR(options_.on_database(database_id));
  if (known.has_value()) return absl::OkStatus();
  return SaveIdentity(options_.identity_path, {database_id, options_.key_fingerprint});
}

absl::Status Bootstrap::AwaitJournal() {
  for (absl::Duration waited; waited <= options_.retry_interval; waited += kDrainPoll) {
    MAB_ASSIGN_OR_RETURN(const bool drained, options_.journal_is_drained());
    if (drained) return absl::OkStatus();
    if (pause_.For(kDrainPoll)) return absl::CancelledError("stopping");
  }
  return absl::UnavailableError("the journal is not in the tables yet");
}

absl::Status Bootstrap::FillMap() {
  MAB_RETURN_IF_ERROR(AwaitJournal());
  const absl::Time begun_at = absl::Now();
  uint64_t count = 0;
  MAB_RETURN_IF_ERROR(options_.assignments->ForEach([&](const storage::StoredAssignment& stored) {
    ApplyStored(stored, *options_.sticky_map);
    // A look at the flag now and then is enough to stop at once.
    return ++count % 1000 != 0 || !pause_.ended();
  }));
  MAB_LOG(
      kInfo, "read the assignments of known users from the database",
      {{"assignments", count}, {"duration_ms", absl::ToInt64Milliseconds(absl::Now() - begun_at)}});
  MAB_ASSIGN_OR_RETURN(const bool drained, options_.journal_is_drained());
  if (!drained) {
    // Who was read may have been erased since; what was added to the map can't be told apart.
    return FailedPreconditionError(kReasonFailedPrecondition,
                                   "the database was set back to an earlier point while its "
                                   "assignments were read: the next start reads them again");
  }
  options_.sticky_map->MarkComplete();
  return absl::OkStatus();
}

}  // namespace mab::assignment
