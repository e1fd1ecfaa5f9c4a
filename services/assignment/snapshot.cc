#include "assignment/snapshot.h"

namespace mab::assignment {
namespace {

constexpr size_t kIdTextBytes = 36;

}  // namespace

std::shared_ptr<const SnapshotExperiment> Snapshot::Find(absl::string_view id_or_key) const {
  if (id_or_key.size() == kIdTextBytes) {
    // A key may look like an id; then the id is tried first.
    if (const auto uuid = Uuid::Parse(id_or_key); uuid.ok()) {
      if (const auto it = by_id.find(ExperimentId{*uuid}); it != by_id.end()) return it->second;
    }
  }
  const auto it = by_key.find(id_or_key);
  return it == by_key.end() ? nullptr : it->second;
}

}  // namespace mab::assignment
