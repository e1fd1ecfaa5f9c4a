#include "common/postgres_connection.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/error.h"
#include "common/log.h"
#include "common/postgres_error.h"
#include "common/status_macros.h"

namespace mab {
namespace {

// A message has a length of 31 bits; PostgreSQL takes at most 1 GB of it.
constexpr size_t kParamBytesMax = 1'000'000'000;
constexpr absl::Duration kInterruptPoll = absl::Milliseconds(100);

// Waits for the socket. False at the deadline.
bool PollUntil(int socket, bool for_write, absl::Time deadline) {
  pollfd descriptor{socket, static_cast<short>(for_write ? POLLIN | POLLOUT : POLLIN), 0};
  while (true) {
    int timeout_ms = -1;
    if (deadline != absl::InfiniteFuture()) {
      const int64_t left =
          absl::ToInt64Milliseconds(deadline - absl::Now() + absl::Microseconds(999));
      timeout_ms = static_cast<int>(std::clamp<int64_t>(left, 0, std::numeric_limits<int>::max()));
    }
    const int ready = poll(&descriptor, 1, timeout_ms);
    if (ready > 0) return true;
    if (ready == 0) return false;
    if (errno != EINTR) return true;  // libpq meets the same error and reports it
  }
}

void LogNotice(void*, const char* message) {
  MAB_LOG(kDebug, "PostgreSQL's notice", {{"notice", absl::StripAsciiWhitespace(message)}});
}

std::string ErrorText(const PGconn* connection) {
  return std::string(absl::StripAsciiWhitespace(PQerrorMessage(connection)));
}

// The primary message and the constraint, without DETAIL: that one quotes the row.
absl::Status StatusOfResult(const PGresult* result) {
  const char* sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  if (sqlstate == nullptr) {
    return absl::UnavailableError(
        absl::StrCat("PostgreSQL: ", absl::StripAsciiWhitespace(PQresultErrorMessage(result))));
  }
  return StatusFromSqlState(sqlstate, primary == nullptr ? "" : primary);
}

bool IsSuccess(const PGresult* result) {
  const ExecStatusType status = PQresultStatus(result);
  return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
}

bool IsCopy(const PGresult* result) {
  const ExecStatusType status = PQresultStatus(result);
  return status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH;
}

// The server was demoted to a standby: the next connection finds another (target_session_attrs).
bool IsReadOnly(const PGresult* result) {
  const char* sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  return sqlstate != nullptr && sqlstate == kReadOnlySqlState;
}

// libpq checks a port only when it connects, and then repeats it: in a URL whose password is not
// escaped, that can be a part of the password.
bool IsPortList(absl::string_view ports) {
  return std::all_of(ports.begin(), ports.end(), [](char c) {
    return c == ',' || absl::ascii_isdigit(static_cast<unsigned char>(c));
  });
}

struct ConnectionString {
  bool valid = false;
  bool has_several_hosts = false;
};

ConnectionString Parse(const std::string& url) {
  char* error = nullptr;
  PQconninfoOption* options = PQconninfoParse(url.c_str(), &error);
  PQfreemem(error);
  ConnectionString parsed;
  if (options == nullptr) return parsed;
  parsed.valid = true;
  for (const PQconninfoOption* option = options; option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    const absl::string_view keyword = option->keyword;
    if (keyword == "port") parsed.valid = IsPortList(option->val);
    if (keyword == "host" || keyword == "hostaddr") {
      parsed.has_several_hosts |= absl::StrContains(option->val, ',');
    }
  }
  PQconninfoFree(options);
  return parsed;
}

absl::Status CheckParam(const PgParam& param) {
  if (!param.in_range()) {
    return absl::InvalidArgumentError("PostgreSQL: a parameter is out of the range of its type");
  }
  if (!param.text().has_value()) return absl::OkStatus();
  if (!param.is_binary() && absl::StrContains(*param.text(), '\0')) {
    // The text form ends at a NUL, and PostgreSQL has no text with one in it.
    return absl::InvalidArgumentError("PostgreSQL: a parameter has a NUL character");
  }
  if (param.text()->size() > kParamBytesMax) {
    return absl::InvalidArgumentError("PostgreSQL: a parameter is larger than its protocol takes");
  }
  return absl::OkStatus();
}

absl::Status FinishConnecting(PGconn* connection, absl::Time deadline) {
  if (PQstatus(connection) == CONNECTION_BAD) {
    return absl::UnavailableError(absl::StrCat("PostgreSQL: ", ErrorText(connection)));
  }
  PostgresPollingStatusType state = PGRES_POLLING_WRITING;
  while (state != PGRES_POLLING_OK) {
    if (state == PGRES_POLLING_FAILED) {
      return absl::UnavailableError(absl::StrCat("PostgreSQL: ", ErrorText(connection)));
    }
    if (!PollUntil(PQsocket(connection), state == PGRES_POLLING_WRITING, deadline)) {
      return absl::UnavailableError("PostgreSQL: no connection within the timeout");
    }
    state = PQconnectPoll(connection);
  }
  return absl::OkStatus();
}

}  // namespace

const char kPgBegin[] =
    "BEGIN; SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL bytea_output = 'hex'; "
    "SET LOCAL extra_float_digits = 1";

absl::StatusOr<std::unique_ptr<PgConnection>> PgConnection::Connect(
    const std::string& url, absl::Duration connect_timeout) {
  const ConnectionString parsed = Parse(url);
  if (!parsed.valid) {
    return FailedPreconditionError(kReasonFailedPrecondition,
                                   "the database URL is not a PostgreSQL connection string");
  }
  // The URL comes last, so that what it says wins. Keepalives find a peer that is gone without a
  // word.
  const std::string seconds = absl::StrCat(
      std::max<int64_t>(2, absl::ToInt64Seconds(absl::Ceil(connect_timeout, absl::Seconds(1)))));
  const char* const keywords[] = {"application_name",    "client_encoding",  "keepalives_idle",
                                  "keepalives_interval", "keepalives_count", "tcp_user_timeout",
                                  "connect_timeout",     "dbname",           nullptr};
  const char* const values[] = {"mab",   "UTF8",          "30",        "10",   "3",
                                "30000", seconds.c_str(), url.c_str(), nullptr};
  // Only when it may block does libpq go from a host that is silent to the next.
  PGconn* raw = parsed.has_several_hosts
                    ? PQconnectdbParams(keywords, values, /*expand_dbname=*/1)
                    : PQconnectStartParams(keywords, values, /*expand_dbname=*/1);
  if (raw == nullptr) return InternalError("libpq has no memory for a connection");
  std::unique_ptr<PgConnection> connection(new PgConnection(raw));
  PQsetNoticeProcessor(raw, LogNotice, nullptr);
  if (PQstatus(raw) != CONNECTION_OK) {
    MAB_RETURN_IF_ERROR(FinishConnecting(raw, absl::Now() + connect_timeout));
  }
  if (PQsetnonblocking(raw, 1) != 0) return connection->Lost();
  return connection;
}

PgConnection::~PgConnection() { PQfinish(connection_); }

bool PgConnection::healthy() const { return !unusable_ && PQstatus(connection_) == CONNECTION_OK; }

bool PgConnection::idle() const { return PQtransactionStatus(connection_) == PQTRANS_IDLE; }

absl::StatusOr<PgResult> PgConnection::Execute(const std::string& sql,
                                               const std::vector<PgParam>& params) {
  std::vector<const char*> values;
  std::vector<int> lengths;
  std::vector<int> formats;
  for (const PgParam& param : params) {
    MAB_RETURN_IF_ERROR(CheckParam(param));
    values.push_back(param.text().has_value() ? param.text()->c_str() : nullptr);
    lengths.push_back(param.text().has_value() ? static_cast<int>(param.text()->size()) : 0);
    formats.push_back(param.is_binary() ? 1 : 0);
  }
  if (!healthy() ||
      PQsendQueryParams(connection_, sql.c_str(), static_cast<int>(values.size()), nullptr,
                        values.data(), lengths.data(), formats.data(), /*resultFormat=*/0) == 0) {
    return Lost();
  }
  return Await();
}

absl::Status PgConnection::ExecuteScript(const std::string& sql) {
  if (!healthy() || PQsendQuery(connection_, sql.c_str()) == 0) return Lost();
  return Await().status();
}

absl::Status PgConnection::Transaction(const std::function<absl::Status(PgConnection&)>& body) {
  MAB_RETURN_IF_ERROR(Begin(kPgBegin));
  return Finish(body(*this));
}

absl::Status PgConnection::Begin(const std::string& begin) {
  const absl::Status status = ExecuteScript(begin);
  if (!status.ok() && healthy() && !idle()) (void)ExecuteScript("ROLLBACK");
  return status;
}

absl::Status PgConnection::Finish(absl::Status body_status) {
  if (body_status.ok() && PQtransactionStatus(connection_) == PQTRANS_INERROR) {
    // COMMIT would answer ROLLBACK, and call that a success.
    body_status = InternalError("a transaction went on after a statement of it had failed");
  }
  if (body_status.ok()) return ExecuteScript("COMMIT");
  // The first error tells what went wrong; one of ROLLBACK only says that the connection is lost.
  if (healthy() && !idle()) (void)ExecuteScript("ROLLBACK");
  return body_status;
}

absl::StatusOr<PgResult> PgConnection::Await() {
  const absl::Time deadline = answer_timeout_ == absl::InfiniteDuration()
                                  ? absl::InfiniteFuture()
                                  : absl::Now() + answer_timeout_;
  MAB_RETURN_IF_ERROR(SendAll(deadline));
  return ReceiveAll(deadline);
}

absl::Status PgConnection::SendAll(absl::Time deadline) {
  while (true) {
    const int left = PQflush(connection_);
    if (left == 0) return absl::OkStatus();
    if (left < 0) return Lost();
    MAB_RETURN_IF_ERROR(Wait(/*for_write=*/true, deadline));
    // The server may wait for us to read before it reads on.
    if (PQconsumeInput(connection_) == 0) return Lost();
  }
}

absl::StatusOr<PgResult> PgConnection::ReceiveAll(absl::Time deadline) {
  PgResult last(nullptr);
  absl::Status error;
  while (true) {
    while (PQisBusy(connection_) != 0) {
      MAB_RETURN_IF_ERROR(Wait(/*for_write=*/false, deadline));
      if (PQconsumeInput(connection_) == 0) return Lost();
    }
    PGresult* result = PQgetResult(connection_);
    if (result == nullptr) break;
    last = PgResult(result);
    if (IsCopy(result)) {
      unusable_ = true;
      return InternalError("COPY is not supported");
    }
    if (error.ok() && !IsSuccess(result)) error = StatusOfResult(result);
    if (IsReadOnly(result)) unusable_ = true;
  }
  if (error.ok()) return last;
  if (!healthy()) return absl::UnavailableError(error.message());
  return error;
}

absl::Status PgConnection::Wait(bool for_write, absl::Time deadline) {
  while (interrupted_ == nullptr || !*interrupted_) {
    const absl::Time next_look =
        interrupted_ == nullptr ? deadline : std::min(deadline, absl::Now() + kInterruptPoll);
    if (PollUntil(PQsocket(connection_), for_write, next_look)) return absl::OkStatus();
    if (absl::Now() < deadline) continue;
    unusable_ = true;
    return absl::UnavailableError("PostgreSQL: no answer within the timeout");
  }
  unusable_ = true;
  return absl::UnavailableError("PostgreSQL: the wait for an answer was given up");
}

absl::Status PgConnection::Lost() {
  if (healthy()) return InternalError(absl::StrCat("libpq: ", ErrorText(connection_)));
  return absl::UnavailableError(
      absl::StrCat("PostgreSQL: connection lost: ", ErrorText(connection_)));
}

}  // namespace mab
