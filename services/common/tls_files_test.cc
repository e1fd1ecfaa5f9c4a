#include "common/tls_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/testing/test_ca.h"

namespace mab {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class TlsFilesTest : public ::testing::Test {
 protected:
  TlsFilesTest() { std::filesystem::create_directories(directory_); }
  ~TlsFilesTest() override { std::filesystem::remove_all(directory_); }

  std::string Write(const std::string& name, const std::string& content) {
    const std::string path = directory_ / name;
    std::ofstream(path) << content;
    return path;
  }
  // Reads `variables`; the reader's status goes to `status`.
  static TlsFiles Read(const std::map<std::string, std::string>& variables, absl::Status& status) {
    ConfigReader reader([&](absl::string_view name) -> std::optional<std::string> {
      const auto found = variables.find(std::string(name));
      if (found == variables.end()) return std::nullopt;
      return found->second;
    });
    TlsFiles files = ReadTlsFiles(reader);
    status = reader.status();
    return files;
  }

  const std::filesystem::path directory_ =
      std::filesystem::temp_directory_path() / absl::StrCat("mab-tls-files-", getpid());
};

TEST_F(TlsFilesTest, WithoutFilesThereIsNoTls) {
  absl::Status status;
  const TlsFiles files = Read({}, status);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_FALSE(files.enabled());
  EXPECT_TRUE(CheckTlsFiles(files).ok());
}

TEST_F(TlsFilesTest, AllThreeMustBeGiven) {
  const std::map<std::string, std::string> all = {{"MAB_INTERNAL_TLS_CERT_FILE", "/c"},
                                                  {"MAB_INTERNAL_TLS_KEY_FILE", "/k"},
                                                  {"MAB_INTERNAL_TLS_CA_FILE", "/ca"},
                                                  {"MAB_INTERNAL_TLS_REQUIRE_CLIENT", "true"}};
  absl::Status status;
  const TlsFiles files = Read(all, status);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_TRUE(files.enabled());
  EXPECT_TRUE(files.require_client);
  for (const char* missing :
       {"MAB_INTERNAL_TLS_CERT_FILE", "MAB_INTERNAL_TLS_KEY_FILE", "MAB_INTERNAL_TLS_CA_FILE"}) {
    auto some = all;
    some.erase(missing);
    Read(some, status);
    EXPECT_THAT(std::string(status.message()), HasSubstr("MAB_INTERNAL_TLS_CERT_FILE")) << missing;
  }
  Read({{"MAB_INTERNAL_TLS_REQUIRE_CLIENT", "true"}}, status);
  EXPECT_THAT(std::string(status.message()), HasSubstr("MAB_INTERNAL_TLS_REQUIRE_CLIENT"));
}

TEST_F(TlsFilesTest, NamesTheFileThatIsOfNoUse) {
  TestCa ca;
  TlsFiles files = ca.Issue("service");
  EXPECT_TRUE(CheckTlsFiles(files).ok());
  const std::string key = std::exchange(files.key, Write("key.pem", "a secret that is no PEM"));
  EXPECT_THAT(std::string(CheckTlsFiles(files).message()),
              AllOf(HasSubstr("MAB_INTERNAL_TLS_KEY_FILE"), HasSubstr("key.pem has no key in PEM"),
                    Not(HasSubstr("a secret"))));
  files.key = key;
  for (const std::string& path : {std::string(directory_ / "nowhere.pem"), directory_.string()}) {
    files.certificate = path;
    EXPECT_THAT(std::string(CheckTlsFiles(files).message()),
                AllOf(HasSubstr("MAB_INTERNAL_TLS_CERT_FILE"), HasSubstr("can't be read")));
  }
}

}  // namespace
}  // namespace mab
