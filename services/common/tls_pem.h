// PEM files for TLS, read and checked as a whole.
//
// The answers are PEM written anew from what was parsed, so that whoever reads them can't stumble.
// Errors are FAILED_PRECONDITION and name the variable and the file, with nothing of what is in it.
//
// Thread safety: pure functions.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "common/tls_files.h"

namespace mab {

inline constexpr size_t kPemBytesMax = 1 << 20;

// The key, and after it the certificate with its chain, of which the first fits the key.
absl::StatusOr<std::string> ReadIdentityPem(const TlsFiles& files);

// The certificates of the CA, at least one.
absl::StatusOr<std::string> ReadAuthoritiesPem(const TlsFiles& files);

}  // namespace mab
