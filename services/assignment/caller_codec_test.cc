#include "assignment/caller_codec.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

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

}  // namespace
}  // namespace mab::assignment
