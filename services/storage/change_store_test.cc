#include "storage/change_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "storage/audit_store.h"
#include "storage/testing/migrated_database.h"

namespace mab::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);

class ChangeStorePostgresTest : public ::testing::Test {
 protected:
  void Append(absl::Duration after, const std::string& action, const std::string& before = "{}",
              const std::string& after_json = "{}") {
    const absl::Status status = pool_.Transaction([&](PgConnection& db) {
      return AuditStore::Append(db, {.at = kStart + after,
                                     .action = absl::StrCat("experiment.", action),
                                     .subject_type = "experiment",
                                     .subject_id = id_.ToString(),
                                     .before_json = before,
                                     .after_json = after_json});
    });
    ASSERT_TRUE(status.ok()) << status;
  }
  void Run(const std::string& sql) {
    const auto result = pool_.Execute(sql, {id_.ToString(), kStart});
    ASSERT_TRUE(result.ok()) << result.status();
  }

  std::vector<ExperimentChange> List(absl::Duration since,
                                     std::optional<absl::Duration> until = std::nullopt) {
    ChangeQuery query{.id = id_, .since = kStart + since};
    if (until.has_value()) query.until = kStart + *until;
    std::vector<ExperimentChange> changes;
    const absl::Status status = pool_.Transaction([&](PgConnection& db) -> absl::Status {
      auto read = ChangeStore::List(db, query);
      if (read.ok()) changes = *std::move(read);
      return read.status();
    });
    EXPECT_TRUE(status.ok()) << status;
    return changes;
  }
  std::vector<ChangeKind> Kinds(absl::Duration since,
                                std::optional<absl::Duration> until = std::nullopt) {
    std::vector<ChangeKind> kinds;
    for (const ExperimentChange& change : List(since, until)) kinds.push_back(change.kind);
    return kinds;
  }

  MigratedDatabase database_;
  PgPool pool_{{.url = database_.url()}};
  const ExperimentId id_{Uuid::NewV7(kStart)};
};

TEST_F(ChangeStorePostgresTest, TellsTheStatesOldestFirstWithinTheTimesAskedFor) {
  Append(-absl::Hours(1), "create");
  Append(absl::ZeroDuration(), "start");
  Append(absl::Hours(1), "pause");
  Append(absl::Hours(2), "resume");
  Append(absl::Hours(3), "complete", "{}", R"({"winner":"b"})");
  Append(absl::Hours(4), "archive");
  Append(absl::Hours(5), "retire_rows");
  EXPECT_THAT(Kinds(absl::ZeroDuration()),
              ElementsAre(ChangeKind::kStarted, ChangeKind::kPaused, ChangeKind::kResumed,
                          ChangeKind::kCompleted, ChangeKind::kArchived));
  EXPECT_EQ(List(absl::ZeroDuration())[3].variant_key, "b");
  EXPECT_EQ(List(absl::ZeroDuration())[1].at, kStart + absl::Hours(1));
  EXPECT_EQ(List(absl::ZeroDuration())[1].variant_key, "");
  EXPECT_THAT(Kinds(absl::Hours(1), absl::Hours(3)),
              ElementsAre(ChangeKind::kPaused, ChangeKind::kResumed));
  EXPECT_THAT(Kinds(absl::Hours(6)), IsEmpty());
}

TEST_F(ChangeStorePostgresTest, NamesTheVariantThatWasDisabled) {
  Append(absl::Hours(1), "disable_variant",
         R"({"variants":[{"key":"a","disabled":false},{"key":"b","disabled":true}]})",
         R"({"variants":[{"key":"a","disabled":true},{"key":"b","disabled":true}]})");
  const std::vector<ExperimentChange> changes = List(absl::ZeroDuration());
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].kind, ChangeKind::kVariantDisabled);
  EXPECT_EQ(changes[0].variant_key, "a");
}

TEST_F(ChangeStorePostgresTest, AnUpdateIsAChangeWhereItTouchesWhatVisitorsGet) {
  const auto sides = [](const std::string& fields, const std::string& variant) {
    return absl::StrCat(R"({"policy":"THOMPSON","floor":0.01,"burn_in_exposures":0,)", fields,
                        R"(,"variants":[{"key":"a",)", variant, "}]}");
  };
  const std::string share = R"("traffic_share":1)";
  const std::string plain = R"("name":"A","payload":null,"weight":1)";
  const std::string before = sides(share, plain);
  const std::vector<std::pair<std::string, bool>> cases = {
      {before, false},
      {sides(R"("traffic_share":1,"name":"another")", plain), false},
      {sides(share, R"("name":"B","payload":null,"weight":1)"), false},
      {sides(R"("traffic_share":0.5)", plain), true},
      {sides(share, R"("name":"A","payload":null,"weight":2)"), true},
      {sides(share, R"("name":"A","payload":"","weight":1)"), true},
      {sides(share, R"("name":"A","payload_unchanged":{"bytes":200,"sha256":"x"},"weight":1)"),
       true}};
  for (size_t i = 0; i < cases.size(); ++i) {
    Append(absl::Hours(i), "update", before, cases[i].first);
    EXPECT_EQ(Kinds(absl::Hours(i)).size(), cases[i].second ? 1u : 0u) << cases[i].first;
  }
}

TEST_F(ChangeStorePostgresTest, AnUpdateThatIsTooLargeToReadIsAChange) {
  // What PostgreSQL can't compress.
  Run("INSERT INTO mab.audit_log (at, action, subject_type, subject_id, before, after)"
      " SELECT $2, 'experiment.update', 'experiment', $1, text::json, text::json"
      " FROM (SELECT to_json(string_agg(md5(i::text), ''))::text AS text"
      "       FROM generate_series(1, 3000) AS i) AS large");
  EXPECT_THAT(Kinds(absl::ZeroDuration()), ElementsAre(ChangeKind::kChanged));
}

TEST_F(ChangeStorePostgresTest, TellsTheNewest200OfTheNewest400) {
  const auto add = [&](const std::string& action, int count) {
    Run(
        absl::StrCat("INSERT INTO mab.audit_log (at, action, subject_type, subject_id)"
                     " SELECT $2::timestamptz + i * interval '1 second', 'experiment.",
                     action, "', 'experiment', $1 FROM generate_series(1, ", count, ") AS i"));
  };
  add("start", 1);
  add("pause", ChangeStore::kChangesMax - 1);
  EXPECT_EQ(List(absl::ZeroDuration()).size(), 200u);
  EXPECT_EQ(List(absl::ZeroDuration()).front().kind, ChangeKind::kStarted);
  add("resume", 1);
  EXPECT_EQ(List(absl::ZeroDuration()).size(), 200u);
  EXPECT_EQ(List(absl::ZeroDuration()).front().kind, ChangeKind::kPaused);
  // Updates that change nothing of note are looked at too.
  add("update", ChangeStore::kEntriesMax - 1);
  EXPECT_THAT(Kinds(absl::ZeroDuration()), ElementsAre(ChangeKind::kResumed));
  add("update", 1);
  EXPECT_THAT(Kinds(absl::ZeroDuration()), IsEmpty());
}

}  // namespace
}  // namespace mab::storage
