// What it costs to find out who calls, a call: by the internal secret, by an API key among two
// hundred, and for a stranger. Beside it the least that a key can cost: its hash.
//
//   ninja call_authorizer_benchmark && bin/call_authorizer_benchmark

#include <benchmark/benchmark.h>
#include <grpcpp/test/server_context_test_spouse.h>

#include <memory>
#include <string>
#include <vector>

#include "assignment/call_authorizer.h"
#include "assignment/testing/internal_channel.h"
#include "assignment/testing/sample_snapshot.h"
#include "common/api_key.h"
#include "common/clock.h"

namespace mab::assignment {
namespace {

constexpr char kMethod[] = "mab.v1.AssignmentService/BatchExpose";
constexpr int kKeys = 200;

struct Fixture {
  Fixture() {
    std::vector<CallerKeyPtr> keys;
    for (int i = 0; i < kKeys; ++i) {
      secret = NewApiKeySecret();
      keys.push_back(std::make_shared<const CallerKey>(ApiKeyId{Uuid::NewV7(clock.Now())},
                                                       HashApiKeySecret(secret).value(),
                                                       absl::InfiniteFuture()));
    }
    auto snapshot = std::make_shared<Snapshot>(*SampleSnapshot({}));
    snapshot->caller_keys = std::make_shared<const CallerKeys>(keys);
    holder.Set(snapshot);
  }
  SystemClock clock;
  SnapshotHolder holder;
  CallAuthorizer authorizer{kInternalSecret, &holder, &clock};
  std::string secret;
};

void Authorize(benchmark::State& state, const std::string& name, const std::string& value) {
  const Fixture fixture;
  grpc::ServerContext context;
  grpc::testing::ServerContextTestSpouse spouse(&context);
  spouse.AddClientMetadata("user-agent", "grpc-c++/1.51.1");
  spouse.AddClientMetadata(name, value.empty() ? "Bearer " + fixture.secret : value);
  for (auto _ : state) benchmark::DoNotOptimize(fixture.authorizer.Authorize(context, kMethod));
}

void BM_InternalSecret(benchmark::State& state) {
  Authorize(state, "mab-internal-secret", kInternalSecret);
}
void BM_ApiKey(benchmark::State& state) { Authorize(state, "authorization", ""); }
void BM_UnknownApiKey(benchmark::State& state) {
  Authorize(state, "authorization", "Bearer " + NewApiKeySecret());
}
void BM_HashOfAKey(benchmark::State& state) {
  const std::string secret = NewApiKeySecret();
  for (auto _ : state) benchmark::DoNotOptimize(HashApiKeySecret(secret));
}

BENCHMARK(BM_InternalSecret);
BENCHMARK(BM_ApiKey);
BENCHMARK(BM_UnknownApiKey);
BENCHMARK(BM_HashOfAKey);

}  // namespace
}  // namespace mab::assignment

BENCHMARK_MAIN();
