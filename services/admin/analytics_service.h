// GetAnalytics, BatchGetSummaries and GetTimeline: what an experiment has learned, computed when
// asked.
//
// Thread-safe.
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "admin/authorizer.h"
#include "admin/delay_estimates.h"
#include "admin/hour_cache.h"
#include "admin/summary_reader.h"
#include "common/clock.h"
#include "common/postgres.h"
#include "mab/v1/analytics_service.grpc.pb.h"

namespace mab::admin {

class AnalyticsServiceImpl final : public mab::v1::AnalyticsService::Service {
 public:
  // Nothing is owned; all outlive this.
  AnalyticsServiceImpl(PgPool* pool, const Authorizer* authorizer, DelayEstimates* delays,
                       const Clock* clock);

  grpc::Status GetAnalytics(grpc::ServerContext* context,
                            const mab::v1::GetAnalyticsRequest* request,
                            mab::v1::GetAnalyticsResponse* response) override;
  grpc::Status BatchGetSummaries(grpc::ServerContext* context,
                                 const mab::v1::BatchGetSummariesRequest* request,
                                 mab::v1::BatchGetSummariesResponse* response) override;
  grpc::Status GetTimeline(grpc::ServerContext* context, const mab::v1::GetTimelineRequest* request,
                           mab::v1::GetTimelineResponse* response) override;

 private:
  PgPool* const pool_;
  const Authorizer* const authorizer_;
  DelayEstimates* const delays_;
  const Clock* const clock_;
  HourCache hours_{{}};
  SummaryReader summaries_;
};

}  // namespace mab::admin
