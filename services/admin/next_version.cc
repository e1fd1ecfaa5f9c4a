#include "admin/next_version.h"

#include <algorithm>

#include "admin/draw_input.h"

namespace mab::admin {

std::optional<bandit::DrawVersion> NextVersion(const storage::Experiment& experiment,
                                               const std::vector<bandit::ArmState>& arms,
                                               const bandit::DrawVersion* current,
                                               uint64_t last_number, uint64_t now_ms) {
  bandit::DrawVersion candidate = bandit::FreezeVersion(DrawConfigurationOf(experiment), arms);
  if (current != nullptr && !bandit::ShouldPublish(*current, candidate)) return std::nullopt;
  if (current != nullptr) last_number = std::max(last_number, current->number);
  candidate.number = std::max(now_ms, last_number + 1);
  return candidate;
}

}  // namespace mab::admin
