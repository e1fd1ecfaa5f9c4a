#include "admin/parts.h"

#include <utility>

namespace mab::admin {

Parts::Parts(const Options& options, const Clock& clock, Metrics& metrics, PgPool* pool,
             PasswordHasher* hasher)
    : refresher_pool({.url = options.database_url, .size_max = 1}),
      refresher({}, &refresher_pool, &hub, &delay_estimates, &clock, metrics),
      minute_folder({}, pool, &clock, metrics),
      retention_job({.retention_days = options.retention_days}, pool, &clock, metrics),
      database_probe({.url = options.database_url, .clock = &clock}),
      tokens({.secret = options.jwt_secret, .previous_secret = options.jwt_secret_previous},
             &clock),
      key_uses(pool, &clock),
      authorizer(
          {.internal_secret = options.internal_secret, .accept_operator = !options.production},
          &tokens, pool, &key_uses, &clock),
      login_delays({}, &clock),
      sessions(pool, hasher, &login_delays, &tokens, &clock),
      first_account(pool, hasher, &clock, options.setup_token),
      own_password(pool, hasher, &login_delays, &clock),
      own_sessions(pool, &own_password, &clock),
      accounts(pool, &clock),
      api_keys(pool, &clock, [this] { refresher.Nudge(); }),
      eraser({.assignment_address = options.assignment_address,
              .tls = options.tls,
              .internal_secret = options.internal_secret,
              .pool = pool,
              .clock = &clock}),
      catalog({.pool = pool, .clock = &clock, .on_change = [this] { refresher.Nudge(); }}) {}

Services::Services(std::string version, const Clock& clock, Metrics& metrics, PgPool* pool,
                   const storage::UserKey& user_key, Parts& parts)
    : account({.sessions = &parts.sessions,
               .first_account = &parts.first_account,
               .own_password = &parts.own_password,
               .accounts = &parts.accounts,
               .authorizer = &parts.authorizer}),
      analytics(pool, &parts.authorizer, &parts.delay_estimates, &clock),
      api_key(&parts.api_keys, &parts.authorizer, &clock),
      audit(pool, &parts.authorizer),
      experiment(parts.authorizer, parts.catalog),
      forecast({}, &parts.authorizer),
      lookup(pool, &user_key, &parts.authorizer),
      operations(pool, &parts.authorizer),
      session({.own_sessions = &parts.own_sessions,
               .accounts = &parts.accounts,
               .authorizer = &parts.authorizer}),
      snapshot({}, &parts.authorizer, &parts.hub, pool, &clock, metrics),
      system({.version = std::move(version)}, &parts.authorizer, &parts.database_probe,
             &parts.refresher, &clock),
      visitor(&parts.authorizer, &parts.eraser),
      website(&parts.authorizer) {}

}  // namespace mab::admin
