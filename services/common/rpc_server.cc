#include "common/rpc_server.h"

#include <grpc/support/log.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/server_initializer.h>
#include <grpcpp/resource_quota.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <mutex>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "common/error.h"
#include "common/log.h"
#include "common/rpc_tls.h"
#include "common/status_macros.h"

namespace mab {
namespace {

constexpr absl::string_view kUnixPrefix = "unix:";
constexpr char kReflectionPlugin[] = "proto_server_reflection";
constexpr int kMetadataBytesMax = 16 * 1024;
constexpr int kStreamsPerConnectionMax = 1000;
// What gRPC may hold of messages and buffers, of all connections of a server together. Beyond it
// reads wait, and idle connections are closed.
constexpr size_t kBufferBytesMax = size_t{512} << 20;

// Learns the names of the services that are registered: gRPC tells them to plugins only.
class ServiceNames final : public grpc::ServerBuilderPlugin {
 public:
  explicit ServiceNames(std::vector<std::string>* names) : names_(names) {}
  std::string name() override { return "mab_service_names"; }
  void InitServer(grpc::ServerInitializer*) override {}
  void Finish(grpc::ServerInitializer* initializer) override {
    *names_ = *initializer->GetServiceList();
  }
  void ChangeArguments(const std::string&, void*) override {}

 private:
  std::vector<std::string>* names_;
};

// Reflection is a plugin too. Linking it is enough to switch it on for every server of the process,
// so it is taken out again where it is not asked for.
class PluginsOption final : public grpc::ServerBuilderOption {
 public:
  PluginsOption(bool reflection, std::vector<std::string>* names)
      : reflection_(reflection), names_(names) {}
  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    if (!reflection_) {
      std::erase_if(*plugins,
                    [](const auto& plugin) { return plugin->name() == kReflectionPlugin; });
    }
    plugins->push_back(std::make_unique<ServiceNames>(names_));
  }

 private:
  const bool reflection_;
  std::vector<std::string>* names_;
};

absl::Status CantListen(absl::string_view address, absl::string_view why) {
  return FailedPreconditionError(kReasonFailedPrecondition,
                                 absl::StrCat("can't listen on ", address, ": ", why));
}

// gRPC takes over a socket file without asking who listens on it. Here a file is removed only when
// it is a socket on which nobody answers: what a killed process leaves behind.
absl::Status RemoveStaleSocket(const std::string& address, const std::string& path) {
  sockaddr_un target{};
  target.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(target.sun_path)) {
    return CantListen(address, absl::StrCat("a socket's path must be 1 to ",
                                            sizeof(target.sun_path) - 1, " bytes"));
  }
  std::copy(path.begin(), path.end(), target.sun_path);
  struct stat info {};
  if (lstat(path.c_str(), &info) != 0) return absl::OkStatus();
  if (!S_ISSOCK(info.st_mode)) return CantListen(address, "a file that is no socket is there");
  const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) return CantListen(address, "no socket to be had");
  const bool answered =
      connect(probe, reinterpret_cast<const sockaddr*>(&target), sizeof(target)) == 0 ||
      errno != ECONNREFUSED;
  close(probe);
  if (answered) return CantListen(address, "it is in use");
  if (unlink(path.c_str()) != 0) return CantListen(address, "a stale socket can't be removed");
  return absl::OkStatus();
}

void SetLimits(grpc::ServerBuilder& builder, const RpcServer::Options& options) {
  builder.SetMaxReceiveMessageSize(options.message_bytes_max);
  builder.SetResourceQuota(grpc::ResourceQuota("mab_server").Resize(kBufferBytesMax));
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMetadataBytesMax);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kStreamsPerConnectionMax);
  // A port that another process listens on is an error, not something to share.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // Finds a client that is gone without a word, and lets clients do the same with us.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5'000);
}

// gRPC's own lines go where ours go.
void LogLineOfGrpc(gpr_log_func_args* line) {
  const LogLevel level =
      line->severity == GPR_LOG_SEVERITY_ERROR ? LogLevel::kWarning : LogLevel::kDebug;
  if (!LogEnabled(level)) return;
  Log(level, "gRPC says", {{"text", line->message}, {"file", line->file}, {"line", line->line}});
}

// gRPC keeps these switches for the whole process.
void PrepareProcess() {
  static std::once_flag once;
  std::call_once(once, [] {
    gpr_set_log_function(LogLineOfGrpc);
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  });
}

std::string AddressWithPort(const std::string& listen, int port) {
  const size_t colon = listen.rfind(':');
  if (absl::StartsWith(listen, kUnixPrefix) || colon == std::string::npos) return listen;
  return absl::StrCat(listen.substr(0, colon), ":", port);
}

}  // namespace

absl::StatusOr<std::unique_ptr<RpcServer>> RpcServer::Create(const Options& options) {
  absl::string_view path = options.listen;
  if (absl::ConsumePrefix(&path, kUnixPrefix)) {
    MAB_RETURN_IF_ERROR(RemoveStaleSocket(options.listen, std::string(path)));
  }
  MAB_RETURN_IF_ERROR(CheckTlsFiles(options.tls));
  PrepareProcess();
  std::unique_ptr<RpcServer> server(new RpcServer());
  grpc::ServerBuilder builder;
  SetLimits(builder, options);
  builder.SetOption(std::make_unique<PluginsOption>(options.reflection, &server->service_names_));
  for (grpc::Service* service : options.services) builder.RegisterService(service);
  int port = 0;
  builder.AddListeningPort(options.listen, ServerCredentialsFor(options.listen, options.tls),
                           &port);
  server->server_ = builder.BuildAndStart();
  if (server->server_ == nullptr || port == 0) {
    return CantListen(options.listen, "it is in use, or no address of this machine");
  }
  server->address_ = AddressWithPort(options.listen, port);
  server->SetServing(false);
  return server;
}

RpcServer::~RpcServer() { Shutdown(absl::ZeroDuration()); }

void RpcServer::SetServing(bool serving) {
  grpc::HealthCheckServiceInterface* health = server_->GetHealthCheckService();
  health->SetServingStatus("", serving);
  for (const std::string& name : service_names_) health->SetServingStatus(name, serving);
}

void RpcServer::Shutdown(absl::Duration grace) {
  if (server_ == nullptr) return;
  server_->GetHealthCheckService()->Shutdown();
  server_->Shutdown(absl::ToChronoTime(absl::Now() + grace));
}

void RpcServer::Wait() { server_->Wait(); }

}  // namespace mab
