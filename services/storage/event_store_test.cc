#include "storage/event_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "storage/testing/migrated_database.h"
#include "storage/testing/sample_events.h"

namespace mab::storage {
namespace {

using ::testing::ElementsAre;

const absl::Time kNow = kSampleTime + absl::Hours(1);

class EventStoreTest : public ::testing::Test {
 protected:
  EventStoreTest() { journal_.bytes[0] = 42; }

  static std::vector<SequencedEvent> Sequenced(std::vector<Event> events, uint64_t first = 1) {
    std::vector<SequencedEvent> sequenced;
    for (Event& event : events) sequenced.push_back({first++, std::move(event)});
    return sequenced;
  }

  // From where the database is.
  absl::Status Drain(const std::vector<SequencedEvent>& events) {
    return Drain(events, Position());
  }
  absl::Status Drain(const std::vector<SequencedEvent>& events, uint64_t after) {
    return pool_.Transaction([&](PgConnection& db) {
      return EventStore::DrainBatch(db, journal_, after, events, kNow);
    });
  }
  absl::Status DrainAll(std::vector<Event> events) { return Drain(Sequenced(std::move(events))); }

  // The rows of a statement, their columns joined by commas.
  std::vector<std::string> Rows(const std::string& columns, const std::string& from) {
    const absl::StatusOr<PgResult> result =
        pool_.Execute("SELECT concat_ws(',', " + columns + ") AS row FROM " + from);
    EXPECT_TRUE(result.ok()) << result.status();
    std::vector<std::string> rows;
    for (int row = 0; result.ok() && row < result->rows(); ++row) {
      rows.emplace_back(result->Text(row, "row"));
    }
    return rows;
  }
  std::vector<std::string> Counts() {
    return Rows("day, kind, count", "mab.event_counts ORDER BY day, kind");
  }
  std::vector<std::string> Totals() {
    return Rows("variant_index, exposures, conversions",
                "mab.variant_totals ORDER BY variant_index");
  }
  uint64_t Position() {
    uint64_t position = 0;
    EXPECT_TRUE(pool_
                    .Transaction([&](PgConnection& db) -> absl::Status {
                      const auto at = EventStore::ReadPosition(db, journal_);
                      if (at.ok()) position = at->position;
                      return at.status();
                    })
                    .ok());
    return position;
  }

