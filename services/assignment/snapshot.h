// What the assignment service knows of the experiments: immutable, replaced as a whole, read
// without waiting.
//
// Thread safety: immutable once built; shared by shared_ptr.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "assignment/caller_keys.h"
#include "bandit/draw_version.h"
#include "common/uuid.h"

namespace mab::assignment {

enum class ExperimentState { kDraft, kRunning, kPaused, kCompleted, kArchived };

struct SnapshotVariant {
  VariantId id;
  std::string id_text;
  std::string key;
  std::string name;
  bool is_control = false;
  bool disabled = false;
  // google.protobuf.Value in wire format: parsed into an answer without a JSON parser.
  std::string payload_wire;
};

struct SnapshotExperiment {
  ExperimentId id;
  std::string id_text;
  std::string key;
  uint64_t revision = 0;
  ExperimentState state = ExperimentState::kDraft;
  bandit::Salt salt{};
  double traffic_share = 1;
  absl::Duration conversion_window;
  std::optional<absl::Time> end_time;
  // By variant index; empty for drafts and archived experiments.
  std::vector<SnapshotVariant> variants;
  size_t control_index = 0;
  std::optional<size_t> winner_index;
  // Web origins as browsers send them; empty: any.
  std::vector<std::string> allowed_origins;
  // Null until the first version exists.
  std::shared_ptr<const bandit::DrawVersion> version;
};

struct Snapshot {
  absl::Time created_at;
  std::string database_id;
  absl::flat_hash_map<ExperimentId, std::shared_ptr<const SnapshotExperiment>> by_id;
  absl::flat_hash_map<std::string, std::shared_ptr<const SnapshotExperiment>> by_key;
  // Null: admin has told of none.
  std::shared_ptr<const CallerKeys> caller_keys;

  // By id ("0198…", 36 characters) or key; null where there is none.
  std::shared_ptr<const SnapshotExperiment> Find(absl::string_view id_or_key) const;
  std::shared_ptr<const SnapshotExperiment> FindByKey(absl::string_view key) const;
};

// Another number whenever an experiment that answers visitors was changed, began or ceased to be
// one; versions change nothing. The same on every machine, and never 0.
uint64_t FingerprintOf(const Snapshot& snapshot);

}  // namespace mab::assignment
