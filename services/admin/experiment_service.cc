#include "admin/experiment_service.h"

#include "admin/experiment_codec.h"
#include "common/rpc_status.h"
#include "common/status_macros.h"

namespace mab::admin {

grpc::Status ExperimentServiceImpl::CreateExperiment(grpc::ServerContext* context,
                                                     const v1::CreateExperimentRequest* request,
                                                     v1::CreateExperimentResponse* response) {
  return ToGrpcStatus([&]() -> absl::Status {
    MAB_ASSIGN_OR_RETURN(
        const Caller caller,
        authorizer_.Authorize(*context, "mab.v1.ExperimentService/CreateExperiment"));
    MAB_ASSIGN_OR_RETURN(
        const storage::Experiment experiment,
        catalog_.Create(DecodeNewExperiment(request->experiment()), caller.AsActor()));
    return EncodeExperiment(experiment, *response->mutable_experiment());
  }());
}

grpc::Status ExperimentServiceImpl::GetExperiment(grpc::ServerContext* context,
                                                  const v1::GetExperimentRequest* request,
                                                  v1::GetExperimentResponse* response) {
  return ToGrpcStatus([&]() -> absl::Status {
    MAB_RETURN_IF_ERROR(
        authorizer_.Authorize(*context, "mab.v1.ExperimentService/GetExperiment").status());
    MAB_ASSIGN_OR_RETURN(const storage::Experiment experiment, catalog_.Get(request->id()));
    return EncodeExperiment(experiment, *response->mutable_experiment());
  }());
}

grpc::Status ExperimentServiceImpl::ListExperiments(grpc::ServerContext* context,
                                                    const v1::ListExperimentsRequest* request,
                                                    v1::ListExperimentsResponse* response) {
  return ToGrpcStatus([&]() -> absl::Status {
    MAB_RETURN_IF_ERROR(
        authorizer_.Authorize(*context, "mab.v1.ExperimentService/ListExperiments").status());
    MAB_ASSIGN_OR_RETURN(const ExperimentListRequest list, DecodeList(*request));
    MAB_ASSIGN_OR_RETURN(const ExperimentPage page, catalog_.List(list));
    for (const storage::Experiment& experiment : page.experiments) {
      MAB_RETURN_IF_ERROR(EncodeExperiment(experiment, *response->add_experiments()));
    }
    response->set_next_page_token(page.next_page_token);
    return absl::OkStatus();
  }());
}

grpc::Status ExperimentServiceImpl::UpdateExperiment(grpc::ServerContext* context,
                                                     const v1::UpdateExperimentRequest* request,
                                                     v1::UpdateExperimentResponse* response) {
  return ToGrpcStatus([&]() -> absl::Status {
    MAB_ASSIGN_OR_RETURN(
        const Caller caller,
        authorizer_.Authorize(*context, "mab.v1.ExperimentService/UpdateExperiment"));
    const v1::Experiment& message = request->experiment();
    MAB_ASSIGN_OR_RETURN(
        const storage::Experiment experiment,
        catalog_.Update({message.id(), message.etag(), caller.AsActor()}, DecodeUpdate(*request)));
    return EncodeExperiment(experiment, *response->mutable_experiment());
  }());
}

grpc::Status ExperimentServiceImpl::DeleteExperiment(grpc::ServerContext* context,
                                                     const v1::DeleteExperimentRequest* request,
                                                     v1::DeleteExperimentResponse*) {
  return ToGrpcStatus([&]() -> absl::Status {
    MAB_ASSIGN_OR_RETURN(
        const Caller caller,
        authorizer_.Authorize(*context, "mab.v1.ExperimentService/DeleteExperiment"));
    return catalog_.Delete({request->id(), /*etag=*/"", caller.AsActor()});
  }());
}

grpc::Status ExperimentServiceImpl::StartExperiment(grpc::ServerContext* context,
                                                    const v1::StartExperimentRequest* request,
                                                    v1::StartExperimentResponse* response) {
  return ToGrpcStatus(Take(*context, "mab.v1.ExperimentService/StartExperiment", request->id(),
                           request->etag(), {LifecycleAction::kStart, ""},
                           *response->mutable_experiment()));
}

grpc::Status ExperimentServiceImpl::PauseExperiment(grpc::ServerContext* context,
                                                    const v1::PauseExperimentRequest* request,
                                                    v1::PauseExperimentResponse* response) {
  return ToGrpcStatus(Take(*context, "mab.v1.ExperimentService/PauseExperiment", request->id(),
                           request->etag(), {LifecycleAction::kPause, ""},
                           *response->mutable_experiment()));
}

grpc::Status ExperimentServiceImpl::ResumeExperiment(grpc::ServerContext* context,
                                                     const v1::ResumeExperimentRequest* request,
                                                     v1::ResumeExperimentResponse* response) {
  return ToGrpcStatus(Take(*context, "mab.v1.ExperimentService/ResumeExperiment", request->id(),
                           request->etag(), {LifecycleAction::kResume, ""},
                           *response->mutable_experiment()));
}

grpc::Status ExperimentServiceImpl::CompleteExperiment(grpc::ServerContext* context,
                                                       const v1::CompleteExperimentRequest* request,
                                                       v1::CompleteExperimentResponse* response) {
  return ToGrpcStatus(Take(*context, "mab.v1.ExperimentService/CompleteExperiment", request->id(),
                           request->etag(), {LifecycleAction::kComplete, request->winner()},
                           *response->mutable_experiment()));
}

grpc::Status ExperimentServiceImpl::ArchiveExperiment(grpc::ServerContext* context,
                                                      const v1::ArchiveExperimentRequest* request,
                                                      v1::ArchiveExperimentResponse* response) {
  return ToGrpcStatus(Take(*context, "mab.v1.ExperimentService/ArchiveExperiment", request->id(),
                           request->etag(), {LifecycleAction::kArchive, ""},
                           *response->mutable_experiment()));
}

grpc::Status ExperimentServiceImpl::DisableVariant(grpc::ServerContext* context,
                                                   const v1::DisableVariantRequest* request,
                                                   v1::DisableVariantResponse* response) {
  return ToGrpcStatus(Take(*context, "mab.v1.ExperimentService/DisableVariant", request->id(),
                           request->etag(), {LifecycleAction::kDisableVariant, request->key()},
                           *response->mutable_experiment()));
}

absl::Status ExperimentServiceImpl::Take(const grpc::ServerContext& context,
                                         absl::string_view method, const std::string& id_or_key,
                                         const std::string& etag, const Transition& transition,
                                         v1::Experiment& answer) {
  MAB_ASSIGN_OR_RETURN(const Caller caller, authorizer_.Authorize(context, method));
  MAB_ASSIGN_OR_RETURN(const storage::Experiment experiment,
                       catalog_.Take({id_or_key, etag, caller.AsActor()}, transition));
  return EncodeExperiment(experiment, answer);
}

}  // namespace mab::admin
