#include "common/testing/test_ca.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace mab {
namespace {

X509* NewCertificate(long serial, const std::string& name, EVP_PKEY* key) {
  X509* certificate = X509_new();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_pubkey(certificate, key);
  return certificate;
}

void AddExtension(X509* certificate, int what, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, what, value.c_str());
  if (extension == nullptr) std::abort();
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

template <typename Write>
void WriteFile(const std::filesystem::path& path, const Write& write) {
  FILE* file = std::fopen(path.c_str(), "w");
  if (file == nullptr || write(file) != 1) std::abort();
  std::fclose(file);
}

}  // namespace

TestCa::TestCa() : key_(EVP_EC_gen("P-256")) {
  std::string path = "/tmp/mab-test-ca-XXXXXX";
  directory_ = mkdtemp(path.data());
  certificate_ = NewCertificate(serial_, "a CA of tests", key_);
  X509_set_issuer_name(certificate_, X509_get_subject_name(certificate_));
  AddExtension(certificate_, NID_basic_constraints, "critical,CA:TRUE");
  X509_sign(certificate_, key_, EVP_sha256());
  WriteCertificate(directory_ / "ca.pem", certificate_);
}

TestCa::~TestCa() {
  X509_free(certificate_);
  EVP_PKEY_free(key_);
  std::filesystem::remove_all(directory_);
}

TlsFiles TestCa::Issue(const std::string& name, const std::string& names) {
  TlsFiles files{.certificate = directory_ / (name + ".pem"),
                 .key = directory_ / (name + ".key"),
                 .ca = directory_ / "ca.pem"};
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = NewCertificate(++serial_, name, key);
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate_));
  AddExtension(certificate, NID_subject_alt_name, names);
  X509_sign(certificate, key_, EVP_sha256());
  WriteFile(files.key, [key](FILE* file) {
    return PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
  WriteCertificate(files.certificate, certificate);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return files;
}

void TestCa::WriteCertificate(const std::string& path, X509* certificate) const {
  WriteFile(path, [certificate](FILE* file) { return PEM_write_X509(file, certificate); });
}

}  // namespace mab
