#include "assignment/assignment_calls_codec.h"

#include "assignment/assignment_codec.h"
#include "assignment/batch.h"
#include "assignment/caller_codec.h"
#include "common/error.h"
#include "common/status_macros.h"

namespace mab::assignment {
absl::StatusOr<std::shared_ptr<const Snapshot>> AssignmentCalls::CurrentSnapshot() const {
  std::shared_ptr<const Snapshot> snapshot = parts_.snapshots->Get();
  if (snapshot == nullptr) {
    return UnavailableError(kReasonUnavailable, "the experiments are not known yet");
  }
  return snapshot;
}

absl::StatusOr<JournalWait> AssignmentCalls::Assign(const v1::AssignRequest& request,
                                                    v1::AssignResponse* response,
                                                    const Caller& caller) {
  MAB_ASSIGN_OR_RETURN(AssignQuery query, DecodeAssign(request, *parts_.user_key));
  query.caller = caller;
  MAB_ASSIGN_OR_RETURN(const std::shared_ptr<const Snapshot> snapshot, CurrentSnapshot());
  MAB_ASSIGN_OR_RETURN(const Recorded<Assignment> assignment,
                       parts_.assigner->Assign(*snapshot, query));
  EncodeAssignment(assignment.answer, response);
  parts_.metrics->Count(assignment.answer);
  return assignment.wait;
}

absl::StatusOr<JournalWait> AssignmentCalls::Expose(const v1::ExposeRequest& request,
                                                    v1::ExposeResponse* response,
                                                    const Caller& caller) {
  MAB_ASSIGN_OR_RETURN(ExposeQuery query, DecodeExpose(request, *parts_.user_key));
  query.caller = caller;
  MAB_ASSIGN_OR_RETURN(const std::shared_ptr<const Snapshot> snapshot, CurrentSnapshot());
  MAB_ASSIGN_OR_RETURN(const Recorded<Exposure> exposure, parts_.exposer->Expose(*snapshot, query));
  EncodeExposure(exposure.answer, response);
  parts_.metrics->Count(exposure.answer);
  return exposure.wait;
}

absl::StatusOr<JournalWait> AssignmentCalls::Convert(const v1::ConvertRequest& request,
                                                     v1::ConvertResponse* response,
                                                     const Caller& caller) {
  MAB_ASSIGN_OR_RETURN(ConvertQuery query, DecodeConvert(request, *parts_.user_key));
  query.caller = caller;
  MAB_ASSIGN_OR_RETURN(const std::shared_ptr<const Snapshot> snapshot, CurrentSnapshot());
  MAB_ASSIGN_OR_RETURN(const Recorded<Conversion> conversion,
                       parts_.converter->Convert(*snapshot, query));
  EncodeConversion(conversion.answer, response);
  parts_.metrics->Count(conversion.answer);
  return conversion.wait;
}

absl::StatusOr<JournalWait> AssignmentCalls::BatchAssign(const v1::BatchAssignRequest& request,
                                                         v1::BatchAssignResponse* response,
                                                         const Caller& caller) {
  MAB_ASSIGN_OR_RETURN(BatchAssignQuery query, DecodeBatchAssign(request, *parts_.user_key));
  query.caller = caller;
  MAB_ASSIGN_OR_RETURN(const std::shared_ptr<const Snapshot> snapshot, CurrentSnapshot());
  const Recorded<BatchAssignment> batch = AssignBatch(*parts_.assigner, *snapshot, query);
  EncodeBatchAssignment(batch.answer, response);
  for (const Assignment& assignment : batch.answer.assignments) parts_.metrics->Count(assignment);
  return batch.wait;
}

absl::StatusOr<JournalWait> AssignmentCalls::BatchExpose(const v1::BatchExposeRequest& request,
                                                         v1::BatchExposeResponse* response,
                                                         const Caller& caller) {
  MAB_ASSIGN_OR_RETURN(BatchExposeQuery query, DecodeBatchExpose(request, *parts_.user_key));
  query.caller = caller;
  MAB_ASSIGN_OR_RETURN(const std::shared_ptr<const Snapshot> snapshot, CurrentSnapshot());
  const Recorded<BatchExposure> batch = ExposeBatch(*parts_.exposer, *snapshot, query);
  EncodeBatchExposure(batch.answer, response);
  for (const BatchExposure::Entry& entry : batch.answer.exposures) {
    parts_.metrics->Count(entry.exposure);
  }
  return batch.wait;
}

absl::StatusOr<JournalWait> AssignmentCalls::AssignAll(const v1::AssignAllRequest& request,
                                                       bool expose, v1::AssignAllResponse* response,
                                                       const Caller& caller) {
  MAB_ASSIGN_OR_RETURN(AssignAllQuery query, DecodeAssignAll(request, *parts_.user_key, expose));
  query.caller = caller;
  MAB_ASSIGN_OR_RETURN(const std::shared_ptr<const Snapshot> snapshot, CurrentSnapshot());
  const Recorded<AllAssignments> all = assignment::AssignAll(*parts_.assigner, *snapshot, query);
  EncodeAllAssignments(all.answer, response);
  for (const Assignment& assignment : all.answer.assignments) parts_.metrics->Count(assignment);
  return all.wait;
}

absl::StatusOr<JournalWait> AssignmentCalls::Answer(const v1::StreamCall& call, bool trusted,
                                                    v1::StreamAnswer* answer) {
  answer->set_id(call.id());
  const Caller caller =
      trusted ? Caller{.origin = call.origin(), .bot = DecodeBotSign(call.bot())} : Caller();
  switch (call.call_case()) {
    case v1::StreamCall::kAssign:
      return Assign(call.assign(), answer->mutable_assign(), caller);
    case v1::StreamCall::kExpose:
      return Expose(call.expose(), answer->mutable_expose(), caller);
    case v1::StreamCall::kConvert:
      return Convert(call.convert(), answer->mutable_convert(), caller);
    case v1::StreamCall::kBatchAssign:
      return BatchAssign(call.batch_assign(), answer->mutable_batch_assign(), caller);
    case v1::StreamCall::kBatchExpose:
      return BatchExpose(call.batch_expose(), answer->mutable_batch_expose(), caller);
    case v1::StreamCall::CALL_NOT_SET:
      break;
  }
  return InvalidArgumentError("call", "must be set");
}

}  // namespace mab::assignment
