#include "admin/lookup_service.h"

#include "admin/assignment_lookup.h"
#include "admin/lookup_codec.h"
#include "common/rpc_status.h"
#include "common/status_macros.h"

namespace mab::admin {

grpc::Status LookupServiceImpl::LookupAssignment(grpc::ServerContext* context,
                                                 const mab::v1::LookupAssignmentRequest* request,
                                                 mab::v1::LookupAssignmentResponse* response) {
  return ToGrpcStatus([&]() -> absl::Status {
    MAB_RETURN_IF_ERROR(
        authorizer_->Authorize(*context, "mab.v1.LookupService/LookupAssignment").status());
    MAB_ASSIGN_OR_RETURN(const AssignmentLookup lookup,
                         LookUpAssignment(*pool_, *user_key_, DecodeLookup(*request)));
    EncodeLookup(lookup, response);
    return absl::OkStatus();
  }());
}

}  // namespace mab::admin
