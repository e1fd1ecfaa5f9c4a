#include "admin/summary_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <numeric>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "admin/analytics_codec.h"
#include "admin/testing/test_experiment.h"
#include "admin/timeline_reader.h"
#include "common/error.h"
#include "storage/testing/migrated_database.h"

namespace mab::admin {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const absl::Time kNow = absl::FromUnixSeconds(1'799'625'600) + absl::Minutes(13);

class SummaryReaderPostgresTest : public ::testing::Test {
 protected:
  void Run(const std::string& sql, const std::vector<PgParam>& params) {
    const auto result = pool_.Execute(sql, params);
    ASSERT_TRUE(result.ok()) << sql << ": " << result.status();
  }

  // Running since `age`.
  storage::Experiment Insert(const std::string& key, absl::Duration age, size_t variants = 2) {
    storage::Experiment experiment = MakeTestExperiment(key, variants, clock_.Now() - age);
    EXPECT_TRUE(InsertExperiment(pool_, experiment).ok());
    return experiment;
  }

  // Exposures of all variants each `step` from its start to now, as the drainer and the folding
  // leave them, and what became of them.
  void AddCounts(const storage::Experiment& experiment, absl::Duration step) {
    const auto variants = static_cast<int64_t>(experiment.variants.size());
    const absl::Time start =
        absl::FromUnixSeconds(absl::ToUnixSeconds(*experiment.start_time) / 60 * 60);
    Run("INSERT INTO mab.arm_totals (experiment_id, variant_index, minute, exposures,"
        " expected_exposures, conversions)"
        " SELECT $1, variant, minute, n + variant, n, (n + variant) * (4 + variant % 3) / 100"
        " FROM (SELECT minute, 60 + (extract(epoch FROM minute) / 60)::bigint % 41 AS n"
        "       FROM generate_series($2::timestamptz, $3::timestamptz,"
        "                            make_interval(secs => $4)) AS minute) AS minutes,"
        "   generate_series(0, $5::int - 1) AS variant",
        {experiment.id, start, clock_.Now(), absl::ToInt64Seconds(step), variants});
    CountTotals(experiment);
  }
  void CountTotals(const storage::Experiment& experiment) {
    Run("INSERT INTO mab.variant_totals (experiment_id, variant_index, exposures, conversions)"
        " SELECT experiment_id, variant_index, sum(exposures), sum(conversions) FROM mab.arm_totals"
        " WHERE experiment_id = $1 GROUP BY experiment_id, variant_index"
        " ON CONFLICT (experiment_id, variant_index) DO UPDATE"
        " SET exposures = excluded.exposures, conversions = excluded.conversions",
        {experiment.id});
  }
  // A visitor more of the last minute.
  void AddOne(const storage::Experiment& experiment) {
    Run("UPDATE mab.arm_totals SET exposures = exposures + 1 WHERE experiment_id = $1"
        " AND variant_index = 1"
        " AND minute = (SELECT max(minute) FROM mab.arm_totals WHERE experiment_id = $1)",
        {experiment.id});
    CountTotals(experiment);
  }

  Summaries Read(const std::vector<std::string>& ids) {
    auto read = reader_.Read(ids);
    EXPECT_TRUE(read.ok()) << read.status();
    return read.ok() ? *std::move(read) : Summaries{};
  }
  // The analytics of now.
  mab::v1::GetAnalyticsResponse Analytics(const std::string& id) {
    mab::v1::GetAnalyticsResponse response;
    const absl::Status status = pool_.ReadTransaction([&](PgConnection& db) -> absl::Status {
      HourCache nothing_kept{{}};
      auto input = ReadReportInput(db, id, clock_.Now(), delays_, nothing_kept);
      if (input.ok()) EncodeReport(input->experiment, MakeReport(*input), &response);
      return input.status();
    });
    EXPECT_TRUE(status.ok()) << status;
    return response;
  }
  void ExpectIsTheAnalytics(const ExperimentSummary& summary) {
    const mab::v1::GetAnalyticsResponse want = Analytics(summary.key);
    mab::v1::ExperimentSummary got;
    EncodeSummary(summary, &got);
    EXPECT_EQ(got.experiment_id(), want.experiment_id());
    EXPECT_EQ(got.experiment_key(), want.experiment_key());
    EXPECT_EQ(got.exposures(), want.exposures());
    EXPECT_EQ(got.conversions(), want.conversions());
    EXPECT_EQ(got.verdict_code(), want.verdict().code());
    EXPECT_EQ(got.health(), want.health().status());
    EXPECT_EQ(got.has_gain(), want.has_gain());
    EXPECT_EQ(got.gain().SerializeAsString(), want.gain().SerializeAsString());
    EXPECT_EQ(got.has_leader(), want.exposures() > 0);
    if (!got.has_leader()) {
      EXPECT_EQ(got.probability_best(), 0);
      return;
    }
    EXPECT_EQ(got.leader().key(), want.verdict().leader());
    for (const mab::v1::VariantAnalytics& variant : want.variants()) {
      if (variant.variant().key() != want.verdict().leader()) continue;
      EXPECT_EQ(got.leader().SerializeAsString(), variant.variant().SerializeAsString());
      EXPECT_EQ(got.probability_best(), variant.probability_best());
    }
  }

  storage::MigratedDatabase database_;
  PgPool pool_{{.url = database_.url()}};
  FakeClock clock_{kNow};
  DelayEstimates delays_{{}};
  HourCache hours_{{}};
  SummaryReader reader_{{.pool = &pool_, .delays = &delays_, .hours = &hours_, .clock = &clock_}};
};

std::vector<std::string> Keys(const Summaries& read) {
  std::vector<std::string> keys;
  for (const auto& summary : read.summaries) keys.push_back(summary->key);
  return keys;
}

TEST_F(SummaryReaderPostgresTest, HasTheNumbersOfTheAnalytics) {
  AddCounts(Insert("young", absl::Minutes(40)), absl::Minutes(1));
  AddCounts(Insert("week", absl::Hours(24 * 7), 10), absl::Minutes(10));
  AddCounts(Insert("old", absl::Hours(24 * 90), 3), absl::Hours(1));
  storage::Experiment done = Insert("done", absl::Hours(24 * 20));
  AddCounts(done, absl::Hours(1));
  done.state = storage::ExperimentState::kCompleted;
  done.end_time = clock_.Now();
  done.winner_index = 1;
  ASSERT_TRUE(UpdateExperiment(pool_, done).ok());
  storage::Experiment draft = MakeTestExperiment("draft", 2, kNow);
  draft.state = storage::ExperimentState::kDraft;
  draft.start_time.reset();
  ASSERT_TRUE(InsertExperiment(pool_, draft).ok());
  Insert("nobody", absl::Hours(1));

  const std::vector<std::string> keys = {"old", "draft", "young", "done", "nobody", "week"};
  const Summaries first = Read(keys);
  EXPECT_EQ(first.as_of, clock_.Now());
  EXPECT_EQ(Keys(first), keys);
  for (const auto& summary : first.summaries) ExpectIsTheAnalytics(*summary);

  // Of those that are kept, too.
  clock_.Advance(absl::Seconds(2));
  AddOne(done);
  for (const auto& summary : Read(keys).summaries) ExpectIsTheAnalytics(*summary);
}

TEST_F(SummaryReaderPostgresTest, AnswersInTheOrderAskedForEachOnceAndLeavesOutWhatIsNotThere) {
  const storage::Experiment a = Insert("a", absl::Hours(1));
  const storage::Experiment b = Insert("b", absl::Hours(1));
  EXPECT_THAT(Keys(Read({"b", "nowhere", "a", b.id.ToString(), "", "No key", "a",
                         ExperimentId{Uuid::NewV7(kNow)}.ToString()})),
              ElementsAre("b", "a"));
  EXPECT_THAT(Keys(Read({a.id.ToString()})), ElementsAre("a"));
  EXPECT_THAT(Keys(Read({"nowhere"})), IsEmpty());
}

TEST_F(SummaryReaderPostgresTest, TakesOneToAHundredIds) {
  EXPECT_TRUE(reader_.Read(std::vector<std::string>(1, "x")).ok());
  EXPECT_TRUE(reader_.Read(std::vector<std::string>(100, "x")).ok());
  for (const size_t count : {0, 101}) {
    const absl::Status refused = reader_.Read(std::vector<std::string>(count, "x")).status();
    EXPECT_TRUE(absl::IsInvalidArgument(refused));
    ASSERT_THAT(ErrorViolations(refused), SizeIs(1));
    EXPECT_EQ(ErrorViolations(refused)[0].field, "ids");
    EXPECT_EQ(ErrorViolations(refused)[0].description, "must have 1 to 100 entries");
  }
}

TEST_F(SummaryReaderPostgresTest, IsMadeAnewWhereItIsTwoSecondsOld) {
  const storage::Experiment experiment = Insert("hero", absl::Hours(3));
  AddCounts(experiment, absl::Minutes(1));
  const uint64_t before = Read({"hero"}).summaries[0]->exposures;
  AddOne(experiment);
  clock_.Advance(absl::Milliseconds(1999));
  EXPECT_EQ(Read({"hero"}).summaries[0]->exposures, before);
  EXPECT_EQ(reader_.reports_made(), 1);
  clock_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(Read({"hero"}).summaries[0]->exposures, before + 1);
  EXPECT_EQ(reader_.reports_made(), 2);
  // Exposures may still convert: they count for more as they grow older.
  clock_.Advance(absl::Seconds(2));
  Read({"hero"});
  EXPECT_EQ(reader_.reports_made(), 3);
}

TEST_F(SummaryReaderPostgresTest, IsMadeAnewAtOnceWhereTheExperimentWasChanged) {
  storage::Experiment experiment = Insert("hero", absl::Hours(3));
  AddCounts(experiment, absl::Minutes(1));
  EXPECT_NE(Read({"hero"}).summaries[0]->state, storage::ExperimentState::kCompleted);
  experiment.state = storage::ExperimentState::kCompleted;
  experiment.end_time = clock_.Now();
  ASSERT_TRUE(UpdateExperiment(pool_, experiment).ok());
  EXPECT_EQ(Read({"hero"}).summaries[0]->state, storage::ExperimentState::kCompleted);
  ASSERT_TRUE(pool_
                  .Transaction([&](PgConnection& db) {
                    return storage::ExperimentStore::Delete(db, experiment.id);
                  })
                  .ok());
  EXPECT_THAT(Read({"hero"}).summaries, IsEmpty());
}

TEST_F(SummaryReaderPostgresTest, StandsUntilTheHourIsOverWhereNothingIsLeftToLearn) {
  storage::Experiment experiment = Insert("hero", absl::Hours(24 * 9));
  AddCounts(experiment, absl::Hours(1));
  experiment.state = storage::ExperimentState::kCompleted;
  experiment.end_time = clock_.Now();
  ASSERT_TRUE(UpdateExperiment(pool_, experiment).ok());
  // The window is a week, and the hour of the last exposure counts to its end.
  clock_.Advance(absl::Hours(24 * 7) + absl::Minutes(46));
  Read({"hero"});
  clock_.Advance(absl::Minutes(2));
  ExpectIsTheAnalytics(*Read({"hero"}).summaries[0]);
  EXPECT_EQ(reader_.reports_made(), 2) << "not settled the first time, for one hour ran";
  clock_.Advance(absl::Minutes(30));
  ExpectIsTheAnalytics(*Read({"hero"}).summaries[0]);
  EXPECT_EQ(reader_.reports_made(), 2);
  clock_.Advance(absl::Minutes(30));
  ExpectIsTheAnalytics(*Read({"hero"}).summaries[0]);
  EXPECT_EQ(reader_.reports_made(), 3) << "the health of the data is told by the hour";

  AddOne(experiment);
  clock_.Advance(absl::Seconds(3));
  ExpectIsTheAnalytics(*Read({"hero"}).summaries[0]);
  EXPECT_EQ(reader_.reports_made(), 4);
  Run("INSERT INTO mab.event_counts (experiment_id, day, kind, count)"
      " VALUES ($1, '2027-01-01', 'CONFLICT', 1)",
      {experiment.id});
  clock_.Advance(absl::Seconds(3));
  ExpectIsTheAnalytics(*Read({"hero"}).summaries[0]);
  EXPECT_EQ(reader_.reports_made(), 5);
}

TEST_F(SummaryReaderPostgresTest, ForgetsTheOldestWhereThereAreTooMany) {
  SummaryReader reader(
      {.pool = &pool_, .delays = &delays_, .hours = &hours_, .clock = &clock_, .size_max = 2});
  for (const std::string key : {"a", "b", "c"}) {
    Insert(key, absl::Hours(1));
    clock_.Advance(absl::Milliseconds(10));
    ASSERT_TRUE(reader.Read({key}).ok());
  }
  ASSERT_TRUE(reader.Read({"b", "c"}).ok());
  EXPECT_EQ(reader.reports_made(), 3);
  ASSERT_TRUE(reader.Read({"a"}).ok());
  EXPECT_EQ(reader.reports_made(), 4);
}

TEST_F(SummaryReaderPostgresTest, GivesUpWhereNobodyWaits) {
  Insert("hero", absl::Hours(1));
  EXPECT_TRUE(absl::IsUnavailable(reader_.Read({"hero"}, [] { return true; }).status()));
}

TEST_F(SummaryReaderPostgresTest, MakesOneForAllWhoAskAtOnce) {
  AddCounts(Insert("hero", absl::Hours(3)), absl::Minutes(1));
  std::vector<std::thread> callers;
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([&] { EXPECT_THAT(Read({"hero"}).summaries, SizeIs(1)); });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(reader_.reports_made(), 1);
}

TEST_F(SummaryReaderPostgresTest, RefusesWhomItHasNoPlaceToWaitFor) {
  SummaryReader reader(
      {.pool = &pool_, .delays = &delays_, .hours = &hours_, .clock = &clock_, .waiting_max = 0});
  Insert("a", absl::Hours(1));
  Insert("b", absl::Hours(1));
  absl::Status refused;
  const auto while_it_is_made = [&] {
    refused = reader.Read({"b"}).status();
    return false;
  };
  ASSERT_TRUE(reader.Read({"a"}, while_it_is_made).ok());
  EXPECT_EQ(ErrorReason(refused), kReasonOverloaded);
  // What is kept needs no place.
  ASSERT_TRUE(reader.Read({"b"}, [&] { return !reader.Read({"a"}).ok(); }).ok());
}

TEST_F(SummaryReaderPostgresTest, TheTrafficIsTheTimelinesOfItsStep) {
  struct Case {
    absl::Duration age;
    absl::Duration rows;
    std::string step;
    size_t points;
  };
  const std::vector<Case> cases = {{absl::Minutes(29), absl::Minutes(1), "1m", 30},
                                   {absl::Minutes(30), absl::Minutes(1), "5m", 7},
                                   {absl::Hours(5), absl::Minutes(1), "15m", 21},
                                   {absl::Hours(24), absl::Minutes(5), "1h", 25},
                                   {absl::Hours(24 * 90), absl::Hours(1), "7d", 14},
                                   {absl::Hours(24 * 7 * 29), absl::Hours(24), "7d", 30},
                                   {absl::Hours(24 * 7 * 40), absl::Hours(24), "7d", 30}};
  for (size_t i = 0; i < cases.size(); ++i) {
    const Case& it = cases[i];
    SCOPED_TRACE(absl::FormatDuration(it.age));
    const storage::Experiment experiment = Insert(absl::StrCat("e", i), it.age);
    AddCounts(experiment, it.rows);
    const Traffic traffic = Read({experiment.key}).summaries[0]->traffic;
    EXPECT_EQ(traffic.step, it.step);
    ASSERT_THAT(traffic.exposures, SizeIs(it.points));
    const auto timeline =
        ReadTimeline(pool_, {.id_or_key = experiment.key, .step = it.step, .start = traffic.start},
                     clock_.Now(), delays_);
    ASSERT_TRUE(timeline.ok()) << timeline.status();
    ASSERT_THAT(timeline->timeline.rows, SizeIs(it.points));
    EXPECT_EQ(timeline->timeline.rows.front().time.start, traffic.start);
    for (size_t row = 0; row < it.points; ++row) {
      uint64_t exposures = 0;
      for (const auto& variant : timeline->timeline.rows[row].variants) {
        exposures += variant.exposures;
      }
      EXPECT_EQ(traffic.exposures[row], exposures) << row;
    }
  }
}

// Ninety days and ten variants each, all busy: what it takes is printed, and not checked, for it is
// this machine's. MAB_SUMMARIES says how many there are.
TEST_F(SummaryReaderPostgresTest, PrintsWhatAListTakes) {
  const char* const asked = std::getenv("MAB_SUMMARIES");
  int count = 3;
  if (asked != nullptr) {
    ASSERT_TRUE(absl::SimpleAtoi(asked, &count));
  }
  std::vector<std::string> keys;
  std::vector<storage::Experiment> experiments;
  for (int i = 0; i < count; ++i) {
    experiments.push_back(Insert(absl::StrCat("e", i), absl::Hours(24 * 90), 10));
    AddCounts(experiments.back(), absl::Hours(1));
    Run("UPDATE mab.arm_totals SET minute = date_trunc('hour', minute) WHERE experiment_id = $1",
        {experiments.back().id});
    // The minutes of the last hours.
    Run("INSERT INTO mab.arm_totals (experiment_id, variant_index, minute, exposures,"
        " expected_exposures, conversions) SELECT $1, variant, minute, 2, 2, 0"
        " FROM generate_series($2::timestamptz - interval '359 minutes', $2, '1 minute') AS minute,"
        " generate_series(0, 9) AS variant ON CONFLICT DO NOTHING",
        {experiments.back().id, absl::FromUnixSeconds(absl::ToUnixSeconds(kNow) / 60 * 60)});
    CountTotals(experiments.back());
    keys.push_back(experiments.back().key);
  }
  Run("ANALYZE", {});
  for (const std::string what : {"cold", "busy", "busy", "within 2 s"}) {
    if (what == "busy") {
      for (const storage::Experiment& experiment : experiments) AddOne(experiment);
      clock_.Advance(absl::Seconds(5));
    }
    const absl::Time begun = absl::Now();
    const std::clock_t computed = std::clock();
    EXPECT_THAT(Read(keys).summaries, SizeIs(count));
    std::printf("%d experiments, %s: %.1f ms, of which %.1f ms here\n", count, what.c_str(),
                absl::ToDoubleMilliseconds(absl::Now() - begun),
                1e3 * static_cast<double>(std::clock() - computed) / CLOCKS_PER_SEC);
  }
}

}  // namespace
}  // namespace mab::admin
