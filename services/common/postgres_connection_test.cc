#include "common/postgres_connection.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/testing/postgres_fixture.h"

namespace mab {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class PgConnectionTest : public ::testing::Test {
 protected:
  PgConnectionTest() : url_(PostgresFixture::Get().CreateDatabase()), connection_(Connect()) {}
  ~PgConnectionTest() override {
    connection_.reset();
    PostgresFixture::Get().DropDatabase(url_);
  }

  std::unique_ptr<PgConnection> Connect() const {
    auto connection = PgConnection::Connect(url_, absl::Seconds(5));
    EXPECT_TRUE(connection.ok()) << connection.status();
    return *std::move(connection);
  }
  int64_t Count(const std::string& table) const {
    const auto result = Connect()->Execute("SELECT count(*) AS n FROM " + table);
    return result.ok() ? result->Int(0, "n") : -1;
  }
  std::string Value(const std::string& expression) const {
    const auto result = Connect()->Execute("SELECT " + expression + " AS value");
    return result.ok() ? std::string(result->Text(0, "value")) : "";
  }

  const std::string url_;
  std::unique_ptr<PgConnection> connection_;
};

// A port on which connections are accepted by the kernel and never answered.
class SilentPort {
 public:
  SilentPort() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(socket_, 8), 0);
    EXPECT_EQ(getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~SilentPort() { close(socket_); }
  int port() const { return port_; }

 private:
  const int socket_;
  int port_ = 0;
};

TEST_F(PgConnectionTest, BindsParametersAndNeverPutsThemIntoTheStatement) {
  const std::string hostile = "'; DROP TABLE t; -- $1";
  const auto result = connection_->Execute("SELECT $1::text AS a, $2::int AS b, $3::text AS c",
                                           {hostile, 42, std::nullopt});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->Text(0, "a"), hostile);
  EXPECT_EQ(result->Int(0, "b"), 42);
  EXPECT_TRUE(result->IsNull(0, "c"));
}

