// The stages of an assign in this service, one by one: the sticky map, the decision (with a journal
// in memory), the messages of the gateway's stream as bytes, a call as message in and message out,
// the journal's record as bytes. The keyed hash and the draw alone are in bandit_benchmark, the
// journal's files in journal_benchmark.
//
//   ninja hot_path_benchmark && bin/hot_path_benchmark

#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "assignment/assignment_calls_codec.h"
#include "assignment/assignment_metrics.h"
#include "assignment/snapshot_holder.h"
#include "assignment/testing/hot_path.h"
#include "mab/v1/assignment_service.pb.h"

namespace mab::assignment {
namespace {

constexpr uint64_t kKnownUsers = 1 << 14;

std::string UserId(uint64_t number) { return absl::StrCat("visitor-", 100'000'000'000 + number); }

bandit::UserHash NumberedUser(uint64_t number) {
  bandit::UserHash user;
  const uint64_t spread = number * 0x9e3779b97f4a7c15;
  for (size_t i = 0; i < 8; ++i) user.bytes[i] = static_cast<uint8_t>(spread >> (8 * i));
  return user;
}

// One of so many users is looked up, each time another one.
void BM_FindInStickyMap(benchmark::State& state) {
  const auto users = static_cast<uint64_t>(state.range(0));
  const ExperimentId experiment = SampleExperiment(1, 2).id;
  StickyMap map;
  for (uint64_t i = 0; i < users; ++i) {
    map.WithEntry({experiment, NumberedUser(i)}, [](std::optional<StickyEntry>& entry) {
      entry.emplace().propensity = 0.5;
      return 0;
    });
  }
  uint64_t next = 0;
  for (auto _ : state) {
    next = (next + 7919) % users;
    benchmark::DoNotOptimize(map.Find({experiment, NumberedUser(next)}));
  }
}
BENCHMARK(BM_FindInStickyMap)->Arg(1000)->Arg(1'000'000);

// A path with one experiment.
struct Fixture {
  explicit Fixture(size_t variants) : experiment(SampleExperiment(1, variants)) {
    path.SetExperiments({experiment});
    snapshots.Set(path.snapshot);
  }
  SnapshotExperiment experiment;
  HotPath path;
  SnapshotHolder snapshots;
};

void BM_AssignANewUser(benchmark::State& state) {
  Fixture fixture(static_cast<size_t>(state.range(0)));
  uint64_t users = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(fixture.path.Assign(fixture.experiment.key, UserId(users++)));
  }
}
BENCHMARK(BM_AssignANewUser)->Arg(2)->Arg(10);

void BM_AssignAKnownUser(benchmark::State& state) {
  Fixture fixture(2);
  for (uint64_t i = 0; i < kKnownUsers; ++i) {
    if (!fixture.path.Assign(fixture.experiment.key, UserId(i)).ok()) std::abort();
  }
  uint64_t users = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        fixture.path.Assign(fixture.experiment.key, UserId(users++ % kKnownUsers)));
  }
}
BENCHMARK(BM_AssignAKnownUser);

v1::StreamCallsRequest CallsOfAStream(const std::string& experiment, int64_t count) {
  v1::StreamCallsRequest message;
  for (int64_t i = 0; i < count; ++i) {
    v1::StreamCall& call = *message.add_calls();
    call.set_id(1'000'000 + i);
    call.mutable_assign()->set_experiment(experiment);
    call.mutable_assign()->set_user_id(UserId(i));
  }
  return message;
}

// The bytes of so many calls in one message.
void BM_DecodeCalls(benchmark::State& state) {
  const std::string bytes = CallsOfAStream("hero-title", state.range(0)).SerializeAsString();
  for (auto _ : state) {
    v1::StreamCallsRequest message;
    benchmark::DoNotOptimize(message.ParseFromString(bytes));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_DecodeCalls)->Arg(1)->Arg(64);

// So many calls of known users, as messages: decided, and their answers as bytes.
void BM_AnswerCallsAndEncode(benchmark::State& state) {
  Fixture fixture(2);
  HotPath& path = fixture.path;
  AssignmentMetrics metrics(path.metrics);
  AssignmentCalls calls({.snapshots = &fixture.snapshots,
                         .user_key = &path.user_key,
                         .assigner = &path.assigner,
                         .exposer = &path.exposer,
                         .converter = &path.converter,
                         .metrics = &metrics});
  const v1::StreamCallsRequest request = CallsOfAStream(fixture.experiment.key, state.range(0));
  for (auto _ : state) {
    v1::StreamCallsResponse response;
    for (const v1::StreamCall& call : request.calls()) {
      if (!calls.Answer(call, /*trusted=*/true, response.add_answers()).ok()) std::abort();
    }
    benchmark::DoNotOptimize(response.SerializeAsString());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_AnswerCallsAndEncode)->Arg(1)->Arg(64);

}  // namespace
}  // namespace mab::assignment

BENCHMARK_MAIN();
