#include "storage/experiment_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/error.h"
#include "common/status_macros.h"
#include "storage/testing/migrated_database.h"

namespace mab::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

const absl::Time kNow = absl::FromUnixMicros(1'795'392'000'123'456);

// An id that sorts by `number`.
Uuid NumberedUuid(uint64_t number) {
  Uuid uuid;
  for (size_t i = 0; i < 8; ++i) uuid.bytes[15 - i] = static_cast<uint8_t>(number >> (8 * i));
  uuid.bytes[0] = 1;
  return uuid;
}

Experiment MakeExperiment(uint64_t number, std::string key, size_t variants = 2) {
  Experiment experiment;
  experiment.id = ExperimentId{NumberedUuid(number)};
  experiment.key = std::move(key);
  experiment.name = absl::StrCat("Experiment ", number);
  experiment.revision = 1'795'392'000'123 + number;
  experiment.create_time = kNow;
  experiment.update_time = kNow;
  for (size_t i = 0; i < variants; ++i) {
    experiment.variants.push_back({.id = VariantId{NumberedUuid(1'000'000 + number * 100 + i)},
                                   .key = absl::StrCat("v", i),
                                   .name = absl::StrCat("Variant ", i),
                                   .is_control = i == 0});
  }
  return experiment;
}

// Nothing in it has its default, and its texts are those that quoting goes wrong on.
Experiment MakeOddExperiment() {
  Experiment experiment = MakeExperiment(1, "odd_one-1", 3);
  experiment.name = "It's \"100 %\" {NULL}, \\ Ü 日本語";
  experiment.description = "line one\nline two\twith 'quotes'";
  experiment.state = ExperimentState::kCompleted;
  experiment.policy = bandit::Policy::kTopTwoThompson;
  experiment.floor = 0.1 / 3;
  experiment.burn_in_exposures = 1'000'000;
  experiment.traffic_share = 1e-300;
  experiment.prior = {0.1, 1e6};
  experiment.conversion_window_seconds = 31'536'000;
  experiment.threshold_of_caring = 0.1 + 0.2;
  experiment.minimum_exposures = 1'000'000'000;
  experiment.allowed_origins = {"https://shop.example", "http://[::1]:8080"};
  for (size_t i = 0; i < experiment.salt.size(); ++i) {
    experiment.salt[i] = static_cast<uint8_t>(i * 17);
  }
  experiment.winner_index = 2;
  experiment.start_time = kNow + absl::Microseconds(1);
  experiment.end_time = kNow + absl::Hours(1);
  experiment.variants[0].payload_json = R"({"text":"a \"b\", {c} \\ d","zero":"\u0000"})";
  experiment.variants[1].payload_json = "[1e308,null,\"NULL\",\"\"]";
  experiment.variants[1].disabled = true;
  experiment.variants[1].name = "NULL";
  experiment.variants[2].weight = 0.30000000000000004;
  return experiment;
}

// How often this transaction has scanned one of the tables whole.
absl::StatusOr<int64_t> CountScans(PgConnection& db) {
  MAB_ASSIGN_OR_RETURN(const PgResult rows,
                       db.Execute("SELECT sum(seq_scan)::bigint AS n FROM pg_stat_xact_user_tables "
                                  "WHERE relname IN ('experiments', 'variants')"));
  return rows.Int(0, "n");
}

class ExperimentStoreTest : public ::testing::Test {
 protected:
  ExperimentStoreTest() : pool_({.url = database_.url()}) {}

