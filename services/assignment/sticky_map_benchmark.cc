// What ten million assignments cost the sticky map: bytes each, the longest call while it grows,
// lookups, and its checkpoint written and read. Figures of one run belong together; the longest
// call by the clock of the wall has the machine's other work in it, the one by the thread's own has
// not.
//
//   ninja sticky_map_benchmark && bin/sticky_map_benchmark
//
// STICKY_ENTRIES: another number of them. TMPDIR: where the checkpoint goes, 75 bytes each.

#include <benchmark/benchmark.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "assignment/sticky_checkpoint.h"
#include "assignment/sticky_map.h"
#include "assignment/testing/sample_snapshot.h"
#include "assignment/testing/temp_directory.h"

namespace mab::assignment {
namespace {

constexpr uint64_t kVersionUsers = 1000;  // of one version, with two variants

uint64_t EntriesWanted() {
  uint64_t entries = 10'000'000;
  const char* const wanted = std::getenv("STICKY_ENTRIES");
  if (wanted != nullptr && !absl::SimpleAtoi(wanted, &entries)) std::abort();
  return entries;
}

StickyKey UserNumber(uint64_t number) {
  StickyKey key{SampleExperimentId(1), {}};
  uint64_t state = number * 2;
  for (size_t at = 0; at < 16; at += 8) {
    uint64_t word = ++state * 0x9e3779b97f4a7c15;
    word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9;
    word = (word ^ (word >> 27)) * 0x94d049bb133111eb;
    word ^= word >> 31;
    for (size_t i = 0; i < 8; ++i) key.user.bytes[at + i] = static_cast<uint8_t>(word >> (8 * i));
  }
  return key;
}

// Nine in ten are exposed at once, the others two seconds later; one in twenty converts.
StickyEntry EntryNumber(uint64_t number, uint64_t version_users) {
  StickyEntry entry;
  entry.variant_index = static_cast<uint16_t>(number % 2);
  entry.version = 1795392000000 + number / version_users;
  entry.propensity = number % 2 == 0 ? 0.25 : 0.75;
  entry.assigned_at = SampleTime() + absl::Microseconds(33 * number);
  entry.exposed_at = entry.assigned_at + absl::Seconds(number % 10 == 0 ? 2 : 0);
  if (number % 20 < 1) entry.converted_at = *entry.exposed_at + absl::Minutes(5);
  entry.credited = entry.converted_at.has_value();
  entry.assignment_sequence = entry.exposure_sequence = number + 1;
  if (entry.credited) entry.conversion_sequence = number + 1;
  return entry;
}

double SecondsOf(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

double ThreadMillis() { return SecondsOf(CLOCK_THREAD_CPUTIME_ID) * 1e3; }
double ProcessSeconds() { return SecondsOf(CLOCK_PROCESS_CPUTIME_ID); }

double ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  double total = 0;
  double resident = 0;
  file >> total >> resident;
  return resident * 4096;
}

double Millis(std::chrono::steady_clock::duration took) {
  return std::chrono::duration<double, std::milli>(took).count();
}

struct Longest {
  double wall_ms = 0;
  double thread_ms = 0;
  uint64_t over_1_ms = 0;
};

// As the service does it: users come, and what is on the disk is settled behind them.
Longest Grow(StickyMap& map, uint64_t entries, uint64_t version_users) {
  std::atomic<uint64_t> synced = 0;
  std::atomic<bool> ended = false;
  std::thread settler([&] {
    while (!ended) map.Settle(synced, [](uint64_t) { return true; });
  });
  Longest longest;
  for (uint64_t i = 0; i < entries; ++i) {
    const StickyKey key = UserNumber(i);
    const StickyEntry added = EntryNumber(i, version_users);
    const double thread_begun = ThreadMillis();
    const auto begun = std::chrono::steady_clock::now();
    map.WithEntry(key, [&](std::optional<StickyEntry>& entry) {
      entry = added;
      return true;
    });
    const double wall = Millis(std::chrono::steady_clock::now() - begun);
    longest.wall_ms = std::max(longest.wall_ms, wall);
    longest.thread_ms = std::max(longest.thread_ms, ThreadMillis() - thread_begun);
    if (wall > 1) ++longest.over_1_ms;
    synced = i + 1;
  }
  ended = true;
  settler.join();
  map.Settle(entries, [](uint64_t) { return true; });
  return longest;
}

// Filled once, and used by what follows.
StickyMap& FullMap() {
  static StickyMap* const map = [] {
    auto* const made = new StickyMap();
    Grow(*made, EntriesWanted(), kVersionUsers);
    return made;
  }();
  return *map;
}

void BM_Growing(benchmark::State& state) {
  const uint64_t entries = EntriesWanted();
  for (auto _ : state) {
    const double resident = ResidentBytes();
    StickyMap map;
    const Longest longest = Grow(map, entries, static_cast<uint64_t>(state.range(0)));
    const auto count = static_cast<double>(entries);
    state.counters["bytes_each"] = static_cast<double>(map.memory_bytes()) / count;
    state.counters["resident_each"] = (ResidentBytes() - resident) / count;
    state.counters["longest_wall_ms"] = longest.wall_ms;
    state.counters["longest_thread_ms"] = longest.thread_ms;
    state.counters["over_1_ms"] = static_cast<double>(longest.over_1_ms);
  }
}
// Users of one version: so many that its draws are shared, and, the worst case, one.
BENCHMARK(BM_Growing)->Arg(kVersionUsers)->Arg(1)->Iterations(1)->Unit(benchmark::kSecond);

void BM_Lookup(benchmark::State& state) {
  const StickyMap& map = FullMap();
  const uint64_t entries = EntriesWanted();
  std::vector<StickyKey> keys;
  for (uint64_t i = 0; i < 1 << 16; ++i) {
    // Half of them are known.
    keys.push_back(UserNumber(i * 104729 % entries + (i % 2) * entries));
  }
  size_t at = 0;
  for (auto _ : state) benchmark::DoNotOptimize(map.Find(keys[at++ % keys.size()]));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Lookup);

void BM_SettleNothing(benchmark::State& state) {
  StickyMap& map = FullMap();
  for (auto _ : state) map.Settle(0, [](uint64_t) { return true; });
}
BENCHMARK(BM_SettleNothing)->Unit(benchmark::kMicrosecond);

void BM_Checkpoint(benchmark::State& state) {
  const StickyMap& map = FullMap();
  TempDirectory directory;
  const std::string path = directory.path() + "/checkpoint";
  for (auto _ : state) {
    double cpu_begun = ProcessSeconds();
    auto begun = std::chrono::steady_clock::now();
    if (!WriteStickyCheckpoint(
             map, {}, [](uint64_t) { return true; }, path)
             .ok()) {
      std::abort();
    }
    const double write_s = Millis(std::chrono::steady_clock::now() - begun) / 1e3;
    const double write_cpu_s = ProcessSeconds() - cpu_begun;
    cpu_begun = ProcessSeconds();
    auto read = std::make_unique<StickyMap>();
    begun = std::chrono::steady_clock::now();
    if (!LoadStickyCheckpoint(path, *read).ok()) std::abort();
    const double load_s = Millis(std::chrono::steady_clock::now() - begun) / 1e3;
    const double load_cpu_s = ProcessSeconds() - cpu_begun;
    if (read->size() != map.size()) std::abort();
    state.counters["written_per_s"] = static_cast<double>(map.size()) / write_s;
    state.counters["loaded_per_s"] = static_cast<double>(map.size()) / load_s;
    // Of one processor.
    state.counters["written_per_cpu_s"] = static_cast<double>(map.size()) / write_cpu_s;
    state.counters["loaded_per_cpu_s"] = static_cast<double>(map.size()) / load_cpu_s;
    state.counters["bytes_each"] =
        static_cast<double>(read->memory_bytes()) / static_cast<double>(read->size());
  }
}
BENCHMARK(BM_Checkpoint)->Iterations(3)->Unit(benchmark::kSecond);

}  // namespace
}  // namespace mab::assignment

BENCHMARK_MAIN();
