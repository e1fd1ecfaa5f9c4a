// A report as the answer to GetAnalytics, and a summary of one as an entry of BatchGetSummaries.
//
// Thread safety: a pure function.
#pragma once

#include "admin/experiment_summary.h"
#include "admin/report.h"
#include "mab/v1/analytics_service.pb.h"
#include "storage/experiment.h"

namespace mab::admin {

void EncodeReference(const storage::Variant& variant, mab::v1::VariantReference* out);

void EncodeReport(const storage::Experiment& experiment, const Report& report,
                  mab::v1::GetAnalyticsResponse* out);

void EncodeSummary(const ExperimentSummary& summary, mab::v1::ExperimentSummary* out);

}  // namespace mab::admin