  // What `body` returns, in a transaction of its own.
  template <typename Body>
  auto InTransaction(Body body) -> decltype(body(std::declval<PgConnection&>())) {
    decltype(body(std::declval<PgConnection&>())) result = absl::UnknownError("did not run");
    const absl::Status status = pool_.Transaction([&](PgConnection& db) {
      result = body(db);
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return result;
  }

  void Insert(const Experiment& experiment) {
    const absl::Status status =
        InTransaction([&](PgConnection& db) { return ExperimentStore::Insert(db, experiment); });
    ASSERT_TRUE(status.ok()) << status;
  }
  absl::StatusOr<Experiment> Get(absl::string_view id_or_key, RowLock lock = RowLock::kNone) {
    return InTransaction(
        [&](PgConnection& db) { return ExperimentStore::Get(db, id_or_key, lock); });
  }
  std::vector<std::string> ListKeys(const ExperimentListQuery& query) {
    const auto listed =
        InTransaction([&](PgConnection& db) { return ExperimentStore::List(db, query); });
    EXPECT_TRUE(listed.ok()) << listed.status();
    std::vector<std::string> keys;
    if (listed.ok()) {
      for (const Experiment& experiment : *listed) keys.push_back(experiment.key);
    }
    return keys;
  }
  std::vector<std::string> Search(std::string text) {
    ExperimentListQuery query;
    query.text = std::move(text);
    return ListKeys(query);
  }
  int64_t Count(const std::string& table) {
    const auto rows = pool_.Execute(absl::StrCat("SELECT count(*) AS n FROM ", table));
    EXPECT_TRUE(rows.ok()) << rows.status();
    return rows.ok() ? rows->Int(0, "n") : -1;
  }

  MigratedDatabase database_;
  PgPool pool_;
};

TEST_F(ExperimentStoreTest, ReadsBackExactlyWhatWasInserted) {
  const Experiment odd = MakeOddExperiment();
  Insert(odd);
  const auto by_key = Get("odd_one-1");
  ASSERT_TRUE(by_key.ok()) << by_key.status();
  EXPECT_TRUE(*by_key == odd);
  const auto by_id = Get(odd.id.ToString());
  ASSERT_TRUE(by_id.ok()) << by_id.status();
  EXPECT_TRUE(*by_id == odd);
  const auto locked = Get("odd_one-1", RowLock::kForUpdate);
  ASSERT_TRUE(locked.ok()) << locked.status();
  EXPECT_TRUE(*locked == odd);
}

TEST_F(ExperimentStoreTest, KeepsAHundredVariantsInTheirOrder) {
  const Experiment large = MakeExperiment(1, "large", 100);
  Insert(large);
  const auto read = Get("large");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(*read == large);
}

TEST_F(ExperimentStoreTest, KeepsAPayloadOfSixteenKibibytes) {
  Experiment experiment = MakeExperiment(1, "big");
  experiment.variants[0].payload_json = absl::StrCat("\"", std::string(16 * 1024 - 2, 'x'), "\"");
  Insert(experiment);
  EXPECT_EQ(Get("big")->variants[0].payload_json, experiment.variants[0].payload_json);
}

TEST_F(ExperimentStoreTest, FindsNothingUnderWhatIsNoIdOrKeyOfAnExperiment) {
  Insert(MakeExperiment(1, "there"));
  for (const std::string& text :
       {std::string("not-there"), std::string(""), std::string("There"), std::string("ther%"),
        std::string("there\0", 6), std::string("\xff\xfe"), std::string(100'000, 'a'),
        NumberedUuid(2).ToString(), std::string("'; DROP TABLE mab.experiments; --")}) {
    const auto found = Get(text);
    EXPECT_EQ(ErrorReason(found.status()), kReasonExperimentNotFound) << text;
  }
}

TEST_F(ExperimentStoreTest, RefusesAKeyThatIsTakenAndLetsTheTransactionGoOn) {
  Insert(MakeExperiment(1, "taken"));
  const absl::Status status = InTransaction([&](PgConnection& db) {
    const absl::Status refused = ExperimentStore::Insert(db, MakeExperiment(2, "taken"));
    EXPECT_EQ(refused.code(), absl::StatusCode::kAlreadyExists);
    EXPECT_EQ(ErrorReason(refused), kReasonAlreadyExists);
    const std::vector<FieldViolation> violations = ErrorViolations(refused);
    EXPECT_TRUE(violations.size() == 1 && violations[0].field == "key");
    return ExperimentStore::Insert(db, MakeExperiment(2, "free"));
  });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(Count("mab.experiments"), 2);
  EXPECT_EQ(Count("mab.variants"), 4);
}

TEST_F(ExperimentStoreTest, ListsKeysThatBeginAlike) {
  Insert(MakeExperiment(1, "hero"));
  Insert(MakeExperiment(2, "hero-2"));
  Insert(MakeExperiment(3, "her_"));
  const auto keys = InTransaction(
      [](PgConnection& db) { return ExperimentStore::ListKeysStartingWith(db, "hero"); });
  ASSERT_TRUE(keys.ok()) << keys.status();
  EXPECT_THAT(*keys, UnorderedElementsAre("hero", "hero-2"));
}

TEST_F(ExperimentStoreTest, UpdatesEveryColumnAndReplacesTheVariants) {
  Insert(MakeExperiment(1, "before", 3));
  Experiment after = MakeOddExperiment();
  // Keys and indexes change places, one variant goes, another comes.
  std::swap(after.variants[0], after.variants[1]);
  std::swap(after.variants[0].key, after.variants[1].key);
  after.variants[2].id = VariantId{NumberedUuid(77)};
  const absl::Status status =
      InTransaction([&](PgConnection& db) { return ExperimentStore::Update(db, after); });
  ASSERT_TRUE(status.ok()) << status;
  const auto read = Get("odd_one-1");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(*read == after);
  EXPECT_EQ(Count("mab.variants"), 3);
}

TEST_F(ExperimentStoreTest, DeletesAnExperimentWithItsVariants) {
  const Experiment gone = MakeExperiment(1, "gone");
  Insert(gone);
  Insert(MakeExperiment(2, "stays"));
  const auto erase = [&](PgConnection& db) { return ExperimentStore::Delete(db, gone.id); };
  EXPECT_TRUE(InTransaction(erase).ok());
  EXPECT_EQ(ErrorReason(InTransaction(erase)), kReasonExperimentNotFound);
  EXPECT_EQ(Count("mab.experiments"), 1);
  EXPECT_EQ(Count("mab.variants"), 2);
}

TEST_F(ExperimentStoreTest, GetsManyAndLeavesOutWhatDoesNotExist) {
  const Experiment first = MakeExperiment(1, "first");
  const Experiment second = MakeExperiment(2, "second", 5);
  Insert(first);
  Insert(second);
  Insert(MakeExperiment(3, "third"));
  auto found = InTransaction([&](PgConnection& db) {
    return ExperimentStore::GetMany(db, {second.id, ExperimentId{NumberedUuid(9)}, first.id});
  });
  ASSERT_TRUE(found.ok()) << found.status();
  std::sort(found->begin(), found->end(),
            [](const Experiment& a, const Experiment& b) { return a.id < b.id; });
  ASSERT_EQ(found->size(), 2u);
  EXPECT_TRUE((*found)[0] == first);
  EXPECT_TRUE((*found)[1] == second);
  const auto none =
      InTransaction([](PgConnection& db) { return ExperimentStore::GetMany(db, {}); });
  ASSERT_TRUE(none.ok());
  EXPECT_TRUE(none->empty());
}

TEST_F(ExperimentStoreTest, ListsTheRevisionOfEachExperiment) {
  Insert(MakeExperiment(1, "one"));
  Insert(MakeExperiment(2, "two"));
  const auto revisions =
      InTransaction([](PgConnection& db) { return ExperimentStore::ListRevisions(db); });
  ASSERT_TRUE(revisions.ok()) << revisions.status();
  std::vector<std::pair<ExperimentId, uint64_t>> pairs;
  for (const ExperimentRevision& revision : *revisions) {
    pairs.emplace_back(revision.id, revision.revision);
  }
  EXPECT_THAT(pairs, UnorderedElementsAre(
                         std::pair(ExperimentId{NumberedUuid(1)}, uint64_t{1'795'392'000'124}),
                         std::pair(ExperimentId{NumberedUuid(2)}, uint64_t{1'795'392'000'125})));
}

TEST_F(ExperimentStoreTest, ListsNewestFirstAndOneMoreThanThePage) {
  for (uint64_t i = 1; i <= 5; ++i) Insert(MakeExperiment(i, absl::StrCat("e", i)));
  ExperimentListQuery query;
  query.page_size = 2;
  EXPECT_THAT(ListKeys(query), ElementsAre("e5", "e4", "e3"));
  query.before = ExperimentId{NumberedUuid(3)};
  EXPECT_THAT(ListKeys(query), ElementsAre("e2", "e1"));
  query.before = ExperimentId{NumberedUuid(1)};
  EXPECT_THAT(ListKeys(query), ElementsAre());
}

TEST_F(ExperimentStoreTest, ListsOneState) {
  for (uint64_t i = 1; i <= 4; ++i) {
    Experiment experiment = MakeExperiment(i, absl::StrCat("e", i));
    if (i % 2 == 0) experiment.state = ExperimentState::kRunning;
    Insert(experiment);
  }
  ExperimentListQuery query;
  query.state = ExperimentState::kRunning;
  EXPECT_THAT(ListKeys(query), ElementsAre("e4", "e2"));
  query.before = ExperimentId{NumberedUuid(4)};
  EXPECT_THAT(ListKeys(query), ElementsAre("e2"));
  query.state = ExperimentState::kPaused;
  EXPECT_THAT(ListKeys(query), ElementsAre());
}

TEST_F(ExperimentStoreTest, SearchesKeysAndNamesInAnyCaseAndTakesEveryCharacterAsItself) {
  Experiment discount = MakeExperiment(1, "hero_title");
  discount.name = "50 % Rabatt auf ÄPFEL";
  Insert(discount);
  Experiment path = MakeExperiment(2, "cta-primary");
  path.name = "C:\\new_path 'quoted'";
  Insert(path);
  EXPECT_THAT(Search("HERO"), ElementsAre("hero_title"));
  EXPECT_THAT(Search("äpfel"), ElementsAre("hero_title"));
  EXPECT_THAT(Search("Rabatt AUF"), ElementsAre("hero_title"));
  EXPECT_THAT(Search("%"), ElementsAre("hero_title"));
  EXPECT_THAT(Search("_"), ElementsAre("cta-primary", "hero_title"));
  EXPECT_THAT(Search("5_ %"), ElementsAre());
  EXPECT_THAT(Search("\\"), ElementsAre("cta-primary"));
  EXPECT_THAT(Search("\\N"), ElementsAre("cta-primary"));
  EXPECT_THAT(Search("'"), ElementsAre("cta-primary"));
  EXPECT_THAT(Search("nothing has this"), ElementsAre());
}

// What waits for the row must not see the variants of before it waited.
TEST_F(ExperimentStoreTest, ALockedReadSeesTheVariantsOfTheChangeItWaitedFor) {
  const Experiment before = MakeExperiment(1, "contended");
  Insert(before);
  auto first = PgConnection::Connect(database_.url(), absl::Seconds(5));
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_TRUE((*first)->Execute("BEGIN").ok());
  ASSERT_TRUE(ExperimentStore::Get(**first, "contended", RowLock::kForUpdate).ok());
  Experiment after = before;
  after.variants[0].name = "changed";
  after.revision += 1;
  ASSERT_TRUE(ExperimentStore::Update(**first, after).ok());

  absl::StatusOr<Experiment> seen = absl::UnknownError("did not run");
  std::atomic<bool> finished{false};
  std::thread second([&] {
    seen = Get("contended", RowLock::kForUpdate);
    finished = true;
  });
  // Until the second one waits for the first.
  while (!finished && Count("pg_locks WHERE NOT granted") == 0) std::this_thread::yield();
  EXPECT_FALSE(finished);
  ASSERT_TRUE((*first)->Execute("COMMIT").ok());
  second.join();
  ASSERT_TRUE(seen.ok()) << seen.status();
  EXPECT_TRUE(*seen == after);
}

TEST_F(ExperimentStoreTest, ReadsAThousandExperimentsWithoutScanningTheirTables) {
  for (uint64_t i = 1; i <= 1000; ++i) {
    Experiment experiment = MakeExperiment(i, absl::StrCat("e", i));
    if (i % 10 == 0) experiment.state = ExperimentState::kRunning;
    Insert(experiment);
  }
  ASSERT_TRUE(pool_.Execute("ANALYZE mab.experiments").ok());
  ASSERT_TRUE(pool_.Execute("ANALYZE mab.variants").ok());
  const auto scans = InTransaction([](PgConnection& db) -> absl::StatusOr<int64_t> {
    ExperimentListQuery running;
    running.state = ExperimentState::kRunning;
    running.before = ExperimentId{NumberedUuid(500)};
    MAB_RETURN_IF_ERROR(ExperimentStore::List(db, {}).status());
    MAB_RETURN_IF_ERROR(ExperimentStore::List(db, running).status());
    MAB_RETURN_IF_ERROR(ExperimentStore::Get(db, "e77", RowLock::kForUpdate).status());
    MAB_RETURN_IF_ERROR(ExperimentStore::Get(db, NumberedUuid(5).ToString()).status());
    MAB_RETURN_IF_ERROR(ExperimentStore::GetMany(db, {ExperimentId{NumberedUuid(3)}}).status());
    return CountScans(db);
  });
  ASSERT_TRUE(scans.ok()) << scans.status();
  EXPECT_EQ(*scans, 0);
  // The count does count: what needs every row scans.
  const auto revisions = InTransaction([](PgConnection& db) -> absl::StatusOr<int64_t> {
    MAB_RETURN_IF_ERROR(ExperimentStore::ListRevisions(db).status());
    return CountScans(db);
  });
  ASSERT_TRUE(revisions.ok()) << revisions.status();
  EXPECT_EQ(*revisions, 1);
}

}  // namespace
}  // namespace mab::storage
