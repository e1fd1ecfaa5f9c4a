#include "admin/timeline_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "admin/report.h"
#include "admin/testing/test_experiment.h"
#include "storage/minute_fold.h"
#include "storage/rollup_store.h"
#include "storage/testing/migrated_database.h"

namespace mab::admin {
namespace {

using ::testing::IsEmpty;

const absl::Time kMonday = absl::FromUnixSeconds(1'799'625'600);
const absl::Time kNow = kMonday + absl::Minutes(13);

class TimelineReaderPostgresTest : public ::testing::Test {
 protected:
  void Run(const std::string& sql, const std::vector<PgParam>& params) {
    const auto result = pool_.Execute(sql, params);
    ASSERT_TRUE(result.ok()) << sql << ": " << result.status();
  }

  storage::Experiment Insert(size_t variants, absl::Duration age) {
    storage::Experiment experiment =
        MakeTestExperiment(absl::StrCat("with", variants), variants, kNow - age);
    EXPECT_TRUE(InsertExperiment(pool_, experiment).ok());
    return experiment;
  }

  // A row a variant and `step` from `from` to `to`, of `users` users an hour in all.
  void Add(const storage::Experiment& experiment, absl::Time from, absl::Time to,
           absl::Duration step, int64_t users) {
    const auto variants = static_cast<int64_t>(experiment.variants.size());
    const int64_t exposures = users * absl::ToInt64Seconds(step) / 3600 / variants;
    Run("INSERT INTO mab.arm_totals (experiment_id, variant_index, minute, exposures,"
        " expected_exposures, conversions)"
        " SELECT $1, variant, minute, $6::bigint + variant, $6, $6::bigint / 20 + variant % 2"
        " FROM generate_series($2::timestamptz, $3::timestamptz - interval '1 microsecond',"
        "   make_interval(secs => $4)) AS minute, generate_series(0, $5::int - 1) AS variant",
        {experiment.id, from, to, absl::ToInt64Seconds(step), variants, exposures});
  }
  // Minutes, as the drainer writes them.
  void AddMinutes(const storage::Experiment& experiment) {
    Add(experiment, absl::FromUnixSeconds(absl::ToUnixSeconds(*experiment.start_time) / 60 * 60),
        kNow, absl::Minutes(1), 10'000);
  }
  // The same, but hours where they are folded.
  void AddFolded(const storage::Experiment& experiment) {
    const absl::Time hours_before = storage::HoursBefore(kNow);
    Add(experiment,
        absl::FromUnixSeconds(absl::ToUnixSeconds(*experiment.start_time) / 3600 * 3600),
        hours_before, absl::Hours(1), 4'630);
    Add(experiment, hours_before, kNow, absl::Minutes(1), 4'630);
  }

  // The delays of a week and its two days, dense; and a version every ten minutes.
  void AddDelaysAndVersions(const storage::Experiment& experiment) {
    const auto variants = static_cast<int64_t>(experiment.variants.size());
    Run("INSERT INTO mab.delay_totals (experiment_id, variant_index, hour, delay_bucket,"
        " conversions) SELECT $1, variant, hour, bucket, 1"
        " FROM generate_series($2::timestamptz - interval '16 days', $2, interval '1 hour') AS "
        "hour,"
        " generate_series(0, $3::int - 1) AS variant, generate_series(40, 130, 10) AS bucket",
        {experiment.id, kMonday, variants});
    Run("INSERT INTO mab.versions (experiment_id, version, policy, floor, salt, sampler_id,"
        " variant_ids, eligible, alphas, betas, weights, probabilities_best, allocations)"
        " SELECT $1, 1000 * extract(epoch FROM at)::bigint, 'THOMPSON', 0.01, '', 1, '{}', '{}',"
        " shares, shares, shares, shares, shares"
        " FROM generate_series($2::timestamptz, $3, interval '10 minutes') AS at,"
        " LATERAL (SELECT array_agg(0.1 + sqrt(variant * extract(epoch FROM at)::float8))::float8[]"
        "   AS shares FROM generate_series(0, $4::int - 1) AS variant) AS s",
        {experiment.id, *experiment.start_time, kNow, variants});
  }

  int64_t Fold() {
    int64_t rows = 0;
    for (bool done = false; !done;) {
      const absl::Status status = pool_.Transaction([&](PgConnection& db) -> absl::Status {
        const auto batch =
            storage::MinuteFold::FoldBatch(db, storage::HoursBefore(kNow), {.rows_max = 100'000});
        done = !batch.ok() || batch->done;
        if (batch.ok()) rows += static_cast<int64_t>(batch->rows);
        return batch.status();
      });
      EXPECT_TRUE(status.ok()) << status;
    }
    return rows;
  }

  ExperimentTimeline Read(const TimelineQuery& query) {
    absl::StatusOr<ExperimentTimeline> read = ReadTimeline(pool_, query, kNow, estimates_);
    EXPECT_TRUE(read.ok()) << read.status();
    return read.ok() ? *std::move(read) : ExperimentTimeline{};
  }

  storage::MigratedDatabase database_;
  PgPool pool_{{.url = database_.url()}};
  DelayEstimates estimates_{{}};
};

void ExpectSame(const Timeline& a, const Timeline& b) {
  ASSERT_EQ(a.rows.size(), b.rows.size());
  for (size_t row = 0; row < a.rows.size(); ++row) {
    for (size_t i = 0; i < a.rows[row].variants.size(); ++i) {
      const VariantTimeline& x = a.rows[row].variants[i];
      const VariantTimeline& y = b.rows[row].variants[i];
      EXPECT_EQ(x.exposures, y.exposures) << row;
      EXPECT_EQ(x.conversions, y.conversions) << row;
      EXPECT_EQ(x.credible_interval.upper, y.credible_interval.upper) << row;
    }
  }
}

TEST_F(TimelineReaderPostgresTest, SaysTheSameBeforeAndAfterTheMinutesAreFolded) {
  const storage::Experiment experiment = Insert(2, absl::Hours(24 * 4));
  AddMinutes(experiment);
  std::vector<Timeline> before;
  const std::vector<std::string> steps = {"5m", "1h", "3h", "12h", "7d"};
  for (const std::string& step : steps) {
    before.push_back(Read({.id_or_key = experiment.key, .step = step}).timeline);
  }
  EXPECT_GT(Fold(), 0);
  for (size_t i = 0; i < steps.size(); ++i) {
    SCOPED_TRACE(steps[i]);
    ExpectSame(Read({.id_or_key = experiment.key, .step = steps[i]}).timeline, before[i]);
  }
}

TEST_F(TimelineReaderPostgresTest, AddsUpToTheSameWhateverTheStep) {
  const storage::Experiment experiment = Insert(2, absl::Hours(24 * 4));
  AddMinutes(experiment);
  const auto sums = pool_.Execute(
      "SELECT sum(exposures) AS exposures FROM mab.arm_totals WHERE variant_index = 1");
  for (const std::string step : {"5m", "30m", "1h", "3h", "6h", "12h", "1d", "7d", ""}) {
    SCOPED_TRACE(step);
    const Timeline timeline = Read({.id_or_key = experiment.key, .step = step}).timeline;
    uint64_t exposures = 0, conversions = 0;
    for (const TimelineRow& row : timeline.rows) {
      exposures += row.variants[1].exposures;
      conversions += row.variants[1].conversions;
    }
    EXPECT_EQ(exposures, static_cast<uint64_t>(sums->Int(0, "exposures")));
    EXPECT_EQ(timeline.rows.back().variants[1].cumulative_rate,
              static_cast<double>(conversions) / static_cast<double>(exposures));
  }
  // And a part of it to what all of it does.
  const Timeline all = Read({.id_or_key = experiment.key, .step = "1h"}).timeline;
  const Timeline part =
      Read({.id_or_key = experiment.key, .step = "1h", .start = kNow - absl::Hours(30)}).timeline;
  EXPECT_EQ(part.rows.back().variants[1].cumulative_rate,
            all.rows.back().variants[1].cumulative_rate);
  EXPECT_EQ(part.rows.back().variants[1].credible_interval.lower,
            all.rows.back().variants[1].credible_interval.lower);
  EXPECT_EQ(part.rows.front().variants[1].exposures,
            all.rows[all.rows.size() - part.rows.size()].variants[1].exposures);
}

TEST_F(TimelineReaderPostgresTest, HasNoRowsOfADraft) {
  storage::Experiment draft = MakeTestExperiment("draft", 3, kNow);
  draft.start_time.reset();
  draft.state = storage::ExperimentState::kDraft;
  ASSERT_TRUE(InsertExperiment(pool_, draft).ok());
  EXPECT_THAT(Read({.id_or_key = "draft"}).timeline.rows, IsEmpty());
}

TEST_F(TimelineReaderPostgresTest, DoesNotKnowEveryExperiment) {
  EXPECT_TRUE(
      absl::IsNotFound(ReadTimeline(pool_, {.id_or_key = "nowhere"}, kNow, estimates_).status()));
}

// Ninety days of 4,630 users an hour, ten million in all: what it takes is printed, and not
// checked, for it is this machine's. (Without a limit of time this can't fail for a machine that is
// busy.)
TEST_F(TimelineReaderPostgresTest, PrintsWhatNinetyDaysTake) {
  for (const size_t variants : {2, 10}) {
    const storage::Experiment experiment = Insert(variants, absl::Hours(24 * 90));
    AddFolded(experiment);
    AddDelaysAndVersions(experiment);
    Run("ANALYZE", {});
    for (const std::string step : {"", "1h"}) {
      absl::Duration first, best = absl::InfiniteDuration();
      double computing = 1e9;  // seconds of this process, of which the rest is PostgreSQL's
      size_t rows = 0;
      for (int i = 0; i < 7; ++i) {
        const absl::Time begun = absl::Now();
        const std::clock_t computed = std::clock();
        rows = Read({.id_or_key = experiment.key, .step = step}).timeline.rows.size();
        const absl::Duration took = absl::Now() - begun;
        computing =
            std::min(computing, static_cast<double>(std::clock() - computed) / CLOCKS_PER_SEC);
        if (i == 0) first = took;
        best = std::min(best, took);
      }
      std::printf("%zu variants, %zu rows of step %s: %s, of which %.1f ms here; the first %s\n",
                  variants, rows, step.empty() ? "6h (the default)" : step.c_str(),
                  absl::FormatDuration(best).c_str(), computing * 1e3,
                  absl::FormatDuration(first).c_str());
      EXPECT_EQ(rows, step.empty() ? 361u : 2161u);
    }
  }
}

}  // namespace
}  // namespace mab::admin
