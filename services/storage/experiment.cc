#include "storage/experiment.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/ascii.h"

namespace mab::storage {
namespace {

// In the order of the enums.
constexpr std::array<absl::string_view, 5> kStateNames = {"DRAFT", "RUNNING", "PAUSED", "COMPLETED",
                                                          "ARCHIVED"};
constexpr std::array<absl::string_view, 3> kPolicyNames = {"THOMPSON", "TOP_TWO_THOMPSON", "FIXED"};

template <size_t kSize>
size_t IndexOf(const std::array<absl::string_view, kSize>& names, absl::string_view name,
               const char* what) {
  for (size_t i = 0; i < kSize; ++i) {
    if (names[i] == name) return i;
  }
  std::fprintf(stderr, "not a %s: \"%.*s\"\n", what, static_cast<int>(name.size()), name.data());
  std::abort();
}

}  // namespace

absl::string_view StateName(ExperimentState state) {
  return kStateNames[static_cast<size_t>(state)];
}

absl::string_view PolicyName(bandit::Policy policy) {
  return kPolicyNames[static_cast<size_t>(policy)];
}

ExperimentState StateFromName(absl::string_view name) {
  return static_cast<ExperimentState>(IndexOf(kStateNames, name, "state"));
}

bandit::Policy PolicyFromName(absl::string_view name) {
  return static_cast<bandit::Policy>(IndexOf(kPolicyNames, name, "policy"));
}

bool IsPolicyName(absl::string_view name) {
  return std::find(kPolicyNames.begin(), kPolicyNames.end(), name) != kPolicyNames.end();
}

bool IsKey(absl::string_view text) {
  return !text.empty() && text.size() <= kKeyLengthMax &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-' || c == '_';
         });
}

}  // namespace mab::storage
