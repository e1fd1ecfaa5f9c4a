// One small constructor per error. Inside the services an error is an absl::Status that carries a
// machine-readable reason (google.rpc.ErrorInfo.reason at the border) and, for bad input, every
// field that is wrong. rpc_status.h turns it into gRPC's.
//
// Thread safety: pure functions.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace mab {

// What is wrong with one field of a request.
struct FieldViolation {
  std::string field;        // path as the client wrote it: "variants[1].key"
  std::string description;  // "must be 1 to 256 bytes"
};

// The reasons that clients can meet. The strings are part of the API.
inline constexpr char kReasonInvalidArgument[] = "INVALID_ARGUMENT";
inline constexpr char kReasonUnauthenticated[] = "UNAUTHENTICATED";
inline constexpr char kReasonPermissionDenied[] = "PERMISSION_DENIED";
inline constexpr char kReasonOriginNotAllowed[] = "ORIGIN_NOT_ALLOWED";
inline constexpr char kReasonExperimentNotFound[] = "EXPERIMENT_NOT_FOUND";
inline constexpr char kReasonExperimentNotRunning[] = "EXPERIMENT_NOT_RUNNING";
inline constexpr char kReasonVariantNotFound[] = "VARIANT_NOT_FOUND";
inline constexpr char kReasonAssignmentNotFound[] = "ASSIGNMENT_NOT_FOUND";
inline constexpr char kReasonErasureNotFound[] = "ERASURE_NOT_FOUND";
inline constexpr char kReasonAccountNotFound[] = "ACCOUNT_NOT_FOUND";
inline constexpr char kReasonSessionNotFound[] = "SESSION_NOT_FOUND";
inline constexpr char kReasonLinkNotFound[] = "LINK_NOT_FOUND";
inline constexpr char kReasonRateLimited[] = "RATE_LIMITED";
inline constexpr char kReasonAlreadyExists[] = "ALREADY_EXISTS";
inline constexpr char kReasonEtagMismatch[] = "ETAG_MISMATCH";
inline constexpr char kReasonFailedPrecondition[] = "FAILED_PRECONDITION";
inline constexpr char kReasonJournalFull[] = "JOURNAL_FULL";
inline constexpr char kReasonOverloaded[] = "OVERLOADED";
inline constexpr char kReasonUnavailable[] = "UNAVAILABLE";
inline constexpr char kReasonInternal[] = "INTERNAL";

// Gathers violations, so that a client learns all that is wrong at once.
class Violations {
 public:
  void Add(absl::string_view field, absl::string_view description);
  bool empty() const { return violations_.empty(); }
  // OK, or INVALID_ARGUMENT with all of them.
  absl::Status ToStatus() const;

 private:
  std::vector<FieldViolation> violations_;
};

absl::Status InvalidArgumentError(absl::string_view field, absl::string_view description);
absl::Status UnauthenticatedError(absl::string_view message);
absl::Status PermissionDeniedError(absl::string_view message);
// code PERMISSION_DENIED: the page that asks is of a website that may not.
absl::Status OriginNotAllowedError(absl::string_view message);
// code NOT_FOUND; `reason` is one of the ..._NOT_FOUND above.
absl::Status NotFoundError(absl::string_view reason, absl::string_view message);
absl::Status AlreadyExistsError(absl::string_view field, absl::string_view message);
// code ABORTED: somebody else changed it in between.
absl::Status EtagMismatchError(absl::string_view message);
// code FAILED_PRECONDITION; `reason` is kReasonFailedPrecondition or kReasonExperimentNotRunning.
absl::Status FailedPreconditionError(absl::string_view reason, absl::string_view message);
// code UNAVAILABLE; `reason` is kReasonUnavailable, kReasonOverloaded or kReasonJournalFull.
// `retry_after` is a hint.
absl::Status UnavailableError(absl::string_view reason, absl::string_view message,
                              std::chrono::milliseconds retry_after = std::chrono::seconds(1));
// code RESOURCE_EXHAUSTED: too many attempts; none is looked at before `retry_after` is over.
absl::Status RateLimitedError(absl::string_view message, std::chrono::milliseconds retry_after);
// A bug or a broken environment. The message is for the log, never for a client.
absl::Status InternalError(absl::string_view message);

// What the constructors above put in. A status made elsewhere has reason INTERNAL and nothing else.
std::string ErrorReason(const absl::Status& status);
std::vector<FieldViolation> ErrorViolations(const absl::Status& status);
std::optional<std::chrono::milliseconds> ErrorRetryAfter(const absl::Status& status);

}  // namespace mab
