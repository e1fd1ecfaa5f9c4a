#include "call_plan.h"

namespace mab::load {

CallPlan::CallPlan(const Options& options)
    : options_(options), random_state_(0x9e3779b97f4a7c15 * (options.worker + 1)) {}

std::optional<Call> CallPlan::Next() {
  if (Chance(options_.convert_percent)) return NextConversion();
  if (!Chance(options_.new_percent)) return AssignOfKnown();
  const uint64_t index = options_.worker + new_users_ * options_.workers;
  if (options_.new_count > 0 && index >= options_.new_count) return std::nullopt;
  ++new_users_;
  return CallOf(Call::Kind::kAssign, options_.new_first + index);
}

std::optional<Call> CallPlan::NextConversion() {
  const uint64_t index = options_.worker + conversions_ * options_.workers;
  if (options_.convert_count > 0) {
    if (index >= options_.convert_count) return std::nullopt;
    ++conversions_;
    return CallOf(Call::Kind::kConvert, options_.convert_first + index);
  }
  // Who was assigned a moment ago may not have his answer yet.
  if (conversions_ + options_.convert_lag >= new_users_) return AssignOfKnown();
  ++conversions_;
  return CallOf(Call::Kind::kConvert, options_.new_first + index);
}

Call CallPlan::AssignOfKnown() {
  return CallOf(Call::Kind::kAssign, options_.known_first + Random() % options_.known_count);
}

// A user is of one experiment, by his number, so that whoever was assigned before is known where he
// comes back.
Call CallPlan::CallOf(Call::Kind kind, uint64_t user) const {
  return {.kind = kind, .user = user, .experiment = user % options_.experiments};
}

// SplitMix64.
uint64_t CallPlan::Random() {
  uint64_t z = random_state_ += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

bool CallPlan::Chance(uint32_t percent) {
  if (percent == 0) return false;
  return percent >= 100 || Random() % 100 < percent;
}

}  // namespace mab::load
