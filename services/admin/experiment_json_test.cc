#include "admin/experiment_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/secret.h"

namespace mab::admin {
namespace {

using ::testing::HasSubstr;

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

// A variant of this id and payload, as an entry has it.
std::string VariantText(int id, const std::string& payload_member) {
  return absl::StrCat(R"({"id":"00000000-0000-0000-0000-00000000000)", id,
                      R"(","key":"","name":"","is_control":false,)", payload_member,
                      R"(,"weight":1,"disabled":false})");
}

TEST(ExperimentJsonTest, AChangeHasNoLongPayloadThatItLeavesAsItWas) {
  const std::string same = absl::StrCat("\"", std::string(127, 's'), "\"");
  const std::string shorter = absl::StrCat("\"", std::string(126, 's'), "\"");
  const std::string changed = absl::StrCat("\"", std::string(127, 'c'), "\"");
  const auto make = [](const std::vector<std::pair<int, std::string>>& variants) {
    storage::Experiment experiment;
    for (const auto& [id, payload] : variants) {
      experiment.variants.emplace_back().id.uuid.bytes[15] = static_cast<uint8_t>(id);
      experiment.variants.back().payload_json = payload;
    }
    return experiment;
  };
  // 1 and 2 stay, 3 changes, 4 goes, 5 comes with the payload of 1, and the order is another.
  const ExperimentSides sides =
      ExperimentChangeToJson(make({{1, same}, {2, shorter}, {3, same}, {4, same}}),
                             make({{2, shorter}, {1, same}, {3, changed}, {5, same}}));
  const std::string unchanged = absl::StrCat(R"("payload_unchanged":{"bytes":129,"sha256":")",
                                             HexEncode(Sha256(same)), R"("})");
  const auto payload = [](const std::string& json) { return absl::StrCat(R"("payload":)", json); };
  EXPECT_THAT(sides.before,
              HasSubstr(absl::StrCat(
                  "[", VariantText(1, unchanged), ",", VariantText(2, payload(shorter)), ",",
                  VariantText(3, payload(same)), ",", VariantText(4, payload(same)), "]")));
  EXPECT_THAT(sides.after,
              HasSubstr(absl::StrCat(
                  "[", VariantText(2, payload(shorter)), ",", VariantText(1, unchanged), ",",
                  VariantText(3, payload(changed)), ",", VariantText(5, payload(same)), "]")));
}

// The largest experiment there is: a change of its name is as small in the log as it is.
TEST(ExperimentJsonTest, AChangeOfANameIsSmallWhateverThePayloads) {
  storage::Experiment before;
  for (int i = 0; i < 100; ++i) {
    before.variants.emplace_back().id.uuid.bytes[15] = static_cast<uint8_t>(i);
    before.variants.back().payload_json = absl::StrCat("\"", std::string(16 << 10, 'x'), "\"");
  }
  storage::Experiment after = before;
  after.name = "another";
  const ExperimentSides sides = ExperimentChangeToJson(before, after);
  EXPECT_GT(ExperimentToJson(before).size(), 1'600'000u);
  EXPECT_LT(sides.before.size() + sides.after.size(), 60'000u);
}

}  // namespace
}  // namespace mab::admin
