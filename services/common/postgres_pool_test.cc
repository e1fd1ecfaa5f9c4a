#include "common/postgres_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "absl/synchronization/notification.h"
#include "common/testing/postgres_fixture.h"

namespace mab {
namespace {

using ::testing::HasSubstr;

class PgPoolTest : public ::testing::Test {
 protected:
  PgPoolTest() : url_(PostgresFixture::Get().CreateDatabase()) {}
  ~PgPoolTest() override {
    PostgresFixture::Get().Start();
    PostgresFixture::Get().DropDatabase(url_);
  }

  static int64_t BackendPid(PgPool& pool) {
    const auto result = pool.Execute("SELECT pg_backend_pid() AS pid");
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? result->Int(0, "pid") : -1;
  }
  // Ends a connection behind its owner's back.
  static void Terminate(int64_t pid) {
    auto connection = PgConnection::Connect(PostgresFixture::Get().url(), absl::Seconds(5));
    ASSERT_TRUE(connection.ok());
    // Waits until the process has ended.
    ASSERT_TRUE((*connection)->Execute("SELECT pg_terminate_backend($1, 10000)", {pid}).ok());
  }

  const std::string url_;
};

TEST_F(PgPoolTest, UsesAConnectionAgain) {
  PgPool pool({.url = url_});
  EXPECT_EQ(BackendPid(pool), BackendPid(pool));
}

TEST_F(PgPoolTest, CommitsWhatSucceedsAndRollsBackWhatFails) {
  PgPool pool({.url = url_});
  ASSERT_TRUE(pool.Execute("CREATE TABLE t (n int)").ok());
  ASSERT_TRUE(pool.Execute("INSERT INTO t VALUES (1)").ok());
  EXPECT_EQ(pool.Transaction([](PgConnection& connection) {
    EXPECT_TRUE(connection.Execute("INSERT INTO t VALUES (2)").ok());
    return absl::CancelledError("no");
  }),
            absl::CancelledError("no"));
  EXPECT_EQ(pool.Execute("SELECT count(*) AS n FROM t")->Int(0, "n"), 1);
}

TEST_F(PgPoolTest, LeavesNoStateInASession) {
  PgPool pool({.url = url_, .size_max = 1, .statement_timeout = absl::Seconds(7)});
  EXPECT_EQ(pool.Execute("SELECT current_setting('statement_timeout') AS t")->Text(0, "t"), "7s");
  ASSERT_TRUE(pool.Transaction([](PgConnection& connection) {
                    EXPECT_TRUE(connection.ExecuteScript("COMMIT").ok());
                    const auto rows = connection.Execute(
                        "SELECT name FROM pg_settings WHERE source = 'session' AND name IN "
                        "('statement_timeout', 'idle_in_transaction_session_timeout', 'DateStyle', "
                        "'bytea_output')");
                    EXPECT_EQ(rows->rows(), 0);
                    EXPECT_EQ(connection.Execute("SELECT name FROM pg_prepared_statements")->rows(),
                              0);
                    return connection.ExecuteScript("BEGIN");
                  })
                  .ok());
}

TEST_F(PgPoolTest, AStatementHasATimeout) {
  PgPool pool({.url = url_, .statement_timeout = absl::Milliseconds(50)});
  const absl::Status status = pool.Execute("SELECT pg_sleep(60)").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("57014"));
  // The connection itself is as good as before.
  EXPECT_GT(BackendPid(pool), 0);
}

// A process or a network that went away in the middle of a transaction holds no lock for long.
TEST_F(PgPoolTest, ASilentTransactionIsEndedByTheServer) {
  PgPool silent({.url = url_, .statement_timeout = absl::Milliseconds(50)});
  PgPool other({.url = url_});
  ASSERT_TRUE(other.Execute("CREATE TABLE silent AS SELECT 1 AS n").ok());
  EXPECT_EQ(silent
                .Transaction([&](PgConnection& connection) {
                  EXPECT_TRUE(connection.Execute("SELECT n FROM silent FOR UPDATE").ok());
                  // Waits for the lock, until the server has ended the one who holds it.
                  EXPECT_TRUE(other.Execute("SELECT n FROM silent FOR UPDATE").ok());
                  return connection.Execute("SELECT 1").status();
                })
                .code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(PgPoolTest, AReadTransactionSeesOneMomentAndWritesNothing) {
  PgPool reader({.url = url_});
  PgPool writer({.url = url_});
  ASSERT_TRUE(writer.Execute("CREATE TABLE moments AS SELECT 1 AS n").ok());
  const absl::Status status = reader.ReadTransaction([&](PgConnection& connection) {
    EXPECT_EQ(connection.Execute("SELECT sum(n) AS n FROM moments")->Int(0, "n"), 1);
    EXPECT_TRUE(writer.Execute("INSERT INTO moments VALUES (10)").ok());
    EXPECT_EQ(connection.Execute("SELECT sum(n) AS n FROM moments")->Int(0, "n"), 1);
    return connection.Execute("INSERT INTO moments VALUES (100)").status();
  });
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(writer.Execute("SELECT sum(n) AS n FROM moments")->Int(0, "n"), 11);
}

TEST_F(PgPoolTest, OpensNoMoreThanItsSizeAndWaitsOnlySoLong) {
  PgPool pool({.url = url_, .size_max = 2, .acquire_timeout = absl::Milliseconds(20)});
  absl::Status third;
  const absl::Status outer = pool.Transaction([&](PgConnection&) {
    return pool.Transaction([&](PgConnection&) {
      third = pool.Execute("SELECT 1").status();
      return absl::OkStatus();
    });
  });
  EXPECT_EQ(outer, absl::OkStatus());
  EXPECT_EQ(third.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(third.message()), HasSubstr("all 2 connections"));
  EXPECT_TRUE(pool.Execute("SELECT 1").ok());
}

TEST_F(PgPoolTest, AWaitingCallerGetsTheConnectionThatBecomesFree) {
  PgPool pool({.url = url_, .size_max = 1, .acquire_timeout = absl::Seconds(30)});
  absl::Notification holding;
  absl::Notification release;
  std::thread holder([&] {
    EXPECT_TRUE(pool.Transaction([&](PgConnection&) {
                      holding.Notify();
                      release.WaitForNotification();
                      return absl::OkStatus();
                    })
                    .ok());
  });
  holding.WaitForNotification();
  std::thread waiter([&] { EXPECT_TRUE(pool.Execute("SELECT 1").ok()); });
  release.Notify();
  holder.join();
  waiter.join();
}

TEST_F(PgPoolTest, ServesManyThreadsWithFewConnections) {
  PgPool pool({.url = url_, .size_max = 3, .acquire_timeout = absl::Seconds(60)});
  ASSERT_TRUE(pool.Execute("CREATE TABLE t (n int, pid int)").ok());
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&pool, t] {
      for (int i = 0; i < 20; ++i) {
        EXPECT_TRUE(pool.Execute("INSERT INTO t VALUES ($1, pg_backend_pid())", {t}).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto result = pool.Execute("SELECT count(*) AS n, count(DISTINCT pid) AS pids FROM t");
  EXPECT_EQ(result->Int(0, "n"), 160);
  EXPECT_LE(result->Int(0, "pids"), 3);
}

TEST_F(PgPoolTest, ReplacesAConnectionThatDiedWhileItWasIdle) {
  PgPool pool({.url = url_});
  const int64_t before = BackendPid(pool);
  Terminate(before);
  EXPECT_NE(BackendPid(pool), before);
}

TEST_F(PgPoolTest, DoesNotRepeatATransactionWhoseConnectionDiesInTheMiddle) {
  PgPool pool({.url = url_});
  int runs = 0;
  const absl::Status status = pool.Transaction([&](PgConnection& connection) {
    ++runs;
    return connection.Execute("SELECT pg_terminate_backend(pg_backend_pid())").status();
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(runs, 1);
  EXPECT_TRUE(pool.Execute("SELECT 1").ok());
}

TEST_F(PgPoolTest, ARestartOfTheServerIsNotSeen) {
  PgPool pool({.url = url_, .size_max = 3});
  // All three connections are open and idle when the server goes.
  ASSERT_TRUE(pool.Transaction([&](PgConnection&) {
                    return pool.Transaction(
                        [&](PgConnection&) { return pool.Execute("SELECT 1").status(); });
                  })
                  .ok());
  PostgresFixture::Get().Restart();
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(pool.Execute("SELECT 1").status(), absl::OkStatus());
  }
}

TEST_F(PgPoolTest, ACrashOfTheServerLosesNothingThatWasCommitted) {
  PgPool pool({.url = url_});
  ASSERT_TRUE(pool.Execute("CREATE TABLE t AS SELECT 7 AS n").ok());
  PostgresFixture::Get().Crash();
  PostgresFixture::Get().Start();
  EXPECT_EQ(pool.Execute("SELECT n FROM t")->Int(0, "n"), 7);
}

TEST_F(PgPoolTest, IsUnavailableWhileTheServerIsAwayAndWorksWhenItIsBack) {
  PgPool pool({.url = url_, .size_max = 1});
  EXPECT_TRUE(pool.Execute("SELECT 1").ok());
  PostgresFixture::Get().Stop();
  // More often than there are connections: none may be lost to a failure.
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(pool.Execute("SELECT 1").status().code(), absl::StatusCode::kUnavailable);
  }
  PostgresFixture::Get().Start();
  EXPECT_EQ(pool.Execute("SELECT 1").status(), absl::OkStatus());
}

}  // namespace
}  // namespace mab
