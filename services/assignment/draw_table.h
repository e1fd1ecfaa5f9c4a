// What was drawn, once for all users of whom it was drawn alike: the sticky map's compact entries
// name a draw by a number of 32 bits. 18 bytes a draw, and about as many again to find it by its
// content; where every assignment has a draw of its own (an experiment with less than one visitor a
// version), that is what each costs more.
//
// Draws go with their experiment, all at once. They are not counted: what an erased visitor leaves
// is a draw that nobody had, of which nothing can be learned.
//
// Thread-safe. A draw is read without a lock: whoever has its number got it under a lock (the
// shard's) after it was made, and it is not changed until its experiment's draws are freed.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/functional/function_ref.h"
#include "absl/synchronization/mutex.h"
#include "assignment/page_array.h"
#include "common/uuid.h"

namespace mab::assignment {

// Which entries of an experiment the sticky map keeps.
enum class StickyKeep : uint8_t { kAll, kConverted, kNothing };
using StickyKeeps = absl::flat_hash_map<ExperimentId, StickyKeep>;

struct StickyDraw {
  uint64_t version = 0;
  double propensity = 0;
  uint16_t variant_index = 0;

  // The same bits.
  friend bool operator==(const StickyDraw& one, const StickyDraw& other) {
    return one.version == other.version && one.variant_index == other.variant_index &&
           std::bit_cast<uint64_t>(one.propensity) == std::bit_cast<uint64_t>(other.propensity);
  }
};

class DrawTable {
 public:
  using DrawId = uint32_t;
  static constexpr DrawId kNone = 0;
  static constexpr size_t kChunkDraws = 256;
  static constexpr size_t kChunksMax = size_t{1} << 20;

  // One experiment's draws; as long as the table.
  class Experiment {
   public:
    const ExperimentId& id() const { return id_; }
    StickyKeep keep() const { return keep_.load(std::memory_order_relaxed); }

   private:
    friend class DrawTable;
    Experiment(const ExperimentId& id, DrawTable* table)
        : id_(id), index_(0, Hash{table}, Equal{table}) {}

    // By content.
    struct Hash {
      using is_transparent = void;
      const DrawTable* table;
      size_t operator()(const StickyDraw& draw) const;
      size_t operator()(DrawId id) const { return (*this)(table->Get(id)); }
    };
    struct Equal {
      using is_transparent = void;
      const DrawTable* table;
      bool operator()(DrawId one, DrawId other) const { return one == other; }
      bool operator()(DrawId id, const StickyDraw& draw) const { return table->Get(id) == draw; }
    };

    const ExperimentId id_;
    std::atomic<StickyKeep> keep_{StickyKeep::kAll};
    absl::Mutex mutex_;
    absl::flat_hash_set<DrawId, Hash, Equal> index_ ABSL_GUARDED_BY(mutex_);
    std::vector<uint32_t> chunks_ ABSL_GUARDED_BY(mutex_);
    // In the last chunk.
    size_t used_ ABSL_GUARDED_BY(mutex_) = kChunkDraws;
  };

  DrawTable();
  ~DrawTable();

  // Made where there is none.
  Experiment& Of(const ExperimentId& id);
  // The number of this draw; kNone where kChunksMax are in use.
  DrawId Intern(Experiment& experiment, const StickyDraw& draw);

  StickyDraw Get(DrawId id) const {
    const Chunk& chunk = *chunks_[id / kChunkDraws];
    const size_t at = id % kChunkDraws;
    return {chunk.versions[at], chunk.propensities[at], chunk.variants[at]};
  }
  const Experiment& ExperimentOf(DrawId id) const { return *chunks_[id / kChunkDraws]->experiment; }

  void ForEachExperiment(absl::FunctionRef<void(const ExperimentId&)> visit) const;
  // Sets what each experiment keeps: kAll of those that are not in `keeps`. Returns those that keep
  // less than before.
  std::vector<Experiment*> SetKeeps(const StickyKeeps& keeps);
  // REQUIRES: nobody has a number of this experiment's draws, or is getting one.
  void Free(Experiment& experiment);

  size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  struct Chunk {
    Experiment* experiment = nullptr;
    std::array<uint64_t, kChunkDraws> versions;
    std::array<double, kChunkDraws> propensities;
    std::array<uint16_t, kChunkDraws> variants;
  };

  // The number of a chunk without draws; 0 where there are too many.
  uint32_t NewChunk(Experiment& experiment);

  mutable absl::Mutex experiments_mutex_;
  absl::flat_hash_map<ExperimentId, std::unique_ptr<Experiment>> experiments_
      ABSL_GUARDED_BY(experiments_mutex_);
  // By number; the first one is none, so that no draw is number 0.
  const PageArray<Chunk*> chunks_{kChunksMax};
  absl::Mutex chunks_mutex_;
  size_t chunks_used_ ABSL_GUARDED_BY(chunks_mutex_) = 1;
  std::vector<uint32_t> chunks_free_ ABSL_GUARDED_BY(chunks_mutex_);
  std::atomic<size_t> bytes_ = 0;
};

}  // namespace mab::assignment