TEST_F(PgConnectionTest, RefusesATextThatPostgresCannotHold) {
  const auto result = connection_->Execute("SELECT $1::text", {std::string("a\0b", 3)});
  EXPECT_EQ(result.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(connection_->Execute("SELECT 1").ok());
}

TEST_F(PgConnectionTest, ErrorsOfTheServerGetTheirCodeAndDoNotQuoteTheRow) {
  ASSERT_TRUE(
      connection_->ExecuteScript("CREATE TABLE t (email text UNIQUE, n int CHECK (n > 0))").ok());
  const std::string insert = "INSERT INTO t VALUES ($1, $2)";
  ASSERT_TRUE(connection_->Execute(insert, {"private@example.com", 1}).ok());
  const absl::Status duplicate = connection_->Execute(insert, {"private@example.com", 1}).status();
  EXPECT_EQ(duplicate.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(duplicate.message()), HasSubstr("t_email_key"));
  EXPECT_THAT(std::string(duplicate.message()), Not(HasSubstr("private")));
  EXPECT_EQ(connection_->Execute(insert, {"x", 0}).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(connection_->Execute("SELECT 1 / 0").status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(connection_->Execute("SELECT nonsense").status().code(), absl::StatusCode::kInternal);
  EXPECT_TRUE(connection_->healthy());
}

TEST_F(PgConnectionTest, TellsHowManyRowsAStatementTouched) {
  ASSERT_TRUE(
      connection_->ExecuteScript("CREATE TABLE t AS SELECT generate_series(1, 5) AS n").ok());
  EXPECT_EQ(connection_->Execute("UPDATE t SET n = n + 10 WHERE n > 3")->affected_rows(), 2);
  EXPECT_EQ(connection_->Execute("DELETE FROM t WHERE false")->affected_rows(), 0);
  EXPECT_EQ(connection_->Execute("SELECT n FROM t")->rows(), 5);
}

TEST_F(PgConnectionTest, AScriptIsAllOrNothing) {
  ASSERT_TRUE(connection_->ExecuteScript("CREATE TABLE t (n int)").ok());
  EXPECT_FALSE(connection_->ExecuteScript("INSERT INTO t VALUES (1); SELECT nonsense").ok());
  EXPECT_EQ(Count("t"), 0);
}

TEST_F(PgConnectionTest, ATransactionIsCommittedWhole) {
  ASSERT_TRUE(connection_->ExecuteScript("CREATE TABLE t (n int)").ok());
  const absl::Status status = connection_->Transaction([&](PgConnection& connection) {
    EXPECT_TRUE(connection.Execute("INSERT INTO t VALUES (1)").ok());
    EXPECT_EQ(Count("t"), 0);
    return connection.Execute("INSERT INTO t VALUES (2)").status();
  });
  EXPECT_EQ(status, absl::OkStatus());
  EXPECT_EQ(Count("t"), 2);
}

TEST_F(PgConnectionTest, ATransactionWhoseBodyFailsLeavesNothing) {
  ASSERT_TRUE(connection_->ExecuteScript("CREATE TABLE t (n int)").ok());
  const absl::Status status = connection_->Transaction([](PgConnection& connection) {
    EXPECT_TRUE(connection.Execute("INSERT INTO t VALUES (1)").ok());
    return absl::NotFoundError("changed my mind");
  });
  EXPECT_EQ(status, absl::NotFoundError("changed my mind"));
  EXPECT_EQ(Count("t"), 0);
  EXPECT_TRUE(connection_->idle());
}

TEST_F(PgConnectionTest, ATransactionThatIgnoresAnErrorIsNoSuccess) {
  ASSERT_TRUE(connection_->ExecuteScript("CREATE TABLE t (n int)").ok());
  const absl::Status status = connection_->Transaction([](PgConnection& connection) {
    EXPECT_TRUE(connection.Execute("INSERT INTO t VALUES (1)").ok());
    EXPECT_FALSE(connection.Execute("SELECT nonsense").ok());
    return absl::OkStatus();
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(Count("t"), 0);
  EXPECT_TRUE(connection_->idle());
}

TEST_F(PgConnectionTest, AnErrorOfCommitIsTheTransactionsError) {
  ASSERT_TRUE(connection_
                  ->ExecuteScript("CREATE TABLE a (n int PRIMARY KEY); CREATE TABLE t (n int "
                                  "REFERENCES a DEFERRABLE INITIALLY DEFERRED)")
                  .ok());
  const absl::Status status = connection_->Transaction([](PgConnection& connection) {
    return connection.Execute("INSERT INTO t VALUES (1)").status();
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Count("t"), 0);
}

TEST_F(PgConnectionTest, ALargeStatementAndALargeAnswerPass) {
  const std::string megabytes(16 << 20, 'x');
  const auto result = connection_->Execute("SELECT $1::text || 'y' AS text", {megabytes});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->Text(0, "text").size(), megabytes.size() + 1);
}

TEST_F(PgConnectionTest, CopyIsRefusedInsteadOfWaitingForData) {
  ASSERT_TRUE(connection_->ExecuteScript("CREATE TABLE t (n int)").ok());
  EXPECT_EQ(connection_->Execute("COPY t FROM STDIN").status().code(), absl::StatusCode::kInternal);
  EXPECT_FALSE(connection_->healthy());
}

TEST_F(PgConnectionTest, ALostConnectionIsUnavailableAndNoLongerHealthy) {
  EXPECT_TRUE(connection_->healthy());
  const absl::Status status =
      connection_->Execute("SELECT pg_terminate_backend(pg_backend_pid())").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(connection_->healthy());
  EXPECT_EQ(connection_->Execute("SELECT 1").status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(connection_->ExecuteScript("SELECT 1").code(), absl::StatusCode::kUnavailable);
}

TEST_F(PgConnectionTest, AServerThatDoesNotAnswerIsGivenUp) {
  connection_->set_answer_timeout(absl::Milliseconds(20));
  const absl::Status status = connection_->Execute("SELECT pg_sleep(60)").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("no answer within the timeout"));
  EXPECT_FALSE(connection_->healthy());
}

TEST_F(PgConnectionTest, NamesItselfForThoseWhoLookAtTheServer) {
  const auto result = connection_->Execute("SELECT current_setting('application_name') AS name");
  EXPECT_EQ(result->Text(0, "name"), "mab");
  const auto named = PgConnection::Connect(url_ + "&application_name=drainer", absl::Seconds(5));
  ASSERT_TRUE(named.ok());
  EXPECT_EQ(
      (*named)->Execute("SELECT current_setting('application_name') AS name")->Text(0, "name"),
      "drainer");
}

TEST(PgConnectTest, AServerThatIsSilentIsUnavailableAfterTheTimeout) {
  const SilentPort silent;
  const absl::Time start = absl::Now();
  const auto connection = PgConnection::Connect(
      absl::StrCat("postgresql://mab@127.0.0.1:", silent.port(), "/mab"), absl::Milliseconds(50));
  EXPECT_EQ(connection.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_GE(absl::Now() - start, absl::Milliseconds(50));
  EXPECT_LT(absl::Now() - start, absl::Seconds(30));
}

TEST_F(PgConnectionTest, GoesFromAHostThatIsSilentToTheNext) {
  const SilentPort silent;
  const std::string socket_directory = Value("current_setting('unix_socket_directories')");
  const std::string port = Value("current_setting('port')");
  const auto connection = PgConnection::Connect(
      absl::StrCat("host=127.0.0.1,", socket_directory, " port=", silent.port(), ",", port,
                   " user=", Value("current_user"), " dbname=postgres",
                   " target_session_attrs=read-write"),
      absl::Seconds(2));
  EXPECT_TRUE(connection.ok()) << connection.status();
}

TEST_F(PgConnectionTest, AServerThatTakesNoWritesIsLeft) {
  ASSERT_TRUE(connection_->ExecuteScript("CREATE TABLE t (n int)").ok());
  ASSERT_TRUE(connection_->ExecuteScript("SET default_transaction_read_only = on").ok());
  const absl::Status refused = connection_->Transaction([](PgConnection& db) -> absl::Status {
    return db.Execute("INSERT INTO t VALUES (1)").status();
  });
  EXPECT_TRUE(absl::IsUnavailable(refused)) << refused;
  EXPECT_FALSE(connection_->healthy());
}

TEST_F(PgConnectionTest, AWaitCanBeGivenUp) {
  std::atomic<bool> interrupted = false;
  connection_->set_interrupted(&interrupted);
  EXPECT_TRUE(connection_->Execute("SELECT 1").ok());
  std::thread other([&] { interrupted = true; });
  const absl::Status given_up = connection_->Execute("SELECT pg_sleep(100)").status();
  other.join();
  EXPECT_TRUE(absl::IsUnavailable(given_up)) << given_up;
  EXPECT_FALSE(connection_->healthy());
}

TEST(PgConnectTest, NobodyThereIsUnavailable) {
  const auto connection =
      PgConnection::Connect("postgresql://mab@/mab?host=/nonexistent", absl::Seconds(5));
  EXPECT_EQ(connection.status().code(), absl::StatusCode::kUnavailable);
}

TEST(PgConnectTest, AnUrlThatIsNoneIsRefusedWithoutRepeatingIt) {
  for (const char* url :
       {"postgresql://mab:hunter2/3@host/mab", "postgresql://mab:%hunter2@host/mab",
        "host=x password='hunter2", "mysql hunter2"}) {
    const absl::Status status = PgConnection::Connect(url, absl::Seconds(5)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << url;
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("hunter2")));
  }
}

}  // namespace
}  // namespace mab
