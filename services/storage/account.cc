#include "storage/account.h"

#include <cstdlib>

namespace mab::storage {

absl::string_view RoleName(Role role) {
  switch (role) {
    case Role::kViewer:
      return "VIEWER";
    case Role::kEditor:
      return "EDITOR";
    case Role::kAdmin:
      return "ADMIN";
  }
  std::abort();
}

std::optional<Role> RoleFromName(absl::string_view name) {
  for (const Role role : {Role::kViewer, Role::kEditor, Role::kAdmin}) {
    if (name == RoleName(role)) return role;
  }
  return std::nullopt;
}

}  // namespace mab::storage
