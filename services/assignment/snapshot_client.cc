#include "assignment/snapshot_client.h"

#include <algorithm>
#include <utility>

#include "absl/random/random.h"
#include "absl/time/clock.h"
#include "assignment/snapshot_codec.h"
#include "assignment/snapshot_file_codec.h"
#include "assignment/timestamp_codec.h"
#include "common/log.h"
#include "common/rpc_channel.h"

namespace mab::assignment {
namespace {

// A message of admin is a few MiB at most.
constexpr int kMessageBytesMax = 64 << 20;
// And a snapshot is at most so many of them.
constexpr size_t kPartsMax = 4096;
constexpr absl::Duration kWatchdogInterval = absl::Seconds(1);
constexpr absl::Duration kReportTimeout = absl::Seconds(2);

// Whether an experiment came, went, was edited or got its first version, or an API key came or
// went. (A later version alone is learned again soon.)
bool ConfiguresOtherwise(const Snapshot& before, const Snapshot& after) {
  if (!SameKeys(before.caller_keys.get(), after.caller_keys.get())) return true;
  if (before.by_id.size() != after.by_id.size()) return true;
  return std::any_of(after.by_id.begin(), after.by_id.end(), [&](const auto& entry) {
    const auto was = before.by_id.find(entry.first);
    return was == before.by_id.end() || was->second->revision != entry.second->revision ||
           was->second->version == nullptr;
  });
}

std::shared_ptr<grpc::Channel> MakeChannel(const std::string& address, const TlsFiles& tls) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMessageBytesMax);
  return InternalChannel(address, tls, arguments);
}

}  // namespace

SnapshotClient::SnapshotClient(Options options)
    : options_(std::move(options)),
      stub_(v1::SnapshotService::NewStub(MakeChannel(options_.address, options_.tls))),
      age_seconds_(
          options_.metrics->Gauge("mab_snapshot_age_seconds", "Time since admin was last heard.")),
      heard_at_(options_.clock->Now()),
      saver_(options_.save_interval, [this] { SaveIfChanged(); }),
      watchdog_(kWatchdogInterval, [this] { EndSilentStream(); }),
      key_uses_(kWatchdogInterval, [this] { ReportKeyUses(); }) {}

SnapshotClient::~SnapshotClient() { Stop(); }

void SnapshotClient::LoadFile() {
  absl::StatusOr<std::shared_ptr<const Snapshot>> loaded = LoadSnapshot(options_.file_path);
  if (!loaded.ok()) {
    MAB_LOG(kError, "the snapshot on disk is of no use; waiting for admin",
            {{"error", loaded.status()}});
    return;
  }
  if (*loaded == nullptr || !IsOurs((*loaded)->database_id)) return;
  MAB_LOG(kInfo, "took the snapshot on disk into use",
          {{"experiments", (*loaded)->by_id.size()},
           {"created_at", absl::FormatTime((*loaded)->created_at, absl::UTCTimeZone())}});
  {
    absl::MutexLock lock(&file_mutex_);
    saved_ = *loaded;
  }
  options_.holder->Set(*std::move(loaded));
}

void SnapshotClient::Start() {
  saver_.Start();
  watchdog_.Start();
  key_uses_.Start();
  watcher_ = std::thread([this] { WatchLoop(); });
}

void SnapshotClient::Stop() {
  if (!watcher_.joinable()) return;
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    if (context_ != nullptr) context_->TryCancel();
  }
  pause_.End();
  watcher_.join();
  watchdog_.Stop();
  key_uses_.Stop();
  saver_.Stop();
  SaveIfChanged();
}

absl::Duration SnapshotClient::age() const {
  absl::MutexLock lock(&mutex_);
  return options_.clock->Now() - heard_at_;
}

bool SnapshotClient::Stopping() const {
  absl::MutexLock lock(&mutex_);
  return stopping_;
}

void SnapshotClient::WatchLoop() {
  absl::BitGen random;
  absl::Duration backoff = options_.backoff_min;
  while (!Stopping()) {
    const bool heard = Watch();
    backoff = heard ? options_.backoff_min : std::min(2 * backoff, options_.backoff_max);
    // Half to all of it, so that many clients of one admin do not come back as one.
    const absl::Duration pause = backoff * absl::Uniform(random, 0.5, 1.0);
    pause_.For(pause);
  }
}

bool SnapshotClient::Watch() {
  grpc::ClientContext context;
  AddInternalSecret(context, options_.internal_secret);
  {
    absl::MutexLock lock(&mutex_);
    if (stopping_) return false;
    context_ = &context;
    opened_at_ = options_.clock->Now();
  }
  bool heard = false;
  const std::unique_ptr<grpc::ClientReader<v1::WatchSnapshotsResponse>> reader =
      stub_->WatchSnapshots(&context, v1::WatchSnapshotsRequest());
  v1::WatchSnapshotsResponse message;
  std::vector<SnapshotUpdate> parts;
  while (reader->Read(&message)) {
    if (!Take(std::move(message), parts)) {
      context.TryCancel();
      break;
    }
    heard = true;
    message = v1::WatchSnapshotsResponse();
  }
  const grpc::Status status = reader->Finish();
  absl::MutexLock lock(&mutex_);
  context_ = nullptr;
  if (!stopping_) {
    MAB_LOG(kWarning, "the stream of snapshots ended; opening it again",
            {{"code", static_cast<int>(status.error_code())}, {"error", status.error_message()}});
  }
  return heard;
}

