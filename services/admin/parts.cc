#include "admin/parts.h"

#include <utility>

namespace mab::admin {

Parts::Parts(const Options& options, const Clock& clock, Metrics& metrics, PgPool* pool,
             PasswordHasher* hasher)
    : refresher_pool({.url = options.database_url, .size_max = 1}),
      refresher({}, &refresher_pool, &hub, &delay_estimates, &clock, metrics),
      minute_folder({}, pool, &clock, metrics),
      database_probe({.url = options.database_url, .clock = &clock}),
      tokens(options.jwt_secret, &clock),
      authorizer(options.internal_secret, &tokens),
      sessions(pool, hasher, &tokens, &clock),
      first_account(pool, hasher, &clock, options.setup_token),
      catalog({.pool = pool, .clock = &clock, .on_change = [this] { refresher.Nudge(); }}) {}

Services::Services(std::string version, const Clock& clock, Metrics& metrics, PgPool* pool,
                   const storage::UserKey& user_key, Parts& parts)
    : account(&parts.sessions, &parts.first_account, &parts.authorizer),
      analytics(pool, &parts.authorizer, &parts.delay_estimates, &clock),
      experiment(parts.authorizer, parts.catalog),
      forecast({}, &parts.authorizer),
      lookup(pool, &user_key, &parts.authorizer),
      snapshot({}, &parts.authorizer, &parts.hub, metrics),
      system({.version = std::move(version)}, &parts.authorizer, &parts.database_probe,
             &parts.refresher, &clock) {}

}  // namespace mab::admin
