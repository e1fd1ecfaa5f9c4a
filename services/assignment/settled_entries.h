// The settled entries of one shard of the sticky map, in 32 bytes each: those of which nothing can
// be taken back. All facts are exact to the microsecond, which is what the journal keeps.
//
// A slot of settled_table.h has the key, the time of the assignment, the number of the draw, and 42
// bits for exposure and conversion: none; an exposure so many microseconds after the assignment (50
// days); an exposure at once, and a conversion so many after (25 days). What does not fit is in a
// table beside it, at 16 bytes, of which the 42 bits have the index.
//
// The key is user and experiment mixed by a permutation, so that it gives the user back to who
// knows the experiment; two keys are alike as rarely as two users' hashes.
//
// Thread safety: none of its own; the shard's lock guards it. The table of draws is the map's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/functional/function_ref.h"
#include "assignment/draw_table.h"
#include "assignment/settled_table.h"
#include "assignment/sticky_entry.h"

namespace mab::assignment {

class SettledEntries {
 public:
  // Whether `entry` can be kept here: it is settled, and its times are whole microseconds of years
  // from 1970 to 2112.
  static bool Fits(const StickyEntry& entry);

  std::optional<StickyEntry> Find(const StickyKey& key, const DrawTable& draws) const;
  bool Has(const StickyKey& key) const;
  // Puts `entry` in, in the place of another one of this key. False where there is no room for it,
  // and then nothing has changed. REQUIRES: it fits; `draw` has what was drawn of it, and is not
  // kNone.
  bool Put(const StickyKey& key, const StickyEntry& entry, DrawTable::DrawId draw);
  // False where there was none.
  bool Remove(const StickyKey& key);
  void Reserve(size_t entries) { table_.Reserve(entries); }
  // Removes what its experiment does not keep; how many.
  size_t RemoveEnded(const DrawTable& draws);
  void ForEach(const DrawTable& draws,
               absl::FunctionRef<void(const StickyKey&, const StickyEntry&)> visit) const;

  size_t size() const { return table_.size(); }
  size_t bytes() const { return table_.bytes() + facts_.capacity() * sizeof(Facts); }

 private:
  // Exposure and conversion, in unix microseconds; kNoTime where there is none.
  struct Facts {
    int64_t exposed_micros;
    int64_t converted_micros;
  };
  enum Kind : uint64_t { kNone, kExposed, kExposedAtOnceAndConverted, kBeside };

  StickyEntry Decode(const SettledSlot& slot, const DrawTable& draws) const;
  bool EncodeFacts(const StickyEntry& entry, SettledSlot& slot);
  bool IsConverted(const SettledSlot& slot) const;
  void FreeFacts(const SettledSlot& slot);

  SettledTable table_;
  std::vector<Facts> facts_;
  // The places in facts_ that are not used: the exposed_micros of each has the next one.
  size_t facts_free_ = kNoPlace;
  size_t facts_used_ = 0;

  static constexpr size_t kNoPlace = SIZE_MAX;
};

}  // namespace mab::assignment
