// Who may call what: one row for each RPC that the admin process serves. A method that has no row
// is refused, so a new RPC is closed until somebody decides who may call it.
//
// Thread safety: constants and pure functions.
#pragma once

#include <optional>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace mab::admin {

// Viewer, editor and admin are the least role: each may do all that the one before may.
enum class Access {
  kPublic,    // anybody who reaches the process
  kInternal,  // our own services, by the metadata `mab-internal-secret`
  kViewer,
  kEditor,
  kAdmin,
};

// Which scope of an API key opens a method. What is a person's own and what is for administrators
// is for no key.
enum class KeyScope { kNone, kRead, kWrite };

struct AccessRow {
  // Service and RPC: "mab.v1.ExperimentService/CreateExperiment".
  absl::string_view method;
  Access access;
  KeyScope key_scope = KeyScope::kNone;
};

absl::Span<const AccessRow> AccessTable();
// nullopt for a method that is not in the table.
std::optional<AccessRow> AccessOf(absl::string_view method);

}  // namespace mab::admin
