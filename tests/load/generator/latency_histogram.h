// How long calls took: counts in buckets whose width is 1/64 of their value at most, so that a
// quantile is exact to 1.6 %. A value below 64 ns has a bucket of its own; whatever is longer than
// an hour counts as an hour. Not safe for concurrent use.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace mab::load {

class LatencyHistogram {
 public:
  void Add(int64_t ns) {
    ns = std::clamp<int64_t>(ns, 0, kLongestNs);
    ++counts_[BucketOf(static_cast<uint64_t>(ns))];
    ++total_;
    max_ns_ = std::max(max_ns_, ns);
  }

  void Merge(const LatencyHistogram& other) {
    for (size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    total_ += other.total_;
    max_ns_ = std::max(max_ns_, other.max_ns_);
  }

  // The value that the share `q` of all calls does not exceed; 0 where there was none.
  int64_t Quantile(double q) const {
    if (total_ == 0) return 0;
    const auto rank = static_cast<uint64_t>(q * static_cast<double>(total_ - 1)) + 1;
    uint64_t seen = 0;
    for (size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (seen >= rank) return std::min<int64_t>(LargestOf(i), max_ns_);
    }
    return max_ns_;
  }

  uint64_t total() const { return total_; }
  int64_t max_ns() const { return max_ns_; }

 private:
  static constexpr int kSubBits = 6;
  static constexpr uint64_t kSub = 1 << kSubBits;
  static constexpr int64_t kLongestNs = int64_t{3600} * 1000 * 1000 * 1000;

  static size_t BucketOf(uint64_t value) {
    if (value < kSub) return value;
    const int shift = std::bit_width(value) - kSubBits - 1;
    return (static_cast<uint64_t>(shift + 1) << kSubBits) + ((value >> shift) - kSub);
  }

  static int64_t LargestOf(size_t bucket) {
    if (bucket < kSub) return static_cast<int64_t>(bucket);
    const auto shift = static_cast<int>((bucket >> kSubBits) - 1);
    const uint64_t first = ((bucket & (kSub - 1)) + kSub) << shift;
    return static_cast<int64_t>(first + (uint64_t{1} << shift) - 1);
  }

  std::array<uint64_t, kSub * 38> counts_{};
  uint64_t total_ = 0;
  int64_t max_ns_ = 0;
};

}  // namespace mab::load
