// The key under which visitors' ids are hashed (MAB_USER_HASH_KEY). It is one of a kind: under
// another key every known visitor would be a stranger, so its fingerprint is kept and a different
// key is refused at start. The assignment service hashes visitors under it; the admin service looks
// assignments up.
//
// Thread safety: immutable, and a pure function.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "bandit/user_hash.h"

namespace mab::storage {

// Of an id as clients send it; it has at least one.
inline constexpr size_t kUserIdBytesMax = 256;

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

// FAILED_PRECONDITION, in words for whoever starts a service, unless `fingerprint` is the one on
// record in `where`.
absl::Status CheckKeyFingerprint(const std::string& on_record, const std::string& fingerprint,
                                 const std::string& where);

}  // namespace mab::storage
