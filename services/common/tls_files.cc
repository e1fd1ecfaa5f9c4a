#include "common/tls_files.h"

#include <fstream>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/error.h"
#include "common/status_macros.h"

namespace mab {
namespace {

constexpr char kPemBegin[] = "-----BEGIN ";

absl::Status CheckFile(absl::string_view variable, const std::string& path) {
  std::ifstream file(path);
  const bool opened = file.is_open();
  const std::string content{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (absl::StrContains(content, kPemBegin)) return absl::OkStatus();
  return FailedPreconditionError(
      kReasonFailedPrecondition,
      absl::StrCat(variable, ": ", path, opened ? " has no PEM" : " can't be read"));
}

}  // namespace

TlsFiles ReadTlsFiles(ConfigReader& reader) {
  TlsFiles files;
  files.certificate = reader.String("MAB_INTERNAL_TLS_CERT_FILE", "");
  files.key = reader.String("MAB_INTERNAL_TLS_KEY_FILE", "");
  files.ca = reader.String("MAB_INTERNAL_TLS_CA_FILE", "");
  files.require_client = reader.Bool("MAB_INTERNAL_TLS_REQUIRE_CLIENT", false);
  const int given = !files.certificate.empty() + !files.key.empty() + !files.ca.empty();
  if (given == 1 || given == 2) {
    reader.AddViolation(
        "MAB_INTERNAL_TLS_CERT_FILE",
        "MAB_INTERNAL_TLS_KEY_FILE and MAB_INTERNAL_TLS_CA_FILE must be set together with it");
  }
  if (given == 0 && files.require_client) {
    reader.AddViolation("MAB_INTERNAL_TLS_REQUIRE_CLIENT",
                        "needs MAB_INTERNAL_TLS_CERT_FILE: there is no TLS");
  }
  return files;
}

absl::Status CheckTlsFiles(const TlsFiles& files) {
  if (!files.enabled()) return absl::OkStatus();
  MAB_RETURN_IF_ERROR(CheckFile("MAB_INTERNAL_TLS_CERT_FILE", files.certificate));
  MAB_RETURN_IF_ERROR(CheckFile("MAB_INTERNAL_TLS_KEY_FILE", files.key));
  return CheckFile("MAB_INTERNAL_TLS_CA_FILE", files.ca);
}

}  // namespace mab
