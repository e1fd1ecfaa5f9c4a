// Who may sign in, as the tables keep it.
//
// Thread safety: value types.
#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/uuid.h"

namespace mab::storage {

// Ordered: each may do all that the one before may.
enum class Role { kViewer, kEditor, kAdmin };

// "VIEWER", "EDITOR", "ADMIN": as in the database, in tokens and in JSON.
absl::string_view RoleName(Role role);
// nullopt for another name.
std::optional<Role> RoleFromName(absl::string_view name);

struct Account {
  AccountId id;
  std::string email;  // lower case, at most 254 bytes
  Role role = Role::kViewer;
  // Empty: there is no password yet, and nobody can sign in.
  std::string password_hash;
  bool disabled = false;
  absl::Time create_time;
  absl::Time update_time;
};

}  // namespace mab::storage
