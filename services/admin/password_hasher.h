// Who hashes passwords for the service: a few at a time, so that sign-ins can't take the processors away from
// everything else.
//
// At most `concurrent_max` computations run; at most `waiting_max` callers wait for one to end; beyond them OVERLOADED
// at once.
//
// Thread-safe.
#pragma once

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"

namespace mab::admin {

class PasswordHasher {
 public:
  struct Options {
    int bcrypt_cost = 12;
    int concurrent_max = 2;
    int waiting_max = 16;
  };
  // INTERNAL where libcrypt has no bcrypt.
  static absl::StatusOr<std::unique_ptr<PasswordHasher>> Create(const Options& options);

  absl::StatusOr<std::string> Hash(absl::string_view password);
  // Whether `hash` was made of `password`. An empty `hash` (there is no such account) is false after the same work, so
  // that the time taken does not tell which accounts exist.
  absl::StatusOr<bool> Verify(absl::string_view password, const std::string& hash);

  // Callers that wait now.
  int waiting() const;

 private:
  PasswordHasher(const Options& options, std::string nobodys_hash);
  absl::Status Enter();
  void Leave();
  bool HasFreeSlot() const ABSL_SHARED_LOCKS_REQUIRED(mutex_);

  const Options options_;
  const std::string nobodys_hash_;
  mutable absl::Mutex mutex_;
  int running_ ABSL_GUARDED_BY(mutex_) = 0;
  int waiting_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace mab::admin
