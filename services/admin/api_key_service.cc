#include "admin/api_key_service.h"

#include "admin/api_key_codec.h"
#include "common/rpc_status.h"
#include "common/status_macros.h"

namespace mab::admin {

grpc::Status ApiKeyServiceImpl::ListApiKeys(grpc::ServerContext* context,
                                            const mab::v1::ListApiKeysRequest* request,
                                            mab::v1::ListApiKeysResponse* response) {
  return ToGrpcStatus([&]() -> absl::Status {
    MAB_RETURN_IF_ERROR(
        authorizer_->Authorize(*context, "mab.v1.ApiKeyService/ListApiKeys").status());
    MAB_ASSIGN_OR_RETURN(const ApiKeyPage page,
                         keys_->List(request->page_size(), request->page_token()));
    for (const storage::ApiKey& key : page.keys) {
      EncodeApiKey(key, clock_->Now(), response->add_keys());
    }
    response->set_next_page_token(page.next_page_token);
    return absl::OkStatus();
  }());
}

grpc::Status ApiKeyServiceImpl::CreateApiKey(grpc::ServerContext* context,
                                             const mab::v1::CreateApiKeyRequest* request,
                                             mab::v1::CreateApiKeyResponse* response) {
  return ToGrpcStatus([&]() -> absl::Status {
    MAB_ASSIGN_OR_RETURN(const Caller caller,
                         authorizer_->Authorize(*context, "mab.v1.ApiKeyService/CreateApiKey"));
    MAB_ASSIGN_OR_RETURN(const IssuedApiKey issued,
                         keys_->Create(caller, DecodeApiKeyRequest(*request)));
    EncodeApiKey(issued.key, clock_->Now(), response->mutable_key());
    response->set_secret(issued.secret);
    return absl::OkStatus();
  }());
}

grpc::Status ApiKeyServiceImpl::GetApiKey(grpc::ServerContext* context,
                                          const mab::v1::GetApiKeyRequest* request,
                                          mab::v1::GetApiKeyResponse* response) {
  return ToGrpcStatus([&]() -> absl::Status {
    MAB_RETURN_IF_ERROR(
        authorizer_->Authorize(*context, "mab.v1.ApiKeyService/GetApiKey").status());
    MAB_ASSIGN_OR_RETURN(const ApiKeyId id, DecodeApiKeyId(request->id()));
    MAB_ASSIGN_OR_RETURN(const storage::ApiKey key, keys_->Get(id));
    EncodeApiKey(key, clock_->Now(), response->mutable_key());
    return absl::OkStatus();
  }());
}

grpc::Status ApiKeyServiceImpl::RevokeApiKey(grpc::ServerContext* context,
                                             const mab::v1::RevokeApiKeyRequest* request,
                                             mab::v1::RevokeApiKeyResponse* response) {
  return ToGrpcStatus([&]() -> absl::Status {
    MAB_ASSIGN_OR_RETURN(const Caller caller,
                         authorizer_->Authorize(*context, "mab.v1.ApiKeyService/RevokeApiKey"));
    MAB_ASSIGN_OR_RETURN(const ApiKeyId id, DecodeApiKeyId(request->id()));
    MAB_ASSIGN_OR_RETURN(const storage::ApiKey key, keys_->Revoke(caller, id));
    EncodeApiKey(key, clock_->Now(), response->mutable_key());
    return absl::OkStatus();
  }());
}

}  // namespace mab::admin
