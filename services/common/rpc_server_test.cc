#include "common/rpc_server.h"

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "common/error.h"
#include "common/testing/echo_service.h"

namespace mab {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kHealth[] = "/grpc.health.v1.Health/Check";
constexpr char kReflection[] = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

std::shared_ptr<grpc::Channel> Connect(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  // Every test has its own connection: a port may be used again.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

struct RawAnswer {
  grpc::Status status;
  std::string bytes;
};

// Calls a method by its name, with a message as bytes.
RawAnswer CallRaw(const std::string& address, const std::string& method, const std::string& bytes) {
  const grpc::Slice slice(bytes);
  const grpc::ByteBuffer request(&slice, 1);
  grpc::ByteBuffer response;
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  RawAnswer answer;
  grpc::GenericStub stub(Connect(address));
  absl::Notification done;
  stub.UnaryCall(&context, method, grpc::StubOptions(), &request, &response,
                 [&](grpc::Status status) {
                   answer.status = std::move(status);
                   done.Notify();
                 });
  done.WaitForNotification();
  std::vector<grpc::Slice> slices;
  if (response.Valid() && response.Dump(&slices).ok()) {
    for (const grpc::Slice& part : slices) {
      answer.bytes.append(reinterpret_cast<const char*>(part.begin()), part.size());
    }
  }
  return answer;
}

// HealthCheckRequest{service: 1} and HealthCheckResponse{status: 1}, as bytes. "" where the service
// is not known.
std::string HealthOf(const std::string& address, const std::string& service) {
  std::string request;
  if (!service.empty()) {
    request = absl::StrCat("\x0a", std::string(1, static_cast<char>(service.size())), service);
  }
  const RawAnswer answer = CallRaw(address, kHealth, request);
  if (answer.bytes == "\x08\x01") return "SERVING";
  if (answer.bytes == "\x08\x02") return "NOT_SERVING";
  return answer.status.error_message();
}

grpc::Status Echo(const std::string& address, const std::string& text,
                  std::string* answer = nullptr) {
  EchoMessage request;
  EchoMessage response;
  request.set_value(text);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  const std::shared_ptr<grpc::Channel> channel = Connect(address);
  grpc::Status status = EchoService::Call(*channel, context, request, response);
  if (answer != nullptr) *answer = response.value();
  return status;
}

class RpcServerTest : public ::testing::Test {
 protected:
  RpcServerTest() {
    std::string path = "/tmp/mab-rpc-XXXXXX";
    directory_ = mkdtemp(path.data());
  }
  ~RpcServerTest() override { std::filesystem::remove_all(directory_); }

  RpcServer::Options Options(const std::string& listen) {
    RpcServer::Options options;
    options.listen = listen;
    options.services = {&echo_};
    return options;
  }
  static std::unique_ptr<RpcServer> Started(const RpcServer::Options& options) {
    absl::StatusOr<std::unique_ptr<RpcServer>> server = RpcServer::Create(options);
    EXPECT_TRUE(server.ok()) << server.status();
    return server.ok() ? *std::move(server) : nullptr;
  }
  static void ExpectRefused(const RpcServer::Options& options) {
    const absl::Status status = RpcServer::Create(options).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(ErrorReason(status), kReasonFailedPrecondition);
    EXPECT_THAT(std::string(status.message()), HasSubstr(options.listen));
  }

  std::string directory_;
  EchoService echo_;
};

TEST_F(RpcServerTest, ListensOnAFreePortAndSaysWhich) {
  const auto server = Started(Options("127.0.0.1:0"));
  EXPECT_THAT(server->address(), StartsWith("127.0.0.1:"));
  EXPECT_NE(server->address(), "127.0.0.1:0");
  std::string answer;
  EXPECT_TRUE(Echo(server->address(), "hello", &answer).ok());
  EXPECT_EQ(answer, "hello");
}

TEST_F(RpcServerTest, APortInUseIsAnErrorThatNamesIt) {
  const auto server = Started(Options("127.0.0.1:0"));
  ExpectRefused(Options(server->address()));
  EXPECT_TRUE(Echo(server->address(), "still here").ok());
}

TEST_F(RpcServerTest, AnAddressOfAnotherMachineIsAnErrorThatNamesIt) {
  ExpectRefused(Options("192.0.2.1:8011"));
}

TEST_F(RpcServerTest, ListensOnAUnixSocket) {
  const std::string address = "unix:" + directory_ + "/a.sock";
  const auto server = Started(Options(address));
  EXPECT_EQ(server->address(), address);
  EXPECT_TRUE(Echo(address, "hello").ok());
}

TEST_F(RpcServerTest, TakesOverASocketThatNobodyListensOn) {
  const std::string path = directory_ + "/stale.sock";
  sockaddr_un target{};
  target.sun_family = AF_UNIX;
  path.copy(target.sun_path, sizeof(target.sun_path) - 1);
  const int dead = socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(bind(dead, reinterpret_cast<sockaddr*>(&target), sizeof(target)), 0);
  close(dead);
  ASSERT_TRUE(std::filesystem::exists(path));
  const auto server = Started(Options("unix:" + path));
  EXPECT_TRUE(Echo("unix:" + path, "hello").ok());
}

TEST_F(RpcServerTest, LeavesASocketThatIsInUse) {
  const std::string address = "unix:" + directory_ + "/live.sock";
  const auto server = Started(Options(address));
  ExpectRefused(Options(address));
  EXPECT_TRUE(Echo(address, "still here").ok());
}

TEST_F(RpcServerTest, LeavesAFileThatIsNoSocket) {
  const std::string path = directory_ + "/precious";
  std::ofstream(path) << "content";
  ExpectRefused(Options("unix:" + path));
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST_F(RpcServerTest, ASocketsPathHasALimit) {
  const std::string longest = directory_ + "/" + std::string(107 - directory_.size() - 1, 's');
  EXPECT_NE(Started(Options("unix:" + longest)), nullptr);
  ExpectRefused(Options("unix:" + longest + "s"));
}

TEST_F(RpcServerTest, HealthIsNotServingUntilItIsSaid) {
  const auto server = Started(Options("127.0.0.1:0"));
  EXPECT_EQ(HealthOf(server->address(), ""), "NOT_SERVING");
  EXPECT_EQ(HealthOf(server->address(), "mab.test.Echo"), "NOT_SERVING");
  server->SetServing(true);
  EXPECT_EQ(HealthOf(server->address(), ""), "SERVING");
  EXPECT_EQ(HealthOf(server->address(), "mab.test.Echo"), "SERVING");
  server->SetServing(false);
  EXPECT_EQ(HealthOf(server->address(), "mab.test.Echo"), "NOT_SERVING");
  EXPECT_THAT(HealthOf(server->address(), "mab.test.Other"), HasSubstr("unknown"));
}

TEST_F(RpcServerTest, ReflectionIsThereOnlyWhereItIsAskedFor) {
  const std::string list_services("\x3a\x01*", 3);
  RpcServer::Options options = Options("127.0.0.1:0");
  const auto closed = Started(options);
  EXPECT_EQ(CallRaw(closed->address(), kReflection, list_services).status.error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
  options.reflection = true;
  const auto open = Started(options);
  const RawAnswer answer = CallRaw(open->address(), kReflection, list_services);
  EXPECT_TRUE(answer.status.ok()) << answer.status.error_message();
  EXPECT_THAT(answer.bytes, HasSubstr("mab.test.Echo"));
}

TEST_F(RpcServerTest, AMessageHasALimit) {
  RpcServer::Options options = Options("127.0.0.1:0");
  options.message_bytes_max = 1000;
  const auto server = Started(options);
  // The message's own tag and length take three bytes.
  EXPECT_TRUE(Echo(server->address(), std::string(997, 'x')).ok());
  EXPECT_EQ(Echo(server->address(), std::string(998, 'x')).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(RpcServerTest, MetadataHasALimit) {
  const auto server = Started(Options("127.0.0.1:0"));
  const auto call = [&](size_t bytes) {
    grpc::ClientContext context;
    context.AddMetadata("x-long", std::string(bytes, 'x'));
    EchoMessage response;
    const std::shared_ptr<grpc::Channel> channel = Connect(server->address());
    return EchoService::Call(*channel, context, EchoMessage(), response).error_code();
  };
  EXPECT_EQ(call(15 * 1024), grpc::StatusCode::OK);
  EXPECT_EQ(call(17 * 1024), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(RpcServerTest, ShutdownFinishesWhatIsInFlightAndTakesNothingNew) {
  absl::Notification started;
  absl::Notification release;
  EchoService slow([&](grpc::ServerContext&) {
    started.Notify();
    release.WaitForNotification();
  });
  RpcServer::Options options = Options("127.0.0.1:0");
  options.services = {&slow};
  const auto server = Started(options);
  grpc::Status status;
  std::thread caller([&] { status = Echo(server->address(), "slow"); });
  started.WaitForNotification();
  absl::Notification shut_down;
  std::thread stopper([&] {
    server->Shutdown(absl::Seconds(10));
    shut_down.Notify();
  });
  // From the moment the port is closed nobody new gets in.
  while (Connect(server->address())
             ->WaitForConnected(std::chrono::system_clock::now() + std::chrono::milliseconds(50))) {
  }
  EXPECT_FALSE(shut_down.HasBeenNotified());
  release.Notify();
  caller.join();
  stopper.join();
  EXPECT_TRUE(status.ok()) << status.error_message();
  server->Wait();
}

TEST_F(RpcServerTest, ShutdownGivesUpAfterItsGrace) {
  absl::Notification started;
  EchoService stuck([&](grpc::ServerContext& context) {
    started.Notify();
    while (!context.IsCancelled()) std::this_thread::yield();
  });
  RpcServer::Options options = Options("127.0.0.1:0");
  options.services = {&stuck};
  const auto server = Started(options);
  grpc::Status status;
  std::thread caller([&] { status = Echo(server->address(), "stuck"); });
  started.WaitForNotification();
  server->Shutdown(absl::Milliseconds(10));
  caller.join();
  EXPECT_FALSE(status.ok());
}

}  // namespace
}  // namespace mab
