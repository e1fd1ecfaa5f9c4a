// The key under which visitors' ids are hashed (MAB_USER_HASH_KEY). It is one of a kind: under
// another key every known visitor would be a stranger, so its fingerprint is kept and a different
// key is refused at start (identity.h).
//
// Thread safety: immutable.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "bandit/user_hash.h"

namespace mab::assignment {

class UserKey {
 public:
  // REQUIRES: key.size() == 16.
  explicit UserKey(std::string key);

  bandit::UserHash Hash(absl::string_view user_id) const;
  // 32 hexadecimal digits that tell keys apart and say nothing about them.
  const std::string& fingerprint() const { return fingerprint_; }

 private:
  std::string key_;
  std::string fingerprint_;
};

}  // namespace mab::assignment
