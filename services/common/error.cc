#include "common/error.h"

#include <cstdint>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace mab {
namespace {

// The keys under which an absl::Status carries what the border needs.
constexpr char kReasonUrl[] = "mab/reason";
constexpr char kRetryUrl[] = "mab/retry_after_ms";
constexpr char kViolationsUrl[] = "mab/violations";

// What one request may carry of violations: a hostile request gets an answer of bounded size.
constexpr size_t kViolationsMax = 100;

absl::Status WithReason(absl::Status status, absl::string_view reason) {
  status.SetPayload(kReasonUrl, absl::Cord(reason));
  return status;
}

// Length-prefixed, so that any text survives: "<bytes>:<text>".
void AppendText(std::string& out, absl::string_view text) {
  absl::StrAppend(&out, text.size(), ":", text);
}

bool ConsumeText(absl::string_view& in, std::string& text) {
  const size_t colon = in.find(':');
  size_t size = 0;
  if (colon == absl::string_view::npos || !absl::SimpleAtoi(in.substr(0, colon), &size)) {
    return false;
  }
  in.remove_prefix(colon + 1);
  if (size > in.size()) return false;
  text.assign(in.data(), size);
  in.remove_prefix(size);
  return true;
}

std::string Encode(const std::vector<FieldViolation>& violations) {
  std::string out;
  for (const FieldViolation& violation : violations) {
    AppendText(out, violation.field);
    AppendText(out, violation.description);
  }
  return out;
}

}  // namespace

void Violations::Add(absl::string_view field, absl::string_view description) {
  if (violations_.size() >= kViolationsMax) return;
  violations_.push_back({std::string(field), std::string(description)});
}

absl::Status Violations::ToStatus() const {
  if (violations_.empty()) return absl::OkStatus();
  std::string message = absl::StrCat(violations_[0].field, ": ", violations_[0].description);
  if (violations_.size() > 1) {
    absl::StrAppend(&message, " (and ", violations_.size() - 1, " more)");
  }
  absl::Status status = WithReason(absl::InvalidArgumentError(message), kReasonInvalidArgument);
  status.SetPayload(kViolationsUrl, absl::Cord(Encode(violations_)));
  return status;
}

absl::Status InvalidArgumentError(absl::string_view field, absl::string_view description) {
  Violations violations;
  violations.Add(field, description);
  return violations.ToStatus();
}

absl::Status UnauthenticatedError(absl::string_view message) {
  return WithReason(absl::UnauthenticatedError(message), kReasonUnauthenticated);
}

absl::Status PermissionDeniedError(absl::string_view message) {
  return WithReason(absl::PermissionDeniedError(message), kReasonPermissionDenied);
}

absl::Status OriginNotAllowedError(absl::string_view message) {
  return WithReason(absl::PermissionDeniedError(message), kReasonOriginNotAllowed);
}

absl::Status NotFoundError(absl::string_view reason, absl::string_view message) {
  return WithReason(absl::NotFoundError(message), reason);
}

absl::Status AlreadyExistsError(absl::string_view field, absl::string_view message) {
  absl::Status status = WithReason(absl::AlreadyExistsError(message), kReasonAlreadyExists);
  status.SetPayload(kViolationsUrl,
                    absl::Cord(Encode({{std::string(field), std::string(message)}})));
  return status;
}

absl::Status EtagMismatchError(absl::string_view message) {
  return WithReason(absl::AbortedError(message), kReasonEtagMismatch);
}

absl::Status FailedPreconditionError(absl::string_view reason, absl::string_view message) {
  return WithReason(absl::FailedPreconditionError(message), reason);
}

absl::Status UnavailableError(absl::string_view reason, absl::string_view message,
                              std::chrono::milliseconds retry_after) {
  absl::Status status = WithReason(absl::UnavailableError(message), reason);
  status.SetPayload(kRetryUrl, absl::Cord(absl::StrCat(retry_after.count())));
  return status;
}

absl::Status RateLimitedError(absl::string_view message, std::chrono::milliseconds retry_after) {
  absl::Status status = WithReason(absl::ResourceExhaustedError(message), kReasonRateLimited);
  status.SetPayload(kRetryUrl, absl::Cord(absl::StrCat(retry_after.count())));
  return status;
}

absl::Status InternalError(absl::string_view message) {
  return WithReason(absl::InternalError(message), kReasonInternal);
}

std::string ErrorReason(const absl::Status& status) {
  const auto payload = status.GetPayload(kReasonUrl);
  return payload.has_value() ? std::string(*payload) : kReasonInternal;
}

std::vector<FieldViolation> ErrorViolations(const absl::Status& status) {
  std::vector<FieldViolation> violations;
  const auto payload = status.GetPayload(kViolationsUrl);
  if (!payload.has_value()) return violations;
  const std::string text(*payload);
  absl::string_view rest = text;
  FieldViolation violation;
  while (!rest.empty() && ConsumeText(rest, violation.field) &&
         ConsumeText(rest, violation.description)) {
    violations.push_back(violation);
  }
  return violations;
}

std::optional<std::chrono::milliseconds> ErrorRetryAfter(const absl::Status& status) {
  const auto payload = status.GetPayload(kRetryUrl);
  int64_t milliseconds = 0;
  if (!payload.has_value() || !absl::SimpleAtoi(std::string(*payload), &milliseconds)) {
    return std::nullopt;
  }
  return std::chrono::milliseconds(milliseconds);
}

}  // namespace mab
