// AuditService: who changed what.
//
// Thread-safe.
#pragma once

#include "admin/authorizer.h"
#include "common/postgres.h"
#include "mab/v1/audit_service.grpc.pb.h"

namespace mab::admin {

class AuditServiceImpl final : public mab::v1::AuditService::Service {
 public:
  // Nothing is owned; both outlive this.
  AuditServiceImpl(PgPool* pool, const Authorizer* authorizer)
      : pool_(pool), authorizer_(authorizer) {}

  grpc::Status ListAuditEntries(grpc::ServerContext* context,
                                const mab::v1::ListAuditEntriesRequest* request,
                                mab::v1::ListAuditEntriesResponse* response) override;

 private:
  PgPool* const pool_;
  const Authorizer* const authorizer_;
};

}  // namespace mab::admin
