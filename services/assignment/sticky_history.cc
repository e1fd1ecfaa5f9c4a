#include "assignment/sticky_history.h"

#include <optional>
#include <variant>

namespace mab::assignment {
namespace {

// The entry of a user whose exposure or conversion is known before his assignment: the database's
// row, which comes later, has the rest.
StickyEntry EntryBefore(uint16_t variant_index, uint64_t version, absl::Time at) {
  StickyEntry entry;
  entry.variant_index = variant_index;
  entry.version = version;
  entry.assigned_at = at;
  return entry;
}

void Apply(const storage::AssignmentEvent& event, StickyMap& sticky_map) {
  sticky_map.WithEntry({event.experiment_id, event.user}, [&](std::optional<StickyEntry>& entry) {
    if (entry.has_value()) return false;
    entry.emplace();
    entry->variant_index = event.variant_index;
    entry->version = event.version;
    entry->propensity = event.propensity;
    entry->assigned_at = event.assigned_at;
    if (event.exposed) entry->exposed_at = event.assigned_at;
    return true;
  });
}

void Apply(const storage::ExposureEvent& event, StickyMap& sticky_map) {
  sticky_map.WithEntry({event.experiment_id, event.user}, [&](std::optional<StickyEntry>& entry) {
    if (!entry.has_value()) {
      entry = EntryBefore(event.variant_index, event.version, event.exposed_at);
    }
    if (entry->exposed_at.has_value()) return false;
    entry->exposed_at = event.exposed_at;
    return true;
  });
}

void Apply(const storage::ConversionEvent& event, StickyMap& sticky_map) {
  sticky_map.WithEntry({event.experiment_id, event.user}, [&](std::optional<StickyEntry>& entry) {
    if (!entry.has_value()) {
      entry = EntryBefore(event.variant_index, event.version, event.converted_at);
    }
    if (entry->converted_at.has_value()) return false;
    entry->converted_at = event.converted_at;
    entry->credited = event.credited;
    return true;
  });
}

// Versions and counts say nothing of a user.
void Apply(const storage::VersionEvent&, StickyMap&) {}
void Apply(const storage::CountEvent&, StickyMap&) {}

void Apply(const storage::ErasureEvent& event, StickyMap& sticky_map) {
  sticky_map.RemoveUser(event.user, StickyMap::kEverything);
}

}  // namespace

void ApplyEvent(const storage::Event& event, StickyMap& sticky_map) {
  std::visit([&](const auto& what) { Apply(what, sticky_map); }, event);
}

void ApplyStored(const storage::StoredAssignment& stored, StickyMap& sticky_map) {
  sticky_map.WithEntry({stored.experiment_id, stored.user}, [&](std::optional<StickyEntry>& entry) {
    if (!entry.has_value()) entry.emplace();
    entry->variant_index = stored.variant_index;
    entry->version = stored.version;
    entry->propensity = stored.propensity;
    entry->assigned_at = stored.assigned_at;
    if (!entry->exposed_at.has_value()) entry->exposed_at = stored.exposed_at;
    if (!entry->converted_at.has_value()) {
      entry->converted_at = stored.converted_at;
      entry->credited = stored.credited;
    }
    return true;
  });
}

}  // namespace mab::assignment
