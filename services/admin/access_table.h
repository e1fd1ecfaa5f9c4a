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

struct AccessRow {
  // Service and RPC: "mab.v1.ExperimentService/CreateExperiment".
  absl::string_view method;
  Access access;
};

absl::Span<const AccessRow> AccessTable();
// nullopt for a method that is not in the table.
std::optional<Access> AccessOf(absl::string_view method);

}  // namespace mab::admin
