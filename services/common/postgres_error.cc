#include "common/postgres_error.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace mab {

absl::Status StatusFromSqlState(absl::string_view sqlstate, absl::string_view message) {
  const std::string text = absl::StrCat("PostgreSQL ", sqlstate, ": ", message);
  if (sqlstate == "23505") return absl::AlreadyExistsError(text);
  if (sqlstate == "40001" || sqlstate == "40P01") return absl::AbortedError(text);
  if (sqlstate == kReadOnlySqlState || sqlstate == "55P03") return absl::UnavailableError(text);
  const absl::string_view error_class = sqlstate.substr(0, 2);
  if (error_class == "08" || error_class == "53" || error_class == "57") {
    return absl::UnavailableError(text);
  }
  if (error_class == "22" || error_class == "23" || error_class == "54")
    return absl::InvalidArgumentError(text);
  return absl::InternalError(text);
}

}  // namespace mab
