#include "common/rpc_metadata.h"

#include <grpcpp/server_context.h>
#include <grpcpp/test/server_context_test_spouse.h>
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "common/error.h"

namespace mab {
namespace {

constexpr char kSecret[] = "0123456789abcdef0123456789abcdef";

class RpcMetadataTest : public ::testing::Test {
 protected:
  void Send(const std::string& name, const std::string& value) {
    spouse_.AddClientMetadata(name, value);
  }
  grpc::ServerContext context_;
  // Holds what the context only refers to.
  grpc::testing::ServerContextTestSpouse spouse_{&context_};
};

TEST_F(RpcMetadataTest, AValueIsFoundByItsName) {
  Send("x-request-id", "abc");
  EXPECT_EQ(MetadataValue(context_, "x-request-id"), "abc");
  EXPECT_EQ(MetadataValue(context_, "x-request"), std::nullopt);
}

TEST_F(RpcMetadataTest, TwoValuesAreNone) {
  Send("x-request-id", "abc");
  Send("x-request-id", "def");
  EXPECT_EQ(MetadataValue(context_, "x-request-id"), std::nullopt);
}

TEST_F(RpcMetadataTest, ABearerTokenFollowsItsScheme) {
  Send("authorization", "Bearer a.b.c");
  EXPECT_EQ(BearerToken(context_), "a.b.c");
}

TEST_F(RpcMetadataTest, TheSchemeHasNoCase) {
  Send("authorization", "bearer a.b.c");
  EXPECT_EQ(BearerToken(context_), "a.b.c");
}

TEST(BearerTokenTest, OtherSchemesAndNoTokenAreNone) {
  for (const char* value : {"", "Bearer", "Bearer ", "Basic a.b.c", "a.b.c"}) {
    grpc::ServerContext context;
    grpc::testing::ServerContextTestSpouse spouse(&context);
    spouse.AddClientMetadata("authorization", value);
    EXPECT_EQ(BearerToken(context), std::nullopt) << value;
  }
}

TEST_F(RpcMetadataTest, TheRightSecretLetsIn) {
  Send("mab-internal-secret", kSecret);
  EXPECT_TRUE(CheckInternalSecret(context_, kSecret).ok());
}

TEST_F(RpcMetadataTest, NoSecretDoesNot) {
  EXPECT_EQ(ErrorReason(CheckInternalSecret(context_, kSecret)), kReasonUnauthenticated);
}

TEST_F(RpcMetadataTest, AnotherSecretDoesNot) {
  Send("mab-internal-secret", std::string(kSecret) + "0");
  EXPECT_EQ(ErrorReason(CheckInternalSecret(context_, kSecret)), kReasonUnauthenticated);
}

TEST_F(RpcMetadataTest, AServiceWithoutASecretLetsNobodyIn) {
  Send("mab-internal-secret", "");
  EXPECT_EQ(ErrorReason(CheckInternalSecret(context_, "")), kReasonUnauthenticated);
}

}  // namespace
}  // namespace mab
