#include "storage/user_key.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/error.h"
#include "common/secret.h"

namespace mab::storage {
namespace {

// Longer than a user_id may be: no visitor has this hash.
std::string FingerprintMessage() { return "mab user hash key fingerprint" + std::string(256, '.'); }

}  // namespace

UserKey::UserKey(std::string key)
    : key_(std::move(key)), fingerprint_(HexEncode(SipHash128(key_, FingerprintMessage()))) {}

bandit::UserHash UserKey::Hash(absl::string_view user_id) const {
  return bandit::HashUser(key_, user_id);
}

absl::Status CheckKeyFingerprint(const std::string& on_record, const std::string& fingerprint,
                                 const std::string& where) {
  if (on_record == fingerprint) return absl::OkStatus();
  return FailedPreconditionError(
      kReasonFailedPrecondition,
      absl::StrCat("MAB_USER_HASH_KEY is not the key under which the visitors of ", where,
                   " are known; start with that key"));
}

}  // namespace mab::storage
