// ForecastExperiment: what an experiment would do, by simulation. It computes for a second or two,
// so few are made at a time, a few wait, and others are told to come back.
//
// Thread-safe.
#pragma once

#include "admin/authorizer.h"
#include "admin/concurrency_limit.h"
#include "mab/v1/forecast_service.grpc.pb.h"

namespace mab::admin {

class ForecastServiceImpl final : public mab::v1::ForecastService::Service {
 public:
  struct Options {
    // The version refresher, which shares the cores, must keep its second.
    int running_max = 1;
    // With the gateway's ten seconds the last of them is still answered.
    int waiting_max = 2;
  };

  // The authorizer is not owned and outlives this.
  ForecastServiceImpl(const Options& options, const Authorizer* authorizer);

  grpc::Status ForecastExperiment(grpc::ServerContext* context,
                                  const mab::v1::ForecastExperimentRequest* request,
                                  mab::v1::ForecastExperimentResponse* response) override;

 private:
  const Authorizer* const authorizer_;
  ConcurrencyLimit limit_;
};

}  // namespace mab::admin
