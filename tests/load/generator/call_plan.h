// Which call comes next: who assigns, who converts, in which experiment. Users and experiments are
// numbers, which the generators write into requests that they prepared. The same plan always makes
// the same calls.
//
// New users are counted up, so that none comes twice; known ones are drawn evenly. Several workers
// share the numbers of new users without talking: worker w of n takes w, w + n, w + 2n, … Not safe
// for concurrent use: one plan a worker.
#pragma once

#include <cstdint>
#include <optional>

namespace mab::load {

struct Call {
  enum class Kind { kAssign, kConvert };
  Kind kind = Kind::kAssign;
  uint64_t user = 0;
  uint64_t experiment = 0;
};

class CallPlan {
 public:
  struct Options {
    uint64_t experiments = 1;
    // Users who were assigned before: known_first and the next known_count.
    uint64_t known_first = 0;
    uint64_t known_count = 1;
    // Users whom nobody has assigned yet, counted up from here: that many percent of the assigns.
    uint64_t new_first = 0;
    uint32_t new_percent = 0;
    // How many there are, after whom the plan ends; 0: as many as it takes.
    uint64_t new_count = 0;
    // So many percent of the calls are conversions: of the users from convert_first on,
    // convert_count of them, each once; with a count of 0 of those whom this plan assigned,
    // convert_lag calls after it did.
    uint32_t convert_percent = 0;
    uint64_t convert_first = 0;
    uint64_t convert_count = 0;
    uint64_t convert_lag = 0;
    uint64_t worker = 0;
    uint64_t workers = 1;
  };

  explicit CallPlan(const Options& options);

  // Nothing where all users who were to be assigned, or to convert, have been.
  std::optional<Call> Next();

  // How many users were new so far, of this worker.
  uint64_t new_users() const { return new_users_; }

 private:
  std::optional<Call> NextConversion();
  Call AssignOfKnown();
  Call CallOf(Call::Kind kind, uint64_t user) const;
  uint64_t Random();
  bool Chance(uint32_t percent);

  const Options options_;
  uint64_t random_state_;
  uint64_t new_users_ = 0;
  uint64_t conversions_ = 0;
};

}  // namespace mab::load
