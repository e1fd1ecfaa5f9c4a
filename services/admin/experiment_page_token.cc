#include "admin/experiment_page_token.h"

#include "absl/strings/str_cat.h"
#include "admin/page_token.h"
#include "common/status_macros.h"

namespace mab::admin {
namespace {

constexpr size_t kIdBytes = 16;

std::string Listed(const ExperimentFilter& filter) {
  const absl::string_view state = filter.state.has_value() ? StateName(*filter.state) : "";
  return absl::StrCat(state, "\n", filter.text);
}

}  // namespace

std::string MakeExperimentPageToken(const ExperimentFilter& filter, ExperimentId last) {
  return MakePageToken(Listed(filter), last.uuid.AsBytes());
}

absl::StatusOr<ExperimentId> ParseExperimentPageToken(const ExperimentFilter& filter,
                                                      absl::string_view token) {
  MAB_ASSIGN_OR_RETURN(const std::string position,
                       ParsePageToken(Listed(filter), "the state and q", kIdBytes, token));
  MAB_ASSIGN_OR_RETURN(const Uuid id, Uuid::FromBytes(position));
  return ExperimentId{id};
}

}  // namespace mab::admin
