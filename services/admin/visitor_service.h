// VisitorService: erases visitors, and says when the journal is clear of them.
//
// Thread-safe.
#pragma once

#include "admin/authorizer.h"
#include "admin/erasure_client.h"
#include "mab/v1/visitor_service.grpc.pb.h"

namespace mab::admin {

class VisitorServiceImpl final : public mab::v1::VisitorService::Service {
 public:
  // Nothing is owned; all outlive this.
  VisitorServiceImpl(const Authorizer* authorizer, ErasureClient* eraser)
      : authorizer_(authorizer), eraser_(eraser) {}

  grpc::Status EraseVisitor(grpc::ServerContext* context,
                            const mab::v1::EraseVisitorRequest* request,
                            mab::v1::EraseVisitorResponse* response) override;
  grpc::Status GetErasure(grpc::ServerContext* context, const mab::v1::GetErasureRequest* request,
                          mab::v1::GetErasureResponse* response) override;

 private:
  const Authorizer* const authorizer_;
  ErasureClient* const eraser_;
};

}  // namespace mab::admin
