// The sequence numbers whose records were never written. A run of failures is one range, however
// long the disk is full.
//
// Thread safety: none of its own; the journal's lock guards it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>

namespace mab::assignment {

class FailedSequences {
 public:
  // Far more than failures of different times that anybody still asks about; the oldest is
  // forgotten then.
  static constexpr size_t kRangesMax = 65536;

  // `first` may have been added before; `last` was not.
  void Add(uint64_t first, uint64_t last) {
    if (!ranges_.empty() && ranges_.back().last + 1 >= first) {
      ranges_.back().last = last;
      return;
    }
    ranges_.push_back({first, last});
    if (ranges_.size() > kRangesMax) ranges_.pop_front();
  }

  bool Contains(uint64_t sequence) const {
    const auto at =
        std::lower_bound(ranges_.begin(), ranges_.end(), sequence,
                         [](const Range& range, uint64_t wanted) { return range.last < wanted; });
    return at != ranges_.end() && at->first <= sequence;
  }

 private:
  struct Range {
    uint64_t first;
    uint64_t last;
  };
  std::deque<Range> ranges_;
};

}  // namespace mab::assignment
