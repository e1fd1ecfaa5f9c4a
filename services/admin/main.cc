// mab-admin: wiring, and nothing else.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "admin/options.h"
#include "admin/parts.h"
#include "admin/password_hasher.h"
#include "admin/replay_text.h"
#include "admin/startup.h"
#include "admin/totals_text.h"
#include "common/clock.h"
#include "common/config.h"
#include "common/log.h"
#include "common/metrics.h"
#include "common/postgres.h"
#include "common/rpc_server.h"
#include "common/shutdown_signal.h"
#include "common/status_macros.h"
#include "storage/grants.h"
#include "storage/migrator.h"
#include "storage/replay_check.h"
#include "storage/settings_store.h"
#include "storage/totals_check.h"
#include "storage/user_key.h"

namespace mab::admin {
namespace {

constexpr absl::Duration kShutdownGrace = absl::Seconds(10);

constexpr char kHelp[] =
    R"(mab-admin: experiments, accounts, posteriors and snapshots of the MAB System.

  mab-admin [serve]            serves until SIGTERM
  mab-admin migrate            brings the database's schema up to date, and exits
  mab-admin totals             recomputes the totals of all experiments from the rows of the events, and reports
                               each difference. Exit status 0: there is none, 1: there are some, 2: it failed
  mab-admin totals --repair    the same, and mends them in one transaction, for which events wait in the journal.
                               Exit status 0: the totals are right now, 2: it failed
  mab-admin replay [EXPERIMENT]
                               makes the draw of every assignment again, of one experiment (its id or key) or of all, and
                               compares it with what is on record. Exit status 0: all agree, 1: some do not, 2: it failed
  mab-admin --version
  mab-admin --help

It is configured by environment variables:
  DATABASE_URL               postgresql://… (required); `migrate` makes the schema as its role
  MAB_ADMIN_DATABASE_URL     the same database as another role, which `serve` connects as, and which `migrate` grants
                             what it needs (DATABASE_URL)
  MAB_ASSIGNMENT_DATABASE_URL
                             the same for mab-assignment's role; only `migrate` reads it here
  JWT_SECRET                 at least 32 bytes; signs access tokens (required to serve)
  JWT_SECRET_PREVIOUS        the one before, for as long as its tokens are to be good: it verifies, and never signs
  MAB_INTERNAL_SECRET        at least 32 bytes; shared with mab-assignment (required to serve)
  MAB_INTERNAL_TLS_CERT_FILE and …_KEY_FILE, …_CA_FILE, …_REQUIRE_CLIENT: TLS between our own services (none)
  MAB_INTERNAL_PLAINTEXT     true: in production, plain gRPC beyond this machine is allowed (false)
  MAB_USER_HASH_KEY          32 hexadecimal digits, the same as mab-assignment's: visitors are looked up by their hash
                             under it (required to serve)
  ENV                        development | production (development)
  LOG_LEVEL                  debug | info | warning | error (info)
  MAB_ADMIN_LISTEN           gRPC address or unix:/path (127.0.0.1:8011)
  MAB_ASSIGNMENT_ADDRESS     where the assignment service is (127.0.0.1:8010): visitors are erased there
  MAB_ADMIN_METRICS_LISTEN   address of /metrics (127.0.0.1:8021)
  MAB_ADMIN_EMAIL            the first administrator, made where there is no account yet,
  MAB_ADMIN_PASSWORD         at least 12 characters, at most 1024 bytes; the two go together
  MAB_SETUP_TOKEN            at least 16 bytes; opens the set-up link while there is no account
  MAB_DB_POOL_SIZE           connections to PostgreSQL for requests, 1 to 64 (4); one more is the refresher's
  MAB_BCRYPT_COST            10 to 15 (12)
  MAB_RETENTION_DAYS         rows of visitors go when their experiment has been archived for so many days, 1 to 3650;
                             0: they stay (0). Totals and reports stay in any case
  MAB_MIGRATIONS_DIR         where `migrate` finds its files (migrations)
)";

// OK also where the database is away, which is waited for; one that was never migrated, or that has
// another key's users, needs somebody to do something.
absl::Status CheckDatabase(PgPool& pool, const storage::UserKey& user_key) {
  const absl::Status schema = storage::CheckMigrated(pool);
  if (absl::IsUnavailable(schema)) return absl::OkStatus();
  MAB_RETURN_IF_ERROR(schema);
  const absl::Status key = storage::SettingsStore(&pool).CheckUserHashKey(user_key.fingerprint());
  return absl::IsFailedPrecondition(key) ? key : absl::OkStatus();
}

absl::Status Serve() {
  MAB_ASSIGN_OR_RETURN(const Options options, ReadOptions(EnvironmentOfProcess()));
  ConfigureLog("admin", options.log_level,
               options.production ? LogFormat::kJson : LogFormat::kText);
  const SystemClock clock;
  Metrics metrics;
  MAB_RETURN_IF_ERROR(metrics.Serve(options.metrics_listen));

  PgPool pool({.url = options.database_url, .size_max = options.pool_size});
  const storage::UserKey user_key(options.user_hash_key);
  MAB_RETURN_IF_ERROR(CheckDatabase(pool, user_key));
  MAB_ASSIGN_OR_RETURN(const std::unique_ptr<PasswordHasher> hasher,
                       PasswordHasher::Create(
                           {.bcrypt_cost = options.bcrypt_cost,
                            .concurrent_max = HashesAtOnce(std::thread::hardware_concurrency())}));
  Parts parts(options, clock, metrics, &pool, hasher.get());
  Services services(MAB_VERSION, clock, metrics, &pool, user_key, parts);
  MAB_ASSIGN_OR_RETURN(const std::unique_ptr<RpcServer> server,
                       RpcServer::Create({.listen = options.listen,
                                          .reflection = !options.production,
                                          .tls = options.tls,
                                          .services = services.all()}));

  Startup startup({.key_fingerprint = user_key.fingerprint(),
                   .admin_email = options.admin_email,
                   .admin_password = options.admin_password,
                   .check_role = options.production,
                   .on_ready =
                       [&server] {
                         server->SetServing(true);
                         MAB_LOG(kInfo, "serving", {{"address", server->address()}});
                       }},
                  &pool, &parts.first_account, &parts.refresher);
  parts.database_probe.Start();
  startup.Start();
  parts.minute_folder.Start();
  parts.retention_job.Start();
  parts.erasure_watch.Start();
  parts.key_uses.Start();

  const int signal = WaitForShutdownSignal();
  MAB_LOG(kInfo, "shutting down", {{"signal", signal}});
  startup.Stop();
  parts.minute_folder.Stop();
  parts.retention_job.Stop();
  parts.erasure_watch.Stop();
  parts.key_uses.Stop();
  parts.database_probe.Stop();
  parts.hub.Close();
  server->Shutdown(kShutdownGrace);
  parts.refresher.Stop();
  return absl::OkStatus();
}

absl::Status Migrate() {
  MAB_ASSIGN_OR_RETURN(const MigrateOptions options, ReadMigrateOptions(EnvironmentOfProcess()));
  const SystemClock clock;
  MAB_ASSIGN_OR_RETURN(
      const int applied,
      storage::ApplyMigrations(options.database_url, options.migrations_directory, clock));
  std::printf("applied %d migrations\n", applied);
  storage::ServiceRoles roles;
  MAB_ASSIGN_OR_RETURN(roles.admin, storage::RoleOfUrl(options.admin_database_url));
  MAB_ASSIGN_OR_RETURN(roles.assignment, storage::RoleOfUrl(options.assignment_database_url));
  MAB_RETURN_IF_ERROR(storage::ApplyGrants(options.database_url, roles));
  return absl::OkStatus();
}

absl::StatusOr<storage::TotalsReport> CheckTotals(bool repair) {
  MAB_ASSIGN_OR_RETURN(const std::string url, ReadDatabaseUrl(EnvironmentOfProcess()));
  PgPool pool({.url = url, .size_max = 1});
  MAB_RETURN_IF_ERROR(storage::CheckMigrated(pool));
  MAB_ASSIGN_OR_RETURN(const std::unique_ptr<PgConnection> connection,
                       PgConnection::Connect(url, absl::Seconds(10)));
  const absl::Time now = SystemClock().Now();
  return repair ? storage::TotalsCheck::Repair(*connection, now, {})
                : storage::TotalsCheck::Compare(*connection, now, {});
}

int Totals(bool repair) {
  const absl::StatusOr<storage::TotalsReport> report = CheckTotals(repair);
  if (!report.ok()) {
    std::fprintf(stderr, "mab-admin: %s\n", std::string(report.status().message()).c_str());
    return 2;
  }
  std::fputs(TotalsText(*report, repair ? TotalsMode::kRepair : TotalsMode::kCompare).c_str(),
             stdout);
  return repair || report->differences == 0 ? 0 : 1;
}

absl::StatusOr<storage::ReplayReport> ReplayAssignments(absl::string_view experiment) {
  MAB_ASSIGN_OR_RETURN(const std::string url, ReadDatabaseUrl(EnvironmentOfProcess()));
  PgPool pool({.url = url, .size_max = 1});
  MAB_RETURN_IF_ERROR(storage::CheckMigrated(pool));
  MAB_ASSIGN_OR_RETURN(const std::unique_ptr<PgConnection> connection,
                       PgConnection::Connect(url, absl::Seconds(10)));
  return storage::ReplayCheck::Run(*connection, {.experiment = std::string(experiment)});
}

int Replay(absl::string_view experiment) {
  const absl::Time begun = absl::Now();
  const absl::StatusOr<storage::ReplayReport> report = ReplayAssignments(experiment);
  if (!report.ok()) {
    std::fprintf(stderr, "mab-admin: %s\n", std::string(report.status().message()).c_str());
    return 2;
  }
  std::fputs(ReplayText(*report, absl::Now() - begun).c_str(), stdout);
  return report->clean() ? 0 : 1;
}

int RefuseArguments(absl::string_view why) {
  std::fprintf(stderr, "mab-admin: %s\n\n%s", std::string(why).c_str(), kHelp);
  return 2;
}

int ExitStatus(const absl::Status& status) {
  if (status.ok()) return 0;
  std::fprintf(stderr, "mab-admin: %s\n", std::string(status.message()).c_str());
  return 1;
}

int Run(absl::string_view command, const std::vector<absl::string_view>& arguments) {
  if (command == "totals") {
    const bool repair = !arguments.empty() && arguments[0] == "--repair";
    if (arguments.size() > (repair ? 1 : 0)) return RefuseArguments("totals takes --repair only");
    return Totals(repair);
  }
  if (command == "replay") {
    if (arguments.size() > 1 || (arguments.size() == 1 && arguments[0].empty())) {
      return RefuseArguments("replay takes one experiment, its key or id, or none for all");
    }
    return Replay(arguments.empty() ? "" : arguments[0]);
  }
  if (!arguments.empty())
    return RefuseArguments(absl::StrCat("too many arguments: ", arguments[0]));
  if (command == "--help" || command == "-h" || command == "help") {
    std::fputs(kHelp, stdout);
    return 0;
  }
  if (command == "--version") {
    std::puts("mab-admin " MAB_VERSION);
    return 0;
  }
  if (command == "migrate") return ExitStatus(Migrate());
  if (command != "serve") return RefuseArguments(absl::StrCat("unknown command '", command, "'"));
  BlockShutdownSignals();
  return ExitStatus(Serve());
}

}  // namespace
}  // namespace mab::admin

int main(int argc, char** argv) {
  const std::vector<absl::string_view> arguments(argv + std::min(argc, 2), argv + argc);
  return mab::admin::Run(argc < 2 ? "serve" : argv[1], arguments);
}
