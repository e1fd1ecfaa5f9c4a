#include "admin/analytics_codec.h"

#include <google/protobuf/util/time_util.h>

namespace mab::admin {
namespace {

void EncodeVariant(const VariantReport& report, mab::v1::VariantAnalytics* out) {
  out->set_exposures(static_cast<double>(report.exposures));
  out->set_conversions(static_cast<double>(report.conversions));
  out->set_rate(report.rate);
  out->mutable_posterior()->set_alpha(report.posterior.alpha);
  out->mutable_posterior()->set_beta(report.posterior.beta);
  out->mutable_posterior()->set_mean(report.mean);
  out->mutable_credible_interval()->set_lower(report.credible_interval.lower);
  out->mutable_credible_interval()->set_upper(report.credible_interval.upper);
  out->set_probability_best(report.probability_best);
  out->set_expected_loss(report.expected_loss);
  out->set_allocation(report.allocation);
}

}  // namespace

void EncodeReference(const storage::Variant& variant, mab::v1::VariantReference* out) {
  out->set_id(variant.id.ToString());
  out->set_key(variant.key);
  out->set_name(variant.name);
  out->set_is_control(variant.is_control);
  out->set_disabled(variant.disabled);
}

void EncodeReport(const storage::Experiment& experiment, const Report& report,
                  mab::v1::GetAnalyticsResponse* out) {
  out->set_experiment_id(experiment.id.ToString());
  out->set_experiment_key(experiment.key);
  out->set_version(static_cast<double>(report.version));
  *out->mutable_as_of() =
      google::protobuf::util::TimeUtil::MicrosecondsToTimestamp(absl::ToUnixMicros(report.as_of));
  out->set_exposures(static_cast<double>(report.exposures));
  out->set_conversions(static_cast<double>(report.conversions));
  out->set_credible_level(kCredibleLevel);
  for (size_t i = 0; i < report.variants.size(); ++i) {
    mab::v1::VariantAnalytics* variant = out->add_variants();
    EncodeReference(experiment.variants[i], variant->mutable_variant());
    EncodeVariant(report.variants[i], variant);
  }
}

}  // namespace mab::admin
