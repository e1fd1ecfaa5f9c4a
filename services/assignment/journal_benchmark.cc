// The journal against a bare write and fdatasync of the same bytes, and the drainer against a bare
// INSERT of the same rows: what the guarantees cost. And a record as bytes. Look at the ratios of
// one run; the figures themselves are the disk's.
//
//   ninja journal_benchmark && bin/journal_benchmark

#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "assignment/drainer.h"
#include "assignment/event_codec.h"
#include "assignment/journal_file.h"
#include "assignment/segment_journal.h"
#include "assignment/testing/temp_directory.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/metrics.h"
#include "common/postgres.h"
#include "common/postgres_array.h"
#include "storage/event_store.h"
#include "storage/testing/migrated_database.h"
#include "storage/testing/sample_events.h"

namespace mab::assignment {
namespace {

constexpr size_t kRecordBytes = 81;  // of an assignment
constexpr size_t kDrainUsers = 50000;
constexpr size_t kDrainBatch = 5000;

template <typename T>
T OrDie(absl::StatusOr<T> value) {
  if (!value.ok()) {
    Log(LogLevel::kError, "the benchmark can't go on", {{"error", value.status()}});
    std::abort();
  }
  return *std::move(value);
}

void OrDie(const absl::Status& status) {
  if (status.ok()) return;
  OrDie(absl::StatusOr<int>(status));
}

std::unique_ptr<SegmentJournal> OpenJournal(const std::string& directory) {
  static const SystemClock clock;
  SegmentJournal::Options options;
  options.directory = directory;
  options.clock = &clock;
  options.on_fatal = [](const absl::Status&) { std::abort(); };
  return OrDie(SegmentJournal::Open(
      std::move(options), [](const storage::SequencedEvent&) { return absl::OkStatus(); }));
}

void BM_EncodeRecord(benchmark::State& state) {
  const storage::Event event = SampleAssignment(1);
  std::string body;
  for (auto _ : state) {
    body.clear();
    benchmark::DoNotOptimize(EncodeEvent(event, &body));
  }
}
BENCHMARK(BM_EncodeRecord);

void BM_DecodeRecord(benchmark::State& state) {
  const storage::Event event = SampleAssignment(1);
  std::string body;
  if (!EncodeEvent(event, &body).ok()) std::abort();
  for (auto _ : state) benchmark::DoNotOptimize(DecodeEvent(TypeOf(event), body));
}
BENCHMARK(BM_DecodeRecord);

// One group of records a time: written, synced.
void BM_BareWriteAndSync(benchmark::State& state) {
  TempDirectory directory;
  const std::unique_ptr<JournalFile> file = OrDie(OpenPosixJournalFile(directory.path() + "/bare"));
  const std::string bytes(kRecordBytes * state.range(0), 'x');
  uint64_t offset = 0;
  for (auto _ : state) {
    OrDie(file->WriteAt(offset, bytes));
    OrDie(file->Sync());
    offset += bytes.size();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_BareWriteAndSync)->Arg(1)->Arg(64)->Arg(1024)->Arg(8192)->UseRealTime();

// The same groups, through the journal.
void BM_JournalAppendAndSync(benchmark::State& state) {
  TempDirectory directory;
  const auto journal = OpenJournal(directory.path());
  const storage::Event event = SampleAssignment(1);
  for (auto _ : state) {
    uint64_t last = 0;
    for (int64_t i = 0; i < state.range(0); ++i) last = OrDie(journal->Append(event));
    OrDie(journal->WaitSynced(last));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_JournalAppendAndSync)->Arg(1)->Arg(64)->Arg(1024)->Arg(8192)->UseRealTime();

// As requests do it: an answer waits for the write, and the thread goes on.
void BM_JournalAppendAndCallBack(benchmark::State& state) {
  static TempDirectory* directory = nullptr;
  static SegmentJournal* journal = nullptr;
  if (state.thread_index() == 0) {
    directory = new TempDirectory;
    journal = OpenJournal(directory->path()).release();
  }
  const storage::Event event = SampleAssignment(1);
  std::atomic<int64_t> answered{0};
  for (auto _ : state) {
    absl::StatusOr<uint64_t> sequence = journal->Append(event);
    while (!sequence.ok()) sequence = journal->Append(event);  // the buffer is full
    journal->WhenWritten(*sequence, [&answered](const absl::Status&) { ++answered; });
  }
  while (answered < static_cast<int64_t>(state.iterations())) absl::SleepFor(absl::Milliseconds(1));
  state.SetItemsProcessed(state.iterations());
  if (state.thread_index() == 0) {
    delete journal;
    delete directory;
  }
}
BENCHMARK(BM_JournalAppendAndCallBack)->Threads(1)->Threads(4)->UseRealTime();

// Users as they come: each is assigned and exposed, one in ten converts.
std::vector<storage::Event> DrainEvents() {
  std::vector<storage::Event> events;
  events.emplace_back(SampleVersionEvent());
  for (uint64_t user = 0; user < kDrainUsers; ++user) {
    events.emplace_back(SampleAssignment(user, true, static_cast<uint16_t>(user % 2)));
    if (user % 10 == 0)
      events.emplace_back(SampleConversion(user, static_cast<uint16_t>(user % 2)));
  }
  return events;
}

// The three statements of one batch, without totals, position or order; their parameters are made
// beforehand.
struct BareBatch {
  std::vector<PgParam> assignments;
  std::vector<PgParam> exposures;
  std::vector<PgParam> conversions;
};

BareBatch MakeBareBatch(const std::vector<storage::Event>& events, size_t first, size_t last) {
  const size_t n = last - first;
  PgUuidArray a_experiments(n), e_experiments(n), c_experiments(n);
  PgByteaArray a_users(n), e_users(n), c_users(n);
  PgSmallintArray a_variants(n), e_variants(n), c_variants(n);
  PgBigintArray a_versions(n), e_versions(n), c_versions(n);
  PgDoubleArray propensities(n), values(n);
  PgTimeArray assigned(n), exposed(n), converted(n), c_exposed(n);
  PgBoolArray credited(n);
  PgTextArray event_ids(n);
  for (size_t i = first; i < last; ++i) {
    if (const auto* event = std::get_if<storage::AssignmentEvent>(&events[i])) {
      a_experiments.Add(event->experiment_id), e_experiments.Add(event->experiment_id);
      a_users.Add(event->user.AsBytes()), e_users.Add(event->user.AsBytes());
      a_variants.Add(event->variant_index), e_variants.Add(event->variant_index);
      a_versions.Add(event->version), e_versions.Add(event->version);
      propensities.Add(event->propensity);
      assigned.Add(event->assigned_at), exposed.Add(event->assigned_at);
    } else if (const auto* event = std::get_if<storage::ConversionEvent>(&events[i])) {
      c_experiments.Add(event->experiment_id);
      c_users.Add(event->user.AsBytes());
      c_variants.Add(event->variant_index);
      c_versions.Add(event->version);
      converted.Add(event->converted_at);
      c_exposed.Add(event->exposed_at);
      credited.Add(event->credited);
      values.Add(event->value);
      event_ids.Add(event->event_id);
    }
  }
  return {{a_experiments.ToParam(), a_users.ToParam(), a_variants.ToParam(), a_versions.ToParam(),
           propensities.ToParam(), assigned.ToParam()},
          {e_experiments.ToParam(), e_users.ToParam(), e_variants.ToParam(), e_versions.ToParam(),
           exposed.ToParam()},
          {c_experiments.ToParam(), c_users.ToParam(), c_variants.ToParam(), c_versions.ToParam(),
           converted.ToParam(), c_exposed.ToParam(), credited.ToParam(), values.ToParam(),
           event_ids.ToParam()}};
}

absl::Status InsertBare(PgConnection& db, const BareBatch& batch) {
  absl::Status status =
      db.Execute(
            "INSERT INTO mab.assignments (experiment_id, user_hash, variant_index, version,"
            " propensity, assigned_at) SELECT * FROM unnest($1::uuid[], $2::bytea[],"
            " $3::smallint[], $4::bigint[], $5::float8[], $6::timestamptz[])"
            " ON CONFLICT DO NOTHING",
            batch.assignments)
          .status();
  status.Update(
      db.Execute("INSERT INTO mab.exposures (experiment_id, user_hash, variant_index, version,"
                 " exposed_at) SELECT * FROM unnest($1::uuid[], $2::bytea[], $3::smallint[],"
                 " $4::bigint[], $5::timestamptz[]) ON CONFLICT DO NOTHING",
                 batch.exposures)
          .status());
  status.Update(
      db.Execute("INSERT INTO mab.conversions (experiment_id, user_hash, variant_index, version,"
                 " converted_at, exposed_at, credited, value, event_id) SELECT * FROM"
                 " unnest($1::uuid[], $2::bytea[], $3::smallint[], $4::bigint[],"
                 " $5::timestamptz[], $6::timestamptz[], $7::boolean[], $8::float8[], $9::text[])"
                 " ON CONFLICT DO NOTHING",
                 batch.conversions)
          .status());
  return status;
}

void BM_BareInsert(benchmark::State& state) {
  const std::vector<storage::Event> events = DrainEvents();
  std::vector<BareBatch> batches;
  for (size_t first = 0; first < events.size(); first += kDrainBatch) {
    batches.push_back(MakeBareBatch(events, first, std::min(first + kDrainBatch, events.size())));
  }
  for (auto _ : state) {
    storage::MigratedDatabase database;
    PgPool pool({.url = database.url(), .size_max = 1});
    OrDie(pool.Execute("SELECT 1").status());
    const absl::Time began = absl::Now();
    for (const BareBatch& batch : batches) {
      OrDie(pool.Transaction([&](PgConnection& db) { return InsertBare(db, batch); }));
    }
    state.SetIterationTime(absl::ToDoubleSeconds(absl::Now() - began));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(events.size()));
}
BENCHMARK(BM_BareInsert)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond)
    ->Repetitions(5)
    ->Iterations(1);

void BM_Drain(benchmark::State& state) {
  const std::vector<storage::Event> events = DrainEvents();
  const SystemClock clock;
  for (auto _ : state) {
    storage::MigratedDatabase database;
    TempDirectory directory;
    const auto journal = OpenJournal(directory.path());
    uint64_t last = 0;
    for (const storage::Event& event : events) last = OrDie(journal->Append(event));
    OrDie(journal->WaitSynced(last));
    Metrics metrics;
    Drainer drainer({.database_url = database.url(),
                     .batch_events_max = kDrainBatch,
                     .journal = journal.get(),
                     .clock = &clock,
                     .metrics = &metrics});
    const absl::Time began = absl::Now();
    OrDie(drainer.RunOnce());
    state.SetIterationTime(absl::ToDoubleSeconds(absl::Now() - began));
    if (drainer.drained() != last) std::abort();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(events.size()));
}
BENCHMARK(BM_Drain)->UseManualTime()->Unit(benchmark::kMillisecond)->Repetitions(5)->Iterations(1);

}  // namespace
}  // namespace mab::assignment

BENCHMARK_MAIN();
