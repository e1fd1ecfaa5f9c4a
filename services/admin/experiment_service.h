// mab.v1.ExperimentService: who asks, decode, call the catalog, encode.
//
// Viewers read; editors write.
//
// Thread-safe.
#pragma once

#include <grpcpp/server_context.h>

#include "admin/authorizer.h"
#include "admin/experiment_catalog.h"
#include "mab/v1/experiment_service.grpc.pb.h"

namespace mab::admin {

class ExperimentServiceImpl final : public v1::ExperimentService::Service {
 public:
  // Neither is owned; both outlive this.
  ExperimentServiceImpl(const Authorizer& authorizer, ExperimentCatalog& catalog)
      : authorizer_(authorizer), catalog_(catalog) {}

  grpc::Status CreateExperiment(grpc::ServerContext* context,
                                const v1::CreateExperimentRequest* request,
                                v1::CreateExperimentResponse* response) override;
  grpc::Status GetExperiment(grpc::ServerContext* context, const v1::GetExperimentRequest* request,
                             v1::GetExperimentResponse* response) override;
  grpc::Status ListExperiments(grpc::ServerContext* context,
                               const v1::ListExperimentsRequest* request,
                               v1::ListExperimentsResponse* response) override;
  grpc::Status UpdateExperiment(grpc::ServerContext* context,
                                const v1::UpdateExperimentRequest* request,
                                v1::UpdateExperimentResponse* response) override;
  grpc::Status DeleteExperiment(grpc::ServerContext* context,
                                const v1::DeleteExperimentRequest* request,
                                v1::DeleteExperimentResponse* response) override;
  grpc::Status StartExperiment(grpc::ServerContext* context,
                               const v1::StartExperimentRequest* request,
                               v1::StartExperimentResponse* response) override;
  grpc::Status PauseExperiment(grpc::ServerContext* context,
                               const v1::PauseExperimentRequest* request,
                               v1::PauseExperimentResponse* response) override;
  grpc::Status ResumeExperiment(grpc::ServerContext* context,
                                const v1::ResumeExperimentRequest* request,
                                v1::ResumeExperimentResponse* response) override;
  grpc::Status CompleteExperiment(grpc::ServerContext* context,
                                  const v1::CompleteExperimentRequest* request,
                                  v1::CompleteExperimentResponse* response) override;
  grpc::Status ArchiveExperiment(grpc::ServerContext* context,
                                 const v1::ArchiveExperimentRequest* request,
                                 v1::ArchiveExperimentResponse* response) override;
  grpc::Status DisableVariant(grpc::ServerContext* context,
                              const v1::DisableVariantRequest* request,
                              v1::DisableVariantResponse* response) override;

 private:
  // One step of the life cycle, with the experiment as the answer.
  absl::Status Take(const grpc::ServerContext& context, absl::string_view method,
                    const std::string& id_or_key, const std::string& etag,
                    const Transition& transition, v1::Experiment& answer);

  const Authorizer& authorizer_;
  ExperimentCatalog& catalog_;
};

}  // namespace mab::admin
