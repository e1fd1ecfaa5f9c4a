#include "admin/website_service.h"

#include <gtest/gtest.h>

#include <string>

#include "admin/testing/fake_authorizer.h"
#include "admin/testing/test_server.h"

namespace mab::admin {
namespace {

TEST(WebsiteServiceTest, WebsitesAreLookedAtForEditors) {
  FakeAuthorizer authorizer;
  WebsiteServiceImpl service(&authorizer);
  TestServer server({&service});
  const auto stub = mab::v1::WebsiteService::NewStub(server.channel());
  const auto call = [&](const std::string& role) {
    grpc::ClientContext context;
    if (!role.empty()) context.AddMetadata("role", role);
    mab::v1::CheckWebsiteResponse response;
    return stub->CheckWebsite(&context, {}, &response).error_code();
  };
  EXPECT_EQ(call("EDITOR"), grpc::StatusCode::OK);
  EXPECT_EQ(call("VIEWER"), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(call(""), grpc::StatusCode::UNAUTHENTICATED);
}

}  // namespace
}  // namespace mab::admin
