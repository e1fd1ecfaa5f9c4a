#include "admin/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>

#include "common/testing/plaintext_rule.h"

namespace mab::admin {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::map<std::string, std::string> Minimal() {
  return {{"DATABASE_URL", "postgresql://localhost/mab"},
          {"JWT_SECRET", std::string(32, 'j')},
          {"MAB_INTERNAL_SECRET", std::string(32, 'i')},
          {"MAB_USER_HASH_KEY", std::string(32, 'a')}};
}

Environment Of(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](absl::string_view name) -> std::optional<std::string> {
    const auto it = variables.find(std::string(name));
    return it == variables.end() ? std::nullopt : std::optional<std::string>(it->second);
  };
}

std::string ErrorOf(const std::map<std::string, std::string>& variables) {
  const auto options = ReadOptions(Of(variables));
  EXPECT_EQ(options.status().code(), absl::StatusCode::kFailedPrecondition);
  return std::string(options.status().message());
}

TEST(OptionsTest, NeedsFourVariablesAndHasDefaultsForTheRest) {
  const auto options = ReadOptions(Of(Minimal()));
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_FALSE(options->production);
  EXPECT_EQ(options->log_level, LogLevel::kInfo);
  EXPECT_EQ(options->pool_size, 4);
  EXPECT_EQ(options->listen, "127.0.0.1:8011");
  EXPECT_EQ(options->metrics_listen, "127.0.0.1:8021");
  EXPECT_EQ(options->bcrypt_cost, 12);
  EXPECT_EQ(options->admin_email, "");
  EXPECT_EQ(options->setup_token, "");
  EXPECT_EQ(options->retention_days, 0);
  EXPECT_EQ(options->user_hash_key, std::string(16, '\xaa'));
}

TEST(OptionsTest, ListsEverythingThatIsWrongAtOnceAndNoSecret) {
  const std::string error = ErrorOf({{"JWT_SECRET", "tooshort-jwt"},
                                     {"MAB_INTERNAL_SECRET", "tooshort-internal"},
                                     {"ENV", "staging"},
                                     {"LOG_LEVEL", "loud"},
                                     {"MAB_DB_POOL_SIZE", "0"},
                                     {"MAB_BCRYPT_COST", "4"},
                                     {"MAB_ADMIN_EMAIL", "ada"},
                                     {"MAB_ADMIN_PASSWORD", "short"},
                                     {"MAB_SETUP_TOKEN", "tiny"},
                                     {"MAB_USER_HASH_KEY", "tooshort-key"}});
  EXPECT_THAT(error, AllOf(HasSubstr("DATABASE_URL"), HasSubstr("JWT_SECRET"),
                           HasSubstr("MAB_INTERNAL_SECRET"), HasSubstr("ENV"),
                           HasSubstr("MAB_USER_HASH_KEY"), HasSubstr("LOG_LEVEL"),
                           HasSubstr("MAB_DB_POOL_SIZE")));
  EXPECT_THAT(error, AllOf(HasSubstr("MAB_BCRYPT_COST"), HasSubstr("MAB_ADMIN_EMAIL"),
                           HasSubstr("MAB_ADMIN_PASSWORD"), HasSubstr("MAB_SETUP_TOKEN")));
  EXPECT_THAT(error, AllOf(Not(HasSubstr("tooshort")), Not(HasSubstr("tiny"))));
}

TEST(OptionsTest, TheFirstAdministratorNeedsBothHalves) {
  for (const char* name : {"MAB_ADMIN_EMAIL", "MAB_ADMIN_PASSWORD"}) {
    auto variables = Minimal();
    variables[name] = "ada@example.com";
    EXPECT_THAT(ErrorOf(variables), HasSubstr("go together"));
  }
  auto variables = Minimal();
  variables["MAB_ADMIN_EMAIL"] = "ada@example.com";
  variables["MAB_ADMIN_PASSWORD"] = "correct horse battery";
  EXPECT_TRUE(ReadOptions(Of(variables)).ok());
}

TEST(OptionsTest, RowsAreKeptForEverOrForUpToTenYears) {
  auto variables = Minimal();
  variables["MAB_RETENTION_DAYS"] = "3650";
  EXPECT_EQ(ReadOptions(Of(variables))->retention_days, 3650);
  for (const char* wrong : {"-1", "3651", "30d", "1.5"}) {
    variables["MAB_RETENTION_DAYS"] = wrong;
    EXPECT_THAT(ErrorOf(variables), HasSubstr("MAB_RETENTION_DAYS")) << wrong;
  }
}

TEST(OptionsTest, MigratingNeedsNoSecrets) {
  const auto options = ReadMigrateOptions(Of({{"DATABASE_URL", "postgresql://localhost/mab"}}));
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->migrations_directory, "migrations");
  EXPECT_FALSE(ReadMigrateOptions(Of({})).ok());
}

TEST(OptionsTest, TakesThePreviousSecretWhereThereIsOne) {
  std::map<std::string, std::string> variables = Minimal();
  EXPECT_EQ(ReadOptions(Of(variables))->jwt_secret_previous, "");
  variables["JWT_SECRET_PREVIOUS"] = std::string(32, 'p');
  EXPECT_EQ(ReadOptions(Of(variables))->jwt_secret_previous, std::string(32, 'p'));
  variables["JWT_SECRET_PREVIOUS"] = std::string(31, 'p');
  EXPECT_THAT(std::string(ReadOptions(Of(variables)).status().message()),
              AllOf(HasSubstr("JWT_SECRET_PREVIOUS"), Not(HasSubstr("ppp"))));
}

TEST(OptionsTest, PlainGrpcBeyondThisMachineIsVouchedForInProduction) {
  ExpectPlaintextIsVouchedFor(
      [](const Variables& variables) { return ReadOptions(Of(variables)).status(); }, Minimal(),
      {"MAB_ADMIN_LISTEN", "MAB_ASSIGNMENT_ADDRESS"});
}

}  // namespace
}  // namespace mab::admin
