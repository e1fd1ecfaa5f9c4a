#include "storage/migrator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "common/error.h"
#include "common/testing/postgres_fixture.h"
#include "storage/testing/migrated_database.h"

namespace mab::storage {
namespace {

using ::testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

// Migrations of the test's own, and an empty database for them.
class MigratorTest : public ::testing::Test {
 protected:
  MigratorTest() : url_(PostgresFixture::Get().CreateDatabase()), clock_(kNow) {
    std::string path = ::testing::TempDir() + "mab-migrations-XXXXXX";
    directory_ = mkdtemp(path.data());
    Write("0001_things.sql", "CREATE TABLE mab.things (id int); INSERT INTO mab.things VALUES (1)");
    Write("0002_more_things.sql", "INSERT INTO mab.things VALUES (2)");
  }
  ~MigratorTest() override {
    std::filesystem::remove_all(directory_);
    PostgresFixture::Get().DropDatabase(url_);
  }

  void Write(const std::string& name, const std::string& sql) {
    std::ofstream(directory_ + "/" + name) << sql;
  }
  void Remove(const std::string& name) { std::filesystem::remove(directory_ + "/" + name); }
  absl::StatusOr<int> Apply() { return ApplyMigrations(url_, directory_, clock_); }
  int64_t Query(const std::string& sql) {
    auto connection = PgConnection::Connect(url_, absl::Seconds(5));
    if (!connection.ok()) return -1;
    const absl::StatusOr<PgResult> result = (*connection)->Execute(sql);
    return result.ok() && result->rows() == 1 ? result->Int(0, "n") : -1;
  }
  void ExpectRefused(const absl::Status& status, const std::string& text) {
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(status.message()), HasSubstr(text));
    EXPECT_EQ(ErrorReason(status), kReasonFailedPrecondition);
  }

