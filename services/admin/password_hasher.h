// Who hashes passwords for the service: a few at a time, so that sign-ins can't take the processors
// away from everything else; a few more wait, and beyond them it is OVERLOADED.
//
// Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "admin/concurrency_limit.h"

namespace mab::admin {

// Half of the processors, 1 to 4: what else runs on the machine, the assignment service above all,
// keeps the other half however many people sign in.
int HashesAtOnce(unsigned processors);

class PasswordHasher {
 public:
  struct Options {
    int bcrypt_cost = 12;
    int concurrent_max = 2;
    int waiting_max = 16;
    // Of those that wait, places for whoever is known (concurrency_limit.h).
    int reserved = 8;
  };
  // INTERNAL where libcrypt has no bcrypt.
  static absl::StatusOr<std::unique_ptr<PasswordHasher>> Create(const Options& options);

  absl::StatusOr<std::string> Hash(absl::string_view password, Place place = Place::kShared);
  // Whether `hash` was made of `password`. An empty `hash` (there is no such account, or it has no
  // password) is false after the same work, so that the time taken does not tell which accounts
  // exist; a hash of a lower cost than today's is made up for.
  absl::StatusOr<bool> Verify(absl::string_view password, const std::string& hash,
                              Place place = Place::kShared);
  // Whether `hash` was made with another cost than today's.
  bool NeedsRehash(absl::string_view hash) const;

 private:
  PasswordHasher(const Options& options, std::vector<std::string> nobodys_hashes);

  const int bcrypt_cost_;
  // Of a password that nobody has, by its cost: kBcryptCostMin and on, up to today's.
  const std::vector<std::string> nobodys_hashes_;
  ConcurrencyLimit limit_;
};

}  // namespace mab::admin
