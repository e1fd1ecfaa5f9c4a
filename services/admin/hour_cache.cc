#include "admin/hour_cache.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "common/status_macros.h"

namespace mab::admin {
namespace {

using storage::RollupStore;
using storage::TotalsCell;

absl::Time FloorHour(absl::Time time) {
  return absl::UnixEpoch() + absl::Floor(time - absl::UnixEpoch(), absl::Hours(1));
}

// Before it no conversion is credited any more, and minutes are read as their hour.
absl::Time CutOf(const storage::Experiment& experiment, absl::Time now) {
  return std::min(FloorHour(now - absl::Seconds(experiment.conversion_window_seconds)),
                  storage::HoursBefore(now));
}

bool Fits(uint64_t count) { return count <= std::numeric_limits<uint32_t>::max(); }

}  // namespace

absl::StatusOr<std::vector<TotalsCell>> HourCache::Read(PgConnection& db,
                                                        const storage::Experiment& experiment,
                                                        const std::vector<storage::ArmAge>& ages,
                                                        absl::Time now) {
  const std::shared_ptr<const Past> past = Find(experiment.id, now);
  if (past != nullptr) {
    MAB_ASSIGN_OR_RETURN(const std::vector<TotalsCell> young,
                         RollupStore::Hours(db, experiment.id, past->cut));
    Sums totals;
    for (const storage::ArmAge& age : ages) {
      Add(age.variant_index, {age.exposures, age.conversions}, totals);
    }
    Sums sums = past->sums;
    for (const TotalsCell& cell : young) {
      Add(cell.variant_index, {cell.exposures, cell.conversions}, sums);
    }
    if (sums == totals) {
      std::vector<TotalsCell> hours;
      hours.reserve(past->cells.size() + young.size());
      for (const Cell& cell : past->cells) {
        hours.push_back({.start = absl::UnixEpoch() + cell.hour * absl::Hours(1),
                         .variant_index = cell.variant_index,
                         .exposures = cell.exposures,
                         .expected_exposures = cell.expected_exposures,
                         .conversions = cell.conversions});
      }
      hours.insert(hours.end(), young.begin(), young.end());
      return hours;
    }
  }
  MAB_ASSIGN_OR_RETURN(std::vector<TotalsCell> hours, RollupStore::Hours(db, experiment.id));
  Keep(experiment.id, MakePast(hours, CutOf(experiment, now), now), now);
  return hours;
}

// A variant of which only something was expected is in no sum, as it is in no total.
void HourCache::Add(size_t variant_index, const Counts& counts, Sums& sums) {
  if (counts == Counts()) return;
  Counts& sum = sums[variant_index];
  sum.exposures += counts.exposures;
  sum.conversions += counts.conversions;
}

std::shared_ptr<const HourCache::Past> HourCache::Find(ExperimentId id, absl::Time now) {
  absl::MutexLock lock(&mutex_);
  const auto it = kept_.find(id);
  if (it == kept_.end()) return nullptr;
  const std::shared_ptr<const Past>& past = it->second.past;
  if (now < past->read_at || now - past->read_at >= options_.age_max) return nullptr;
  it->second.used_at = now;
  return past;
}

std::shared_ptr<const HourCache::Past> HourCache::MakePast(const std::vector<TotalsCell>& hours,
                                                           absl::Time cut, absl::Time now) const {
  const auto end = std::partition_point(hours.begin(), hours.end(),
                                        [&](const TotalsCell& cell) { return cell.start < cut; });
  const auto count = static_cast<size_t>(end - hours.begin());
  if (count < options_.cells_min || count > options_.cells_max) return nullptr;
  auto past = std::make_shared<Past>();
  past->read_at = now;
  past->cut = cut;
  past->cells.reserve(count);
  for (auto cell = hours.begin(); cell != end; ++cell) {
    const int64_t hour = absl::ToUnixSeconds(cell->start) / 3600;
    if (hour < 0 || !Fits(static_cast<uint64_t>(hour)) || !Fits(cell->exposures) ||
        !Fits(cell->conversions)) {
      return nullptr;
    }
    past->cells.push_back({.hour = static_cast<uint32_t>(hour),
                           .exposures = static_cast<uint32_t>(cell->exposures),
                           .conversions = static_cast<uint32_t>(cell->conversions),
                           .variant_index = static_cast<uint32_t>(cell->variant_index),
                           .expected_exposures = cell->expected_exposures});
    Add(cell->variant_index, {cell->exposures, cell->conversions}, past->sums);
  }
  return past;
}

void HourCache::Keep(ExperimentId id, std::shared_ptr<const Past> past, absl::Time now) {
  absl::MutexLock lock(&mutex_);
  if (const auto old = kept_.find(id); old != kept_.end()) {
    cells_ -= old->second.past->cells.size();
    kept_.erase(old);
  }
  if (past == nullptr) return;
  cells_ += past->cells.size();
  while (cells_ > options_.cells_max) EraseLeastUsed();
  kept_[id] = {.past = std::move(past), .used_at = now};
}

void HourCache::EraseLeastUsed() {
  const auto least = std::min_element(kept_.begin(), kept_.end(), [](const auto& a, const auto& b) {
    return a.second.used_at < b.second.used_at;
  });
  cells_ -= least->second.past->cells.size();
  kept_.erase(least);
}

size_t HourCache::cells() const {
  absl::MutexLock lock(&mutex_);
  return cells_;
}

}  // namespace mab::admin
