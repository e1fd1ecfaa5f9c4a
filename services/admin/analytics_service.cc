#include "admin/analytics_service.h"

#include <vector>

#include "admin/analytics_codec.h"
#include "admin/report.h"
#include "admin/timeline_codec.h"
#include "admin/timeline_reader.h"
#include "common/rpc_status.h"
#include "common/status_macros.h"
#include "storage/experiment_store.h"
#include "storage/totals_store.h"
#include "storage/version_store.h"

namespace mab::admin {
namespace {

struct Learned {
  storage::Experiment experiment;
  std::vector<storage::VariantTotals> totals;
  std::vector<storage::CurrentVersion> versions;  // one or none
};

absl::Status ReadLearned(PgConnection& db, absl::string_view id_or_key, Learned& learned) {
  MAB_ASSIGN_OR_RETURN(learned.experiment, storage::ExperimentStore::Get(db, id_or_key));
  const std::vector<ExperimentId> ids = {learned.experiment.id};
  MAB_ASSIGN_OR_RETURN(learned.versions, storage::VersionStore::GetMany(db, ids));
  MAB_ASSIGN_OR_RETURN(learned.totals, storage::TotalsStore::GetMany(db, ids));
  return absl::OkStatus();
}

}  // namespace

AnalyticsServiceImpl::AnalyticsServiceImpl(PgPool* pool, const Authorizer* authorizer,
                                           const Clock* clock)
    : pool_(pool), authorizer_(authorizer), clock_(clock) {}

grpc::Status AnalyticsServiceImpl::GetAnalytics(grpc::ServerContext* context,
                                                const mab::v1::GetAnalyticsRequest* request,
                                                mab::v1::GetAnalyticsResponse* response) {
  return ToGrpcStatus([&]() -> absl::Status {
    MAB_RETURN_IF_ERROR(authorizer_->Authorize(*context, Role::kViewer).status());
    Learned learned;
    MAB_RETURN_IF_ERROR(pool_->Transaction(
        [&](PgConnection& db) { return ReadLearned(db, request->id(), learned); }));
    const bandit::DrawVersion* version =
        learned.versions.empty() ? nullptr : &learned.versions.front().version;
    const Report report = MakeReport(learned.experiment, learned.totals, version, clock_->Now());
    EncodeReport(learned.experiment, report, response);
    return absl::OkStatus();
  }());
}

grpc::Status AnalyticsServiceImpl::GetTimeline(grpc::ServerContext* context,
                                               const mab::v1::GetTimelineRequest* request,
                                               mab::v1::GetTimelineResponse* response) {
  return ToGrpcStatus([&]() -> absl::Status {
    MAB_RETURN_IF_ERROR(authorizer_->Authorize(*context, Role::kViewer).status());
    MAB_ASSIGN_OR_RETURN(const TimelineQuery query, DecodeTimeline(*request));
    MAB_ASSIGN_OR_RETURN(const ExperimentTimeline timeline,
                         ReadTimeline(*pool_, query, clock_->Now(), delays_));
    EncodeTimeline(timeline, response);
    return absl::OkStatus();
  }());
}

}  // namespace mab::admin
