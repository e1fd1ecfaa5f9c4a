#include "admin/forecast_service.h"

#include "admin/forecast_codec.h"
#include "common/error.h"
#include "common/rpc_status.h"
#include "common/status_macros.h"
#include "simulation/forecast.h"

namespace mab::admin {

ForecastServiceImpl::ForecastServiceImpl(const Options& options, const Authorizer* authorizer)
    : authorizer_(authorizer), limit_(options.running_max, options.waiting_max) {}

grpc::Status ForecastServiceImpl::ForecastExperiment(
    grpc::ServerContext* context, const mab::v1::ForecastExperimentRequest* request,
    mab::v1::ForecastExperimentResponse* response) {
  return ToGrpcStatus([&]() -> absl::Status {
    MAB_RETURN_IF_ERROR(authorizer_->Authorize(*context, Role::kViewer).status());
    MAB_ASSIGN_OR_RETURN(const simulation::ForecastInput input, DecodeForecast(*request));
    MAB_ASSIGN_OR_RETURN(const ConcurrencyLimit::Ticket ticket, limit_.Enter());
    const absl::StatusOr<simulation::Forecast> forecast =
        simulation::MakeForecast(input, [context] { return context->IsCancelled(); });
    if (absl::IsCancelled(forecast.status())) {
      return UnavailableError(kReasonUnavailable, "nobody waits for the answer any more");
    }
    MAB_RETURN_IF_ERROR(forecast.status());
    EncodeForecast(*forecast, response);
    return absl::OkStatus();
  }());
}

}  // namespace mab::admin
