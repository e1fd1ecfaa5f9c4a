// Where the next page of the list of experiments begins. Opaque to clients: URL-safe base64 of a
// version, a fingerprint of what is listed, and the last experiment of the page before.
//
// Not a secret and not signed: a token that somebody makes up shows nothing that a first page would
// not.
//
// Thread safety: pure functions.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/uuid.h"
#include "storage/experiment.h"

namespace mab::admin {

// Which experiments are listed.
struct ExperimentFilter {
  std::optional<storage::ExperimentState> state;
  std::string text;  // part of key or name, in any case; empty: all
};

std::string MakePageToken(const ExperimentFilter& filter, ExperimentId last);

// The last experiment of the page before. INVALID_ARGUMENT naming `page_token` where the token is
// none, or was given for another filter.
absl::StatusOr<ExperimentId> ParsePageToken(const ExperimentFilter& filter,
                                            absl::string_view token);

}  // namespace mab::admin
