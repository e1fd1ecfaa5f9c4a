// LookupAssignment: one visitor's assignment and its proof.
//
// Thread-safe.
#pragma once

#include "admin/authorizer.h"
#include "common/postgres.h"
#include "mab/v1/lookup_service.grpc.pb.h"
#include "storage/user_key.h"

namespace mab::admin {

class LookupServiceImpl final : public mab::v1::LookupService::Service {
 public:
  // Nothing is owned; all outlive this.
  LookupServiceImpl(PgPool* pool, const storage::UserKey* user_key, const Authorizer* authorizer)
      : pool_(pool), user_key_(user_key), authorizer_(authorizer) {}

  grpc::Status LookupAssignment(grpc::ServerContext* context,
                                const mab::v1::LookupAssignmentRequest* request,
                                mab::v1::LookupAssignmentResponse* response) override;

 private:
  PgPool* const pool_;
  const storage::UserKey* const user_key_;
  const Authorizer* const authorizer_;
};

}  // namespace mab::admin
