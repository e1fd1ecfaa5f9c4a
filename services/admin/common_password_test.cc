#include "admin/common_password.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_split.h"

namespace mab::admin {
namespace {

constexpr char kEmail[] = "ada.lovelace@example.com";

TEST(CommonPasswordTest, HasTheWholeList) {
  const std::vector<std::string> list =
      absl::StrSplit(CommonPasswordList(), '\n', absl::SkipEmpty());
  EXPECT_GT(list.size(), 8'000u);
  EXPECT_EQ(list.back(), "zzzxxx");
  for (const std::string& password : list) EXPECT_TRUE(IsCommonPassword(password, kEmail));
}

TEST(CommonPasswordTest, KnowsWhatIsGuessedFirst) {
  for (const char* password :
       {"password1234",     "Password2026!",    "P@ssw0rd-2026!", "1qaz2wsx3edc",
        "1QAZ2wsx3edc4rfv", "123456789012",     "qwertyuiopas",   "administrator",
        "Administrator1!",  "letmein!!!!!!",    "!!!welcome!!!",  "passwordpassword",
        "password-welcome", "sunshine.dragon1", "aaaaaaaaaaaa",   "abcabcabcabc",
        "abcdefghijklm",    "mlkjihgfedcb",     "098765432109",   "unbelievable",
        "iloveyou2026"}) {
    EXPECT_TRUE(IsCommonPassword(password, kEmail)) << password;
  }
}

TEST(CommonPasswordTest, KnowsTheAccountsOwnAddressAndTheProduct) {
  for (const char* password :
       {"ada.lovelace@example.com", "Lovelace-2026", "ada-lovelace-1", "example.com12",
        "AdaAtExample1", "mab-system-1234", "mab-admin-2026"}) {
    EXPECT_TRUE(IsCommonPassword(password, kEmail)) << password;
  }
  EXPECT_FALSE(IsCommonPassword("bob-hopper-1906", kEmail));
}

TEST(CommonPasswordTest, LetsOthersPass) {
  for (const char* password :
       {"correct horse battery staple", "correct horse battery", "k7#mQ2vX9!pL",
        "nine purple llamas", "zwölf Boxkämpfer jagen",
        "\xe5\xaf\x86\xe7\xa0\x81\xe5\xa4\xaa\xe9\x95\xbf", "tr0ub4dor&3-x", "834719265038"}) {
    EXPECT_FALSE(IsCommonPassword(password, kEmail)) << password;
  }
}

TEST(CommonPasswordTest, TakesAnyBytes) {
  EXPECT_FALSE(IsCommonPassword(std::string("\0\xff\xfe-zvral-qyxw9-\0", 18), kEmail));
  EXPECT_TRUE(IsCommonPassword(std::string(1024, '\0'), kEmail));
  EXPECT_FALSE(IsCommonPassword("correct horse battery", ""));
}

}  // namespace
}  // namespace mab::admin
