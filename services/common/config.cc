#include "common/config.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/error.h"
#include "common/secret.h"

namespace mab {

Environment EnvironmentOfProcess() {
  return [](absl::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
}

ConfigReader::ConfigReader(Environment environment) : environment_(std::move(environment)) {}

std::optional<std::string> ConfigReader::Get(absl::string_view name) const {
  std::optional<std::string> value = environment_(name);
  if (value.has_value() && value->empty()) return std::nullopt;
  return value;
}

std::string ConfigReader::String(absl::string_view name, absl::string_view fallback) {
  return Get(name).value_or(std::string(fallback));
}

std::string ConfigReader::RequiredString(absl::string_view name) {
  std::optional<std::string> value = Get(name);
  if (!value.has_value()) AddViolation(name, "must be set");
  return std::move(value).value_or("");
}

std::string ConfigReader::RequiredSecret(absl::string_view name, size_t min_bytes) {
  std::optional<std::string> value = Get(name);
  if (!value.has_value()) {
    AddViolation(name, absl::StrCat("must be set, to at least ", min_bytes, " bytes"));
  } else if (value->size() < min_bytes) {
    AddViolation(name,
                 absl::StrCat("must be at least ", min_bytes, " bytes, and is ", value->size()));
  }
  return std::move(value).value_or("");
}

int64_t ConfigReader::Integer(absl::string_view name, int64_t fallback, int64_t min, int64_t max) {
  const std::optional<std::string> value = Get(name);
  if (!value.has_value()) return fallback;
  int64_t number = 0;
  if (!absl::SimpleAtoi(*value, &number) || number < min || number > max) {
    AddViolation(name, absl::StrCat("must be a whole number from ", min, " to ", max, ", and is \"",
                                    *value, "\""));
    return fallback;
  }
  return number;
}

bool ConfigReader::Bool(absl::string_view name, bool fallback) {
  const std::optional<std::string> value = Get(name);
  if (!value.has_value()) return fallback;
  if (*value == "true" || *value == "1") return true;
  if (*value == "false" || *value == "0") return false;
  AddViolation(name, absl::StrCat("must be true or false, and is \"", *value, "\""));
  return fallback;
}

absl::Duration ConfigReader::Duration(absl::string_view name, absl::Duration fallback,
                                      absl::Duration min, absl::Duration max) {
  const std::optional<std::string> value = Get(name);
  if (!value.has_value()) return fallback;
  absl::Duration duration;
  if (!absl::ParseDuration(*value, &duration) || duration < min || duration > max) {
    AddViolation(name, absl::StrCat("must be a duration from ", absl::FormatDuration(min), " to ",
                                    absl::FormatDuration(max), ", and is \"", *value, "\""));
    return fallback;
  }
  return duration;
}

std::string ConfigReader::OneOf(absl::string_view name, absl::string_view fallback,
                                const std::vector<std::string>& allowed) {
  std::string value = String(name, fallback);
  if (std::find(allowed.begin(), allowed.end(), value) == allowed.end()) {
    AddViolation(name, absl::StrCat("must be one of ", absl::StrJoin(allowed, ", "), ", and is \"",
                                    value, "\""));
    return std::string(fallback);
  }
  return value;
}

std::string ConfigReader::RequiredKey128(absl::string_view name) {
  const std::optional<std::string> value = Get(name);
  if (!value.has_value()) {
    AddViolation(name, "must be set, to 32 hexadecimal digits");
    return "";
  }
  const absl::StatusOr<std::string> key = HexDecode(*value);
  if (!key.ok() || key->size() != 16) {
    AddViolation(name, "must be 32 hexadecimal digits");
    return "";
  }
  return *key;
}

void ConfigReader::AddViolation(absl::string_view name, absl::string_view description) {
  problems_.push_back(absl::StrCat(name, ": ", description));
}

absl::Status ConfigReader::status() const {
  if (problems_.empty()) return absl::OkStatus();
  return FailedPreconditionError(
      kReasonFailedPrecondition,
      absl::StrCat("configuration: ", problems_.size(),
                   problems_.size() == 1 ? " problem\n  " : " problems\n  ",
                   absl::StrJoin(problems_, "\n  ")));
}

}  // namespace mab
