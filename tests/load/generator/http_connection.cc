#include "http_connection.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"

namespace mab::load {

HeadState ParseHead(absl::string_view text, HttpHead& head) {
  head = {};
  const size_t end = text.find("\r\n\r\n");
  if (end == absl::string_view::npos) return HeadState::kPartial;
  head.bytes = end + 4;
  if (!absl::StartsWith(text, "HTTP/1.1 ") || !absl::SimpleAtoi(text.substr(9, 3), &head.status)) {
    return HeadState::kBroken;
  }
  bool has_length = head.status == 204;
  absl::string_view rest = text.substr(0, end + 2);
  while (!rest.empty()) {
    const size_t line_end = rest.find("\r\n");
    absl::string_view line = rest.substr(0, line_end);
    rest.remove_prefix(line_end + 2);
    if (absl::StartsWithIgnoreCase(line, "content-length:")) {
      has_length = absl::SimpleAtoi(absl::StripAsciiWhitespace(line.substr(15)), &head.body_bytes);
    } else if (absl::StartsWithIgnoreCase(line, "connection:")) {
      head.closes = absl::EqualsIgnoreCase(absl::StripAsciiWhitespace(line.substr(11)), "close");
    }
  }
  return has_length ? HeadState::kWhole : HeadState::kBroken;
}

bool HttpConnection::Open() {
  Close();
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return false;
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (connect(fd_, reinterpret_cast<const sockaddr*>(&server_), sizeof(server_)) != 0) {
    Close();
    return false;
  }
  fcntl(fd_, F_SETFL, fcntl(fd_, F_GETFL) | O_NONBLOCK);
  state_ = State::kIdle;
  return true;
}

void HttpConnection::Close() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
  state_ = State::kBroken;
  received_.clear();
}

void HttpConnection::Send(absl::string_view request) {
  const ssize_t sent = send(fd_, request.data(), request.size(), MSG_NOSIGNAL);
  state_ = sent == static_cast<ssize_t>(request.size()) ? State::kWaiting : State::kBroken;
}

int HttpConnection::Receive() {
  char buffer[kBufferBytes];
  const ssize_t count = recv(fd_, buffer, sizeof(buffer), 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
  if (count <= 0 || state_ != State::kWaiting) {
    state_ = State::kBroken;
    return -1;
  }
  absl::string_view text(buffer, count);
  if (!received_.empty()) text = received_.append(text.data(), text.size());
  HttpHead head;
  const HeadState parsed = ParseHead(text, head);
  if (parsed == HeadState::kPartial ||
      (parsed == HeadState::kWhole && text.size() < head.bytes + head.body_bytes)) {
    if (received_.empty()) received_ = std::string(text);
    return 0;
  }
  if (parsed == HeadState::kBroken || text.size() > head.bytes + head.body_bytes) {
    state_ = State::kBroken;
    return -1;
  }
  received_.clear();
  state_ = head.closes ? State::kBroken : State::kIdle;
  return head.status;
}

}  // namespace mab::load
