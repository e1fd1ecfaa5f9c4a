#include "common/error.h"

#include <gtest/gtest.h>

namespace mab {
namespace {

TEST(ErrorTest, EveryConstructorGivesItsCodeAndReason) {
  const struct {
    absl::Status status;
    absl::StatusCode code;
    const char* reason;
  } kCases[] = {
      {InvalidArgumentError("key", "is empty"), absl::StatusCode::kInvalidArgument,
       kReasonInvalidArgument},
      {UnauthenticatedError("who?"), absl::StatusCode::kUnauthenticated, kReasonUnauthenticated},
      {PermissionDeniedError("no"), absl::StatusCode::kPermissionDenied, kReasonPermissionDenied},
      {NotFoundError(kReasonVariantNotFound, "no such variant"), absl::StatusCode::kNotFound,
       kReasonVariantNotFound},
      {AlreadyExistsError("key", "is taken"), absl::StatusCode::kAlreadyExists,
       kReasonAlreadyExists},
      {EtagMismatchError("changed"), absl::StatusCode::kAborted, kReasonEtagMismatch},
      {FailedPreconditionError(kReasonExperimentNotRunning, "draft"),
       absl::StatusCode::kFailedPrecondition, kReasonExperimentNotRunning},
      {UnavailableError(kReasonJournalFull, "full"), absl::StatusCode::kUnavailable,
       kReasonJournalFull},
      {InternalError("bug"), absl::StatusCode::kInternal, kReasonInternal},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(c.status.code(), c.code) << c.status;
    EXPECT_EQ(ErrorReason(c.status), c.reason) << c.status;
  }
}

TEST(ErrorTest, AStatusMadeElsewhereIsInternalAndHasNothingElse) {
  const absl::Status status = absl::NotFoundError("from a library");
  EXPECT_EQ(ErrorReason(status), kReasonInternal);
  EXPECT_TRUE(ErrorViolations(status).empty());
  EXPECT_EQ(ErrorRetryAfter(status), std::nullopt);
}

TEST(ErrorTest, AnInvalidArgumentNamesItsField) {
  const absl::Status status = InvalidArgumentError("variants[1].key", "must be 1 to 64 bytes");
  EXPECT_EQ(status.message(), "variants[1].key: must be 1 to 64 bytes");
  const std::vector<FieldViolation> violations = ErrorViolations(status);
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_EQ(violations[0].field, "variants[1].key");
  EXPECT_EQ(violations[0].description, "must be 1 to 64 bytes");
}

TEST(ErrorTest, ANameThatIsTakenIsAViolationOfItsField) {
  const std::vector<FieldViolation> violations =
      ErrorViolations(AlreadyExistsError("key", "\"x\" is taken"));
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_EQ(violations[0].field, "key");
}

TEST(ErrorTest, TheRetryHintComesBack) {
  using std::chrono::milliseconds;
  EXPECT_EQ(ErrorRetryAfter(UnavailableError(kReasonOverloaded, "busy", milliseconds(250))),
            milliseconds(250));
  EXPECT_EQ(ErrorRetryAfter(UnavailableError(kReasonOverloaded, "busy")), milliseconds(1000));
}

TEST(ViolationsTest, NoneIsOk) {
  EXPECT_TRUE(Violations().empty());
  EXPECT_TRUE(Violations().ToStatus().ok());
}

TEST(ViolationsTest, TellsAllOfThemAtOnceWhateverTheirTextIs) {
  Violations violations;
  violations.Add("name", "must not be empty");
  violations.Add("", std::string("3:\0 colons, NUL and\nlines", 24));
  violations.Add("größe", "");
  const absl::Status status = violations.ToStatus();
  EXPECT_EQ(status.message(), "name: must not be empty (and 2 more)");
  const std::vector<FieldViolation> back = ErrorViolations(status);
  ASSERT_EQ(back.size(), 3u);
  EXPECT_EQ(back[1].field, "");
  EXPECT_EQ(back[1].description, std::string("3:\0 colons, NUL and\nlines", 24));
  EXPECT_EQ(back[2].field, "größe");
  EXPECT_EQ(back[2].description, "");
}

TEST(ViolationsTest, KeepsTheFirstHundred) {
  Violations violations;
  for (int i = 0; i < 101; ++i) violations.Add(std::to_string(i), "is wrong");
  const std::vector<FieldViolation> back = ErrorViolations(violations.ToStatus());
  ASSERT_EQ(back.size(), 100u);
  EXPECT_EQ(back.back().field, "99");
}

}  // namespace
}  // namespace mab