  MigratedDatabase database_;
  PgPool pool_{{.url = database_.url()}};
  Uuid journal_;
};

TEST_F(EventStoreTest, WritesEachKindOfCount) {
  std::vector<Event> events;
  for (const auto kind : {CountEvent::Kind::kDuplicateConversion, CountEvent::Kind::kBotUserAgent,
                          CountEvent::Kind::kBotPrefetch, CountEvent::Kind::kBotRate}) {
    CountEvent count = SampleCount(3 + static_cast<uint64_t>(kind));
    count.kind = kind;
    events.emplace_back(count);
    events.emplace_back(count);
  }
  ASSERT_TRUE(DrainAll(std::move(events)).ok());
  EXPECT_THAT(Counts(),
              ElementsAre("2026-11-18,BOT_PREFETCH,10", "2026-11-18,BOT_RATE,12",
                          "2026-11-18,BOT_USER_AGENT,8", "2026-11-18,DUPLICATE_CONVERSION,6"));
}

TEST_F(EventStoreTest, WritesEachKindOfEvent) {
  ASSERT_TRUE(DrainAll(SampleOfEach()).ok());
  EXPECT_THAT(
      Rows("experiment_id, version, policy, floor, sampler_id, cardinality(variant_ids),"
           " allocations, alphas",
           "mab.versions"),
      ElementsAre("00000000-0000-7000-8000-000000000001,1795000000000,TOP_TWO_THOMPSON,0.01,"
                  "1,2,{0.25,0.75},{1.5,1.5}"));
  EXPECT_THAT(Rows("encode(user_hash, 'hex'), variant_index, version, propensity, assigned_at",
                   "mab.assignments"),
              ElementsAre("157c4a7fb979379e0100000000000000,1,1795000000000,0.75,"
                          "2026-11-18 11:06:40.123456+00"));
  EXPECT_THAT(Rows("variant_index, exposed_at", "mab.exposures ORDER BY exposed_at"),
              ElementsAre("1,2026-11-18 11:06:40.123456+00", "1,2026-11-18 11:06:41.123456+00"));
  EXPECT_THAT(
      Rows("variant_index, converted_at, exposed_at, credited, value, event_id", "mab.conversions"),
      ElementsAre("1,2026-11-18 11:08:10.123456+00,2026-11-18 11:06:40.123456+00,t,12.5,order-7"));
  EXPECT_THAT(Counts(), ElementsAre("2026-11-18,DUPLICATE_CONVERSION,3"));
  EXPECT_THAT(Totals(), ElementsAre("1,2,1"));
  EXPECT_EQ(Position(), 6u);
}

TEST_F(EventStoreTest, MovesTheTotalsOfMinutesAndDelays) {
  AssignmentEvent next_minute = SampleAssignment(2, true, 0);
  next_minute.assigned_at += absl::Minutes(1);
  ASSERT_TRUE(
      DrainAll({SampleVersionEvent(), SampleAssignment(1), next_minute, SampleConversion(1)}).ok());
  EXPECT_THAT(
      Rows("variant_index, minute, exposures, expected_exposures, conversions",
           "mab.arm_totals ORDER BY minute, variant_index"),
      ElementsAre("0,2026-11-18 11:06:00+00,0,0.25,0", "1,2026-11-18 11:06:00+00,1,0.75,1",
                  "0,2026-11-18 11:07:00+00,1,0.25,0", "1,2026-11-18 11:07:00+00,0,0.75,0"));
  const int bucket = static_cast<int>(std::floor(8 * std::log2(1 + 90.0)));
  EXPECT_THAT(Rows("variant_index, hour, delay_bucket, conversions", "mab.delay_totals"),
              ElementsAre("1,2026-11-18 11:00:00+00," + std::to_string(bucket) + ",1"));
}

TEST_F(EventStoreTest, PutsDelaysIntoBuckets) {
  const auto bucket = [this](const std::string& delay) {
    return Rows(
        "mab.delay_bucket('epoch'::timestamptz, 'epoch'::timestamptz + '" + delay + "'::interval)",
        "generate_series(1, 1)")[0];
  };
  EXPECT_EQ(bucket("0"), "0");
  EXPECT_EQ(bucket("-5 seconds"), "0");  // clocks differ
  EXPECT_EQ(bucket("1 second"), "8");
  EXPECT_EQ(bucket("3 seconds"), "16");
  EXPECT_EQ(bucket("7 days"), "153");
  EXPECT_EQ(bucket("100 years"), "200");
}

TEST_F(EventStoreTest, ABatchThatComesAgainChangesNothing) {
  std::vector<SequencedEvent> events = Sequenced(SampleOfEach());
  ASSERT_TRUE(Drain(events).ok());
  EXPECT_TRUE(absl::IsAborted(Drain(events, 0)));
  // As part of a longer one, too.
  events.push_back({7, SampleAssignment(7)});
  EXPECT_TRUE(absl::IsAborted(Drain(events, 0)));
  EXPECT_THAT(Totals(), ElementsAre("1,2,1"));
  EXPECT_THAT(Counts(), ElementsAre("2026-11-18,DUPLICATE_CONVERSION,3"));
  EXPECT_EQ(Position(), 6u);
}

// The position is gone: each row still counts once.
TEST_F(EventStoreTest, TheSameEventsUnderAnotherPositionCountOnce) {
  ASSERT_TRUE(
      Drain(Sequenced({SampleVersionEvent(), SampleAssignment(1), SampleConversion(1)})).ok());
  ASSERT_TRUE(
      Drain(Sequenced({SampleVersionEvent(), SampleAssignment(1), SampleConversion(1)}, 50)).ok());
  EXPECT_THAT(Totals(), ElementsAre("1,1,1"));
  EXPECT_THAT(Counts(), ElementsAre());
}

TEST_F(EventStoreTest, CountsAUserOnceWithinOneBatch) {
  AssignmentEvent later = SampleAssignment(1);
  later.assigned_at += absl::Hours(5);
  ConversionEvent second = SampleConversion(1);
  second.event_id = "order-8";
  ASSERT_TRUE(DrainAll({SampleVersionEvent(), SampleAssignment(1), later, SampleExposure(1),
                        SampleConversion(1), second})
                  .ok());
  EXPECT_THAT(Totals(), ElementsAre("1,1,1"));
  EXPECT_THAT(Rows("assigned_at", "mab.assignments"), ElementsAre("2026-11-18 11:06:40.123456+00"));
  EXPECT_THAT(Rows("event_id", "mab.conversions"), ElementsAre("order-7"));
  EXPECT_THAT(Rows("sum(expected_exposures)", "mab.arm_totals"), ElementsAre("1"));
  EXPECT_THAT(Counts(), ElementsAre());
}

TEST_F(EventStoreTest, CountsAnAssignmentToAnotherVariantAsAConflict) {
  ASSERT_TRUE(DrainAll({SampleAssignment(1, false, 0), SampleAssignment(1, false, 1)}).ok());
  EXPECT_THAT(Counts(), ElementsAre("2026-11-18,CONFLICT,1"));
  ASSERT_TRUE(
      Drain(Sequenced({SampleAssignment(1, false, 1), SampleAssignment(2, false, 1)}, 10)).ok());
  EXPECT_THAT(Counts(), ElementsAre("2026-11-18,CONFLICT,2"));
  EXPECT_THAT(Rows("variant_index", "mab.assignments ORDER BY variant_index"),
              ElementsAre("0", "1"));
}

TEST_F(EventStoreTest, StoresConversionsThatAreNotCreditedAndCountsWhy) {
  ConversionEvent late = SampleConversion(1);
  late.credited = false;
  ConversionEvent never_exposed = SampleConversion(2);
  never_exposed.credited = false;
  never_exposed.exposed_at = std::nullopt;
  never_exposed.event_id = "";
  never_exposed.value = std::nullopt;
  ASSERT_TRUE(DrainAll({late, never_exposed}).ok());
  EXPECT_THAT(Counts(),
              ElementsAre("2026-11-18,LATE_CONVERSION,1", "2026-11-18,UNCREDITED_CONVERSION,1"));
  EXPECT_THAT(Totals(), ElementsAre());
  EXPECT_THAT(Rows("conversions", "mab.arm_totals"), ElementsAre());
  EXPECT_THAT(Rows("conversions", "mab.delay_totals"), ElementsAre());
  EXPECT_THAT(Rows("count(*), count(value), count(event_id)", "mab.conversions"),
              ElementsAre("2,1,1"));
}

TEST_F(EventStoreTest, AddsCountsUp) {
  CountEvent tomorrow = SampleCount(5);
  tomorrow.at += absl::Hours(24);
  ASSERT_TRUE(DrainAll({SampleCount(1), SampleCount(2), tomorrow}).ok());
  EXPECT_THAT(Counts(), ElementsAre("2026-11-18,DUPLICATE_CONVERSION,3",
                                    "2026-11-19,DUPLICATE_CONVERSION,5"));
}

TEST_F(EventStoreTest, KeepsExperimentsApart) {
  AssignmentEvent other = SampleAssignment(1, true, 0);
  other.experiment_id = SampleExperiment(2);
  ASSERT_TRUE(DrainAll({SampleAssignment(1), other}).ok());
  EXPECT_THAT(Counts(), ElementsAre());
  EXPECT_THAT(Rows("right(experiment_id::text, 1), variant_index, exposures",
                   "mab.variant_totals ORDER BY experiment_id"),
              ElementsAre("1,1,1", "2,0,1"));
}

TEST_F(EventStoreTest, ErasesAVisitorInEveryExperimentAndKeepsTheTotals) {
  AssignmentEvent elsewhere = SampleAssignment(1, true, 0);
  elsewhere.experiment_id = SampleExperiment(2);
  ASSERT_TRUE(DrainAll({SampleVersionEvent(), SampleAssignment(1), SampleConversion(1), elsewhere,
                        SampleAssignment(2), SampleErasure(1)})
                  .ok());
  const std::string named =
      "encode(user_hash, 'hex') = '" + absl::BytesToHexString(SampleUser(1).AsBytes()) + "'";
  for (const std::string table : {"mab.assignments", "mab.exposures", "mab.conversions"}) {
    EXPECT_THAT(Rows("'named'", table + " WHERE " + named), ElementsAre()) << table;
  }
  EXPECT_THAT(Rows("erased, variant_index", "mab.assignments ORDER BY erased, variant_index"),
              ElementsAre("f,1", "t,0", "t,1"));
  // One stranger an experiment, the same in its tables.
  EXPECT_THAT(Rows("count(*), count(DISTINCT user_hash), count(event_id)",
                   "mab.assignments JOIN mab.exposures USING (experiment_id, user_hash, erased)"
                   " LEFT JOIN mab.conversions USING (experiment_id, user_hash, erased)"
                   " WHERE erased"),
              ElementsAre("2,2,0"));
  EXPECT_THAT(Totals(), ElementsAre("0,1,0", "1,2,1"));
}

TEST_F(EventStoreTest, ErasesInExperimentsThatNothingElseKnows) {
  for (uint8_t number = 1; number <= 3; ++number) {
    AssignmentEvent unexposed = SampleAssignment(1, false);
    unexposed.experiment_id = SampleExperiment(number);
    ASSERT_TRUE(Drain({{number, unexposed}}).ok());
  }
  ASSERT_TRUE(Drain({{4, SampleErasure(1)}}).ok());
  EXPECT_THAT(Rows("count(*), count(DISTINCT user_hash)", "mab.assignments WHERE erased"),
              ElementsAre("3,3"));
}

TEST_F(EventStoreTest, ErasesWhatWasSetAside) {
  for (uint64_t user = 1; user <= 2; ++user) {
    ASSERT_TRUE(pool_
                    .Transaction([&](PgConnection& db) {
                      return EventStore::SetAside(db, journal_, user - 1,
                                                  {.sequence = user,
                                                   .checksum = 0,
                                                   .type = 4,
                                                   .user = SampleUser(user),
                                                   .body = "him",
                                                   .error = "why"},
                                                  kNow);
                    })
                    .ok());
  }
  ASSERT_TRUE(Drain({{3, SampleErasure(1)}}).ok());
  EXPECT_THAT(Rows("sequence, user_hash IS NULL, convert_from(body, 'UTF8'), error",
                   "mab.set_aside_records ORDER BY sequence"),
              ElementsAre("1,t,,the visitor was erased", "2,f,him,why"));
}

TEST_F(EventStoreTest, KeepsTheChecksumOfThePosition) {
  const auto checksum = [&]() -> std::optional<uint32_t> {
    std::optional<uint32_t> read;
    EXPECT_TRUE(pool_
                    .Transaction([&](PgConnection& db) -> absl::Status {
                      const auto at = EventStore::ReadPosition(db, journal_);
                      if (at.ok()) read = at->checksum;
                      return at.status();
                    })
                    .ok());
    return read;
  };
  EXPECT_EQ(checksum(), std::nullopt);
  ASSERT_TRUE(Drain({{1, SampleAssignment(1), 7}, {2, SampleAssignment(2), 0xfedcba98}}).ok());
  EXPECT_EQ(checksum(), 0xfedcba98);
}

TEST_F(EventStoreTest, AnErasureIsAboutWhatCameBeforeIt) {
  AssignmentEvent again = SampleAssignment(1, false, 0);
  again.assigned_at += absl::Hours(2);
  ASSERT_TRUE(DrainAll({SampleAssignment(1), SampleErasure(1), SampleErasure(1), again}).ok());
  EXPECT_THAT(Rows("erased, variant_index", "mab.assignments ORDER BY erased"),
              ElementsAre("f,0", "t,1"));
  EXPECT_THAT(Counts(), ElementsAre());
  // The same records come again to a database that has them.
  journal_.bytes[0] = 43;
  ASSERT_TRUE(DrainAll({SampleErasure(1)}).ok());
  EXPECT_THAT(Rows("erased", "mab.assignments"), ElementsAre("t", "t"));
}

TEST_F(EventStoreTest, NothingOfABatchStaysWhenItsTransactionFails) {
  const std::vector<SequencedEvent> events = Sequenced(SampleOfEach());
  EXPECT_FALSE(pool_
                   .Transaction([&](PgConnection& db) -> absl::Status {
                     EXPECT_TRUE(EventStore::DrainBatch(db, journal_, 0, events, kNow).ok());
                     return absl::CancelledError("the process dies here");
                   })
                   .ok());
  EXPECT_EQ(Position(), 0u);
  EXPECT_THAT(Totals(), ElementsAre());
  ASSERT_TRUE(Drain(events).ok());
  EXPECT_THAT(Totals(), ElementsAre("1,2,1"));
}

TEST_F(EventStoreTest, SaysThatTheDatabaseIsElsewhere) {
  ASSERT_TRUE(Drain(Sequenced({SampleAssignment(1)})).ok());
  const absl::Status status = Drain(Sequenced({SampleAssignment(9)}, 9), /*after=*/8);
  EXPECT_TRUE(absl::IsAborted(status)) << status;
  EXPECT_TRUE(absl::IsAborted(Drain(Sequenced({SampleAssignment(9)}, 9), /*after=*/0)));
  EXPECT_EQ(Position(), 1u);
  EXPECT_THAT(Totals(), ElementsAre("1,1,0"));
}

TEST_F(EventStoreTest, SaysThatAnEventIsRefusedForItsOwnSake) {
  ConversionEvent not_utf8 = SampleConversion(1);
  not_utf8.event_id = "\xff";
  EXPECT_TRUE(absl::IsInvalidArgument(DrainAll({not_utf8})));
  ConversionEvent with_nul = SampleConversion(1);
  with_nul.event_id = std::string("a\0b", 3);
  EXPECT_TRUE(absl::IsInvalidArgument(DrainAll({with_nul})));
  AssignmentEvent variant = SampleAssignment(1, true, 40000);
  EXPECT_TRUE(absl::IsInvalidArgument(DrainAll({variant})));
  AssignmentEvent time = SampleAssignment(1);
  time.assigned_at = absl::FromUnixMicros(INT64_MIN + 1);
  EXPECT_TRUE(absl::IsInvalidArgument(DrainAll({time})));
  CountEvent count = SampleCount(UINT64_MAX);
  EXPECT_TRUE(absl::IsInvalidArgument(DrainAll({count})));
  EXPECT_EQ(Position(), 0u);
}

TEST_F(EventStoreTest, SetsARecordAsideOnceAndGoesOn) {
  const auto set_aside = [&] {
    return pool_.Transaction([&](PgConnection& db) {
      return EventStore::SetAside(db, journal_, 0,
                                  {.sequence = 7,
                                   .checksum = 8,
                                   .type = 4,
                                   .user = std::nullopt,
                                   .body = std::string("\0\xff", 2),
                                   .error = "why"},
                                  kNow);
    });
  };
  ASSERT_TRUE(set_aside().ok());
  EXPECT_TRUE(absl::IsAborted(set_aside()));
  EXPECT_THAT(Rows("sequence, record_type, encode(body, 'hex'), error", "mab.set_aside_records"),
              ElementsAre("7,4,00ff,why"));
  EXPECT_EQ(Position(), 7u);
}

TEST_F(EventStoreTest, ReadsTheDatabasesIdAndAPositionThatIsNotThereYet) {
  ASSERT_TRUE(pool_
                  .Transaction([&](PgConnection& db) -> absl::Status {
                    const auto at = EventStore::ReadPosition(db, journal_);
                    EXPECT_TRUE(at.ok()) << at.status();
                    EXPECT_FALSE(at->database_id.IsNil());
                    EXPECT_EQ(at->position, 0u);
                    return absl::OkStatus();
                  })
                  .ok());
}

// Two journals drain events of the same users and experiments at once: each user counts once, and
// nobody deadlocks for good.
TEST_F(EventStoreTest, TwoJournalsMayDrainTheSameUsersAtOnce) {
  constexpr int kUsers = 2000;
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] {
      Uuid journal;
      journal.bytes[0] = static_cast<uint8_t>(100 + t);
      uint64_t after = 0;
      for (int batch = 0; batch < 10; ++batch) {
        std::vector<Event> events = {SampleVersionEvent()};
        for (int i = 0; i < kUsers / 10; ++i) {
          const int user = batch * kUsers / 10 + (t == 0 ? i : kUsers / 10 - 1 - i);
          events.emplace_back(SampleAssignment(user));
          events.emplace_back(SampleConversion(user));
        }
        const auto sequenced = Sequenced(std::move(events), batch * kUsers + 1);
        absl::Status status;
        do {
          status = pool_.Transaction([&](PgConnection& db) {
            return EventStore::DrainBatch(db, journal, after, sequenced, kNow);
          });
        } while (absl::IsAborted(status));
        EXPECT_TRUE(status.ok()) << status;
        after = sequenced.back().sequence;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(Totals(), ElementsAre("1,2000,2000"));
  EXPECT_THAT(Counts(), ElementsAre());
  EXPECT_THAT(
      Rows("sum(exposures), round(sum(expected_exposures)), sum(conversions)", "mab.arm_totals"),
      ElementsAre("2000,2000,2000"));
}

}  // namespace
}  // namespace mab::storage
