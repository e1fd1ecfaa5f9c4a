#include "admin/web_origin.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace mab::admin {
namespace {

constexpr size_t kHostBytesMax = 253;
constexpr size_t kLabelBytesMax = 63;
constexpr size_t kPortDigitsMax = 5;
constexpr uint32_t kPortMax = 65535;

bool IsLabel(absl::string_view label) {
  return !label.empty() && label.size() <= kLabelBytesMax &&
         std::all_of(label.begin(), label.end(), [](char c) {
           return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-' || c == '_';
         });
}

// A host whose last label is a number is an IPv4 address to a browser, in whatever form.
bool EndsInNumber(absl::string_view last_label) {
  const bool hexadecimal = absl::ConsumePrefix(&last_label, "0x");
  return std::all_of(last_label.begin(), last_label.end(), [&](char c) {
    return hexadecimal ? absl::ascii_isxdigit(c) : absl::ascii_isdigit(c);
  });
}

bool IsName(absl::string_view host) {
  if (host.size() > kHostBytesMax) return false;
  const std::vector<absl::string_view> labels = absl::StrSplit(host, '.');
  if (!std::all_of(labels.begin(), labels.end(), IsLabel)) return false;
  in_addr address{};
  return !EndsInNumber(labels.back()) ||
         inet_pton(AF_INET, std::string(host).c_str(), &address) == 1;
}

// "[…]" with the one text of its address; empty where it is none. An IPv4 address in an IPv6 one is
// refused: browsers write it otherwise than everybody else.
std::string CanonicalIpv6(absl::string_view host) {
  if (!absl::ConsumePrefix(&host, "[") || !absl::ConsumeSuffix(&host, "]")) return "";
  in6_addr address{};
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (inet_pton(AF_INET6, std::string(host).c_str(), &address) != 1) return "";
  const absl::string_view canonical =
      inet_ntop(AF_INET6, &address, text.data(), static_cast<socklen_t>(text.size()));
  if (canonical.find('.') != absl::string_view::npos) return "";
  return absl::StrCat("[", canonical, "]");
}

// nullopt where `text` is no port; 0 where it is the default.
std::optional<uint32_t> PortBesideDefault(absl::string_view text, uint32_t default_port) {
  uint32_t port = 0;
  const bool digits = std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
  if (!digits || text.size() > kPortDigitsMax || !absl::SimpleAtoi(text, &port) || port == 0 ||
      port > kPortMax) {
    return std::nullopt;
  }
  return port == default_port ? 0 : port;
}

}  // namespace

std::optional<std::string> CanonicalOrigin(absl::string_view text) {
  if (text.size() > kWebOriginBytesMax || text.find('\0') != absl::string_view::npos) {
    return std::nullopt;
  }
  const std::string lower = absl::AsciiStrToLower(text);
  absl::string_view host = lower;
  const bool secure = absl::ConsumePrefix(&host, "https://");
  if (!secure && !absl::ConsumePrefix(&host, "http://")) return std::nullopt;

  std::string port;
  const size_t colon = host.rfind(':');
  if (colon != absl::string_view::npos && host.find(']', colon) == absl::string_view::npos) {
    const auto number = PortBesideDefault(host.substr(colon + 1), secure ? 443 : 80);
    if (!number.has_value()) return std::nullopt;
    if (*number != 0) port = absl::StrCat(":", *number);
    host = host.substr(0, colon);
  }
  const std::string canonical = IsName(host) ? std::string(host) : CanonicalIpv6(host);
  if (canonical.empty()) return std::nullopt;
  return absl::StrCat(secure ? "https://" : "http://", canonical, port);
}

}  // namespace mab::admin
