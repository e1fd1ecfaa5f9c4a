// Where the next page of the list of experiments begins (page_token.h).
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

std::string MakeExperimentPageToken(const ExperimentFilter& filter, ExperimentId last);

// The last experiment of the page before. INVALID_ARGUMENT naming `page_token` where the token is
// none, or was given for another filter.
absl::StatusOr<ExperimentId> ParseExperimentPageToken(const ExperimentFilter& filter,
                                                      absl::string_view token);

}  // namespace mab::admin
