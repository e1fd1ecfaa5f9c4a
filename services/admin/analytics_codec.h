// A report as the answer to GetAnalytics.
//
// Thread safety: a pure function.
#pragma once

#include "admin/report.h"
#include "mab/v1/analytics_service.pb.h"
#include "storage/experiment.h"

namespace mab::admin {

void EncodeReference(const storage::Variant& variant, mab::v1::VariantReference* out);

void EncodeReport(const storage::Experiment& experiment, const Report& report,
                  mab::v1::GetAnalyticsResponse* out);

}  // namespace mab::admin
