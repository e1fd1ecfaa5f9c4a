// How our own services call one another.
//
// Thread-safe.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/channel_arguments.h>

#include <memory>
#include <string>

#include "common/tls_files.h"

namespace mab {

// To `address`, by TLS where there are files (rpc_tls.h); never through a proxy that the
// environment names, which would hear the secret. It comes back within two seconds after the other
// one does.
std::shared_ptr<grpc::Channel> InternalChannel(const std::string& address, const TlsFiles& tls,
                                               grpc::ChannelArguments arguments = {});

// By which the other one knows us (rpc_metadata.h).
void AddInternalSecret(grpc::ClientContext& context, const std::string& secret);

}  // namespace mab
