#include "admin/forecast_service.h"

#include <algorithm>

#include "admin/forecast_codec.h"
#include "common/error.h"
#include "common/rpc_status.h"
#include "common/status_macros.h"
#include "simulation/forecast.h"

namespace mab::admin {

ForecastServiceImpl::ForecastServiceImpl(const Options& options, const Authorizer* authorizer)
    : options_(options),
      authorizer_(authorizer),
      limit_(options.running_max, options.waiting_max) {}

grpc::Status ForecastServiceImpl::ForecastExperiment(
    grpc::ServerContext* context, const mab::v1::ForecastExperimentRequest* request,
    mab::v1::ForecastExperimentResponse* response) {
  return ToGrpcStatus([&]() -> absl::Status {
    MAB_RETURN_IF_ERROR(
        authorizer_->Authorize(*context, "mab.v1.ForecastService/ForecastExperiment").status());
    MAB_ASSIGN_OR_RETURN(const simulation::ForecastInput input, DecodeForecast(*request));
    const Time came = options_.now();
    MAB_ASSIGN_OR_RETURN(const ConcurrencyLimit::Ticket ticket, limit_.Enter());
    const Time began = options_.now();
    const Time end = std::min(began + options_.time_max, came + options_.time_max_with_wait);
    simulation::ForecastTime time;
    time.has_more = [&](uint64_t runs) {
      // As long as one of those so far on average.
      const auto spent = options_.now() - began;
      return spent + spent / static_cast<int64_t>(runs) <= options_.time_wanted;
    };
    time.is_over = [&] { return options_.now() >= end || context->IsCancelled(); };
    const absl::StatusOr<simulation::Forecast> forecast = simulation::MakeForecast(input, time);
    if (absl::IsCancelled(forecast.status())) {
      return UnavailableError(kReasonOverloaded,
                              "there was no time for a forecast: the machine is busy; try again, "
                              "or with fewer rates or days");
    }
    MAB_RETURN_IF_ERROR(forecast.status());
    EncodeForecast(*forecast, response);
    return absl::OkStatus();
  }());
}

}  // namespace mab::admin
