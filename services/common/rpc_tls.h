// TLS between our own processes: for who listens, and for who calls. Certificates are read again
// when their files change, and stay the last good ones while those are broken (tls_watch.h);
// connections that are open stay.
//
// TLS is for addresses with a port. A Unix socket is plain: it never leaves its machine, and the
// permissions of its directory say who may open it.
//
// Thread-safe.
#pragma once

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "absl/strings/string_view.h"
#include "common/tls_files.h"

namespace mab {

// Of a server that listens on `address`: TLS 1.2 or newer and nothing else; plain where there are
// no files.
std::shared_ptr<grpc::ServerCredentials> ServerCredentialsFor(absl::string_view address,
                                                              const TlsFiles& files);

// Of a client that calls `address`. The server's certificate must be of the CA and name the
// address's host; the client shows its own where it is asked for it.
std::shared_ptr<grpc::ChannelCredentials> ChannelCredentialsFor(absl::string_view address,
                                                                const TlsFiles& files);

}  // namespace mab
