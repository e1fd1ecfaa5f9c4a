#include "common/tls_watch.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <functional>
#include <map>
#include <thread>
#include <tuple>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "common/log.h"
#include "common/status_macros.h"
#include "common/tls_pem.h"

namespace mab {
namespace {

constexpr absl::Duration kLookEvery = absl::Seconds(1);

// A file in memory with a path, which gets a new content at once for whoever opens it.
class MemoryFile {
 public:
  MemoryFile() : descriptor_(memfd_create("mab-tls", MFD_CLOEXEC)) {
    if (descriptor_ >= 0) return;
    MAB_LOG(kError, "TLS needs a file in memory, and there is none to be had",
            {{"error", absl::ErrnoToStatus(errno, "memfd_create")}});
    std::abort();
  }

  std::string path() const { return absl::StrCat("/proc/self/fd/", descriptor_); }

  absl::Status Replace(const std::string& content) {
    const int next = memfd_create("mab-tls", MFD_CLOEXEC);
    // gRPC takes two reads for one where the time of the file is the same: each content has its
    // own.
    const timespec time{.tv_sec = ++version_, .tv_nsec = 0};
    const timespec times[] = {time, time};
    const bool replaced =
        next >= 0 &&
        write(next, content.data(), content.size()) == static_cast<ssize_t>(content.size()) &&
        futimens(next, times) == 0 && dup3(next, descriptor_, O_CLOEXEC) >= 0;
    const int error = errno;
    if (next >= 0) close(next);
    return replaced ? absl::OkStatus() : absl::ErrnoToStatus(error, "no file in memory to be had");
  }

 private:
  const int descriptor_;
  time_t version_ = 0;
};

// The last content of a file, or pair of files, that could be used. For one thread.
class LastGood {
 public:
  LastGood(const char* what, std::function<absl::StatusOr<std::string>()> read)
      : what_(what), read_(std::move(read)) {
    Look();
  }

  std::string path() const { return file_.path(); }

  void Look() {
    const absl::Status status = Take();
    if (!status.ok() && status != trouble_) {
      MAB_LOG(kWarning, "files of TLS can't be used: the last ones stay",
              {{"what", what_}, {"error", status}});
    }
    trouble_ = status;
  }

 private:
  absl::Status Take() {
    MAB_ASSIGN_OR_RETURN(std::string now, read_());
    if (now == content_) return absl::OkStatus();
    MAB_RETURN_IF_ERROR(file_.Replace(now));
    if (!content_.empty()) MAB_LOG(kInfo, "files of TLS are new ones", {{"what", what_}});
    content_ = std::move(now);
    return absl::OkStatus();
  }

  const char* const what_;
  const std::function<absl::StatusOr<std::string>()> read_;
  MemoryFile file_;
  std::string content_;
  absl::Status trouble_;
};

// Two, for the one may change while the other is broken.
struct Watch {
  explicit Watch(const TlsFiles& files)
      : identity("certificate and key", [files] { return ReadIdentityPem(files); }),
        authorities("CA", [files] { return ReadAuthoritiesPem(files); }),
        paths{identity.path(), authorities.path()} {}

  [[noreturn]] void Run() {
    while (true) {
      absl::SleepFor(kLookEvery);
      identity.Look();
      authorities.Look();
    }
  }

  LastGood identity;
  LastGood authorities;
  const WatchedTls paths;
};

}  // namespace

const WatchedTls& WatchTlsFiles(const TlsFiles& files) {
  using Names = std::tuple<std::string, std::string, std::string>;
  static absl::Mutex& mutex = *new absl::Mutex;
  static auto& watches = *new std::map<Names, Watch*>;
  absl::MutexLock lock(&mutex);
  Watch*& watch = watches[Names(files.certificate, files.key, files.ca)];
  if (watch == nullptr) {
    watch = new Watch(files);
    std::thread(&Watch::Run, watch).detach();
  }
  return watch->paths;
}

}  // namespace mab
