#include "assignment/snapshot_codec.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "assignment/draw_version_codec.h"
#include "assignment/timestamp_codec.h"
#include "common/error.h"
#include "common/log.h"
#include "common/status_macros.h"

namespace mab::assignment {
namespace {

constexpr size_t kVariantsMin = 2;
constexpr size_t kVariantsMax = 100;
constexpr size_t kKeyBytesMax = 64;
constexpr int kAllowedOriginsMax = 20;

std::optional<ExperimentState> DecodeState(v1::Experiment::State state) {
  switch (state) {
    case v1::Experiment::DRAFT:
      return ExperimentState::kDraft;
    case v1::Experiment::RUNNING:
      return ExperimentState::kRunning;
    case v1::Experiment::PAUSED:
      return ExperimentState::kPaused;
    case v1::Experiment::COMPLETED:
      return ExperimentState::kCompleted;
    case v1::Experiment::ARCHIVED:
      return ExperimentState::kArchived;
    default:
      return std::nullopt;
  }
}

v1::Experiment::State EncodeState(ExperimentState state) {
  switch (state) {
    case ExperimentState::kDraft:
      return v1::Experiment::DRAFT;
    case ExperimentState::kRunning:
      return v1::Experiment::RUNNING;
    case ExperimentState::kPaused:
      return v1::Experiment::PAUSED;
    case ExperimentState::kCompleted:
      return v1::Experiment::COMPLETED;
    case ExperimentState::kArchived:
      return v1::Experiment::ARCHIVED;
  }
  return v1::Experiment::STATE_UNSPECIFIED;
}

bool AssignsUsers(ExperimentState state) {
  return state != ExperimentState::kDraft && state != ExperimentState::kArchived;
}

bool IsKey(absl::string_view key) { return !key.empty() && key.size() <= kKeyBytesMax; }

// "variants must be 2 to 100; salt must be 16 bytes", for the log.
std::string DescribeViolations(const absl::Status& status) {
  constexpr size_t kDescribedMax = 10;
  std::vector<FieldViolation> violations = ErrorViolations(status);
  if (violations.size() > kDescribedMax) violations.resize(kDescribedMax);
  return absl::StrJoin(violations, "; ", [](std::string* out, const FieldViolation& violation) {
    absl::StrAppend(out, violation.field, " ", violation.description);
  });
}

void DecodeVariants(const v1::ExperimentSnapshot& proto, SnapshotExperiment& experiment,
                    Violations& violations) {
  const auto count = static_cast<size_t>(proto.variants_size());
  if (count < kVariantsMin || count > kVariantsMax) {
    violations.Add("variants", "must be 2 to 100");
    return;
  }
  absl::flat_hash_set<VariantId> ids;
  absl::flat_hash_set<std::string> keys;
  size_t controls = 0;
  for (size_t i = 0; i < count; ++i) {
    const v1::VariantSnapshot& from = proto.variants(static_cast<int>(i));
    const std::string field = absl::StrCat("variants[", i, "]");
    SnapshotVariant& to = experiment.variants.emplace_back();
    const absl::StatusOr<Uuid> id = Uuid::Parse(from.id());
    if (!id.ok()) {
      violations.Add(absl::StrCat(field, ".id"), "must be a UUID");
    } else if (to.id = VariantId{*id}; !ids.insert(to.id).second) {
      violations.Add(absl::StrCat(field, ".id"), "is another variant's");
    }
    if (!IsKey(from.key())) {
      violations.Add(absl::StrCat(field, ".key"), "must be 1 to 64 bytes");
    } else if (!keys.insert(from.key()).second) {
      violations.Add(absl::StrCat(field, ".key"), "is another variant's");
    }
    to.id_text = to.id.ToString();
    to.key = from.key();
    to.name = from.name();
    to.is_control = from.is_control();
    to.disabled = from.disabled();
    to.payload_wire = from.payload().SerializeAsString();
    if (to.is_control) {
      ++controls;
      experiment.control_index = i;
    }
  }
  if (controls != 1) violations.Add("variants", "must have exactly one control");
  if (experiment.variants[experiment.control_index].disabled) {
    violations.Add("variants", "must not have a disabled control");
  }
}

void DecodeWinner(const v1::ExperimentSnapshot& proto, SnapshotExperiment& experiment,
                  Violations& violations) {
  if (proto.has_winner_index()) {
    experiment.winner_index = proto.winner_index();
    if (proto.winner_index() >= experiment.variants.size()) {
      violations.Add("winner_index", "must be a variant's index");
    }
  }
  if (proto.has_end_time()) experiment.end_time = DecodeTime(proto.end_time());
  if (experiment.state != ExperimentState::kCompleted) return;
  if (!proto.has_winner_index()) violations.Add("winner_index", "must be set on completion");
  if (!proto.has_end_time()) violations.Add("end_time", "must be set on completion");
}

// What drafts and archived experiments do not bear.
void DecodeConfiguration(const v1::ExperimentSnapshot& proto, SnapshotExperiment& experiment,
                         Violations& violations) {
  DecodeSalt(proto.salt(), "salt", experiment.salt, violations);
  experiment.traffic_share = proto.traffic_share();
  if (!(experiment.traffic_share >= 0 && experiment.traffic_share <= 1)) {
    violations.Add("traffic_share", "must be 0 to 1");
  }
  experiment.conversion_window = absl::Seconds(proto.conversion_window_seconds());
  if (proto.conversion_window_seconds() == 0) {
    violations.Add("conversion_window_seconds", "must be at least 1");
  }
  if (proto.allowed_origins_size() > kAllowedOriginsMax) {
    violations.Add("allowed_origins", "must be at most 20");
  }
  experiment.allowed_origins.assign(proto.allowed_origins().begin(), proto.allowed_origins().end());
  DecodeVariants(proto, experiment, violations);
  DecodeWinner(proto, experiment, violations);
  if (proto.has_version()) {
    experiment.version = DecodeDrawVersion(proto.version(), experiment.variants, violations);
  }
}

void EncodeExperiment(const SnapshotExperiment& experiment, v1::ExperimentSnapshot* proto) {
  proto->set_id(experiment.id_text);
  proto->set_key(experiment.key);
  proto->set_revision(experiment.revision);
  proto->set_state(EncodeState(experiment.state));
  if (!AssignsUsers(experiment.state)) return;
  proto->set_salt(experiment.salt.data(), experiment.salt.size());
  proto->set_traffic_share(experiment.traffic_share);
  proto->set_conversion_window_seconds(
      static_cast<uint32_t>(absl::ToInt64Seconds(experiment.conversion_window)));
  if (experiment.end_time.has_value()) EncodeTime(*experiment.end_time, proto->mutable_end_time());
  if (experiment.winner_index.has_value()) {
    proto->set_winner_index(static_cast<uint32_t>(*experiment.winner_index));
  }
  for (const std::string& origin : experiment.allowed_origins) proto->add_allowed_origins(origin);
  for (const SnapshotVariant& from : experiment.variants) {
    v1::VariantSnapshot* to = proto->add_variants();
    to->set_id(from.id_text);
    to->set_key(from.key);
    to->set_name(from.name);
    to->set_is_control(from.is_control);
    to->set_disabled(from.disabled);
    to->mutable_payload()->ParseFromString(from.payload_wire);
  }
  if (experiment.version != nullptr) {
    EncodeDrawVersion(*experiment.version, proto->mutable_version());
  }
}

// A key that is not fit for use is nobody's.
std::shared_ptr<const CallerKeys> DecodeCallerKeys(const v1::CallerKeys& proto) {
  constexpr size_t kSecretHashBytes = 32;
  std::vector<CallerKeyPtr> keys;
  for (const v1::CallerKey& from : proto.keys()) {
    const absl::StatusOr<Uuid> id = Uuid::Parse(from.id());
    if (!id.ok() || from.secret_hash().size() != kSecretHashBytes) {
      MAB_LOG(kError, "refused an API key of the snapshot", {{"api_key_id", from.id()}});
      continue;
    }
    keys.push_back(std::make_shared<const CallerKey>(
        ApiKeyId{*id}, from.secret_hash(),
        from.has_expire_time() ? DecodeTime(from.expire_time()) : absl::InfiniteFuture(),
        CallerKeySettings{.bulk_exposes = from.bulk_exposes(), .publishable = from.publishable()}));
  }
  return std::make_shared<const CallerKeys>(keys, proto.as_of_ms());
}

void EncodeCallerKeys(const CallerKeys& keys, v1::CallerKeys* proto) {
  proto->set_as_of_ms(keys.as_of_ms());
  for (const CallerKeyPtr& key : keys.all()) {
    v1::CallerKey* const to = proto->add_keys();
    to->set_id(key->id().ToString());
    to->set_secret_hash(key->secret_hash());
    if (key->expire_time() != absl::InfiniteFuture()) {
      EncodeTime(key->expire_time(), to->mutable_expire_time());
    }
    to->set_bulk_exposes(key->settings().bulk_exposes);
    to->set_publishable(key->settings().publishable);
  }
}

}  // namespace

absl::StatusOr<std::shared_ptr<const SnapshotExperiment>> DecodeExperiment(
    const v1::ExperimentSnapshot& proto) {
  auto experiment = std::make_shared<SnapshotExperiment>();
  Violations violations;
  const absl::StatusOr<Uuid> id = Uuid::Parse(proto.id());
  if (!id.ok()) {
    violations.Add("id", "must be a UUID");
  } else {
    experiment->id = ExperimentId{*id};
  }
  experiment->id_text = experiment->id.ToString();
  experiment->key = proto.key();
  if (!IsKey(proto.key())) violations.Add("key", "must be 1 to 64 bytes");
  experiment->revision = proto.revision();
  const std::optional<ExperimentState> state = DecodeState(proto.state());
  if (!state.has_value()) {
    violations.Add("state", "must be known");
  } else if (experiment->state = *state; AssignsUsers(*state)) {
    DecodeConfiguration(proto, *experiment, violations);
  }
  MAB_RETURN_IF_ERROR(violations.ToStatus());
  return experiment;
}

SnapshotUpdate DecodeUpdate(const v1::WatchSnapshotsResponse& proto) {
  SnapshotUpdate update;
  update.full = proto.full();
  update.created_at = absl::FromUnixMillis(proto.snapshot().create_time_ms());
  update.database_id = proto.snapshot().database_id();
  if (proto.snapshot().has_caller_keys()) {
    update.caller_keys = DecodeCallerKeys(proto.snapshot().caller_keys());
  }
  for (const v1::ExperimentSnapshot& from : proto.snapshot().experiments()) {
    absl::StatusOr<std::shared_ptr<const SnapshotExperiment>> experiment = DecodeExperiment(from);
    if (experiment.ok()) {
      update.experiments.push_back(*std::move(experiment));
      continue;
    }
    MAB_LOG(kError, "refused an experiment of the snapshot; what was known of it stays",
            {{"experiment_id", from.id()},
             {"revision", from.revision()},
             {"error", DescribeViolations(experiment.status())}});
    if (const auto id = Uuid::Parse(from.id()); id.ok()) {
      update.refused.push_back(ExperimentId{*id});
    }
  }
  for (const std::string& id : proto.removed_experiment_ids()) {
    if (const auto uuid = Uuid::Parse(id); uuid.ok()) update.removed.push_back(ExperimentId{*uuid});
  }
  return update;
}

v1::Snapshot EncodeSnapshot(const Snapshot& snapshot) {
  v1::Snapshot proto;
  proto.set_create_time_ms(absl::ToUnixMillis(snapshot.created_at));
  proto.set_database_id(snapshot.database_id);
  if (snapshot.caller_keys != nullptr) {
    EncodeCallerKeys(*snapshot.caller_keys, proto.mutable_caller_keys());
  }
  for (const auto& [id, experiment] : snapshot.by_id) {
    EncodeExperiment(*experiment, proto.add_experiments());
  }
  return proto;
}

}  // namespace mab::assignment
