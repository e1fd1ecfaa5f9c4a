#include "assignment/settled_table.h"

#include <algorithm>
#include <utility>

namespace mab::assignment {
namespace {

// Past the last home. A run at the end is longer than that in one table of two thousand, which then
// grows a little early.
constexpr size_t kTail = 64;

// Homes that may be taken.
size_t SizeMax(size_t homes) { return homes / 100 * 94 + homes % 100 * 94 / 100; }

size_t HomesFor(size_t size) { return size + size / 10 + 1; }

}  // namespace

SettledSlot* SettledTable::Find(const SettledKey& key) const {
  if (size_ == 0) return nullptr;
  for (size_t at = HomeOf(key); at < slots_.size(); ++at) {
    SettledSlot& slot = slots_[at];
    if (slot.draw == 0 || slot.key.first > key.first) return nullptr;
    if (slot.key == key) return &slot;
  }
  return nullptr;
}

void SettledTable::Insert(const SettledSlot& slot) {
  if (size_ >= SizeMax(homes_)) Rebuild(homes_ + homes_ / 10 + 1);
  while (true) {
    size_t at = HomeOf(slot.key);
    while (at < slots_.size() && slots_[at].draw != 0 && slots_[at].key.first <= slot.key.first) {
      ++at;
    }
    size_t free = at;
    while (free < slots_.size() && slots_[free].draw != 0) ++free;
    if (free < slots_.size()) {
      std::memmove(&slots_[at] + 1, &slots_[at], (free - at) * sizeof(SettledSlot));
      slots_[at] = slot;
      ++size_;
      return;
    }
    Rebuild(homes_ + homes_ / 10 + 1);
  }
}

void SettledTable::Reserve(size_t size) {
  const size_t homes = HomesFor(size);
  if (size > kTail && homes > homes_) Rebuild(homes);
}

void SettledTable::Remove(SettledSlot* slot) {
  const auto at = static_cast<size_t>(slot - slots_.data());
  size_t end = at + 1;
  while (end < slots_.size() && slots_[end].draw != 0 && HomeOf(slots_[end].key) < end) ++end;
  std::memmove(slot, slot + 1, (end - at - 1) * sizeof(SettledSlot));
  slots_[end - 1] = SettledSlot{};
  --size_;
}

size_t SettledTable::RemoveIf(absl::FunctionRef<bool(const SettledSlot&)> removes) {
  size_t kept = 0;
  for (size_t at = 0; at < slots_.size(); ++at) {
    if (slots_[at].draw == 0 || removes(slots_[at])) continue;
    if (kept != at) slots_[kept] = slots_[at];
    ++kept;
  }
  const size_t removed = size_ - kept;
  if (size_ == 0) return 0;
  std::fill(slots_.data() + kept, slots_.data() + slots_.size(), SettledSlot{});
  size_ = kept;
  // Every slot is before its home or at it: the copy puts them in their places again.
  if (kept == 0) {
    *this = SettledTable();
  } else {
    Rebuild(HomesFor(kept));
  }
  return removed;
}

void SettledTable::ForEach(absl::FunctionRef<void(const SettledSlot&)> visit) const {
  for (size_t at = 0; at < slots_.size(); ++at) {
    if (slots_[at].draw != 0) visit(slots_[at]);
  }
}

void SettledTable::Rebuild(size_t homes) {
  while (true) {
    SettledTable larger;
    larger.slots_ = PageArray<SettledSlot>(homes + kTail);
    larger.homes_ = larger.slots_.size() - kTail;
    if (CopyTo(larger)) {
      *this = std::move(larger);
      return;
    }
    homes = larger.homes_ + larger.homes_ / 10 + 1;
  }
}

bool SettledTable::CopyTo(SettledTable& larger) const {
  size_t next = 0;
  for (size_t at = 0; at < slots_.size(); ++at) {
    if (slots_[at].draw == 0) continue;
    const size_t to = std::max(larger.HomeOf(slots_[at].key), next);
    if (to >= larger.slots_.size()) return false;
    larger.slots_[to] = slots_[at];
    next = to + 1;
  }
  larger.size_ = size_;
  return true;
}

}  // namespace mab::assignment
