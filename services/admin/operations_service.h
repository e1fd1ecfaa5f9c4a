// OperationsService: the admin service's part of what whoever runs the system sees, and whether he
// may.
//
// Thread-safe.
#pragma once

#include "admin/authorizer.h"
#include "common/postgres.h"
#include "mab/v1/operations_service.grpc.pb.h"

namespace mab::admin {

class OperationsServiceImpl final : public mab::v1::OperationsService::Service {
 public:
  // Nothing is owned; both outlive this.
  OperationsServiceImpl(PgPool* pool, const Authorizer* authorizer)
      : pool_(pool), authorizer_(authorizer) {}

  grpc::Status GetSystem(grpc::ServerContext* context, const mab::v1::GetSystemRequest* request,
                         mab::v1::GetSystemResponse* response) override;

 private:
  PgPool* const pool_;
  const Authorizer* const authorizer_;
};

}  // namespace mab::admin
