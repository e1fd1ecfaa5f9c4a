#include "admin/database_probe.h"

#include <utility>

namespace mab::admin {

DatabaseProbe::DatabaseProbe(Options options)
    : options_(std::move(options)),
      pool_({.url = options_.url, .size_max = 1}),
      last_{absl::UnavailableError("the database was not asked yet"), absl::ZeroDuration()} {}

DatabaseProbe::~DatabaseProbe() { Stop(); }

void DatabaseProbe::Start() {
  thread_ = std::thread([this] { Loop(); });
}

void DatabaseProbe::Stop() {
  if (!thread_.joinable()) return;
  pause_.End();
  pool_.Interrupt();
  thread_.join();
}

void DatabaseProbe::Loop() {
  do {
    Ask();
  } while (!pause_.For(options_.interval));
}

void DatabaseProbe::Ask() {
  const absl::Time asked_at = options_.clock->Now();
  {
    absl::MutexLock lock(&mutex_);
    asked_at_ = asked_at;
  }
  absl::Status status = pool_.Execute("SELECT 1").status();
  absl::MutexLock lock(&mutex_);
  last_ = {std::move(status), options_.clock->Now() - asked_at};
  asked_at_ = absl::InfiniteFuture();
}

DatabaseProbe::Result DatabaseProbe::result() const {
  absl::MutexLock lock(&mutex_);
  const absl::Duration waiting = options_.clock->Now() - asked_at_;
  if (waiting <= options_.answer_within) return last_;
  return {absl::UnavailableError("the database does not answer"), waiting};
}

}  // namespace mab::admin
