// Slows down whoever guesses passwords, and nobody else.
//
// Failures are counted in three ways, each with delays that double:
// - by account and address, from the fifth failure on: one who guesses at one account;
// - by address (of IPv6: by /64), from the fiftieth on: one who tries many accounts;
// - by account, from the twentieth on: many addresses that guess at one account. This one holds
// only
//   for an address that has failed at the account itself.
//
// So nobody is locked out by others. An address from which the account has signed in is held by its
// own failures at that account alone; and the first attempt from any other address is looked at,
// unless that very address has been guessing. An unknown account is treated as any other.
//
// An attempt counts as a failure from its beginning until it succeeds: of many at once no more are
// looked at than of as many in a row.
//
// All of it is in the memory of this process, bounded, and begins anew with it. Keys are hashes: no
// address and no e-mail address is kept.
//
// Thread-safe.
#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "admin/failure_counts.h"
#include "common/clock.h"

namespace mab::admin {

class LoginDelays {
 public:
  struct Options {
    size_t pairs_max = 50'000;
    size_t addresses_max = 50'000;
    size_t accounts_max = 20'000;
    // Accounts and the addresses from which they have signed in.
    size_t known_max = 50'000;
  };
  // `clock` is not owned, and outlives this.
  LoginDelays(const Options& options, const Clock* clock);

  // One attempt: a failure, unless it is said to be something else. Must not outlive the delays.
  class Attempt {
   public:
    Attempt(Attempt&& other) noexcept
        : delays_(std::exchange(other.delays_, nullptr)), keys_(std::move(other.keys_)) {}
    Attempt& operator=(Attempt&&) = delete;

    // The password was right.
    void Succeeded();
    // Nobody looked at the password.
    void Withdraw();
    // The account has signed in from that address before.
    bool known() const { return keys_.known; }

   private:
    friend class LoginDelays;
    struct Keys {
      std::string pair;
      std::string address;
      std::string account;
      bool known = false;
    };
    Attempt(LoginDelays* delays, Keys keys) : delays_(delays), keys_(std::move(keys)) {}
    LoginDelays* delays_;  // null: there is nothing to be said any more
    Keys keys_;
  };

  // RATE_LIMITED, with the time to wait, where the attempt comes too early; such a one is not
  // counted. `address` is that of common/rpc_client_address.h; attempts of programs of this
  // machine, which have none, are never delayed.
  absl::StatusOr<Attempt> Begin(absl::string_view email, const std::optional<std::string>& address);
  // The account has signed in from there by other means: by a link.
  void Know(absl::string_view email, const std::optional<std::string>& address);

  // How many keys are kept, of all kinds.
  size_t size() const;

 private:
  Attempt::Keys KeysOf(absl::string_view email, absl::string_view address) const;
  void Succeed(const Attempt::Keys& keys);
  void Withdraw(const Attempt::Keys& keys);
  void KnowPair(const std::string& pair) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t known_max_;
  const std::string key_;
  const Clock* const clock_;
  mutable absl::Mutex mutex_;
  FailureCounts pairs_ ABSL_GUARDED_BY(mutex_);
  FailureCounts addresses_ ABSL_GUARDED_BY(mutex_);
  FailureCounts accounts_ ABSL_GUARDED_BY(mutex_);
  // Pairs that have signed in; in `known_order_` the one that did so longest ago is the first.
  absl::flat_hash_map<std::string, std::list<std::string>::iterator> known_ ABSL_GUARDED_BY(mutex_);
  std::list<std::string> known_order_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mab::admin
