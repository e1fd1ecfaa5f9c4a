#include "admin/credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "admin/password.h"

namespace mab::admin {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> NewViolations(const std::string& email, const std::string& password) {
  Violations violations;
  CheckNewCredentials("email", email, "password", password, violations);
  std::vector<std::string> fields;
  for (const FieldViolation& violation : ErrorViolations(violations.ToStatus())) {
    fields.push_back(violation.field);
  }
  return fields;
}

TEST(CredentialsTest, KnowsAnAddress) {
  for (const char* email : {"a@b", "ada@example.com", "ADA+tag@sub.example.com", "o'neil@x.org"}) {
    EXPECT_TRUE(IsEmail(email)) << email;
  }
  for (const char* email :
       {"", "ada", "@example.com", "ada@", "a@b@c", "ada @example.com", "ada@exam ple.com",
        "\"ada\"@example.com", "ada\\@example.com", "ada@example.com\n", "ad\x01@example.com",
        "<ada@example.com>", "a,b@example.com", "\xc3\xa4@example.com"}) {
    EXPECT_FALSE(IsEmail(email)) << email;
  }
}

TEST(CredentialsTest, LimitsTheLengthOfAnAddress) {
  const std::string domain = "@example.com";
  EXPECT_TRUE(IsEmail(std::string(kEmailBytesMax - domain.size(), 'a') + domain));
  EXPECT_FALSE(IsEmail(std::string(kEmailBytesMax - domain.size() + 1, 'a') + domain));
}

TEST(CredentialsTest, OneAddressIsOneAccountInAnyCase) {
  EXPECT_EQ(NormalizeEmail("Ada@Example.COM"), "ada@example.com");
}

TEST(CredentialsTest, LimitsTheLengthOfANewPassword) {
  const std::string words = "k7#mQ2vX9!pLw3Zt ";
  std::string longest;
  while (longest.size() < kPasswordBytesMax) longest += std::to_string(longest.size()) + words;
  EXPECT_THAT(NewViolations("a@b.c", words.substr(0, kPasswordCharactersMin - 1)),
              ElementsAre("password"));
  EXPECT_THAT(NewViolations("a@b.c", words.substr(0, kPasswordCharactersMin)), IsEmpty());
  EXPECT_THAT(NewViolations("a@b.c", longest.substr(0, kPasswordBytesMax)), IsEmpty());
  EXPECT_THAT(NewViolations("a@b.c", longest.substr(0, kPasswordBytesMax) + "x"),
              ElementsAre("password"));
}

TEST(CredentialsTest, CountsCharactersAndNotBytes) {
  // Eleven characters of 2 bytes each, and twelve.
  EXPECT_THAT(NewViolations("a@b.c", "äöüßéèêçñåø"), ElementsAre("password"));
  EXPECT_THAT(NewViolations("a@b.c", "äöüßéèêçñåøæ"), IsEmpty());
}

TEST(CredentialsTest, RefusesACommonPassword) {
  EXPECT_THAT(NewViolations("a@b.c", "password1234"), ElementsAre("password"));
  EXPECT_THAT(NewViolations("lovelace@b.c", "Lovelace1843"), ElementsAre("password"));
  EXPECT_THAT(NewViolations("a@b.c", "Lovelace1843"), IsEmpty());
}

TEST(CredentialsTest, NamesAllThatIsWrongAtOnce) {
  EXPECT_THAT(NewViolations("ada", "short"), ElementsAre("email", "password"));
}

TEST(CredentialsTest, SigningInNeedsNoLongPassword) {
  Violations violations;
  CheckLoginSizes("a@b.c", "x", violations);
  EXPECT_TRUE(violations.empty());
  CheckLoginSizes("", std::string(kPasswordBytesMax + 1, 'x'), violations);
  EXPECT_EQ(ErrorViolations(violations.ToStatus()).size(), 2u);
}

}  // namespace
}  // namespace mab::admin
