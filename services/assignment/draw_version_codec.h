// Between the draw version of the wire and bandit::DrawVersion. Checks what a draw relies on.
//
// Thread safety: pure functions.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "assignment/snapshot.h"
#include "bandit/draw_version.h"
#include "common/error.h"
#include "mab/v1/snapshot.pb.h"

namespace mab::assignment {

// Adds a violation of `field` unless `bytes` are 16.
void DecodeSalt(const std::string& bytes, absl::string_view field, bandit::Salt& salt,
                Violations& violations);

// The version of an experiment with these variants. What is wrong is added to `violations` under
// "version.…"; the result is then of no use.
std::shared_ptr<const bandit::DrawVersion> DecodeDrawVersion(
    const v1::DrawVersion& proto, const std::vector<SnapshotVariant>& variants,
    Violations& violations);

void EncodeDrawVersion(const bandit::DrawVersion& version, v1::DrawVersion* proto);

}  // namespace mab::assignment
