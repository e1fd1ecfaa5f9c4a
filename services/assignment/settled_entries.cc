#include "assignment/settled_entries.h"

#include <cstring>
#include <limits>

namespace mab::assignment {
namespace {

constexpr uint64_t kAssignedMicrosEnd = uint64_t{1} << 52;
constexpr uint64_t kPayloadEnd = uint64_t{1} << 42;
constexpr int64_t kNoTime = std::numeric_limits<int64_t>::min();

// A permutation of 64 bits that leaves no pattern (the finalizer of SplitMix64).
uint64_t Mix(uint64_t bits) {
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
  return bits ^ (bits >> 31);
}

struct Words {
  uint64_t first;
  uint64_t second;
};

template <typename Bytes>
Words WordsOf(const Bytes& bytes) {
  Words words;
  static_assert(sizeof(words) == sizeof(bytes));
  std::memcpy(&words, bytes.data(), sizeof(words));
  return words;
}

// Two numbers of the experiment that have nothing to do with one another or with another one's.
Words PadsOf(const ExperimentId& experiment) {
  const Words id = WordsOf(experiment.uuid.bytes);
  const uint64_t first = Mix(id.first ^ Mix(id.second + 0x9e3779b97f4a7c15));
  return {first, Mix(first + 0x9e3779b97f4a7c15)};
}

// Two rounds of a Feistel network: whatever bits of the user's hash differ, all bits of the key do.
SettledKey SettledKeyOf(const StickyKey& key) {
  const Words pads = PadsOf(key.experiment);
  const Words user = WordsOf(key.user.bytes);
  const uint64_t second = user.second ^ Mix(user.first + pads.first);
  return {user.first ^ Mix(second + pads.second), second};
}

bandit::UserHash UserOf(const SettledKey& key, const ExperimentId& experiment) {
  const Words pads = PadsOf(experiment);
  Words user;
  user.first = key.first ^ Mix(key.second + pads.second);
  user.second = key.second ^ Mix(user.first + pads.first);
  bandit::UserHash hash;
  std::memcpy(hash.bytes.data(), &user, sizeof(user));
  return hash;
}

bool IsWholeMicros(absl::Time time) {
  return absl::FromUnixMicros(absl::ToUnixMicros(time)) == time &&
         absl::ToUnixMicros(time) != kNoTime;
}

bool IsWholeMicros(const std::optional<absl::Time>& time) {
  return !time.has_value() || IsWholeMicros(*time);
}

int64_t MicrosOf(const std::optional<absl::Time>& time) {
  return time.has_value() ? absl::ToUnixMicros(*time) : kNoTime;
}

std::optional<absl::Time> TimeOf(int64_t micros) {
  if (micros == kNoTime) return std::nullopt;
  return absl::FromUnixMicros(micros);
}

uint64_t PayloadOf(const SettledSlot& slot) {
  return uint64_t{slot.facts_high} << 32 | slot.facts_low;
}

void SetFacts(uint64_t kind, uint64_t payload, SettledSlot& slot) {
  slot.facts_kind = kind & 3;
  slot.facts_high = (payload >> 32) & 1023;
  slot.facts_low = static_cast<uint32_t>(payload);
}

}  // namespace

bool SettledEntries::Fits(const StickyEntry& entry) {
  return entry.is_settled() && IsWholeMicros(entry.assigned_at) &&
         static_cast<uint64_t>(absl::ToUnixMicros(entry.assigned_at)) < kAssignedMicrosEnd &&
         IsWholeMicros(entry.exposed_at) && IsWholeMicros(entry.converted_at);
}

std::optional<StickyEntry> SettledEntries::Find(const StickyKey& key,
                                                const DrawTable& draws) const {
  const SettledSlot* const slot = table_.Find(SettledKeyOf(key));
  if (slot == nullptr) return std::nullopt;
  return Decode(*slot, draws);
}

bool SettledEntries::Has(const StickyKey& key) const {
  return table_.Find(SettledKeyOf(key)) != nullptr;
}

bool SettledEntries::Put(const StickyKey& key, const StickyEntry& entry, DrawTable::DrawId draw) {
  SettledSlot put{};
  put.key = SettledKeyOf(key);
  put.assigned_micros =
      static_cast<uint64_t>(absl::ToUnixMicros(entry.assigned_at)) & (kAssignedMicrosEnd - 1);
  put.draw = draw;
  if (!EncodeFacts(entry, put)) return false;
  if (SettledSlot* const slot = table_.Find(put.key); slot != nullptr) {
    FreeFacts(*slot);
    *slot = put;
  } else {
    table_.Insert(put);
  }
  return true;
}

bool SettledEntries::Remove(const StickyKey& key) {
  SettledSlot* const slot = table_.Find(SettledKeyOf(key));
  if (slot == nullptr) return false;
  FreeFacts(*slot);
  table_.Remove(slot);
  return true;
}

size_t SettledEntries::RemoveEnded(const DrawTable& draws) {
  const size_t removed = table_.RemoveIf([&](const SettledSlot& slot) {
    const StickyKeep keep = draws.ExperimentOf(slot.draw).keep();
    if (keep == StickyKeep::kAll || (keep == StickyKeep::kConverted && IsConverted(slot))) {
      return false;
    }
    FreeFacts(slot);
    return true;
  });
  if (facts_used_ == 0) {
    std::vector<Facts>().swap(facts_);
    facts_free_ = kNoPlace;
  }
  return removed;
}

void SettledEntries::ForEach(
    const DrawTable& draws,
    absl::FunctionRef<void(const StickyKey&, const StickyEntry&)> visit) const {
  table_.ForEach([&](const SettledSlot& slot) {
    const ExperimentId& experiment = draws.ExperimentOf(slot.draw).id();
    visit({experiment, UserOf(slot.key, experiment)}, Decode(slot, draws));
  });
}

StickyEntry SettledEntries::Decode(const SettledSlot& slot, const DrawTable& draws) const {
  const StickyDraw draw = draws.Get(slot.draw);
  StickyEntry entry;
  entry.variant_index = draw.variant_index;
  entry.version = draw.version;
  entry.propensity = draw.propensity;
  entry.assigned_at = absl::FromUnixMicros(static_cast<int64_t>(slot.assigned_micros));
  const uint64_t payload = PayloadOf(slot);
  switch (static_cast<Kind>(slot.facts_kind)) {
    case kNone:
      break;
    case kExposed:
      entry.exposed_at = entry.assigned_at + absl::Microseconds(payload);
      break;
    case kExposedAtOnceAndConverted:
      entry.exposed_at = entry.assigned_at;
      entry.converted_at = entry.assigned_at + absl::Microseconds(payload >> 1);
      entry.credited = (payload & 1) != 0;
      break;
    case kBeside: {
      const Facts& facts = facts_[payload >> 1];
      entry.exposed_at = TimeOf(facts.exposed_micros);
      entry.converted_at = TimeOf(facts.converted_micros);
      entry.credited = (payload & 1) != 0;
      break;
    }
  }
  return entry;
}

bool SettledEntries::EncodeFacts(const StickyEntry& entry, SettledSlot& slot) {
  const int64_t assigned = absl::ToUnixMicros(entry.assigned_at);
  const int64_t exposed = MicrosOf(entry.exposed_at);
  const int64_t converted = MicrosOf(entry.converted_at);
  const uint64_t credited = entry.credited ? 1 : 0;
  // Of a time before the assignment it is larger than any end.
  const auto after = [&](int64_t micros) { return static_cast<uint64_t>(micros) - assigned; };
  if (converted == kNoTime && credited == 0) {
    if (exposed == kNoTime) {
      SetFacts(kNone, 0, slot);
      return true;
    }
    if (after(exposed) < kPayloadEnd) {
      SetFacts(kExposed, after(exposed), slot);
      return true;
    }
  } else if (exposed == assigned && converted != kNoTime && after(converted) < kPayloadEnd / 2) {
    SetFacts(kExposedAtOnceAndConverted, after(converted) << 1 | credited, slot);
    return true;
  }
  size_t place = facts_free_;
  if (place != kNoPlace) {
    facts_free_ = static_cast<size_t>(facts_[place].exposed_micros);
  } else {
    place = facts_.size();
    if (place >= kPayloadEnd / 2) return false;
    if (place == facts_.capacity()) facts_.reserve(place + place / 8 + 4);
    facts_.emplace_back();
  }
  facts_[place] = {exposed, converted};
  ++facts_used_;
  SetFacts(kBeside, uint64_t{place} << 1 | credited, slot);
  return true;
}

bool SettledEntries::IsConverted(const SettledSlot& slot) const {
  if (slot.facts_kind == kBeside) {
    return facts_[PayloadOf(slot) >> 1].converted_micros != kNoTime;
  }
  return slot.facts_kind == kExposedAtOnceAndConverted;
}

void SettledEntries::FreeFacts(const SettledSlot& slot) {
  if (slot.facts_kind != kBeside) return;
  const size_t place = PayloadOf(slot) >> 1;
  facts_[place].exposed_micros = static_cast<int64_t>(facts_free_);
  facts_free_ = place;
  --facts_used_;
}

}  // namespace mab::assignment
