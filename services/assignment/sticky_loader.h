// Adds entries of earlier runs to a sticky map, as WithEntry would, and several times quicker: it
// remembers the draws of which it was told last, and does not look for what is not there yet.
//
// Thread safety: one thread a loader; several loaders, and whatever else, may use the map.
#pragma once

#include <cstddef>
#include <vector>

#include "assignment/draw_table.h"
#include "assignment/sticky_entry.h"
#include "assignment/sticky_map.h"

namespace mab::assignment {

class StickyLoader {
 public:
  // `map` is not owned and outlives this.
  explicit StickyLoader(StickyMap* map);
  ~StickyLoader();
  StickyLoader(const StickyLoader&) = delete;
  StickyLoader& operator=(const StickyLoader&) = delete;

  // Puts `entry` in, in the place of another one of this key. The map's size() has it when this
  // loader has gone.
  void Add(const StickyKey& key, const StickyEntry& entry);

 private:
  struct Known {
    DrawTable::Experiment* experiment = nullptr;
    StickyDraw draw;
    DrawTable::DrawId id = DrawTable::kNone;
  };
  static constexpr size_t kKnown = size_t{1} << 16;

  DrawTable::DrawId Intern(const ExperimentId& id, const StickyEntry& entry);

  StickyMap* const map_;
  DrawTable::Experiment* experiment_ = nullptr;
  size_t added_ = 0;
  // By a hash of the draw.
  std::vector<Known> known_;
};

}  // namespace mab::assignment
