#include "assignment/user_key.h"

#include <utility>

#include "common/secret.h"

namespace mab::assignment {
namespace {

// Longer than a user_id may be: no visitor has this hash.
std::string FingerprintMessage() { return "mab user hash key fingerprint" + std::string(256, '.'); }

}  // namespace

UserKey::UserKey(std::string key)
    : key_(std::move(key)), fingerprint_(HexEncode(SipHash128(key_, FingerprintMessage()))) {}

bandit::UserHash UserKey::Hash(absl::string_view user_id) const {
  return bandit::HashUser(key_, user_id);
}

}  // namespace mab::assignment
