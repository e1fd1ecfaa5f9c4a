// WebsiteService: whether the caller may have a website looked at. The gateway looks: this process
// calls nobody but PostgreSQL and the assignment service.
//
// Thread-safe.
#pragma once

#include "admin/authorizer.h"
#include "mab/v1/website_service.grpc.pb.h"

namespace mab::admin {

class WebsiteServiceImpl final : public mab::v1::WebsiteService::Service {
 public:
  // Not owned; outlives this.
  explicit WebsiteServiceImpl(const Authorizer* authorizer) : authorizer_(authorizer) {}

  grpc::Status CheckWebsite(grpc::ServerContext* context,
                            const mab::v1::CheckWebsiteRequest* request,
                            mab::v1::CheckWebsiteResponse* response) override;

 private:
  const Authorizer* const authorizer_;
};

}  // namespace mab::admin
