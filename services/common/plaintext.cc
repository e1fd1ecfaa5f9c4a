#include "common/plaintext.h"

#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "common/ip_address.h"

namespace mab {

bool IsOfThisMachine(absl::string_view address) {
  if (absl::StartsWith(address, "unix:")) return true;
  absl::string_view host = address.substr(0, address.rfind(':'));
  if (host == "localhost") return true;
  if (absl::ConsumePrefix(&host, "[") && !absl::ConsumeSuffix(&host, "]")) return false;
  const std::optional<std::string> canonical = CanonicalAddress(host);
  return canonical.has_value() && IsLoopback(*canonical);
}

void CheckPlaintext(ConfigReader& reader, bool production, const TlsFiles& tls,
                    const std::vector<InternalAddress>& addresses) {
  const bool vouched_for = reader.Bool("MAB_INTERNAL_PLAINTEXT", false);
  if (!production || vouched_for || tls.enabled()) return;
  std::vector<std::string> plain;
  for (const InternalAddress& each : addresses) {
    if (!IsOfThisMachine(each.address)) {
      plain.push_back(absl::StrCat(each.variable, "=", each.address));
    }
  }
  if (plain.empty()) return;
  reader.AddViolation(
      absl::StrJoin(plain, " and "),
      "gRPC would be plain beyond this machine, in production; set MAB_INTERNAL_TLS_CERT_FILE, "
      "MAB_INTERNAL_TLS_KEY_FILE and MAB_INTERNAL_TLS_CA_FILE, or MAB_INTERNAL_PLAINTEXT=true "
      "where the network is private and you vouch for it");
}

}  // namespace mab
