// How often something failed of late, by a key: a bounded number of keys, of which the one that
// failed longest ago goes first.
//
// Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"

namespace mab::admin {

class FailureCounts {
 public:
  // The delay after the n-th failure is nothing up to n = `free`, then `first`, then twice as long
  // with each, up to `longest`. What failed last `forgotten_after` ago is forgotten.
  struct Options {
    size_t keys_max;
    uint32_t free;
    absl::Duration first;
    absl::Duration longest;
    absl::Duration forgotten_after;
  };
  explicit FailureCounts(const Options& options) : options_(options) {}

  // How long until the next attempt may be made; zero: now.
  absl::Duration Wait(const std::string& key, absl::Time now) const;
  bool Any(const std::string& key, absl::Time now) const;
  void Add(const std::string& key, absl::Time now);
  // Takes one back that turned out to be none.
  void Remove(const std::string& key);
  void Clear(const std::string& key);
  size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    uint32_t failures = 0;
    absl::Time last;
    std::list<std::string>::iterator place;
  };
  // Null where there is none that is remembered.
  const Entry* Find(const std::string& key, absl::Time now) const;

  const Options options_;
  absl::flat_hash_map<std::string, Entry> entries_;
  // Keys, by their last failure: the oldest first.
  std::list<std::string> order_;
};

}  // namespace mab::admin
