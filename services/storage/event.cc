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

}  // namespace mab::storage
