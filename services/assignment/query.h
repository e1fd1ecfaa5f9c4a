// What a caller asks for, checked: the user's id is hashed at once and goes no further than here.
//
// Thread safety: value types and pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "assignment/caller.h"
#include "bandit/user_hash.h"
#include "storage/user_key.h"

namespace mab::assignment {

inline constexpr size_t kEventIdBytesMax = 128;
// Of an experiment's key, and more than an id has.
inline constexpr size_t kExperimentNameBytesMax = 64;
inline constexpr size_t kVariantKeyBytesMax = 64;
inline constexpr size_t kBatchExperimentsMax = 100;

struct AssignQuery {
  std::string experiment;  // id or key
  bandit::UserHash user;
  // The assignment counts as shown at once.
  bool expose = true;
  Caller caller = {};
};

struct ExposeQuery {
  std::string experiment;
  bandit::UserHash user;
  Caller caller = {};
};

struct ConvertQuery {
  std::string experiment;
  bandit::UserHash user;
  std::optional<double> value;  // finite
  std::string event_id;         // empty: none
  Caller caller = {};
};

struct BatchAssignQuery {
  bandit::UserHash user;
  std::vector<std::string> experiments;  // each once
  bool expose = true;
  // Previews: an entry of `experiments` to a variant's key.
  absl::flat_hash_map<std::string, std::string> force;
  Caller caller = {};
};

struct AssignAllQuery {
  bandit::UserHash user;
  bool expose = false;
  Caller caller = {};
};

struct BatchExposeQuery {
  bandit::UserHash user;
  std::vector<std::string> experiments;  // each once
  Caller caller = {};
};

// INVALID_ARGUMENT with every field that is wrong.
absl::StatusOr<AssignQuery> MakeAssignQuery(const storage::UserKey& key,
                                            absl::string_view experiment, absl::string_view user_id,
                                            bool expose);
absl::StatusOr<ExposeQuery> MakeExposeQuery(const storage::UserKey& key,
                                            absl::string_view experiment,
                                            absl::string_view user_id);
absl::StatusOr<ConvertQuery> MakeConvertQuery(const storage::UserKey& key,
                                              absl::string_view experiment,
                                              absl::string_view user_id,
                                              std::optional<double> value,
                                              absl::string_view event_id);
absl::StatusOr<BatchAssignQuery> MakeBatchAssignQuery(
    const storage::UserKey& key, absl::string_view user_id, std::vector<std::string> experiments,
    bool expose, absl::flat_hash_map<std::string, std::string> force);
absl::StatusOr<AssignAllQuery> MakeAssignAllQuery(const storage::UserKey& key,
                                                  absl::string_view user_id, bool expose);
absl::StatusOr<BatchExposeQuery> MakeBatchExposeQuery(const storage::UserKey& key,
                                                      absl::string_view user_id,
                                                      std::vector<std::string> experiments);
// Of whom everything is to be forgotten.
absl::StatusOr<bandit::UserHash> MakeEraseQuery(const storage::UserKey& key,
                                                absl::string_view user_id);

}  // namespace mab::assignment
