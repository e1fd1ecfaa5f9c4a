#include "common/rpc_channel.h"

#include <grpcpp/create_channel.h>

#include "common/rpc_metadata.h"
#include "common/rpc_tls.h"

namespace mab {

std::shared_ptr<grpc::Channel> InternalChannel(const std::string& address, const TlsFiles& tls,
                                               grpc::ChannelArguments arguments) {
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  return grpc::CreateCustomChannel(address, ChannelCredentialsFor(address, tls), arguments);
}

void AddInternalSecret(grpc::ClientContext& context, const std::string& secret) {
  context.AddMetadata(kInternalSecretKey, secret);
}

}  // namespace mab
