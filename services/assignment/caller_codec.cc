#include "assignment/caller_codec.h"

#include <iterator>
#include <string>

#include "absl/strings/string_view.h"

namespace mab::assignment {
namespace {

constexpr char kOriginKey[] = "mab-origin";
constexpr char kBotSignKey[] = "mab-bot-sign";
constexpr char kExperimentByKey[] = "mab-experiment-by";
// What a browser calls an origin that it does not tell. No experiment can name it.
constexpr absl::string_view kOpaqueOrigin = "null";

}  // namespace

Caller DecodeCaller(const grpc::ServerContextBase& context) {
  Caller caller;
  const auto& metadata = context.client_metadata();
  if (const auto [first, last] = metadata.equal_range(kOriginKey); first != last) {
    caller.origin = std::next(first) == last
                        ? absl::string_view(first->second.data(), first->second.size())
                        : kOpaqueOrigin;
  }
  v1::StreamCall::BotSign sign = v1::StreamCall::BOT_SIGN_UNSPECIFIED;
  if (const auto it = metadata.find(kBotSignKey); it != metadata.end()) {
    v1::StreamCall::BotSign_Parse(std::string(it->second.data(), it->second.size()), &sign);
  }
  caller.bot = DecodeBotSign(sign);
  const auto by = metadata.find(kExperimentByKey);
  caller.by_key = by != metadata.end() && by->second == "key";
  return caller;
}

BotSign DecodeBotSign(v1::StreamCall::BotSign sign) {
  switch (sign) {
    case v1::StreamCall::USER_AGENT:
      return BotSign::kUserAgent;
    case v1::StreamCall::PREFETCH:
      return BotSign::kPrefetch;
    case v1::StreamCall::RATE:
      return BotSign::kRate;
    default:
      return BotSign::kNone;
  }
}

}  // namespace mab::assignment
