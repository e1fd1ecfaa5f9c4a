#include "admin/operations_service.h"

#include "common/rpc_status.h"
#include "common/status_macros.h"
#include "storage/state_counts.h"

namespace mab::admin {

grpc::Status OperationsServiceImpl::GetSystem(grpc::ServerContext* context,
                                              const mab::v1::GetSystemRequest* /*request*/,
                                              mab::v1::GetSystemResponse* response) {
  return ToGrpcStatus([&]() -> absl::Status {
    MAB_RETURN_IF_ERROR(
        authorizer_->Authorize(*context, "mab.v1.OperationsService/GetSystem").status());
    storage::StateCounts counts;
    MAB_RETURN_IF_ERROR(pool_->Transaction([&](PgConnection& db) -> absl::Status {
      MAB_ASSIGN_OR_RETURN(counts, storage::CountStates(db));
      return absl::OkStatus();
    }));
    using storage::ExperimentState;
    const auto of = [&](ExperimentState state) { return static_cast<double>(counts[state]); };
    mab::v1::ExperimentCounts* experiments = response->mutable_experiments();
    experiments->set_draft(of(ExperimentState::kDraft));
    experiments->set_running(of(ExperimentState::kRunning));
    experiments->set_paused(of(ExperimentState::kPaused));
    experiments->set_completed(of(ExperimentState::kCompleted));
    experiments->set_archived(of(ExperimentState::kArchived));
    return absl::OkStatus();
  }());
}

}  // namespace mab::admin
