#include "admin/analytics_service.h"

#include "admin/analytics_codec.h"
#include "admin/report.h"
#include "admin/report_input.h"
#include "admin/time_codec.h"
#include "admin/timeline_codec.h"
#include "admin/timeline_reader.h"
#include "common/rpc_status.h"
#include "common/status_macros.h"

namespace mab::admin {

AnalyticsServiceImpl::AnalyticsServiceImpl(PgPool* pool, const Authorizer* authorizer,
                                           DelayEstimates* delays, const Clock* clock)
    : pool_(pool),
      authorizer_(authorizer),
      delays_(delays),
      clock_(clock),
      summaries_({.pool = pool, .delays = delays, .hours = &hours_, .clock = clock}) {}

grpc::Status AnalyticsServiceImpl::GetAnalytics(grpc::ServerContext* context,
                                                const mab::v1::GetAnalyticsRequest* request,
                                                mab::v1::GetAnalyticsResponse* response) {
  return ToGrpcStatus([&]() -> absl::Status {
    MAB_RETURN_IF_ERROR(
        authorizer_->Authorize(*context, "mab.v1.AnalyticsService/GetAnalytics").status());
    ReportInput input;
    MAB_RETURN_IF_ERROR(pool_->ReadTransaction([&](PgConnection& db) -> absl::Status {
      MAB_ASSIGN_OR_RETURN(input,
                           ReadReportInput(db, request->id(), clock_->Now(), *delays_, hours_));
      return absl::OkStatus();
    }));
    EncodeReport(input.experiment, MakeReport(input), response);
    return absl::OkStatus();
  }());
}

grpc::Status AnalyticsServiceImpl::BatchGetSummaries(
    grpc::ServerContext* context, const mab::v1::BatchGetSummariesRequest* request,
    mab::v1::BatchGetSummariesResponse* response) {
  return ToGrpcStatus([&]() -> absl::Status {
    MAB_RETURN_IF_ERROR(
        authorizer_->Authorize(*context, "mab.v1.AnalyticsService/BatchGetSummaries").status());
    MAB_ASSIGN_OR_RETURN(const Summaries read,
                         summaries_.Read({request->ids().begin(), request->ids().end()},
                                         [&] { return context->IsCancelled(); }));
    *response->mutable_as_of() = EncodeTime(read.as_of);
    for (const auto& summary : read.summaries) EncodeSummary(*summary, response->add_summaries());
    return absl::OkStatus();
  }());
}

grpc::Status AnalyticsServiceImpl::GetTimeline(grpc::ServerContext* context,
                                               const mab::v1::GetTimelineRequest* request,
                                               mab::v1::GetTimelineResponse* response) {
  return ToGrpcStatus([&]() -> absl::Status {
    MAB_RETURN_IF_ERROR(
        authorizer_->Authorize(*context, "mab.v1.AnalyticsService/GetTimeline").status());
    MAB_ASSIGN_OR_RETURN(const TimelineQuery query, DecodeTimeline(*request));
    MAB_ASSIGN_OR_RETURN(const ExperimentTimeline timeline,
                         ReadTimeline(*pool_, query, clock_->Now(), *delays_));
    EncodeTimeline(timeline, response);
    return absl::OkStatus();
  }());
}

}  // namespace mab::admin
