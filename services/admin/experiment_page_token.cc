#include "admin/experiment_page_token.h"

#include "absl/strings/str_cat.h"
#include "admin/page_token.h"
#include "common/status_macros.h"

namespace mab::admin {
namespace {

std::string Listed(const ExperimentFilter& filter) {
  const absl::string_view state = filter.state.has_value() ? StateName(*filter.state) : "";
  return absl::StrCat(state, "\n", filter.text);
}

}  // namespace

std::string MakeExperimentPageToken(const ExperimentFilter& filter, ExperimentId last) {
  return MakeIdPageToken(Listed(filter), last.uuid);
}

absl::StatusOr<ExperimentId> ParseExperimentPageToken(const ExperimentFilter& filter,
                                                      absl::string_view token) {
  MAB_ASSIGN_OR_RETURN(const Uuid id, ParseIdPageToken(Listed(filter), "the state and q", token));
  return ExperimentId{id};
}

}  // namespace mab::admin
