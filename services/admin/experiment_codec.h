// Experiments between protobuf and the services' own types.
//
// Thread safety: pure functions.
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "admin/experiment_catalog.h"
#include "admin/experiment_change.h"
#include "google/protobuf/field_mask.pb.h"
#include "mab/v1/experiment.pb.h"
#include "mab/v1/experiment_service.pb.h"
#include "storage/experiment.h"

namespace mab::admin {

// What a new experiment is to be: each field that is set. Output-only fields are left out.
ExperimentChange DecodeNewExperiment(const v1::Experiment& message);

// What an update is to set: each field that the mask names, its default where the message leaves it
// out. An empty mask names each field that is set, but for the output-only ones. Paths that are
// none of Experiment are among `malformed`; id, etag and times say nothing about what is to be set.
ExperimentChange DecodeUpdate(const v1::Experiment& message,
                              const google::protobuf::FieldMask& mask);
// The same, and which variants are to be taken out.
ExperimentChange DecodeUpdate(const v1::UpdateExperimentRequest& request);

// INVALID_ARGUMENT where the state is none.
absl::StatusOr<ExperimentListRequest> DecodeList(const v1::ListExperimentsRequest& message);

// Every field is set; start_time, end_time and rows_retire_time where there are any. INTERNAL where a payload is not
// JSON.
absl::Status EncodeExperiment(const storage::Experiment& experiment, v1::Experiment& message);

v1::Experiment::State EncodeState(storage::ExperimentState state);
v1::Experiment::Policy EncodePolicy(bandit::Policy policy);

}  // namespace mab::admin
