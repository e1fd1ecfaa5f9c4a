// What a serving mab-admin is made of: the parts, and the gRPC services on them. Here, and not in
// main.cc, so that tests serve the same services as the process does.
//
// Thread safety: built and destroyed by one thread; the members have their own rules.
#pragma once

#include <string>
#include <vector>

#include "admin/access_token.h"
#include "admin/account_service.h"
#include "admin/accounts.h"
#include "admin/analytics_service.h"
#include "admin/api_key_service.h"
#include "admin/api_key_uses.h"
#include "admin/api_keys.h"
#include "admin/audit_service.h"
#include "admin/database_probe.h"
#include "admin/delay_estimates.h"
#include "admin/erasure_client.h"
#include "admin/experiment_catalog.h"
#include "admin/experiment_service.h"
#include "admin/first_account.h"
#include "admin/forecast_service.h"
#include "admin/login_delays.h"
#include "admin/lookup_service.h"
#include "admin/minute_folder.h"
#include "admin/operations_service.h"
#include "admin/options.h"
#include "admin/own_password.h"
#include "admin/own_sessions.h"
#include "admin/password_hasher.h"
#include "admin/retention_job.h"
#include "admin/session.h"
#include "admin/session_service.h"
#include "admin/snapshot_hub.h"
#include "admin/snapshot_service.h"
#include "admin/system_service.h"
#include "admin/token_authorizer.h"
#include "admin/version_refresher.h"
#include "admin/visitor_service.h"
#include "admin/website_service.h"
#include "common/clock.h"
#include "common/metrics.h"
#include "common/periodic_task.h"
#include "common/postgres.h"
#include "storage/user_key.h"

namespace mab::admin {

struct Parts {
  // Nothing is owned; all outlive this.
  Parts(const Options& options, const Clock& clock, Metrics& metrics, PgPool* pool,
        PasswordHasher* hasher);

  SnapshotHub hub;
  // A connection of its own: whatever people ask for, the weights follow the visitors.
  PgPool refresher_pool;
  DelayEstimates delay_estimates{{}};
  VersionRefresher refresher;
  MinuteFolder minute_folder;
  RetentionJob retention_job;
  DatabaseProbe database_probe;
  const AccessTokens tokens;
  ApiKeyUses key_uses;
  const TokenAuthorizer authorizer;
  LoginDelays login_delays;
  Sessions sessions;
  FirstAccount first_account;
  OwnPassword own_password;
  OwnSessions own_sessions;
  Accounts accounts;
  ApiKeys api_keys;
  ErasureClient eraser;
  PeriodicTask erasure_watch{absl::Minutes(1), [this] { eraser.Watch(); }};
  ExperimentCatalog catalog;
};

struct Services {
  // Nothing is owned; all outlive this. `version` is that of the build.
  Services(std::string version, const Clock& clock, Metrics& metrics, PgPool* pool,
           const storage::UserKey& user_key, Parts& parts);

  std::vector<grpc::Service*> all() {
    return {&account,    &analytics, &api_key,  &audit,  &experiment, &forecast, &lookup,
            &operations, &session,   &snapshot, &system, &visitor,    &website};
  }

  AccountServiceImpl account;
  AnalyticsServiceImpl analytics;
  ApiKeyServiceImpl api_key;
  AuditServiceImpl audit;
  ExperimentServiceImpl experiment;
  ForecastServiceImpl forecast;
  LookupServiceImpl lookup;
  OperationsServiceImpl operations;
  SessionServiceImpl session;
  SnapshotServiceImpl snapshot;
  SystemServiceImpl system;
  VisitorServiceImpl visitor;
  WebsiteServiceImpl website;
};

}  // namespace mab::admin
