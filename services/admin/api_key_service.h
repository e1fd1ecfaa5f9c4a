// ApiKeyService: the keys by which services call.
//
// Thread-safe.
#pragma once

#include "admin/api_keys.h"
#include "admin/authorizer.h"
#include "common/clock.h"
#include "mab/v1/api_key_service.grpc.pb.h"

namespace mab::admin {

class ApiKeyServiceImpl final : public mab::v1::ApiKeyService::Service {
 public:
  // Nothing is owned; all outlive this.
  ApiKeyServiceImpl(ApiKeys* keys, const Authorizer* authorizer, const Clock* clock)
      : keys_(keys), authorizer_(authorizer), clock_(clock) {}

  grpc::Status ListApiKeys(grpc::ServerContext* context, const mab::v1::ListApiKeysRequest* request,
                           mab::v1::ListApiKeysResponse* response) override;
  grpc::Status CreateApiKey(grpc::ServerContext* context,
                            const mab::v1::CreateApiKeyRequest* request,
                            mab::v1::CreateApiKeyResponse* response) override;
  grpc::Status GetApiKey(grpc::ServerContext* context, const mab::v1::GetApiKeyRequest* request,
                         mab::v1::GetApiKeyResponse* response) override;
  grpc::Status RevokeApiKey(grpc::ServerContext* context,
                            const mab::v1::RevokeApiKeyRequest* request,
                            mab::v1::RevokeApiKeyResponse* response) override;

 private:
  ApiKeys* const keys_;
  const Authorizer* const authorizer_;
  const Clock* const clock_;
};

}  // namespace mab::admin
