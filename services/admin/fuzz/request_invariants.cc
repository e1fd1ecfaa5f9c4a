#include "admin/fuzz/request_invariants.h"

#include <cstdio>
#include <cstdlib>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "admin/access_token.h"
#include "admin/credentials.h"
#include "admin/experiment_codec.h"
#include "admin/experiment_edit.h"
#include "admin/experiment_page_token.h"
#include "admin/experiment_rules.h"
#include "common/clock.h"
#include "common/error.h"
#include "google/protobuf/stubs/logging.h"

namespace mab::admin {
namespace {

using storage::Experiment;
using storage::ExperimentState;

enum Validator : char {
  kNewExperiment,
  kUpdate,
  kCredentials,
  kPageToken,
  kAccessToken,
  kValidators
};

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

void Require(bool holds, absl::string_view what, const absl::Status& status = absl::OkStatus()) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s (%s)\n", std::string(what).c_str(),
               status.ToString().c_str());
  std::abort();
}

// A refusal that is the client's own fault.
void RequireRefusal(const absl::Status& status, absl::string_view what) {
  Require(absl::IsInvalidArgument(status) || absl::IsFailedPrecondition(status) ||
              absl::IsNotFound(status),
          absl::StrCat(what, " is refused as it may be"), status);
  Require(status.message().size() < 64 * 1024, "a message is bounded");
}

// What every experiment that is stored keeps.
void RequireWhole(const Experiment& experiment) {
  Violations violations;
  CheckWhole(experiment, violations);
  Require(violations.empty(), "what is accepted keeps the rules", violations.ToStatus());
  v1::Experiment message;
  const absl::Status encoded = EncodeExperiment(experiment, message);
  Require(encoded.ok(), "what is accepted can be shown", encoded);
  std::string bytes;
  Require(message.SerializeToString(&bytes), "what is accepted can be sent");
}

bool CheckNewExperiment(const std::string& bytes) {
  v1::Experiment message;
  if (!message.ParseFromString(bytes)) return false;
  const absl::StatusOr<Experiment> made = NewExperiment(DecodeNewExperiment(message));
  if (!made.ok()) {
    RequireRefusal(made.status(), "a new experiment");
    return false;
  }
  Require(made->state == ExperimentState::kDraft, "a new experiment is a draft");
  RequireWhole(*made);
  return true;
}

Experiment Hero(ExperimentState state) {
  Experiment experiment;
  experiment.key = "hero";
  experiment.name = "Hero";
  experiment.state = state;
  for (const char* key : {"a", "b", "c"}) {
    storage::Variant variant;
    variant.id.uuid.bytes[0] = static_cast<uint8_t>(key[0]);
    variant.key = variant.name = key;
    variant.is_control = key[0] == 'a';
    experiment.variants.push_back(variant);
  }
  return experiment;
}

bool CheckUpdate(const std::string& bytes) {
  v1::UpdateExperimentRequest request;
  if (!request.ParseFromString(bytes)) return false;
  const ExperimentChange change = DecodeUpdate(request);
  bool accepted = false;
  for (const ExperimentState state : {ExperimentState::kDraft, ExperimentState::kRunning,
                                      ExperimentState::kCompleted, ExperimentState::kArchived}) {
    const Experiment before = Hero(state);
    const absl::StatusOr<Experiment> after = ApplyChange(before, change);
    if (!after.ok()) {
      RequireRefusal(after.status(), "an update");
      continue;
    }
    accepted = true;
    Require(after->state == state && after->id == before.id && after->salt == before.salt,
            "an update keeps what is not its own");
    Require(state != ExperimentState::kArchived || *after == before, "an archived one stays");
    if (state != ExperimentState::kDraft) {
      Require(after->variants.size() == before.variants.size() && after->prior == before.prior,
              "a started one keeps its variants and its prior");
    }
    RequireWhole(*after);
  }
  return accepted;
}

// The address up to the first NUL, then the password.
bool CheckCredentials(absl::string_view bytes) {
  const absl::string_view email = bytes.substr(0, bytes.find('\0'));
  const absl::string_view password =
      email.size() < bytes.size() ? bytes.substr(email.size() + 1) : "";
  const std::string normal = NormalizeEmail(email);
  Require(NormalizeEmail(normal) == normal, "normalizing twice is normalizing once");
  Violations violations;
  CheckNewCredentials("email", email, "password", password, violations);
  CheckLoginSizes(email, password, violations);
  const absl::Status status = violations.ToStatus();
  if (IsEmail(email)) {
    Require(email.size() <= kEmailBytesMax, "an address is bounded");
    for (const char c : email) {
      Require(static_cast<unsigned char>(c) > ' ' && c != '\x7f', "an address is printable");
    }
    Require(IsEmail(normal), "an address is one in lower case too");
  }
  if (!status.ok()) {
    RequireRefusal(status, "credentials");
    return false;
  }
  return true;
}

