// A journal, a database, and what a drainer between them has done.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "assignment/drainer.h"
#include "assignment/testing/temp_directory.h"
#include "assignment/testing/test_journal.h"
#include "common/clock.h"
#include "common/metrics.h"
#include "common/postgres.h"
#include "storage/testing/migrated_database.h"
#include "storage/testing/sample_events.h"

namespace mab::assignment {

class DrainerFixture : public ::testing::Test {
 protected:
  DrainerFixture() : journal_(OpenTestJournal(directory_.path())) {}

  Drainer::Options Options() {
    Drainer::Options options;
    options.database_url = database_.url();
    options.interval = absl::Milliseconds(2);
    options.backoff_min = absl::Milliseconds(2);
    options.backoff_max = absl::Milliseconds(20);
    options.journal = journal_.get();
    options.clock = &clock_;
    options.metrics = &metrics_;
    return options;
  }
  uint64_t Append(const storage::Event& event) { return journal_->Append(event).value_or(0); }
  void AppendUsers(int from, int to) {
    for (int user = from; user < to; ++user) {
      Append(SampleAssignment(user));
      if (user % 10 == 0) Append(SampleConversion(user));
    }
  }
  void ReopenJournal() {
    journal_ = nullptr;
    journal_ = OpenTestJournal(directory_.path());
  }

  // The first column of the first row.
  std::string Value(const std::string& sql) {
    const absl::StatusOr<PgResult> result =
        pool_.Execute(absl::StrCat("SELECT (", sql, ")::text AS value"));
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? std::string(result->Text(0, "value")) : "";
  }
  std::string Totals() {
    return Value(
        "SELECT coalesce(sum(exposures), 0) || ',' || coalesce(sum(conversions), 0)"
        " FROM mab.variant_totals");
  }
  std::string Rows() {
    return Value(
        "SELECT (SELECT count(*) FROM mab.exposures) || ',' ||"
        " (SELECT count(*) FROM mab.conversions)");
  }
  uint64_t Position() {
    const std::string position =
        Value("SELECT coalesce(max(position), 0) FROM mab.journal_positions");
    return std::stoull(position);
  }
  // The position of an earlier backup, whose record's checksum nobody remembers.
  void SetBack(uint64_t position) {
    ASSERT_TRUE(
        pool_.Execute("UPDATE mab.journal_positions SET position = $1, checksum = NULL", {position})
            .ok());
  }
  // Until the drainer's thread has done it all.
  void AwaitDrained(const Drainer& drainer) {
    while (drainer.lag_events() > 0) absl::SleepFor(absl::Milliseconds(1));
  }
  double Metric(const std::string& name, const std::string& label_value = "") {
    for (const auto& family : metrics_.registry().Collect()) {
      if (family.name != name) continue;
      for (const auto& metric : family.metric) {
        if (!label_value.empty() &&
            (metric.label.empty() || metric.label[0].value != label_value)) {
          continue;
        }
        return metric.gauge.value + metric.counter.value;
      }
    }
    ADD_FAILURE() << "no metric " << name;
    return -1;
  }

  TempDirectory directory_;
  storage::MigratedDatabase database_;
  PgPool pool_{{.url = database_.url(), .size_max = 2}};
  FakeClock clock_{kSampleTime};
  Metrics metrics_;
  std::unique_ptr<SegmentJournal> journal_;
};

}  // namespace mab::assignment
