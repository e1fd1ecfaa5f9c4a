#include "admin/website_service.h"

#include "common/rpc_status.h"

namespace mab::admin {

grpc::Status WebsiteServiceImpl::CheckWebsite(grpc::ServerContext* context,
                                              const mab::v1::CheckWebsiteRequest* /*request*/,
                                              mab::v1::CheckWebsiteResponse* /*response*/) {
  return ToGrpcStatus(
      authorizer_->Authorize(*context, "mab.v1.WebsiteService/CheckWebsite").status());
}

}  // namespace mab::admin
