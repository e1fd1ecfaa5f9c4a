#include "admin/startup.h"

#include <algorithm>
#include <utility>

#include "common/log.h"
#include "common/status_macros.h"
#include "storage/migrator.h"
#include "storage/role_check.h"
#include "storage/settings_store.h"

namespace mab::admin {

Startup::Startup(Options options, PgPool* pool, FirstAccount* first_account,
                 VersionRefresher* refresher)
    : options_(std::move(options)),
      pool_(pool),
      first_account_(first_account),
      refresher_(refresher) {}

Startup::~Startup() { Stop(); }

void Startup::Start() {
  thread_ = std::thread([this] { Loop(); });
}

void Startup::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

absl::Status Startup::RunOnce() {
  MAB_RETURN_IF_ERROR(storage::CheckMigrated(*pool_));
  MAB_RETURN_IF_ERROR(storage::SettingsStore(pool_).CheckUserHashKey(options_.key_fingerprint));
  if (!options_.admin_email.empty()) {
    MAB_RETURN_IF_ERROR(first_account_->Ensure(options_.admin_email, options_.admin_password));
  }
  return refresher_->RunOnce();
}

void Startup::Loop() {
  absl::Duration pause = absl::ZeroDuration();
  while (Pause(pause)) {
    const absl::Status status = RunOnce();
    if (status.ok()) {
      if (options_.check_role) {
        storage::WarnOfExcessPrivileges(*pool_, storage::DatabaseUser::kAdmin);
      }
      refresher_->Start();
      options_.on_ready();
      return;
    }
    pause = std::min(std::max(pause * 2, options_.retry_min), options_.retry_max);
    MAB_LOG(kWarning, "not ready yet",
            {{"error", status}, {"retry_ms", absl::ToInt64Milliseconds(pause)}});
  }
}

bool Startup::Pause(absl::Duration duration) {
  absl::MutexLock lock(&mutex_);
  mutex_.AwaitWithTimeout(absl::Condition(&stopping_), duration);
  return !stopping_;
}

}  // namespace mab::admin
