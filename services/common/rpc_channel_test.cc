#include "common/rpc_channel.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <memory>
#include <optional>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/rpc_metadata.h"
#include "common/rpc_server.h"
#include "common/testing/echo_service.h"

namespace mab {
namespace {

TEST(RpcChannelTest, NoProxyHearsTheSecret) {
  std::optional<std::string> secret;
  EchoService echo([&secret](grpc::ServerContext& context) {
    secret = MetadataValue(context, kInternalSecretKey);
  });
  RpcServer::Options options;
  options.listen = "127.0.0.1:0";
  options.services = {&echo};
  absl::StatusOr<std::unique_ptr<RpcServer>> server = RpcServer::Create(options);
  ASSERT_TRUE(server.ok()) << server.status();

  // Nobody listens at a port where only root may.
  ASSERT_EQ(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
  ASSERT_EQ(setenv("grpc_proxy", "http://127.0.0.1:1", 1), 0);
  const std::shared_ptr<grpc::Channel> channel = InternalChannel((*server)->address(), TlsFiles());
  grpc::ClientContext context;
  AddInternalSecret(context, "a secret");
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(10)));
  EchoMessage response;
  const grpc::Status status = EchoService::Call(*channel, context, EchoMessage(), response);
  unsetenv("http_proxy");
  unsetenv("grpc_proxy");
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(secret, "a secret");
}

}  // namespace
}  // namespace mab
