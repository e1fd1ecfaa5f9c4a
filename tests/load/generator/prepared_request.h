// An HTTP request whose text stays as it is, but for the digits of the user and of the experiment.
#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace mab::load {

constexpr size_t kUserDigits = 12;
constexpr size_t kExperimentDigits = 6;
// What people's browsers say, and no crawler does: bots are answered, and count nothing.
constexpr absl::string_view kUserAgent =
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

// Writes the number's last digits over the text at that place.
inline void WriteDigits(uint64_t number, size_t digits, char* text) {
  for (size_t i = digits; i-- > 0; number /= 10) text[i] = static_cast<char>('0' + number % 10);
}

class PreparedRequest {
 public:
  static PreparedRequest Get(absl::string_view host, absl::string_view path) {
    PreparedRequest request;
    request.text_ = absl::StrCat("GET ", path, " HTTP/1.1\r\nHost: ", host,
                                 "\r\nUser-Agent: ", kUserAgent, "\r\nAccept: */*\r\n\r\n");
    return request;
  }

  // POST /api/experiments/load-NNNNNN/<verb> {"user_id":"visitor-NNNNNNNNNNNN"}
  static PreparedRequest Post(absl::string_view host, absl::string_view verb) {
    const std::string experiment(kExperimentDigits, '0'), user(kUserDigits, '0');
    const std::string body = absl::StrCat("{\"user_id\":\"visitor-", user, "\"}");
    PreparedRequest request;
    request.text_ = absl::StrCat("POST /api/experiments/load-", experiment, "/", verb,
                                 " HTTP/1.1\r\nHost: ", host, "\r\nUser-Agent: ", kUserAgent,
                                 "\r\nAccept: */*\r\nContent-Type: application/json\r\n"
                                 "Content-Length: ",
                                 body.size(), "\r\n\r\n", body);
    request.experiment_at_ = request.text_.find("load-") + 5;
    request.user_at_ = request.text_.rfind("visitor-") + 8;
    return request;
  }

  // The request of that user; it is good until the next call.
  absl::string_view With(uint64_t user, uint64_t experiment) {
    if (user_at_ != 0) {
      WriteDigits(user, kUserDigits, text_.data() + user_at_);
      WriteDigits(experiment, kExperimentDigits, text_.data() + experiment_at_);
    }
    return text_;
  }

 private:
  std::string text_;
  size_t user_at_ = 0;  // 0: nothing is written into it
  size_t experiment_at_ = 0;
};

}  // namespace mab::load
