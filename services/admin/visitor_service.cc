#include "admin/visitor_service.h"

#include "admin/time_codec.h"
#include "common/rpc_status.h"
#include "common/status_macros.h"

namespace mab::admin {
namespace {

mab::v1::Erasure::State StateOf(const ErasureReport& report) {
  if (report.erasure.clear_time.has_value()) return mab::v1::Erasure::CLEAR;
  return report.journal_set_aside ? mab::v1::Erasure::JOURNAL_SET_ASIDE : mab::v1::Erasure::PENDING;
}

void Encode(const ErasureReport& report, mab::v1::Erasure* out) {
  const storage::Erasure& erasure = report.erasure;
  out->set_erasure_id(erasure.id.ToString());
  out->set_state(StateOf(report));
  out->set_assignments(erasure.assignments);
  *out->mutable_erased_at() = EncodeTime(erasure.erased_at);
  *out->mutable_clear_by() = EncodeTime(erasure.clear_by);
  if (erasure.clear_time.has_value()) {
    *out->mutable_cleared_at() = EncodeTime(*erasure.clear_time);
  }
}

}  // namespace

grpc::Status VisitorServiceImpl::EraseVisitor(grpc::ServerContext* context,
                                              const mab::v1::EraseVisitorRequest* request,
                                              mab::v1::EraseVisitorResponse* response) {
  return ToGrpcStatus([&]() -> absl::Status {
    MAB_ASSIGN_OR_RETURN(const Caller caller,
                         authorizer_->Authorize(*context, "mab.v1.VisitorService/EraseVisitor"));
    MAB_ASSIGN_OR_RETURN(const storage::Erasure erasure,
                         eraser_->Erase(request->user_id(), caller.AsActor()));
    Encode({erasure}, response->mutable_erasure());
    return absl::OkStatus();
  }());
}

grpc::Status VisitorServiceImpl::GetErasure(grpc::ServerContext* context,
                                            const mab::v1::GetErasureRequest* request,
                                            mab::v1::GetErasureResponse* response) {
  return ToGrpcStatus([&]() -> absl::Status {
    MAB_RETURN_IF_ERROR(
        authorizer_->Authorize(*context, "mab.v1.VisitorService/GetErasure").status());
    MAB_ASSIGN_OR_RETURN(const ErasureReport report, eraser_->Report(request->erasure_id()));
    Encode(report, response->mutable_erasure());
    return absl::OkStatus();
  }());
}

}  // namespace mab::admin
