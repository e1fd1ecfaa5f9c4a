#include "admin/lookup_codec.h"

#include <optional>

#include "admin/analytics_codec.h"
#include "admin/experiment_codec.h"
#include "admin/time_codec.h"

namespace mab::admin {
namespace {

using mab::v1::AssignmentReplay;

AssignmentReplay::Path EncodePath(bandit::DrawPath path) {
  switch (path) {
    case bandit::DrawPath::kWeights:
      return AssignmentReplay::WEIGHTS;
    case bandit::DrawPath::kFloor:
      return AssignmentReplay::FLOOR;
    case bandit::DrawPath::kLargestDraw:
      return AssignmentReplay::LARGEST_DRAW;
    case bandit::DrawPath::kTopTwoLeader:
      return AssignmentReplay::TOP_TWO_LEADER;
    case bandit::DrawPath::kTopTwoChallenger:
      return AssignmentReplay::TOP_TWO_CHALLENGER;
  }
  return AssignmentReplay::PATH_UNSPECIFIED;
}

// What an index stands for; nothing where the experiment has no such variant.
void EncodeVariantOf(const storage::Experiment& experiment, size_t index,
                     mab::v1::VariantReference* out) {
  if (index < experiment.variants.size()) EncodeReference(experiment.variants[index], out);
}

void EncodeArm(const bandit::DrawArm& arm, const std::optional<double>& odds,
               mab::v1::ReplayedVariant* out) {
  const bandit::Posterior& posterior = arm.posterior;
  out->set_eligible(arm.eligible);
  out->mutable_posterior()->set_alpha(posterior.alpha);
  out->mutable_posterior()->set_beta(posterior.beta);
  out->mutable_posterior()->set_mean(posterior.mean());
  out->set_weight(arm.weight);
  out->set_probability_best(arm.probability_best);
  out->set_allocation(arm.allocation);
  if (!odds.has_value()) return;
  out->mutable_drawn_odds()->set_value(*odds);
  out->mutable_drawn_rate()->set_value(*odds / (1 + *odds));
}

void EncodeDraw(const storage::Experiment& experiment, const bandit::DrawVersion& version,
                const bandit::DrawExplanation& draw, AssignmentReplay* out) {
  out->set_policy(EncodePolicy(version.policy));
  out->set_floor(version.floor);
  out->set_sampler_id(version.sampler_id);
  out->set_path(EncodePath(draw.path));
  if (draw.floor_coin.has_value()) out->mutable_floor_coin()->set_value(*draw.floor_coin);
  if (draw.floor_mass.has_value()) out->mutable_floor_mass()->set_value(*draw.floor_mass);
  if (draw.leader_coin.has_value()) out->mutable_leader_coin()->set_value(*draw.leader_coin);
  if (draw.choice.has_value()) out->mutable_choice()->set_value(*draw.choice);
  for (size_t i = 0; i < version.arms.size(); ++i) {
    mab::v1::ReplayedVariant* variant = out->add_variants();
    EncodeVariantOf(experiment, i, variant->mutable_variant());
    EncodeArm(version.arms[i], draw.odds[i], variant);
  }
  EncodeVariantOf(experiment, draw.arm, out->mutable_winner());
  out->mutable_propensity()->set_value(version.arms[draw.arm].allocation);
}

}  // namespace

LookupQuery DecodeLookup(const mab::v1::LookupAssignmentRequest& request) {
  return {.id_or_key = request.id(), .user_id = request.user_id(), .replay = request.replay()};
}

void EncodeLookup(const AssignmentLookup& lookup, mab::v1::LookupAssignmentResponse* out) {
  const storage::StoredAssignment& assignment = lookup.assignment;
  out->set_experiment_id(lookup.experiment.id.ToString());
  out->set_experiment_key(lookup.experiment.key);
  EncodeVariantOf(lookup.experiment, assignment.variant_index, out->mutable_variant());
  out->set_version(static_cast<double>(assignment.version));
  out->set_propensity(assignment.propensity);
  *out->mutable_assigned_at() = EncodeTime(assignment.assigned_at);
  if (assignment.exposed_at.has_value()) {
    *out->mutable_exposed_at() = EncodeTime(*assignment.exposed_at);
  }
  if (assignment.converted_at.has_value()) {
    *out->mutable_conversion()->mutable_converted_at() = EncodeTime(*assignment.converted_at);
    out->mutable_conversion()->set_credited(assignment.credited);
  }
  if (!lookup.proof.has_value()) return;
  AssignmentReplay* replay = out->mutable_replay();
  replay->set_agrees(lookup.proof->agrees());
  replay->set_finding(FindingText(lookup));
  if (lookup.proof->draw.has_value()) {
    EncodeDraw(lookup.experiment, *lookup.proof->version, *lookup.proof->draw, replay);
  }
}

}  // namespace mab::admin
