#include "common/tls_files.h"

#include "absl/status/statusor.h"
#include "common/status_macros.h"
#include "common/tls_pem.h"

namespace mab {
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
  MAB_RETURN_IF_ERROR(ReadIdentityPem(files).status());
  return ReadAuthoritiesPem(files).status();
}

}  // namespace mab
