#include "assignment/draw_table.h"

#include <bit>
#include <utility>

#include "absl/hash/hash.h"

namespace mab::assignment {
namespace {

// A number, and the byte by which the set finds it.
constexpr size_t kIndexSlotBytes = sizeof(DrawTable::DrawId) + 1;

}  // namespace

size_t DrawTable::Experiment::Hash::operator()(const StickyDraw& draw) const {
  return absl::HashOf(draw.version, std::bit_cast<uint64_t>(draw.propensity), draw.variant_index);
}

DrawTable::DrawTable() = default;

DrawTable::~DrawTable() {
  absl::MutexLock lock(&chunks_mutex_);
  for (size_t i = 1; i < chunks_used_; ++i) delete chunks_[i];
}

DrawTable::Experiment& DrawTable::Of(const ExperimentId& id) {
  {
    absl::ReaderMutexLock lock(&experiments_mutex_);
    const auto it = experiments_.find(id);
    if (it != experiments_.end()) return *it->second;
  }
  absl::MutexLock lock(&experiments_mutex_);
  std::unique_ptr<Experiment>& experiment = experiments_[id];
  if (experiment == nullptr) experiment.reset(new Experiment(id, this));
  return *experiment;
}

DrawTable::DrawId DrawTable::Intern(Experiment& experiment, const StickyDraw& draw) {
  {
    absl::ReaderMutexLock lock(&experiment.mutex_);
    const auto it = experiment.index_.find(draw);
    if (it != experiment.index_.end()) return *it;
  }
  absl::MutexLock lock(&experiment.mutex_);
  const auto it = experiment.index_.find(draw);
  if (it != experiment.index_.end()) return *it;
  if (experiment.used_ == kChunkDraws) {
    const uint32_t number = NewChunk(experiment);
    if (number == 0) return kNone;
    experiment.chunks_.push_back(number);
    experiment.used_ = 0;
  }
  const uint32_t number = experiment.chunks_.back();
  const size_t at = experiment.used_++;
  Chunk& chunk = *chunks_[number];
  chunk.versions[at] = draw.version;
  chunk.propensities[at] = draw.propensity;
  chunk.variants[at] = draw.variant_index;
  const auto id = static_cast<DrawId>(number * kChunkDraws + at);
  const size_t before = experiment.index_.capacity();
  experiment.index_.insert(id);
  bytes_.fetch_add((experiment.index_.capacity() - before) * kIndexSlotBytes,
                   std::memory_order_relaxed);
  return id;
}

uint32_t DrawTable::NewChunk(Experiment& experiment) {
  auto chunk = std::make_unique<Chunk>();
  chunk->experiment = &experiment;
  absl::MutexLock lock(&chunks_mutex_);
  uint32_t number = 0;
  if (!chunks_free_.empty()) {
    number = chunks_free_.back();
    chunks_free_.pop_back();
  } else if (chunks_used_ < kChunksMax) {
    number = static_cast<uint32_t>(chunks_used_++);
  } else {
    return 0;
  }
  chunks_[number] = chunk.release();
  bytes_.fetch_add(sizeof(Chunk), std::memory_order_relaxed);
  return number;
}

void DrawTable::ForEachExperiment(absl::FunctionRef<void(const ExperimentId&)> visit) const {
  absl::ReaderMutexLock lock(&experiments_mutex_);
  for (const auto& [id, experiment] : experiments_) visit(id);
}

std::vector<DrawTable::Experiment*> DrawTable::SetKeeps(const StickyKeeps& keeps) {
  for (const auto& [id, keep] : keeps) Of(id);
  std::vector<Experiment*> stricter;
  absl::MutexLock lock(&experiments_mutex_);
  for (const auto& [id, experiment] : experiments_) {
    const auto it = keeps.find(id);
    const StickyKeep keep = it == keeps.end() ? StickyKeep::kAll : it->second;
    if (keep > experiment->keep()) stricter.push_back(experiment.get());
    experiment->keep_.store(keep, std::memory_order_relaxed);
  }
  return stricter;
}

void DrawTable::Free(Experiment& experiment) {
  absl::MutexLock lock(&experiment.mutex_);
  size_t freed = experiment.index_.capacity() * kIndexSlotBytes;
  experiment.index_ =
      decltype(experiment.index_)(0, Experiment::Hash{this}, Experiment::Equal{this});
  absl::MutexLock chunks_lock(&chunks_mutex_);
  for (const uint32_t number : experiment.chunks_) {
    delete std::exchange(chunks_[number], nullptr);
    chunks_free_.push_back(number);
    freed += sizeof(Chunk);
  }
  std::vector<uint32_t>().swap(experiment.chunks_);
  experiment.used_ = kChunkDraws;
  bytes_.fetch_sub(freed, std::memory_order_relaxed);
}

}  // namespace mab::assignment
