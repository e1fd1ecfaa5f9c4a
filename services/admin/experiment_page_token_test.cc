#include "admin/experiment_page_token.h"

#include <gtest/gtest.h>

#include <vector>

#include "absl/strings/escaping.h"
#include "common/error.h"

namespace mab::admin {
namespace {

const ExperimentId kLast{Uuid::NewV7(absl::FromUnixSeconds(1'795'392'000))};

std::vector<ExperimentFilter> Filters() {
  return {{std::nullopt, ""},
          {storage::ExperimentState::kRunning, ""},
          {std::nullopt, "RUNNING"},
          {storage::ExperimentState::kRunning, "hero"},
          {std::nullopt, "hero"}};
}

void ExpectRefused(const ExperimentFilter& filter, absl::string_view token) {
  const auto parsed = ParseExperimentPageToken(filter, token);
  ASSERT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument) << token;
  ASSERT_EQ(ErrorViolations(parsed.status()).size(), 1u);
  EXPECT_EQ(ErrorViolations(parsed.status())[0].field, "page_token");
}

TEST(ExperimentPageTokenTest, BringsBackTheLastExperimentUnderItsOwnFilterOnly) {
  for (size_t i = 0; i < Filters().size(); ++i) {
    const std::string token = MakeExperimentPageToken(Filters()[i], kLast);
    for (size_t j = 0; j < Filters().size(); ++j) {
      if (i == j) {
        const auto parsed = ParseExperimentPageToken(Filters()[j], token);
        ASSERT_TRUE(parsed.ok()) << parsed.status();
        EXPECT_EQ(*parsed, kLast);
      } else {
        ExpectRefused(Filters()[j], token);
      }
    }
  }
}

TEST(ExperimentPageTokenTest, CanStandInAnAddressAsItIs) {
  const std::string token = MakeExperimentPageToken({}, kLast);
  EXPECT_EQ(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                    "0123456789-_"),
            std::string::npos);
}

TEST(ExperimentPageTokenTest, RefusesGarbage) {
  const std::string token = MakeExperimentPageToken({}, kLast);
  std::string other_version;
  ASSERT_TRUE(absl::WebSafeBase64Unescape(token, &other_version));
  other_version[0] = 2;
  for (const std::string& garbage :
       {std::string("x"), std::string("not a token!"), token.substr(1), token + "AAAA",
        token.substr(0, token.size() - 4), absl::WebSafeBase64Escape(other_version),
        std::string(100'000, 'A'), std::string("\0\0\0\0", 4)}) {
    ExpectRefused({}, garbage);
  }
}

}  // namespace
}  // namespace mab::admin