  std::string url_;
  std::string directory_;
  FakeClock clock_;
};

TEST_F(MigratorTest, AppliesEachMigrationOnceAndInOrder) {
  EXPECT_THAT(Apply(), testing::Eq(absl::StatusOr<int>(2)));
  EXPECT_EQ(Query("SELECT count(*) AS n FROM mab.things"), 2);
  EXPECT_EQ(*Apply(), 0);
  Write("0003_last.sql", "INSERT INTO mab.things VALUES (3)");
  EXPECT_EQ(*Apply(), 1);
  EXPECT_EQ(Query("SELECT count(*) AS n FROM mab.things"), 3);
}

TEST_F(MigratorTest, RecordsNameAndTime) {
  ASSERT_TRUE(Apply().ok());
  PgPool pool({.url = url_});
  const auto rows = pool.Execute("SELECT version, name, applied_at FROM mab.migrations ORDER BY 1");
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_EQ(rows->rows(), 2);
  EXPECT_EQ(rows->Int(1, "version"), 2);
  EXPECT_EQ(rows->Text(1, "name"), "more_things");
  EXPECT_EQ(rows->Time(1, "applied_at"), kNow);
}

TEST_F(MigratorTest, AFailedMigrationLeavesNothingBehindAndSaysWhichItWas) {
  Write("0002_more_things.sql",
        "INSERT INTO mab.things VALUES (2); INSERT INTO nowhere VALUES (1)");
  const absl::StatusOr<int> result = Apply();
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(std::string(result.status().message()), HasSubstr("0002_more_things.sql"));
  EXPECT_THAT(std::string(result.status().message()), HasSubstr("nowhere"));
  EXPECT_EQ(Query("SELECT count(*) AS n FROM mab.things"), 1);
  // The first one stays; a corrected second one goes on from there.
  Write("0002_more_things.sql", "INSERT INTO mab.things VALUES (2)");
  EXPECT_EQ(*Apply(), 1);
}

TEST_F(MigratorTest, RefusesAMigrationThatWasEditedAfterItWasApplied) {
  ASSERT_TRUE(Apply().ok());
  Write("0001_things.sql", "CREATE TABLE mab.things (id bigint)");
  ExpectRefused(Apply().status(), "0001_things.sql was changed after it was applied");
}

TEST_F(MigratorTest, RefusesAMigrationThatWasRenamedAfterItWasApplied) {
  ASSERT_TRUE(Apply().ok());
  std::filesystem::rename(directory_ + "/0002_more_things.sql", directory_ + "/0002_other.sql");
  ExpectRefused(Apply().status(), "then it was 0002_more_things.sql");
}

TEST_F(MigratorTest, RefusesADatabaseThatIsNewerThanTheFiles) {
  ASSERT_TRUE(Apply().ok());
  Remove("0002_more_things.sql");
  ExpectRefused(Apply().status(), "newer than this build: it has migration 0002_more_things.sql");
}

TEST_F(MigratorTest, RefusesAGapInTheNumbers) {
  Write("0004_late.sql", "SELECT 1");
  ExpectRefused(Apply().status(), "migration 0003 is missing: 0004_late.sql comes next");
}

TEST_F(MigratorTest, RefusesTheSameNumberTwice) {
  Write("0002_again.sql", "SELECT 1");
  ExpectRefused(Apply().status(), "0002_more_things.sql has a number that another one has");
}

TEST_F(MigratorTest, RefusesFilesThatAreNotNamedLikeMigrations) {
  Write("3_short.sql", "SELECT 1");
  ExpectRefused(Apply().status(), "3_short.sql is not named like 0001_what.sql");
}

TEST_F(MigratorTest, RefusesAFileAboveTheLimit) {
  Write("0003_big.sql", "SELECT 1;" + std::string((1 << 20) - 9, ' '));
  EXPECT_EQ(*Apply(), 3);
  Write("0004_bigger.sql", "SELECT 1;" + std::string((1 << 20) - 8, ' '));
  ExpectRefused(Apply().status(), "more than 1048576 bytes");
}

TEST_F(MigratorTest, RefusesADirectoryWithoutMigrations) {
  ExpectRefused(ApplyMigrations(url_, directory_ + "/nowhere", clock_).status(), "no migrations");
  Remove("0001_things.sql");
  Remove("0002_more_things.sql");
  ExpectRefused(Apply().status(), "no migrations");
}

TEST_F(MigratorTest, AMigrationMustNotEndItsTransaction) {
  Write("0003_commit.sql", "INSERT INTO mab.things VALUES (3); COMMIT");
  const absl::StatusOr<int> result = Apply();
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(std::string(result.status().message()), HasSubstr("ends its transaction by itself"));
}

TEST_F(MigratorTest, TwoProcessesAtOnceApplyEachMigrationOnce) {
  absl::StatusOr<int> first = 0;
  absl::StatusOr<int> second = 0;
  std::thread other([&] { second = Apply(); });
  first = Apply();
  other.join();
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(*first + *second, 2);
  EXPECT_EQ(Query("SELECT count(*) AS n FROM mab.things"), 2);
}

TEST(CheckMigratedTest, AcceptsTheSchemaOfThisBuild) {
  MigratedDatabase database;
  PgPool pool({.url = database.url()});
  EXPECT_EQ(CheckMigrated(pool), absl::OkStatus());
}

TEST(CheckMigratedTest, AcceptsANewerDatabase) {
  MigratedDatabase database;
  PgPool pool({.url = database.url()});
  ASSERT_TRUE(pool.Execute("INSERT INTO mab.migrations (version, name, checksum, applied_at) "
                           "VALUES (9999, 'later', '', now())")
                  .ok());
  EXPECT_EQ(CheckMigrated(pool), absl::OkStatus());
}

TEST(CheckMigratedTest, SaysWhatToDoWhenMigrationsAreMissing) {
  MigratedDatabase database;
  PgPool pool({.url = database.url()});
  ASSERT_TRUE(pool.Execute("DELETE FROM mab.migrations WHERE version > 1").ok());
  const absl::Status status = CheckMigrated(pool);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("at migration 0001"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("run `mab-admin migrate`"));
}

TEST(CheckMigratedTest, SaysWhatToDoInAnEmptyDatabase) {
  const std::string url = PostgresFixture::Get().CreateDatabase();
  PgPool pool({.url = url});
  const absl::Status status = CheckMigrated(pool);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("run `mab-admin migrate`"));
}

TEST(CheckMigratedTest, TellsAnAbsentDatabaseFromAnOldOne) {
  PgPool pool({.url = PostgresFixture::Get().UrlOf("no_such_database")});
  EXPECT_EQ(CheckMigrated(pool).code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace mab::storage
