#include "admin/login_delays.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "admin/credentials.h"
#include "common/error.h"
#include "common/ip_address.h"
#include "common/secret.h"

namespace mab::admin {
namespace {

constexpr size_t kHashKeyBytes = 16;
constexpr absl::Duration kFirst = absl::Seconds(1);
constexpr absl::Duration kLongest = absl::Minutes(15);
constexpr absl::Duration kForgottenAfter = absl::Hours(1);

FailureCounts::Options Delays(size_t keys_max, uint32_t free) {
  return {.keys_max = keys_max,
          .free = free,
          .first = kFirst,
          .longest = kLongest,
          .forgotten_after = kForgottenAfter};
}

}  // namespace

LoginDelays::LoginDelays(const Options& options, const Clock* clock)
    : known_max_(options.known_max),
      key_(RandomBytes(kHashKeyBytes)),
      clock_(clock),
      pairs_(Delays(options.pairs_max, 4)),
      addresses_(Delays(options.addresses_max, 49)),
      accounts_(Delays(options.accounts_max, 19)) {}

LoginDelays::Attempt::Keys LoginDelays::KeysOf(absl::string_view email,
                                               absl::string_view address) const {
  const std::string account = NormalizeEmail(email);
  const std::string network = NetworkOf(address);
  // No address has a line feed.
  return {.pair = SipHash128(key_, absl::StrCat("pair\n", network, "\n", account)),
          .address = SipHash128(key_, absl::StrCat("address\n", network)),
          .account = SipHash128(key_, absl::StrCat("account\n", account)),
          .known = false};
}

absl::StatusOr<LoginDelays::Attempt> LoginDelays::Begin(absl::string_view email,
                                                        const std::optional<std::string>& address) {
  if (!address.has_value()) return Attempt(nullptr, {});
  Attempt::Keys keys = KeysOf(email, *address);
  absl::MutexLock lock(&mutex_);
  const absl::Time now = clock_->Now();
  keys.known = known_.contains(keys.pair);
  absl::Duration wait = pairs_.Wait(keys.pair, now);
  if (!keys.known) {
    wait = std::max(wait, addresses_.Wait(keys.address, now));
    if (pairs_.Any(keys.pair, now)) wait = std::max(wait, accounts_.Wait(keys.account, now));
  }
  if (wait > absl::ZeroDuration()) {
    return RateLimitedError("too many failed attempts: try again later",
                            absl::ToChronoMilliseconds(absl::Ceil(wait, absl::Milliseconds(1))));
  }
  pairs_.Add(keys.pair, now);
  if (!keys.known) {
    addresses_.Add(keys.address, now);
    accounts_.Add(keys.account, now);
  }
  return Attempt(this, std::move(keys));
}

void LoginDelays::Attempt::Succeeded() {
  if (delays_ != nullptr) std::exchange(delays_, nullptr)->Succeed(keys_);
}

void LoginDelays::Attempt::Withdraw() {
  if (delays_ != nullptr) std::exchange(delays_, nullptr)->Withdraw(keys_);
}

void LoginDelays::Succeed(const Attempt::Keys& keys) {
  absl::MutexLock lock(&mutex_);
  pairs_.Clear(keys.pair);
  if (!keys.known) {
    addresses_.Remove(keys.address);
    accounts_.Remove(keys.account);
  }
  KnowPair(keys.pair);
}

void LoginDelays::Withdraw(const Attempt::Keys& keys) {
  absl::MutexLock lock(&mutex_);
  pairs_.Remove(keys.pair);
  if (keys.known) return;
  addresses_.Remove(keys.address);
  accounts_.Remove(keys.account);
}

void LoginDelays::Know(absl::string_view email, const std::optional<std::string>& address) {
  if (!address.has_value()) return;
  const Attempt::Keys keys = KeysOf(email, *address);
  absl::MutexLock lock(&mutex_);
  pairs_.Clear(keys.pair);
  KnowPair(keys.pair);
}

void LoginDelays::KnowPair(const std::string& pair) {
  const auto [it, is_new] = known_.try_emplace(pair);
  if (!is_new) {
    known_order_.splice(known_order_.end(), known_order_, it->second);
    return;
  }
  it->second = known_order_.insert(known_order_.end(), pair);
  if (known_.size() <= known_max_) return;
  known_.erase(known_order_.front());
  known_order_.pop_front();
}

size_t LoginDelays::size() const {
  absl::MutexLock lock(&mutex_);
  return pairs_.size() + addresses_.size() + accounts_.size() + known_.size();
}

}  // namespace mab::admin