bool CheckPageToken(const std::string& token) {
  const ExperimentFilter filter{.state = ExperimentState::kRunning, .text = "hero"};
  const absl::StatusOr<ExperimentId> last = ParseExperimentPageToken(filter, token);
  if (!last.ok()) {
    Require(absl::IsInvalidArgument(last.status()), "a page token is refused", last.status());
    return false;
  }
  const auto again = ParseExperimentPageToken(filter, MakeExperimentPageToken(filter, *last));
  Require(again.ok() && *again == *last, "a page token that is made again says the same");
  return true;
}

const AccessTokens& Tokens() {
  static const FakeClock* const clock = new FakeClock(kNow);
  static const AccessTokens* const tokens = new AccessTokens(
      {.secret = std::string(32, 's'), .previous_secret = std::string(32, 'p')}, clock);
  return *tokens;
}

TokenSubject Subject() {
  TokenSubject subject;
  subject.account_id.uuid.bytes[6] = subject.session_id.bytes[6] = 0x70;
  subject.account_id.uuid.bytes[8] = subject.session_id.bytes[8] = 0x80;
  return subject;
}

// Whoever does not know the secret gets none accepted but what was issued.
bool CheckAccessToken(const std::string& token) {
  const absl::StatusOr<TokenSubject> verified = Tokens().Verify(token);
  if (!verified.ok()) {
    Require(absl::IsUnauthenticated(verified.status()), "a token is refused", verified.status());
    return false;
  }
  Require(
      verified->account_id == Subject().account_id && verified->session_id == Subject().session_id,
      "a token that is accepted says what was signed");
  return true;
}

std::string Seed(Validator validator, absl::string_view input) {
  return absl::StrCat(std::string(1, validator), input);
}

v1::Experiment Message() {
  v1::Experiment message;
  message.set_key("hero-title");
  message.set_name("Hero title \xc3\xbc");
  message.set_description("line one\nline two");
  for (const char* key : {"a", "b"}) {
    v1::Variant& variant = *message.add_variants();
    variant.set_key(key);
    variant.set_weight(2);
    (*variant.mutable_payload()->mutable_struct_value()->mutable_fields())["text"].set_string_value(
        "Ship today");
  }
  message.set_policy(v1::Experiment::FIXED);
  message.set_floor(0.02);
  message.set_burn_in_exposures(100);
  message.set_traffic_share(0.5);
  message.mutable_prior()->set_alpha(2);
  message.mutable_prior()->set_beta(30);
  message.set_conversion_window_seconds(3600);
  message.set_threshold_of_caring(0.001);
  message.set_minimum_exposures(10);
  message.add_allowed_origins("https://shop.example:8443");
  return message;
}

}  // namespace

bool CheckRequest(absl::string_view bytes) {
  if (bytes.empty()) return false;
  // Of text that is no UTF-8, which gRPC refuses as this does.
  const google::protobuf::LogSilencer silent;
  const std::string input(bytes.substr(1));
  switch (static_cast<unsigned char>(bytes[0]) % kValidators) {
    case kNewExperiment:
      return CheckNewExperiment(input);
    case kUpdate:
      return CheckUpdate(input);
    case kCredentials:
      return CheckCredentials(input);
    case kPageToken:
      return CheckPageToken(input);
    default:
      return CheckAccessToken(input);
  }
}

std::vector<std::string> RequestSeeds() {
  v1::UpdateExperimentRequest rename;
  rename.mutable_experiment()->set_name("Another name");
  rename.mutable_update_mask()->add_paths("name");
  v1::UpdateExperimentRequest variants;
  *variants.mutable_experiment() = Message();
  variants.mutable_experiment()->clear_key();
  variants.add_remove_variants("c");
  const ExperimentFilter filter{.state = ExperimentState::kRunning, .text = "hero"};
  const std::string token = Tokens().Issue(Subject()).value();
  return {Seed(kNewExperiment, Message().SerializeAsString()),
          Seed(kUpdate, rename.SerializeAsString()),
          Seed(kUpdate, variants.SerializeAsString()),
          Seed(kCredentials, std::string("Ada.L+x@example.com\0nine purple llamas", 38)),
          Seed(kCredentials, std::string("ada@example\0password1234", 24)),
          Seed(kPageToken, MakeExperimentPageToken(filter, ExperimentId{})),
          Seed(kAccessToken, token),
          Seed(kAccessToken, "eyJhbGciOiJub25lIn0.e30.")};
}

}  // namespace mab::admin
