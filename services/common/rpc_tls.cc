#include "common/rpc_tls.h"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include "absl/strings/match.h"
#include "common/tls_watch.h"

namespace mab {
namespace {

using grpc::experimental::FileWatcherCertificateProvider;

constexpr unsigned kLookEverySeconds = 1;

bool IsPlain(absl::string_view address, const TlsFiles& files) {
  return !files.enabled() || absl::StartsWith(address, "unix:");
}

std::shared_ptr<FileWatcherCertificateProvider> Watch(const TlsFiles& files) {
  const WatchedTls& watched = WatchTlsFiles(files);
  return std::make_shared<FileWatcherCertificateProvider>(
      watched.identity_path, watched.identity_path, watched.authorities_path, kLookEverySeconds);
}

}  // namespace

std::shared_ptr<grpc::ServerCredentials> ServerCredentialsFor(absl::string_view address,
                                                              const TlsFiles& files) {
  if (IsPlain(address, files)) return grpc::InsecureServerCredentials();
  grpc::experimental::TlsServerCredentialsOptions options(Watch(files));
  options.watch_identity_key_cert_pairs();
  if (files.require_client) options.watch_root_certs();
  options.set_cert_request_type(files.require_client
                                    ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                                    : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE);
  return grpc::experimental::TlsServerCredentials(options);
}

std::shared_ptr<grpc::ChannelCredentials> ChannelCredentialsFor(absl::string_view address,
                                                                const TlsFiles& files) {
  if (IsPlain(address, files)) return grpc::InsecureChannelCredentials();
  grpc::experimental::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(Watch(files));
  options.watch_identity_key_cert_pairs();
  options.watch_root_certs();
  return grpc::experimental::TlsCredentials(options);
}

}  // namespace mab