bool SnapshotClient::IsOurs(const std::string& database_id) const {
  const Uuid ours = options_.database_id();
  if (ours.IsNil() || ours.ToString() == database_id) return true;
  MAB_LOG(kError, "refused a snapshot of another database: its experiments are not ours",
          {{"database_id", database_id}, {"our_database_id", ours.ToString()}});
  return false;
}

bool SnapshotClient::Take(v1::WatchSnapshotsResponse message, std::vector<SnapshotUpdate>& parts) {
  if (message.has_snapshot() && !IsOurs(message.snapshot().database_id())) return false;
  {
    absl::MutexLock lock(&mutex_);
    heard_at_ = options_.clock->Now();
  }
  const bool says_something = message.full() || message.snapshot().experiments_size() > 0 ||
                              message.snapshot().has_caller_keys() ||
                              message.removed_experiment_ids_size() > 0;
  if (says_something || message.more()) parts.push_back(DecodeUpdate(message));
  if (parts.size() > kPartsMax) {
    MAB_LOG(kError, "refused a snapshot of too many messages", {{"messages", parts.size()}});
    return false;
  }
  if (message.more() || parts.empty()) return true;
  Apply(parts);
  parts.clear();
  return true;
}

void SnapshotClient::Apply(const std::vector<SnapshotUpdate>& parts) {
  // The parts of one whole: full when the first one says so.
  SnapshotUpdate whole = parts.front();
  for (size_t i = 1; i < parts.size(); ++i) {
    const SnapshotUpdate& part = parts[i];
    whole.created_at = std::max(whole.created_at, part.created_at);
    if (part.caller_keys != nullptr) whole.caller_keys = part.caller_keys;
    whole.experiments.insert(whole.experiments.end(), part.experiments.begin(),
                             part.experiments.end());
    whole.refused.insert(whole.refused.end(), part.refused.begin(), part.refused.end());
    whole.removed.insert(whole.removed.end(), part.removed.begin(), part.removed.end());
  }
  const std::shared_ptr<const Snapshot> known = options_.holder->Get();
  // Changes without the whole that they change are of no use.
  if (known == nullptr && !whole.full) return;
  std::shared_ptr<const Snapshot> merged = MergeSnapshot(known.get(), whole);
  if (whole.full) {
    MAB_LOG(kInfo, "took the snapshot of admin into use", {{"experiments", merged->by_id.size()}});
  }
  absl::MutexLock lock(&file_mutex_);
  if (known == nullptr || ConfiguresOtherwise(*known, *merged)) Save(merged);
  options_.holder->Set(std::move(merged));
}

void SnapshotClient::SaveIfChanged() {
  // Under the lock, so that it is not older than what Apply saved.
  absl::MutexLock lock(&file_mutex_);
  if (std::shared_ptr<const Snapshot> current = options_.holder->Get(); current != nullptr) {
    Save(std::move(current));
  }
}

void SnapshotClient::Save(std::shared_ptr<const Snapshot> snapshot) {
  if (snapshot == saved_) return;
  if (absl::Status saved = SaveSnapshot(*snapshot, options_.file_path); !saved.ok()) {
    MAB_LOG(kWarning, "the snapshot was not saved", {{"error", saved}});
    return;
  }
  saved_ = std::move(snapshot);
}

void SnapshotClient::ReportKeyUses() {
  const std::shared_ptr<const Snapshot> snapshot = options_.holder->Get();
  if (snapshot == nullptr || snapshot->caller_keys == nullptr) return;
  v1::ReportKeyUsesRequest request;
  std::vector<CallerKeyPtr> told;
  for (const CallerKeyPtr& key : snapshot->caller_keys->all()) {
    const std::optional<absl::Time> used_at = key->TakeUse();
    if (!used_at.has_value()) continue;
    v1::KeyUse* const use = request.add_uses();
    use->set_api_key_id(key->id().ToString());
    EncodeTime(*used_at, use->mutable_last_use_time());
    told.push_back(key);
  }
  if (told.empty()) return;
  grpc::ClientContext context;
  AddInternalSecret(context, options_.internal_secret);
  context.set_deadline(absl::ToChronoTime(absl::Now() + kReportTimeout));
  v1::ReportKeyUsesResponse response;
  if (stub_->ReportKeyUses(&context, request, &response).ok()) return;
  // Admin is away, which the stream of snapshots tells: another time.
  for (const CallerKeyPtr& key : told) key->PutUseBack();
}

void SnapshotClient::EndSilentStream() {
  age_seconds_.Set(absl::ToDoubleSeconds(age()));
  absl::MutexLock lock(&mutex_);
  if (context_ == nullptr) return;
  const absl::Time now = options_.clock->Now();
  if (now - std::max(heard_at_, opened_at_) <= options_.silence_max) return;
  MAB_LOG(kWarning, "admin has fallen silent; opening the stream again");
  context_->TryCancel();
}

}  // namespace mab::assignment
