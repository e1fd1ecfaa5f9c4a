// The PEM files of TLS between our own processes, as the environment names them.
//
// Thread safety: a value type and functions without state.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "common/config.h"

namespace mab {

// All three, or none: then there is no TLS.
struct TlsFiles {
  // The certificate of this process, with its chain, and its key.
  std::string certificate;
  std::string key;
  // By whose certificates the others are known.
  std::string ca;
  // Whoever calls must show a certificate of that CA too.
  bool require_client = false;

  bool enabled() const { return !ca.empty(); }
};

// MAB_INTERNAL_TLS_CERT_FILE, …_KEY_FILE, …_CA_FILE and …_REQUIRE_CLIENT. What is wrong is a
// violation of the reader's.
TlsFiles ReadTlsFiles(ConfigReader& reader);

// FAILED_PRECONDITION, with the variable and the file's name and nothing of what is in it, where a
// file can't be read or parsed, or the certificate is not the key's.
absl::Status CheckTlsFiles(const TlsFiles& files);

}  // namespace mab
