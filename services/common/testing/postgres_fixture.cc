#include "common/testing/postgres_fixture.h"

#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/postgres_connection.h"

namespace mab {
namespace {

namespace fs = std::filesystem;

// Where the server's programs are: in the PATH, or where Debian keeps them out of it.
std::string FindPrograms() {
  const char* path = std::getenv("PATH");
  for (const absl::string_view folder : absl::StrSplit(path == nullptr ? "" : path, ':')) {
    if (access(absl::StrCat(folder, "/postgres").c_str(), X_OK) == 0) return std::string(folder);
  }
  std::string newest;
  std::error_code error;
  for (const auto& version : fs::directory_iterator("/usr/lib/postgresql", error)) {
    const std::string folder = version.path() / "bin";
    if (access((folder + "/postgres").c_str(), X_OK) == 0 && folder > newest) newest = folder;
  }
  return newest;
}

absl::Status RunOn(const std::string& url, const std::string& sql) {
  auto connection = PgConnection::Connect(url, absl::Seconds(5));
  if (!connection.ok()) return connection.status();
  return (*connection)->Execute(sql).status();
}

}  // namespace

PostgresFixture& PostgresFixture::Get() {
  static PostgresFixture fixture;
  return fixture;
}

PostgresFixture::PostgresFixture() : owner_(getpid()), programs_(FindPrograms()) {
  if (programs_.empty()) Die("PostgreSQL's server is not installed");
  if (geteuid() == 0) {
    const passwd* user = getpwnam("postgres");
    if (user == nullptr) user = getpwnam("nobody");
    if (user == nullptr) Die("there is no user postgres or nobody to run the server as");
    user_ = user->pw_uid;
    group_ = user->pw_gid;
  }
  MakeDirectory();
  const pid_t initdb =
      Spawn("initdb", {"-D", directory_ + "/data", "-U", "postgres", "--auth=trust", "--no-sync",
                       "--encoding=UTF8", "--no-locale"});
  int status = 0;
  if (waitpid(initdb, &status, 0) != initdb || status != 0) Die("initdb failed");
  Start();
}

PostgresFixture::~PostgresFixture() {
  // A forked child of a death test has no server to stop.
  if (getpid() != owner_) return;
  End(SIGQUIT);
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

void PostgresFixture::MakeDirectory() {
  // Short, for a socket's path has at most 107 bytes.
  std::string path = "/tmp/mab-pg-XXXXXX";
  if (mkdtemp(path.data()) == nullptr) Die("no temporary directory");
  directory_ = path;
  if (user_.has_value() && chown(path.c_str(), *user_, group_) != 0) Die("chown failed");
}

std::string PostgresFixture::UrlOf(absl::string_view database) const {
  return absl::StrCat("postgresql://postgres@/", database,
                      "?host=", absl::StrReplaceAll(directory_, {{"/", "%2F"}}));
}

std::string PostgresFixture::CreateDatabase(absl::string_view database_template) {
  return CreateDatabaseNamed(absl::StrCat("test_", databases_.fetch_add(1)), database_template);
}

std::string PostgresFixture::CreateDatabaseNamed(absl::string_view name,
                                                 absl::string_view database_template) {
  const absl::Status status =
      RunOn(url(), absl::StrCat("CREATE DATABASE ", name, " TEMPLATE ", database_template));
  if (!status.ok()) Die(status.ToString());
  return UrlOf(name);
}

void PostgresFixture::DropDatabase(absl::string_view url) {
  const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(url, '?');
  const absl::string_view name = parts.first.substr(parts.first.rfind('/') + 1);
  const absl::Status status =
      RunOn(this->url(), absl::StrCat("DROP DATABASE IF EXISTS ", name, " WITH (FORCE)"));
  if (!status.ok()) Die(status.ToString());
}

void PostgresFixture::Start() {
  if (server_ != 0) return;
  server_ =
      Spawn("postgres", {"-D", directory_ + "/data",     "-k", directory_,
                         "-c", "listen_addresses=",      "-c", "fsync=off",
                         "-c", "full_page_writes=off",   "-c", "autovacuum=off",
                         "-c", "shared_buffers=32MB",    "-c", "max_connections=60",
                         "-c", "log_min_messages=fatal", "-c", "dynamic_shared_memory_type=mmap"});
  const absl::Time deadline = absl::Now() + absl::Seconds(60);
  while (!PgConnection::Connect(url(), absl::Seconds(5)).ok()) {
    if (waitpid(server_, nullptr, WNOHANG) != 0) {
      server_ = 0;
      Die("the server ended at its start");
    }
    if (absl::Now() > deadline) Die("the server does not answer");
    absl::SleepFor(absl::Milliseconds(10));
  }
}

void PostgresFixture::Stop() { End(SIGINT); }

void PostgresFixture::Crash() { End(SIGQUIT); }

void PostgresFixture::End(int signal) {
  if (server_ == 0) return;
  kill(server_, signal);
  while (waitpid(server_, nullptr, 0) < 0 && errno == EINTR) {
    // Asked again until it has ended.
  }
  server_ = 0;
}

pid_t PostgresFixture::Spawn(const std::string& program,
                             const std::vector<std::string>& arguments) const {
  const std::string path = absl::StrCat(programs_, "/", program);
  const std::string log = directory_ + "/log";
  std::vector<char*> argv{const_cast<char*>(path.c_str())};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const pid_t child = fork();
  if (child < 0) Die("fork failed");
  if (child > 0) return child;
  // Only what is safe between fork and exec.
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  if (user_.has_value() && (setgid(group_) != 0 || setuid(*user_) != 0)) _exit(126);
  // A milder signal is lost when it comes while the server starts. Its other processes notice by
  // themselves.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != owner_ || chdir(directory_.c_str()) != 0) _exit(126);
  const int output = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (output < 0 || dup2(output, STDOUT_FILENO) < 0 || dup2(output, STDERR_FILENO) < 0) _exit(126);
  execv(path.c_str(), argv.data());
  _exit(127);
}

void PostgresFixture::Die(absl::string_view what) const {
  std::ostringstream log;
  log << std::ifstream(directory_ + "/log").rdbuf();
  std::fprintf(stderr, "no PostgreSQL for the tests: %s\n%s\n", std::string(what).c_str(),
               log.str().c_str());
  if (server_ != 0) kill(server_, SIGQUIT);
  _exit(1);
}

}  // namespace mab
