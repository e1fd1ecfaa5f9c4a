// A forecast's question and answer as messages.
//
// Thread safety: pure functions.
#pragma once

#include "absl/status/statusor.h"
#include "mab/v1/forecast_service.pb.h"
#include "simulation/forecast.h"

namespace mab::admin {

// INVALID_ARGUMENT with every value that is outside its limits, under the name of its field.
absl::StatusOr<simulation::ForecastInput> DecodeForecast(
    const mab::v1::ForecastExperimentRequest& request);

void EncodeForecast(const simulation::Forecast& forecast, mab::v1::ForecastExperimentResponse* out);

}  // namespace mab::admin
