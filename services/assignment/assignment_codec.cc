#include "assignment/assignment_codec.h"

#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "assignment/timestamp_codec.h"
#include "common/error.h"

namespace mab::assignment {
namespace {

std::vector<std::string> DecodeExperiments(
    const google::protobuf::RepeatedPtrField<std::string>& experiments) {
  return {experiments.begin(), experiments.end()};
}

void EncodeBatchErrors(const std::vector<BatchError>& errors,
                       google::protobuf::RepeatedPtrField<v1::BatchError>* to) {
  for (const BatchError& from : errors) {
    v1::BatchError* error = to->Add();
    error->set_experiment_key(from.experiment);
    error->set_code(ErrorReason(from.status));
  }
}

v1::AssignResponse::Reason EncodeReason(AssignReason reason) {
  switch (reason) {
    case AssignReason::kDrawn:
      return v1::AssignResponse::DRAWN;
    case AssignReason::kWinner:
      return v1::AssignResponse::WINNER;
    case AssignReason::kPaused:
      return v1::AssignResponse::PAUSED;
    case AssignReason::kOutsideTraffic:
      return v1::AssignResponse::OUTSIDE_TRAFFIC;
    case AssignReason::kVariantDisabled:
      return v1::AssignResponse::VARIANT_DISABLED;
    case AssignReason::kBot:
      return v1::AssignResponse::BOT;
    case AssignReason::kForced:
      return v1::AssignResponse::FORCED;
    case AssignReason::kNoRoom:
      return v1::AssignResponse::NO_ROOM;
  }
  std::abort();
}

}  // namespace

absl::StatusOr<AssignQuery> DecodeAssign(const v1::AssignRequest& request,
                                         const storage::UserKey& key) {
  return MakeAssignQuery(key, request.experiment(), request.user_id(),
                         !request.has_expose() || request.expose());
}

absl::StatusOr<ExposeQuery> DecodeExpose(const v1::ExposeRequest& request,
                                         const storage::UserKey& key) {
  return MakeExposeQuery(key, request.experiment(), request.user_id());
}

absl::StatusOr<ConvertQuery> DecodeConvert(const v1::ConvertRequest& request,
                                           const storage::UserKey& key) {
  std::optional<double> value;
  if (request.has_value()) value = request.value();
  return MakeConvertQuery(key, request.experiment(), request.user_id(), value, request.event_id());
}

absl::StatusOr<BatchAssignQuery> DecodeBatchAssign(const v1::BatchAssignRequest& request,
                                                   const storage::UserKey& key) {
  absl::flat_hash_map<std::string, std::string> force(request.force().begin(),
                                                      request.force().end());
  return MakeBatchAssignQuery(key, request.user_id(), DecodeExperiments(request.experiments()),
                              !request.has_expose() || request.expose(), std::move(force));
}

absl::StatusOr<BatchExposeQuery> DecodeBatchExpose(const v1::BatchExposeRequest& request,
                                                   const storage::UserKey& key) {
  return MakeBatchExposeQuery(key, request.user_id(), DecodeExperiments(request.experiments()));
}

absl::StatusOr<AssignAllQuery> DecodeAssignAll(const v1::AssignAllRequest& request,
                                               const storage::UserKey& key, bool expose) {
  return MakeAssignAllQuery(key, request.user_id(), expose);
}

void EncodeAssignment(const Assignment& answer, v1::AssignResponse* response) {
  const SnapshotVariant& variant = answer.experiment->variants[answer.variant_index];
  response->set_experiment_id(answer.experiment->id_text);
  response->set_experiment_key(answer.experiment->key);
  v1::AssignedVariant* to = response->mutable_variant();
  to->set_id(variant.id_text);
  to->set_key(variant.key);
  to->set_name(variant.name);
  to->set_is_control(variant.is_control);
  to->mutable_payload()->ParseFromString(variant.payload_wire);
  response->set_reason(EncodeReason(answer.reason));
  response->set_returning(answer.returning);
  response->set_counted(answer.counted);
  response->set_propensity(answer.propensity);
  response->set_version(static_cast<double>(answer.version));
  if (answer.assigned_at.has_value()) {
    EncodeTime(*answer.assigned_at, response->mutable_assigned_at());
  }
}

void EncodeExposure(const Exposure& answer, v1::ExposeResponse* response) {
  response->set_counted(answer.exposed_at.has_value());
  if (answer.exposed_at.has_value()) {
    EncodeTime(*answer.exposed_at, response->mutable_exposed_at());
  }
}

void EncodeConversion(const Conversion& answer, v1::ConvertResponse* response) {
  const SnapshotVariant& variant = answer.experiment->variants[answer.variant_index];
  response->set_recorded(!answer.duplicate);
  response->set_duplicate(answer.duplicate);
  response->set_credited(answer.credited);
  response->mutable_variant()->set_id(variant.id_text);
  response->mutable_variant()->set_key(variant.key);
  EncodeTime(answer.converted_at, response->mutable_converted_at());
}

void EncodeBatchAssignment(const BatchAssignment& answer, v1::BatchAssignResponse* response) {
  for (const Assignment& assignment : answer.assignments) {
    EncodeAssignment(assignment, response->add_assignments());
  }
  EncodeBatchErrors(answer.errors, response->mutable_errors());
}

void EncodeAllAssignments(const AllAssignments& answer, v1::AssignAllResponse* response) {
  for (const Assignment& assignment : answer.assignments) {
    EncodeAssignment(assignment, response->add_assignments());
  }
  EncodeBatchErrors(answer.errors, response->mutable_errors());
  response->set_omitted(static_cast<uint32_t>(answer.omitted));
}

void EncodeBatchExposure(const BatchExposure& answer, v1::BatchExposeResponse* response) {
  for (const BatchExposure::Entry& from : answer.exposures) {
    v1::BatchExposure* to = response->add_exposures();
    to->set_experiment_key(from.experiment);
    to->set_counted(from.exposure.exposed_at.has_value());
    if (from.exposure.exposed_at.has_value()) {
      EncodeTime(*from.exposure.exposed_at, to->mutable_exposed_at());
    }
  }
  EncodeBatchErrors(answer.errors, response->mutable_errors());
}

}  // namespace mab::assignment
