#include "bandit/user_hash.h"

#include <sodium.h>

namespace mab::bandit {

static_assert(sizeof(UserHash::bytes) == crypto_shorthash_siphashx24_BYTES);

UserHash HashUser(absl::string_view key, absl::string_view user_id) {
  UserHash user;
  crypto_shorthash_siphashx24(user.bytes.data(),
                              reinterpret_cast<const unsigned char*>(user_id.data()),
                              user_id.size(), reinterpret_cast<const unsigned char*>(key.data()));
  return user;
}

}  // namespace mab::bandit
