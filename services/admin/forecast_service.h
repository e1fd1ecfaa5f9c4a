// ForecastExperiment: what an experiment would do, by simulation. It computes for a second or two,
// so few are made at a time, a few wait, and others are told to come back. On a machine that is
// too busy a forecast is of fewer runs, and where not even the least are made in time it is
// OVERLOADED.
//
// Thread-safe.
#pragma once

#include <chrono>
#include <functional>

#include "admin/authorizer.h"
#include "admin/concurrency_limit.h"
#include "mab/v1/forecast_service.grpc.pb.h"

namespace mab::admin {

class ForecastServiceImpl final : public mab::v1::ForecastService::Service {
 public:
  // A clock that nobody sets.
  using Time = std::chrono::steady_clock::time_point;

  struct Options {
    // The version refresher, which shares the cores, must keep its second.
    int running_max = 1;
    // With the gateway's ten seconds the last of them is still answered.
    int waiting_max = 2;
    // No run is begun that would end later, once there are enough for an answer.
    std::chrono::milliseconds time_wanted = std::chrono::seconds(2);
    // No run goes on for longer: since the first began, and since the question came. The second is
    // less than the gateway's ten seconds.
    std::chrono::milliseconds time_max = std::chrono::seconds(6);
    std::chrono::milliseconds time_max_with_wait = std::chrono::seconds(8);
    std::function<Time()> now = [] { return std::chrono::steady_clock::now(); };
  };

  // The authorizer is not owned and outlives this.
  ForecastServiceImpl(const Options& options, const Authorizer* authorizer);

  grpc::Status ForecastExperiment(grpc::ServerContext* context,
                                  const mab::v1::ForecastExperimentRequest* request,
                                  mab::v1::ForecastExperimentResponse* response) override;

 private:
  const Options options_;
  const Authorizer* const authorizer_;
  ConcurrencyLimit limit_;
};

}  // namespace mab::admin
