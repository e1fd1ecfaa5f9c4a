#include "admin/experiment_json.h"

#include <gtest/gtest.h>

namespace mab::admin {
namespace {

TEST(ExperimentJsonTest, WritesEveryFieldThatACallerSees) {
  storage::Experiment experiment;
  experiment.id.uuid.bytes[15] = 1;
  experiment.key = "hero";
  experiment.name = "Hero \"title\"";
  experiment.state = storage::ExperimentState::kCompleted;
  experiment.revision = 1'795'392'000'123;
  experiment.allowed_origins = {"https://shop.example", "http://localhost:8080"};
  experiment.create_time = absl::FromUnixMicros(1'795'392'000'123'456);
  experiment.update_time = experiment.create_time;
  experiment.start_time = experiment.create_time;
  experiment.winner_index = 1;
  experiment.variants.resize(2);
  experiment.variants[0].key = "a";
  experiment.variants[0].is_control = true;
  experiment.variants[0].payload_json = R"({"text":"x"})";
  experiment.variants[1].key = "b";
  experiment.variants[1].name = "B";
  experiment.variants[1].weight = 0.5;
  experiment.variants[1].disabled = true;
  EXPECT_EQ(
      ExperimentToJson(experiment),
      R"({"id":"00000000-0000-0000-0000-000000000001","key":"hero","name":"Hero \"title\"",)"
      R"("description":"","state":"COMPLETED","variants":[)"
      R"({"id":"00000000-0000-0000-0000-000000000000","key":"a","name":"","is_control":true,)"
      R"("payload":{"text":"x"},"weight":1,"disabled":false},)"
      R"({"id":"00000000-0000-0000-0000-000000000000","key":"b","name":"B","is_control":false,)"
      R"("payload":null,"weight":0.5,"disabled":true}],)"
      R"("policy":"THOMPSON","floor":0.01,"burn_in_exposures":0,"traffic_share":1,)"
      R"("prior":{"alpha":1,"beta":1},"conversion_window_seconds":604800,)"
      R"("threshold_of_caring":5e-04,"minimum_exposures":100,)"
      R"("allowed_origins":["https://shop.example","http://localhost:8080"],"etag":"1795392000123",)"
      R"("create_time":"2026-11-23T00:00:00.123456Z","update_time":"2026-11-23T00:00:00.123456Z",)"
      R"("start_time":"2026-11-23T00:00:00.123456Z","end_time":null,"winner":"b"})");
}

}  // namespace
}  // namespace mab::admin
