#include "assignment/sticky_loader.h"

#include <bit>
#include <cstdint>
#include <optional>

namespace mab::assignment {

StickyLoader::StickyLoader(StickyMap* map) : map_(map), known_(kKnown) {}

StickyLoader::~StickyLoader() { map_->entries_.fetch_add(added_, std::memory_order_relaxed); }

void StickyLoader::Add(const StickyKey& key, const StickyEntry& entry) {
  const bool fits = SettledEntries::Fits(entry);
  const DrawTable::DrawId draw = fits ? Intern(key.experiment, entry) : DrawTable::kNone;
  const std::optional<size_t> added =
      draw == DrawTable::kNone ? std::nullopt : map_->PutSettled(key, entry, draw);
  if (added.has_value()) {
    added_ += *added;
    return;
  }
  map_->WithEntry(key, [&](std::optional<StickyEntry>& there) {
    there = entry;
    return true;
  });
}

DrawTable::DrawId StickyLoader::Intern(const ExperimentId& id, const StickyEntry& entry) {
  if (experiment_ == nullptr || experiment_->id() != id) experiment_ = &map_->draws_.Of(id);
  const StickyDraw draw{entry.version, entry.propensity, entry.variant_index};
  const uint64_t mixed = (draw.version * 128 + draw.variant_index) * 0x9e3779b97f4a7c15;
  Known& known = known_[mixed >> 48];
  static_assert(kKnown == size_t{1} << 16);
  if (known.experiment == experiment_ && known.draw == draw) return known.id;
  known = {experiment_, draw, map_->draws_.Intern(*experiment_, draw)};
  return known.id;
}

}  // namespace mab::assignment
