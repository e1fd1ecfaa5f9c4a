#include "common/rpc_tls.h"

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/error.h"
#include "common/rpc_server.h"
#include "common/testing/echo_service.h"
#include "common/testing/test_ca.h"

namespace mab {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// We look once a second, and gRPC does after us.
constexpr absl::Duration kLookedAt = absl::Milliseconds(2500);

std::string ReadAll(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void WriteAll(const std::string& path, const std::string& content) {
  std::ofstream(path) << content;
}

class RpcTlsTest : public ::testing::Test {
 protected:
  RpcServer::Options Options(const TlsFiles& files) {
    RpcServer::Options options;
    options.listen = "127.0.0.1:0";
    options.services = {&echo_};
    options.tls = files;
    return options;
  }
  std::unique_ptr<RpcServer> Serve(const TlsFiles& files) {
    absl::StatusOr<std::unique_ptr<RpcServer>> server = RpcServer::Create(Options(files));
    EXPECT_TRUE(server.ok()) << server.status();
    return server.ok() ? *std::move(server) : nullptr;
  }
  // A call by a new connection. It has metadata by which a service would know who calls.
  static grpc::Status Call(const std::string& address, const TlsFiles& files) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    const std::shared_ptr<grpc::Channel> channel =
        grpc::CreateCustomChannel(address, ChannelCredentialsFor(address, files), arguments);
    grpc::ClientContext context;
    context.AddMetadata("mab-internal-secret", "a secret");
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(10)));
    EchoMessage response;
    return EchoService::Call(*channel, context, EchoMessage(), response);
  }
  // Calls again and again, each time by a new connection, and says whether all were answered.
  bool StaysOpen(const std::string& address) {
    const absl::Time end = absl::Now() + kLookedAt;
    while (absl::Now() < end) {
      if (!Call(address, client_).ok()) return false;
    }
    return true;
  }
  bool BecomesAnotherHosts(const std::string& address) {
    const absl::Time end = absl::Now() + absl::Seconds(20);
    while (absl::Now() < end) {
      if (!Call(address, client_).ok()) return true;
    }
    return false;
  }
  std::string ErrorOf(const TlsFiles& files) {
    const absl::Status status = RpcServer::Create(Options(files)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(ErrorReason(status), kReasonFailedPrecondition);
    return std::string(status.message());
  }

  TestCa ca_;
  const TlsFiles client_ = ca_.Issue("client");
  std::atomic<int> calls_ = 0;
  EchoService echo_{[this](grpc::ServerContext&) { ++calls_; }};
};

TEST_F(RpcTlsTest, AServerDoesNotStartWithFilesThatAreOfNoUse) {
  TlsFiles files = ca_.Issue("server");
  ASSERT_NE(Serve(files), nullptr);
  const std::string certificate = ReadAll(files.certificate);
  const std::string key = ReadAll(files.key);

  WriteAll(files.certificate, ReadAll(client_.certificate));
  EXPECT_THAT(
      ErrorOf(files),
      AllOf(HasSubstr("MAB_INTERNAL_TLS_CERT_FILE"), HasSubstr("server.pem does not fit the key"),
            HasSubstr("MAB_INTERNAL_TLS_KEY_FILE"), HasSubstr("server.key")));
  for (const size_t size : {certificate.size() / 2, certificate.size() - 10, size_t{0}}) {
    WriteAll(files.certificate, certificate.substr(0, size));
    EXPECT_THAT(ErrorOf(files), AllOf(HasSubstr("MAB_INTERNAL_TLS_CERT_FILE"),
                                      HasSubstr("server.pem has "), HasSubstr("certificate")));
  }
  // The leaf is whole, and the rest of its chain is not.
  WriteAll(files.certificate, certificate + certificate.substr(0, certificate.size() / 2));
  EXPECT_THAT(ErrorOf(files), HasSubstr("server.pem has a certificate that is broken"));
  WriteAll(files.certificate, certificate);

  WriteAll(files.key, key.substr(0, key.size() / 2));
  EXPECT_THAT(ErrorOf(files), AllOf(HasSubstr("MAB_INTERNAL_TLS_KEY_FILE"), HasSubstr("server.key"),
                                    Not(HasSubstr(key.substr(30, 20)))));
  WriteAll(files.key, key);

  // Whether callers are asked for certificates or not.
  files.ca = absl::StrCat(files.certificate, ".ca");
  WriteAll(files.ca, "garbage");
  EXPECT_THAT(ErrorOf(files),
              AllOf(HasSubstr("MAB_INTERNAL_TLS_CA_FILE"), HasSubstr("has no certificate in PEM"),
                    Not(HasSubstr("garbage"))));
  WriteAll(files.ca, std::string((1 << 20) + 1, 'a'));
  EXPECT_THAT(ErrorOf(files), HasSubstr("has more than 1048576 bytes"));
}

