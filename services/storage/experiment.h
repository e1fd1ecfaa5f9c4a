// An experiment as the tables keep it.
//
// Thread safety: value types.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "bandit/draw_version.h"
#include "common/uuid.h"

namespace mab::storage {

enum class ExperimentState { kDraft, kRunning, kPaused, kCompleted, kArchived };

// "DRAFT", …: as in the database and in JSON.
absl::string_view StateName(ExperimentState state);
absl::string_view PolicyName(bandit::Policy policy);
// Crash on another name: the database has a CHECK.
ExperimentState StateFromName(absl::string_view name);
bandit::Policy PolicyFromName(absl::string_view name);
// mab.versions has no CHECK.
bool IsPolicyName(absl::string_view name);

// 1 to 64 characters of a-z, 0-9, '-' and '_': a key of an experiment or a variant, as the tables
// allow it.
inline constexpr size_t kKeyLengthMax = 64;
bool IsKey(absl::string_view text);

struct Variant {
  VariantId id;
  std::string key;
  std::string name;
  bool is_control = false;
  std::string payload_json = "null";  // JSON text, at most 16 KiB
  double weight = 1;                  // 0 to 1e6
  bool disabled = false;

  friend bool operator==(const Variant&, const Variant&) = default;
};

struct Experiment {
  ExperimentId id;
  std::string key;
  std::string name;
  std::string description;
  ExperimentState state = ExperimentState::kDraft;
  bandit::Policy policy = bandit::Policy::kThompson;
  double floor = 0.01;
  uint32_t burn_in_exposures = 0;
  double traffic_share = 1;
  bandit::Posterior prior;
  uint32_t conversion_window_seconds = 604800;
  double threshold_of_caring = 0.0005;
  uint32_t minimum_exposures = 100;
  // Web origins as browsers send them, each once: at most 20. Empty: any.
  std::vector<std::string> allowed_origins;
  bandit::Salt salt{};
  std::optional<size_t> winner_index;
  // Grows with every change, never used twice: unix milliseconds or the last one plus one. The etag
  // is its decimal text.
  uint64_t revision = 0;
  absl::Time create_time;
  absl::Time update_time;
  std::optional<absl::Time> start_time;
  std::optional<absl::Time> end_time;
  // When the raw rows of an archived experiment began to be deleted (row_retention.h). Read only:
  // neither Insert nor Update writes it.
  std::optional<absl::Time> rows_retire_time;
  // By variant index: 2 to 100.
  std::vector<Variant> variants;

  friend bool operator==(const Experiment&, const Experiment&) = default;
};

}  // namespace mab::storage
