#include "admin/snapshot_codec.h"

#include <google/protobuf/util/json_util.h>

#include <cstdlib>
#include <string>

#include "admin/time_codec.h"
#include "common/log.h"

namespace mab::admin {
namespace {

using mab::v1::WatchSnapshotsResponse;
using storage::ExperimentState;

mab::v1::Experiment::State EncodeState(ExperimentState state) {
  switch (state) {
    case ExperimentState::kDraft:
      return mab::v1::Experiment::DRAFT;
    case ExperimentState::kRunning:
      return mab::v1::Experiment::RUNNING;
    case ExperimentState::kPaused:
      return mab::v1::Experiment::PAUSED;
    case ExperimentState::kCompleted:
      return mab::v1::Experiment::COMPLETED;
    case ExperimentState::kArchived:
      return mab::v1::Experiment::ARCHIVED;
  }
  std::abort();
}

mab::v1::Experiment::Policy EncodePolicy(bandit::Policy policy) {
  switch (policy) {
    case bandit::Policy::kThompson:
      return mab::v1::Experiment::THOMPSON;
    case bandit::Policy::kTopTwoThompson:
      return mab::v1::Experiment::TOP_TWO_THOMPSON;
    case bandit::Policy::kFixed:
      return mab::v1::Experiment::FIXED;
  }
  std::abort();
}

std::string SaltBytes(const bandit::Salt& salt) {
  return std::string(reinterpret_cast<const char*>(salt.data()), salt.size());
}

void EncodePayload(const std::string& json, google::protobuf::Value* out) {
  const auto status = google::protobuf::util::JsonStringToMessage(json, out);
  if (status.ok()) return;
  MAB_LOG(kError, "a payload can't be represented; it goes out as null",
          {{"error", status.ToString()}});
  out->Clear();
  out->set_null_value(google::protobuf::NULL_VALUE);
}

void EncodeVariant(const storage::Variant& variant, mab::v1::VariantSnapshot* out) {
  out->set_id(variant.id.ToString());
  out->set_key(variant.key);
  out->set_name(variant.name);
  out->set_is_control(variant.is_control);
  out->set_disabled(variant.disabled);
  EncodePayload(variant.payload_json, out->mutable_payload());
}

void EncodeVersion(const bandit::DrawVersion& version, mab::v1::DrawVersion* out) {
  out->set_number(version.number);
  out->set_policy(EncodePolicy(version.policy));
  out->set_floor(version.floor);
  out->set_salt(SaltBytes(version.salt));
  out->set_sampler_id(version.sampler_id);
  for (const bandit::DrawArm& arm : version.arms) {
    mab::v1::DrawArm* encoded = out->add_arms();
    encoded->set_variant_id(arm.variant_id.ToString());
    encoded->set_eligible(arm.eligible);
    encoded->set_alpha(arm.posterior.alpha);
    encoded->set_beta(arm.posterior.beta);
    encoded->set_weight(arm.weight);
    encoded->set_probability_best(arm.probability_best);
    encoded->set_allocation(arm.allocation);
  }
}

void EncodeCallerKeys(const PublishedKeys& published, mab::v1::CallerKeys* out) {
  out->set_as_of_ms(absl::ToUnixMillis(published.as_of));
  for (const storage::CallerKey& key : published.keys) {
    mab::v1::CallerKey* const added = out->add_keys();
    added->set_id(key.id.ToString());
    added->set_secret_hash(key.secret_hash);
    if (key.expire_time.has_value()) *added->mutable_expire_time() = EncodeTime(*key.expire_time);
    added->set_bulk_exposes(key.bulk_exposes);
    added->set_publishable(key.publishable);
  }
}

// The next message of `update`, without experiments yet.
WatchSnapshotsResponse StartMessage(const SnapshotUpdate& update, bool first) {
  WatchSnapshotsResponse message;
  message.set_full(first && update.full);
  message.mutable_snapshot()->set_create_time_ms(absl::ToUnixMillis(update.as_of));
  message.mutable_snapshot()->set_database_id(update.database_id);
  if (first && update.caller_keys != nullptr) {
    EncodeCallerKeys(*update.caller_keys, message.mutable_snapshot()->mutable_caller_keys());
  }
  return message;
}

}  // namespace

mab::v1::ExperimentSnapshot EncodeExperimentSnapshot(const PublishedExperiment& published) {
  const storage::Experiment& experiment = *published.experiment;
  mab::v1::ExperimentSnapshot out;
  out.set_id(experiment.id.ToString());
  out.set_key(experiment.key);
  out.set_revision(experiment.revision);
  out.set_state(EncodeState(experiment.state));
  if (experiment.state == ExperimentState::kDraft ||
      experiment.state == ExperimentState::kArchived) {
    return out;
  }
  out.set_salt(SaltBytes(experiment.salt));
  out.set_traffic_share(experiment.traffic_share);
  out.set_conversion_window_seconds(experiment.conversion_window_seconds);
  for (const std::string& origin : experiment.allowed_origins) out.add_allowed_origins(origin);
  if (experiment.end_time.has_value()) {
    *out.mutable_end_time() = EncodeTime(*experiment.end_time);
  }
  for (const storage::Variant& variant : experiment.variants) {
    EncodeVariant(variant, out.add_variants());
  }
  if (experiment.winner_index.has_value()) {
    out.set_winner_index(static_cast<uint32_t>(*experiment.winner_index));
  }
  if (published.version != nullptr) EncodeVersion(*published.version, out.mutable_version());
  return out;
}

bool EncodeSnapshotUpdate(const SnapshotUpdate& update, size_t message_bytes,
                          const std::function<bool(const WatchSnapshotsResponse&)>& write) {
  WatchSnapshotsResponse message = StartMessage(update, /*first=*/true);
  for (const ExperimentId& id : update.change.removed) {
    message.add_removed_experiment_ids(id.ToString());
  }
  size_t bytes = 0;
  for (const PublishedExperiment& published : update.change.changed) {
    if (bytes >= message_bytes) {
      message.set_more(true);
      if (!write(message)) return false;
      message = StartMessage(update, /*first=*/false);
      bytes = 0;
    }
    mab::v1::ExperimentSnapshot* added = message.mutable_snapshot()->add_experiments();
    *added = EncodeExperimentSnapshot(published);
    bytes += added->ByteSizeLong();
  }
  return write(message);
}

}  // namespace mab::admin
