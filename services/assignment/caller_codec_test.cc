#include "assignment/caller_codec.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "assignment/testing/served_hot_path.h"

namespace mab::assignment {
namespace {

// What the unary calls make of their metadata.
class UnaryCallerTest : public ServedHotPath {
 protected:
  using Said = std::vector<std::pair<std::string, std::string>>;

  UnaryCallerTest() {
    experiment_.allowed_origins = {"https://shop.example"};
    holder_.Set(SampleSnapshot({experiment_}));
  }
  grpc::Status Assign(const Said& said, v1::AssignResponse* response) {
    grpc::ClientContext context;
    for (const auto& [key, value] : said) context.AddMetadata(key, value);
    return stub_->Assign(&context, AssignRequestOf("ann"), response);
  }
};

TEST_F(UnaryCallerTest, AnOriginIsLookedAt) {
  v1::AssignResponse response;
  EXPECT_TRUE(Assign({}, &response).ok());
  EXPECT_TRUE(Assign({{"mab-origin", "https://shop.example"}}, &response).ok());
  for (const Said& said : {Said{{"mab-origin", "https://other.example"}},
                           {{"mab-origin", "null"}},
                           {{"mab-origin", "https://shop.example"}, {"mab-origin", ""}}}) {
    EXPECT_EQ(ReasonOf(Assign(said, &response)), "ORIGIN_NOT_ALLOWED");
  }
}

TEST_F(UnaryCallerTest, AMachineIsNotAdmitted) {
  for (const char* sign : {"USER_AGENT", "PREFETCH", "RATE"}) {
    v1::AssignResponse response;
    ASSERT_TRUE(Assign({{"mab-bot-sign", sign}}, &response).ok());
    EXPECT_EQ(response.reason(), v1::AssignResponse::BOT);
    EXPECT_FALSE(response.counted());
  }
  EXPECT_EQ(path_.sticky_map.size(), 0u);
}

TEST_F(UnaryCallerTest, AnUnknownSignIsNone) {
  v1::AssignResponse response;
  ASSERT_TRUE(Assign({{"mab-bot-sign", "OF_THE_FUTURE"}}, &response).ok());
  EXPECT_TRUE(response.counted());
}

// A server asks for all of its visitors; whoever read a key in a page is no server.
TEST_F(UnaryCallerTest, TheRateOfAServersKeyIsNoSignOfAMachine) {
  int visitor = 0;
  const auto counted = [&](const std::string& key, const char* sign, const char* origin) {
    grpc::ClientContext context;
    context.AddMetadata("authorization", "Bearer " + key);
    context.AddMetadata("mab-bot-sign", sign);
    if (*origin != 0) context.AddMetadata("mab-origin", origin);
    v1::AssignResponse response;
    EXPECT_TRUE(v1::AssignmentService::NewStub(server_.Connect())
                    ->Assign(&context, AssignRequestOf(absl::StrCat("v-", ++visitor)), &response)
                    .ok());
    return response.counted();
  };
  const std::string server = SetCallerKey({});
  EXPECT_TRUE(counted(server, "RATE", ""));
  EXPECT_FALSE(counted(server, "RATE", "https://shop.example"));
  EXPECT_FALSE(counted(server, "USER_AGENT", ""));
  EXPECT_FALSE(counted(server, "PREFETCH", ""));
  const std::string published = SetCallerKey({.publishable = true});
  EXPECT_FALSE(counted(published, "RATE", ""));
  EXPECT_FALSE(counted(published, "RATE", "https://shop.example"));
  path_.journal.Sync();
}

TEST_F(UnaryCallerTest, AnIdIsNoNameWhereKeysAreMeant) {
  v1::AssignResponse response;
  const auto assign = [&](const std::string& name) {
    grpc::ClientContext context;
    context.AddMetadata("mab-experiment-by", "key");
    v1::AssignRequest request = AssignRequestOf("ann");
    request.set_experiment(name);
    return stub_->Assign(&context, request, &response);
  };
  EXPECT_TRUE(assign(experiment_.key).ok());
  EXPECT_EQ(ReasonOf(assign(experiment_.id_text)), "EXPERIMENT_NOT_FOUND");
  SnapshotExperiment other = SampleExperiment(2);
  other.key = experiment_.id_text;  // a key may look like an id
  holder_.Set(SampleSnapshot({experiment_, other}));
  ASSERT_TRUE(assign(experiment_.id_text).ok());
  EXPECT_EQ(response.experiment_id(), other.id_text);

  grpc::ClientContext context;
  context.AddMetadata("mab-experiment-by", "key");
  v1::AssignAllRequest request;
  request.set_user_id("ann");
  v1::AssignAllResponse all;
  ASSERT_TRUE(stub_->AssignAll(&context, request, &all).ok());
  EXPECT_EQ(all.assignments_size(), 2) << "nothing is named there";
}

}  // namespace
}  // namespace mab::assignment
