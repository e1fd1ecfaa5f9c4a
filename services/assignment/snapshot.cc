#include "assignment/snapshot.h"

#include "absl/strings/str_cat.h"

namespace mab::assignment {
namespace {

constexpr size_t kIdTextBytes = 36;

// FNV-1a with 64 bits.
uint64_t HashOf(absl::string_view text) {
  uint64_t hash = 14695981039346656037u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return hash;
}

}  // namespace

std::shared_ptr<const SnapshotExperiment> Snapshot::Find(absl::string_view id_or_key) const {
  if (id_or_key.size() == kIdTextBytes) {
    // A key may look like an id; then the id is tried first.
    if (const auto uuid = Uuid::Parse(id_or_key); uuid.ok()) {
      if (const auto it = by_id.find(ExperimentId{*uuid}); it != by_id.end()) return it->second;
    }
  }
  return FindByKey(id_or_key);
}

std::shared_ptr<const SnapshotExperiment> Snapshot::FindByKey(absl::string_view key) const {
  const auto it = by_key.find(key);
  return it == by_key.end() ? nullptr : it->second;
}

uint64_t FingerprintOf(const Snapshot& snapshot) {
  // A sum: the map has no order.
  uint64_t sum = 0;
  for (const auto& [id, experiment] : snapshot.by_id) {
    if (experiment->state == ExperimentState::kDraft ||
        experiment->state == ExperimentState::kArchived) {
      continue;
    }
    sum += HashOf(absl::StrCat(experiment->id_text, " ", experiment->revision));
  }
  return sum == 0 ? 1 : sum;
}

}  // namespace mab::assignment
