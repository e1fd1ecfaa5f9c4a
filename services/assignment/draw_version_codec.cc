#include "assignment/draw_version_codec.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "bandit/draw.h"

namespace mab::assignment {
namespace {

// Numbers travel as doubles in JSON, and must be exact there.
constexpr uint64_t kVersionNumberMax = uint64_t{1} << 53;
// Beta parameters that the sampler is made for.
constexpr double kPosteriorParameterMin = 0.1;
constexpr double kPosteriorParameterMax = 1e10;
// How far a sum of shares may be from 1.
constexpr double kSumTolerance = 1e-6;

bool IsShare(double value) { return value >= 0 && value <= 1; }

bool IsPosteriorParameter(double value) {
  return value >= kPosteriorParameterMin && value <= kPosteriorParameterMax;
}

void DecodePolicy(v1::Experiment::Policy policy, bandit::DrawVersion& version,
                  Violations& violations) {
  switch (policy) {
    case v1::Experiment::THOMPSON:
      version.policy = bandit::Policy::kThompson;
      return;
    case v1::Experiment::TOP_TWO_THOMPSON:
      version.policy = bandit::Policy::kTopTwoThompson;
      return;
    case v1::Experiment::FIXED:
      version.policy = bandit::Policy::kFixed;
      return;
    default:
      violations.Add("version.policy", "must be known");
  }
}

v1::Experiment::Policy EncodePolicy(bandit::Policy policy) {
  switch (policy) {
    case bandit::Policy::kThompson:
      return v1::Experiment::THOMPSON;
    case bandit::Policy::kTopTwoThompson:
      return v1::Experiment::TOP_TWO_THOMPSON;
    case bandit::Policy::kFixed:
      return v1::Experiment::FIXED;
  }
  return v1::Experiment::POLICY_UNSPECIFIED;
}

bandit::DrawArm DecodeArm(const v1::DrawArm& proto, VariantId variant_id, const std::string& field,
                          Violations& violations) {
  bandit::DrawArm arm;
  arm.variant_id = variant_id;
  arm.eligible = proto.eligible();
  arm.posterior = {proto.alpha(), proto.beta()};
  arm.weight = proto.weight();
  arm.probability_best = proto.probability_best();
  arm.allocation = proto.allocation();
  const absl::StatusOr<Uuid> id = Uuid::Parse(proto.variant_id());
  if (!id.ok() || *id != variant_id.uuid) {
    violations.Add(absl::StrCat(field, ".variant_id"), "must be the variant of the same index");
  }
  if (!IsPosteriorParameter(arm.posterior.alpha)) {
    violations.Add(absl::StrCat(field, ".alpha"), "must be 0.1 to 1e10");
  }
  if (!IsPosteriorParameter(arm.posterior.beta)) {
    violations.Add(absl::StrCat(field, ".beta"), "must be 0.1 to 1e10");
  }
  if (!IsShare(arm.weight)) violations.Add(absl::StrCat(field, ".weight"), "must be 0 to 1");
  if (!IsShare(arm.probability_best)) {
    violations.Add(absl::StrCat(field, ".probability_best"), "must be 0 to 1");
  }
  if (!IsShare(arm.allocation)) {
    violations.Add(absl::StrCat(field, ".allocation"), "must be 0 to 1");
  }
  return arm;
}

// What holds of all arms together.
void CheckArms(const bandit::DrawVersion& version, Violations& violations) {
  size_t eligible = 0;
  double allocations = 0;
  double weights = 0;
  for (const bandit::DrawArm& arm : version.arms) {
    if (arm.eligible) {
      ++eligible;
      allocations += arm.allocation;
      weights += arm.weight;
    } else if (arm.allocation != 0) {
      violations.Add("version.arms", "must have allocation 0 where they are not eligible");
    }
  }
  if (eligible == 0) {
    violations.Add("version.arms", "must have an eligible one");
    return;
  }
  if (!(std::abs(allocations - 1) <= kSumTolerance)) {
    violations.Add("version.arms", "must have allocations that sum to 1");
  }
  if (version.policy == bandit::Policy::kFixed && !(std::abs(weights - 1) <= kSumTolerance)) {
    violations.Add("version.arms", "must have eligible weights that sum to 1");
  }
  if (!(version.floor >= 0 && version.floor * static_cast<double>(eligible) <= 1 + kSumTolerance)) {
    violations.Add("version.floor", "must be 0 to 1 / eligible arms");
  }
}

}  // namespace

void DecodeSalt(const std::string& bytes, absl::string_view field, bandit::Salt& salt,
                Violations& violations) {
  if (bytes.size() != salt.size()) {
    violations.Add(field, "must be 16 bytes");
    return;
  }
  std::copy(bytes.begin(), bytes.end(), salt.begin());
}

std::shared_ptr<const bandit::DrawVersion> DecodeDrawVersion(
    const v1::DrawVersion& proto, const std::vector<SnapshotVariant>& variants,
    Violations& violations) {
  auto version = std::make_shared<bandit::DrawVersion>();
  version->number = proto.number();
  if (version->number == 0 || version->number >= kVersionNumberMax) {
    violations.Add("version.number", "must be 1 to 2^53 - 1");
  }
  DecodePolicy(proto.policy(), *version, violations);
  version->floor = proto.floor();
  DecodeSalt(proto.salt(), "version.salt", version->salt, violations);
  version->sampler_id = proto.sampler_id();
  if (!bandit::IsKnownSampler(version->sampler_id)) {
    violations.Add("version.sampler_id", "must be known to this build");
  }
  if (static_cast<size_t>(proto.arms_size()) != variants.size()) {
    violations.Add("version.arms", "must be as many as the variants");
    return version;
  }
  version->arms.reserve(variants.size());
  for (size_t i = 0; i < variants.size(); ++i) {
    version->arms.push_back(DecodeArm(proto.arms(static_cast<int>(i)), variants[i].id,
                                      absl::StrCat("version.arms[", i, "]"), violations));
  }
  CheckArms(*version, violations);
  return version;
}

void EncodeDrawVersion(const bandit::DrawVersion& version, v1::DrawVersion* proto) {
  proto->set_number(version.number);
  proto->set_policy(EncodePolicy(version.policy));
  proto->set_floor(version.floor);
  proto->set_salt(version.salt.data(), version.salt.size());
  proto->set_sampler_id(version.sampler_id);
  for (const bandit::DrawArm& from : version.arms) {
    v1::DrawArm* to = proto->add_arms();
    to->set_variant_id(from.variant_id.ToString());
    to->set_eligible(from.eligible);
    to->set_alpha(from.posterior.alpha);
    to->set_beta(from.posterior.beta);
    to->set_weight(from.weight);
    to->set_probability_best(from.probability_best);
    to->set_allocation(from.allocation);
  }
}

}  // namespace mab::assignment
