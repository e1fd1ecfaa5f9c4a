// Makes certificates for tests of TLS. Thread safety: one thread.
#pragma once

#include <filesystem>
#include <string>

#include "common/tls_files.h"

// OpenSSL's.
struct evp_pkey_st;
struct x509_st;

namespace mab {

class TestCa {
 public:
  TestCa();
  ~TestCa();
  TestCa(const TestCa&) = delete;
  TestCa& operator=(const TestCa&) = delete;

  // Writes NAME.pem and NAME.key, of the DNS names and addresses of `names`, such as
  // "IP:127.0.0.1,DNS:localhost"; again: in their place. These are the files of who has them.
  TlsFiles Issue(const std::string& name, const std::string& names = "IP:127.0.0.1");

 private:
  void WriteCertificate(const std::string& path, x509_st* certificate) const;

  std::filesystem::path directory_;
  evp_pkey_st* key_;
  x509_st* certificate_;
  long serial_ = 1;
};

}  // namespace mab
