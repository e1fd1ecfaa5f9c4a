// A kept HTTP/1.1 connection on which one request at a time is asked. It reads no more of an answer
// than it needs: the status, the length and whether the connection ends. Not safe for concurrent
// use.
#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace mab::load {

// What the beginning of an answer says.
struct HttpHead {
  int status = 0;
  size_t bytes = 0;       // of the head, with the empty line
  size_t body_bytes = 0;  // that follow
  bool closes = false;
};

// kPartial: more must come; kBroken: this is no answer, or one without a Content-Length.
enum class HeadState { kWhole, kPartial, kBroken };
HeadState ParseHead(absl::string_view text, HttpHead& head);

class HttpConnection {
 public:
  enum class State { kIdle, kWaiting, kBroken };

  explicit HttpConnection(const sockaddr_in& server) : server_(server) {}
  ~HttpConnection() { Close(); }
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  // Opens the connection anew; false where nobody listens. The socket does not block from then on.
  bool Open();
  void Close();

  // REQUIRES: idle. A request that the kernel does not take as a whole breaks the connection.
  void Send(absl::string_view request);

  // Reads what has come. The status once the answer is whole; 0 while it is not; -1 where the
  // connection broke.
  int Receive();

  int fd() const { return fd_; }
  State state() const { return state_; }

  // The generator's notes of the request that waits.
  int64_t intended_ns = 0;
  int64_t sent_ns = 0;

 private:
  static constexpr size_t kBufferBytes = 32 << 10;

  const sockaddr_in server_;
  int fd_ = -1;
  State state_ = State::kBroken;
  std::string received_;
};

}  // namespace mab::load
