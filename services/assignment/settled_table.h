// A hash table of 32-byte slots that is nine tenths full: what the settled part of a shard of the
// sticky map is made of.
//
// Linear probing in which the slots are in the order of their keys: a key's home is the share of
// the table that its first word is of 2^64, and a slot is at its home or after it, with no gap
// between. So a look for a key that is not there ends early, and a larger table is a copy in order.
// The table grows by a tenth when 94 in 100 homes are taken; past the last home there are some
// slots more, so that no run of slots wraps.
//
// Keys are of the caller and must be uniformly random in their first word.
//
// Thread safety: none of its own; the shard's lock guards it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "absl/functional/function_ref.h"
#include "absl/numeric/int128.h"
#include "assignment/page_array.h"

namespace mab::assignment {

struct SettledKey {
  uint64_t first = 0;
  uint64_t second = 0;

  friend bool operator==(const SettledKey&, const SettledKey&) = default;
};

struct SettledSlot {
  SettledKey key;
  uint64_t assigned_micros : 52;
  uint64_t facts_kind : 2;
  uint64_t facts_high : 10;
  uint32_t draw;  // 0: the slot is free
  uint32_t facts_low;
};
static_assert(sizeof(SettledSlot) == 32);

class SettledTable {
 public:
  // Null where there is none. Valid until the next insertion or removal.
  SettledSlot* Find(const SettledKey& key) const;
  // REQUIRES: a slot with this key is not there; its draw is not 0.
  void Insert(const SettledSlot& slot);
  // Room for so many, where it has less.
  void Reserve(size_t size);
  // REQUIRES: `slot` is in the table.
  void Remove(SettledSlot* slot);
  // Removes those of which `removes` says so, and gives the memory back.
  size_t RemoveIf(absl::FunctionRef<bool(const SettledSlot&)> removes);
  void ForEach(absl::FunctionRef<void(const SettledSlot&)> visit) const;

  size_t size() const { return size_; }
  size_t bytes() const { return slots_.bytes(); }

 private:
  size_t HomeOf(const SettledKey& key) const {
    return static_cast<size_t>(absl::Uint128High64(absl::uint128(key.first) * homes_));
  }
  // Moves everything to a table of at least `homes` homes.
  void Rebuild(size_t homes);
  // False where it does not fit.
  bool CopyTo(SettledTable& larger) const;

  PageArray<SettledSlot> slots_;
  size_t homes_ = 0;
  size_t size_ = 0;
};

}  // namespace mab::assignment
