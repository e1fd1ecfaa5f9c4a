// A gRPC server as each of our services runs it: health, reflection outside production, message and
// time limits, draining shutdown.
//
// Thread safety: Create, SetServing, Shutdown may be called from different threads, one at a time.
#pragma once

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/tls_files.h"

namespace mab {

class RpcServer {
 public:
  struct Options {
    // "127.0.0.1:8011" (port 0: a free one) or "unix:/path/to.sock".
    std::string listen;
    int message_bytes_max = 4 * 1024 * 1024;
    bool reflection = false;
    // TLS where there are files, and nothing else.
    TlsFiles tls = {};
    // Not owned; outlive the server.
    std::vector<grpc::Service*> services;
  };
  // FAILED_PRECONDITION when a file of TLS is of no use, or when the address is in use or may not
  // be bound, with the address in the message.
  static absl::StatusOr<std::unique_ptr<RpcServer>> Create(const Options& options);
  ~RpcServer();

  // The address with the port that was bound.
  const std::string& address() const { return address_; }
  // Full names of what it serves: "mab.v1.SystemService".
  const std::vector<std::string>& service_names() const { return service_names_; }
  // What grpc.health.v1 answers, for "" and for every service. NOT_SERVING at first.
  void SetServing(bool serving);
  // NOT_SERVING, no new calls, calls in flight are finished within `grace`; what is left then is
  // cancelled. A service ends its long-lived streams by itself first, or they take all of the
  // grace.
  void Shutdown(absl::Duration grace);
  // Until Shutdown.
  void Wait();

 private:
  RpcServer() = default;
  std::string address_;
  // Full names, as the health service knows them.
  std::vector<std::string> service_names_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace mab
