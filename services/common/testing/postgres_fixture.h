// A private PostgreSQL for the tests of one binary: made on first use in a temporary directory,
// reached by a unix socket in it, stopped and removed at exit. It ends with the test's process even
// when that is killed.
//
//   const std::string url = PostgresFixture::Get().CreateDatabase();
//
// A test that can't have its PostgreSQL ends the process with a message. Run as root, the server
// runs as the user postgres or nobody.
//
// Thread safety: CreateDatabase and url from any thread, the rest from the main thread.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace mab {

class PostgresFixture {
 public:
  // The only one. REQUIRES: the first call is on the main thread (the server ends with the thread
  // that started it).
  static PostgresFixture& Get();
  ~PostgresFixture();
  PostgresFixture(const PostgresFixture&) = delete;
  PostgresFixture& operator=(const PostgresFixture&) = delete;

  // Of the database "postgres": for what concerns the server. Tests make their own databases.
  std::string url() const { return UrlOf("postgres"); }
  std::string UrlOf(absl::string_view database) const;
  // A new database, empty or a copy of another (to which nobody may be connected). Returns its URL.
  std::string CreateDatabase(absl::string_view database_template = "template1");
  // The same, with a name of the test's choice: a template for others.
  std::string CreateDatabaseNamed(absl::string_view name,
                                  absl::string_view database_template = "template1");
  // Closes its connections and removes it.
  void DropDatabase(absl::string_view url);

  // For tests of failures. Stop closes all connections and shuts down; Crash leaves the server to
  // recover at the next Start. Both wait until no process is left that holds the socket; Start
  // waits until the server answers.
  void Stop();
  void Crash();
  void Start();
  bool running() const { return server_ != 0; }
  void Restart() {
    Stop();
    Start();
  }

 private:
  PostgresFixture();
  void MakeDirectory();
  // Runs one of PostgreSQL's programs as the server's user; its output goes to the log file.
  pid_t Spawn(const std::string& program, const std::vector<std::string>& arguments) const;
  void End(int signal);
  [[noreturn]] void Die(absl::string_view what) const;

  const pid_t owner_;
  std::string directory_;
  std::string programs_;
  // Of the server, where it is not ours.
  std::optional<uid_t> user_;
  gid_t group_ = 0;
  pid_t server_ = 0;
  std::atomic<int> databases_{0};
};

}  // namespace mab
