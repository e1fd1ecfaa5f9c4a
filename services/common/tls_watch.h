// The PEM files of TLS as gRPC's file watcher is to see them: always whole, and always fit for use.
//
// gRPC closes a port for as long as its files are broken, or the certificate is not the key's, as
// in the middle of every renewal that writes two files. So it does not see them: what is in them is
// checked, and is put into files in memory, where key and certificate are one file that changes at
// once. What can't be used is warned of once, and the last that could stays.
//
// Thread-safe.
#pragma once

#include <string>

#include "common/tls_files.h"

namespace mab {

struct WatchedTls {
  // The key, and after it the certificate with its chain.
  std::string identity_path;
  std::string authorities_path;
};

// Looks at the files once a second for as long as the process lives, for gRPC does not say when it
// has done with them; the same files are watched once. Without CheckTlsFiles before, files that are
// unfit at first are empty until they are mended.
const WatchedTls& WatchTlsFiles(const TlsFiles& files);

}  // namespace mab
