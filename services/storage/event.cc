#include "storage/event.h"

namespace mab::storage {
namespace {

struct UserOfEvent {
  std::optional<bandit::UserHash> operator()(const VersionEvent&) const { return std::nullopt; }
  std::optional<bandit::UserHash> operator()(const CountEvent&) const { return std::nullopt; }
  template <typename VisitorEvent>
  std::optional<bandit::UserHash> operator()(const VisitorEvent& event) const {
    return event.user;
  }
};

}  // namespace

std::optional<bandit::UserHash> UserOf(const Event& event) {
  return std::visit(UserOfEvent(), event);
}

const char* KindName(CountEvent::Kind kind) {
  switch (kind) {
    case CountEvent::Kind::kDuplicateConversion:
      return "DUPLICATE_CONVERSION";
    case CountEvent::Kind::kBotUserAgent:
      return "BOT_USER_AGENT";
    case CountEvent::Kind::kBotPrefetch:
      return "BOT_PREFETCH";
    case CountEvent::Kind::kBotRate:
      return "BOT_RATE";
  }
  return "";
}

}  // namespace mab::storage
