// Between the messages of mab/v1/assignment_service.proto and queries and answers.
//
// Decoding checks every field and hashes the user's id at once. Errors: INVALID_ARGUMENT with every
// field that is wrong.
//
// Thread safety: pure functions.
#pragma once

#include "absl/status/statusor.h"
#include "assignment/answer.h"
#include "assignment/query.h"
#include "mab/v1/assignment_service.pb.h"
#include "storage/user_key.h"

namespace mab::assignment {

absl::StatusOr<AssignQuery> DecodeAssign(const v1::AssignRequest& request,
                                         const storage::UserKey& key);
absl::StatusOr<ExposeQuery> DecodeExpose(const v1::ExposeRequest& request,
                                         const storage::UserKey& key);
absl::StatusOr<ConvertQuery> DecodeConvert(const v1::ConvertRequest& request,
                                           const storage::UserKey& key);
absl::StatusOr<BatchAssignQuery> DecodeBatchAssign(const v1::BatchAssignRequest& request,
                                                   const storage::UserKey& key);
absl::StatusOr<BatchExposeQuery> DecodeBatchExpose(const v1::BatchExposeRequest& request,
                                                   const storage::UserKey& key);
absl::StatusOr<AssignAllQuery> DecodeAssignAll(const v1::AssignAllRequest& request,
                                               const storage::UserKey& key, bool expose);

void EncodeAssignment(const Assignment& answer, v1::AssignResponse* response);
void EncodeExposure(const Exposure& answer, v1::ExposeResponse* response);
void EncodeConversion(const Conversion& answer, v1::ConvertResponse* response);
void EncodeBatchAssignment(const BatchAssignment& answer, v1::BatchAssignResponse* response);
void EncodeAllAssignments(const AllAssignments& answer, v1::AssignAllResponse* response);
void EncodeBatchExposure(const BatchExposure& answer, v1::BatchExposeResponse* response);

}  // namespace mab::assignment
