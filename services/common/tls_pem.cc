#include "common/tls_pem.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <fstream>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/error.h"
#include "common/status_macros.h"

namespace mab {
namespace {

constexpr char kCertificateVariable[] = "MAB_INTERNAL_TLS_CERT_FILE";
constexpr char kKeyVariable[] = "MAB_INTERNAL_TLS_KEY_FILE";
constexpr char kAuthoritiesVariable[] = "MAB_INTERNAL_TLS_CA_FILE";

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using Bio = std::unique_ptr<BIO, Free>;
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Certificate = std::unique_ptr<X509, Free>;

absl::Status Unfit(absl::string_view variable, const std::string& path, absl::string_view why) {
  ERR_clear_error();
  return FailedPreconditionError(kReasonFailedPrecondition,
                                 absl::StrCat(variable, ": ", path, " ", why));
}

absl::StatusOr<std::string> ReadFile(absl::string_view variable, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string content(kPemBytesMax + 1, '\0');
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  if (!file.eof()) {
    return Unfit(variable, path,
                 file.good() ? absl::StrCat("has more than ", kPemBytesMax, " bytes")
                             : std::string("can't be read"));
  }
  content.resize(static_cast<size_t>(file.gcount()));
  return content;
}

// Of a key with a passphrase, which nobody is there to type.
int NoPassphrase(char*, int, int, void*) { return -1; }

bool IsEndOfPem() {
  const unsigned long error = ERR_peek_last_error();
  return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

absl::StatusOr<std::vector<Certificate>> ReadCertificates(absl::string_view variable,
                                                          const std::string& path) {
  MAB_ASSIGN_OR_RETURN(const std::string content, ReadFile(variable, path));
  const Bio bio(BIO_new_mem_buf(content.data(), static_cast<int>(content.size())));
  ERR_clear_error();
  std::vector<Certificate> certificates;
  while (X509* next = PEM_read_bio_X509(bio.get(), nullptr, NoPassphrase, nullptr)) {
    certificates.emplace_back(next);
  }
  if (!IsEndOfPem()) return Unfit(variable, path, "has a certificate that is broken or cut short");
  if (certificates.empty()) return Unfit(variable, path, "has no certificate in PEM");
  ERR_clear_error();
  return certificates;
}

absl::StatusOr<Key> ReadKey(const std::string& path) {
  MAB_ASSIGN_OR_RETURN(const std::string content, ReadFile(kKeyVariable, path));
  const Bio bio(BIO_new_mem_buf(content.data(), static_cast<int>(content.size())));
  ERR_clear_error();
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassphrase, nullptr));
  if (key == nullptr) {
    return Unfit(kKeyVariable, path,
                 "has no key in PEM, or one that is broken or has a passphrase");
  }
  return key;
}

// As TLS itself asks: that the certificate is strong enough, and the key is its own.
absl::Status CheckPair(const TlsFiles& files, X509* certificate, EVP_PKEY* key) {
  const std::unique_ptr<SSL_CTX, Free> context(SSL_CTX_new(TLS_method()));
  if (SSL_CTX_use_certificate(context.get(), certificate) != 1) {
    return Unfit(kCertificateVariable, files.certificate, "has a certificate that TLS refuses");
  }
  if (X509_check_private_key(certificate, key) != 1) {
    return Unfit(kCertificateVariable, files.certificate,
                 absl::StrCat("does not fit the key: ", kKeyVariable, ": ", files.key));
  }
  if (SSL_CTX_use_PrivateKey(context.get(), key) != 1) {
    return Unfit(kKeyVariable, files.key, "has a key that TLS refuses");
  }
  return absl::OkStatus();
}

std::string Text(const Bio& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<size_t>(size));
}

void Write(const Bio& bio, const std::vector<Certificate>& certificates) {
  for (const Certificate& certificate : certificates) {
    PEM_write_bio_X509(bio.get(), certificate.get());
  }
}

}  // namespace

absl::StatusOr<std::string> ReadIdentityPem(const TlsFiles& files) {
  MAB_ASSIGN_OR_RETURN(const std::vector<Certificate> certificates,
                       ReadCertificates(kCertificateVariable, files.certificate));
  MAB_ASSIGN_OR_RETURN(const Key key, ReadKey(files.key));
  MAB_RETURN_IF_ERROR(CheckPair(files, certificates.front().get(), key.get()));
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  Write(bio, certificates);
  return Text(bio);
}

absl::StatusOr<std::string> ReadAuthoritiesPem(const TlsFiles& files) {
  MAB_ASSIGN_OR_RETURN(const std::vector<Certificate> certificates,
                       ReadCertificates(kAuthoritiesVariable, files.ca));
  const Bio bio(BIO_new(BIO_s_mem()));
  Write(bio, certificates);
  return Text(bio);
}

}  // namespace mab