TEST_F(RpcTlsTest, TheLastGoodFilesStayWhileThoseOnDiskAreBroken) {
  const TlsFiles files = ca_.Issue("server");
  const auto server = Serve(files);
  ASSERT_NE(server, nullptr);
  ASSERT_TRUE(Call(server->address(), client_).ok());
  const std::string certificate = ReadAll(files.certificate);
  const std::string key = ReadAll(files.key);

  // The middle of a renewal that writes two files, each of which goes first.
  ca_.Issue("server", "DNS:renewed.example");
  const std::string renewed = ReadAll(files.certificate);
  const std::string renewed_key = ReadAll(files.key);
  WriteAll(files.key, key);
  EXPECT_TRUE(StaysOpen(server->address())) << "a new certificate with the old key";
  WriteAll(files.key, renewed_key);
  WriteAll(files.certificate, certificate);
  EXPECT_TRUE(StaysOpen(server->address())) << "a new key with the old certificate";
  WriteAll(files.certificate, renewed.substr(0, renewed.size() / 2));
  EXPECT_TRUE(StaysOpen(server->address())) << "a certificate that is cut short";
  std::filesystem::remove(files.key);
  EXPECT_TRUE(StaysOpen(server->address())) << "no key";

  // Once both are whole they are taken up: now it is another host's, and no longer this one.
  WriteAll(files.key, renewed_key);
  WriteAll(files.certificate, renewed);
  EXPECT_TRUE(BecomesAnotherHosts(server->address()));
}

TEST_F(RpcTlsTest, AuthoritiesThatAreBrokenCloseNothing) {
  for (const bool require_client : {false, true}) {
    TlsFiles files = ca_.Issue("server");
    files.require_client = require_client;
    files.ca = absl::StrCat(files.certificate, require_client, ".ca");
    WriteAll(files.ca, ReadAll(client_.ca));
    const auto server = Serve(files);
    ASSERT_NE(server, nullptr);
    ASSERT_TRUE(Call(server->address(), client_).ok());
    WriteAll(files.ca, "garbage");
    EXPECT_TRUE(StaysOpen(server->address()));
    // A new certificate is taken up all the same.
    ca_.Issue("server", "DNS:renewed.example");
    EXPECT_TRUE(BecomesAnotherHosts(server->address()));
  }
}

TEST_F(RpcTlsTest, CertificatesAreAskedOfCallersWhereTheyAreRequired) {
  TlsFiles files = ca_.Issue("server");
  files.require_client = true;
  const auto server = Serve(files);
  ASSERT_NE(server, nullptr);
  EXPECT_TRUE(Call(server->address(), client_).ok());
  TestCa stranger;
  TlsFiles strange = stranger.Issue("client");
  strange.ca = client_.ca;
  EXPECT_FALSE(Call(server->address(), strange).ok());
  EXPECT_EQ(calls_, 1);
}

// The first server shows that the call would be answered, and counted.
TEST_F(RpcTlsTest, AServerThatIsNotTheOneCalledGetsNoCall) {
  TestCa stranger;
  const auto right = Serve(ca_.Issue("right"));
  const auto wrong_name = Serve(ca_.Issue("wrong-name", "DNS:other.example,IP:127.0.0.2"));
  const auto wrong_ca = Serve(stranger.Issue("wrong-ca"));
  const auto plain = Serve(TlsFiles());
  ASSERT_TRUE(right && wrong_name && wrong_ca && plain);
  EXPECT_TRUE(Call(right->address(), client_).ok());
  ASSERT_EQ(calls_, 1);
  for (const auto* server : {&wrong_name, &wrong_ca, &plain}) {
    EXPECT_EQ(Call((*server)->address(), client_).error_code(), grpc::StatusCode::UNAVAILABLE);
  }
  EXPECT_EQ(calls_, 1);
}

}  // namespace
}  // namespace mab
