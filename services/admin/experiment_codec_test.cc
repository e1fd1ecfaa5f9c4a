#include "admin/experiment_codec.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/error.h"

namespace mab::admin {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

v1::Experiment Parse(const std::string& text) {
  v1::Experiment message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

google::protobuf::FieldMask Mask(const std::vector<std::string>& paths) {
  google::protobuf::FieldMask mask;
  for (const std::string& path : paths) mask.add_paths(path);
  return mask;
}

std::vector<std::string> FieldsOf(const ExperimentChange& change) {
  std::vector<std::string> fields;
  for (const FieldViolation& violation : ErrorViolations(change.malformed.ToStatus())) {
    fields.push_back(violation.field);
  }
  return fields;
}

// Which fields a change gives.
std::vector<std::string> Given(const ExperimentChange& change) {
  std::vector<std::string> given;
  const auto note = [&](bool has, const char* name) {
    if (has) given.push_back(name);
  };
  note(change.key.has_value(), "key");
  note(change.name.has_value(), "name");
  note(change.description.has_value(), "description");
  note(change.variants.has_value(), "variants");
  note(change.policy.has_value(), "policy");
  note(change.floor.has_value(), "floor");
  note(change.default_floor, "default_floor");
  note(change.burn_in_exposures.has_value(), "burn_in_exposures");
  note(change.traffic_share.has_value(), "traffic_share");
  note(change.prior_alpha.has_value(), "prior_alpha");
  note(change.prior_beta.has_value(), "prior_beta");
  note(change.conversion_window_seconds.has_value(), "conversion_window_seconds");
  note(change.threshold_of_caring.has_value(), "threshold_of_caring");
  note(change.minimum_exposures.has_value(), "minimum_exposures");
  note(change.allowed_origins.has_value(), "allowed_origins");
  note(change.state.has_value(), "state");
  note(change.winner.has_value(), "winner");
  return given;
}

TEST(DecodeNewExperimentTest, TakesWhatIsSetAndLeavesOutTheRest) {
  EXPECT_THAT(Given(DecodeNewExperiment(v1::Experiment())), IsEmpty());
  const ExperimentChange change = DecodeNewExperiment(Parse(R"pb(
    name: "Hero"
    variants {
      key: "a"
      is_control: true
      payload { string_value: "x" }
    }
    variants { name: "B" weight: 0 }
    floor: 0
    traffic_share: 0.5
    prior { alpha: 2 }
  )pb"));
  EXPECT_THAT(Given(change), ElementsAre("name", "variants", "floor", "traffic_share",
                                         "prior_alpha", "prior_beta"));
  EXPECT_EQ(change.floor, 0);
  EXPECT_EQ(change.prior_alpha, 2);
  EXPECT_EQ(change.prior_beta, 0);
  const VariantChange& a = (*change.variants)[0];
  EXPECT_EQ(a.key, "a");
  EXPECT_EQ(a.name, std::nullopt);
  EXPECT_TRUE(a.is_control);
  EXPECT_EQ(a.payload_json, "\"x\"");
  EXPECT_EQ(a.weight, std::nullopt);
  const VariantChange& b = (*change.variants)[1];
  EXPECT_EQ(b.key, "");
  EXPECT_EQ(b.name, "B");
  EXPECT_EQ(b.payload_json, std::nullopt);
  EXPECT_EQ(b.weight, 0);
}

TEST(DecodeNewExperimentTest, IgnoresWhatIsOutputOnly) {
  const ExperimentChange change = DecodeNewExperiment(Parse(R"pb(
    id: "x"
    state: RUNNING
    etag: "1"
    winner: "b"
    create_time { seconds: 1 }
    variants { disabled: true id: "y" }
  )pb"));
  EXPECT_THAT(Given(change), ElementsAre("variants"));
  EXPECT_FALSE((*change.variants)[0].disabled);
}

TEST(DecodeNewExperimentTest, NamesEachFieldThatHasNoMeaning) {
  v1::Experiment message;
  message.set_policy(static_cast<v1::Experiment::Policy>(77));
  message.add_variants();
  message.add_variants()->mutable_payload();
  EXPECT_THAT(FieldsOf(DecodeNewExperiment(message)), ElementsAre("variants[1].payload", "policy"));
}

TEST(DecodeNewExperimentTest, ReadsNoMoreVariantsThanItTakesToRefuseThem) {
  v1::Experiment message;
  for (int i = 0; i < 1000; ++i) message.add_variants();
  EXPECT_EQ(DecodeNewExperiment(message).variants->size(), 101u);
}

TEST(DecodeNewExperimentTest, TakesNoMoreOriginsThanItTakesToRefuseThem) {
  v1::Experiment message;
  message.add_allowed_origins("HTTPS://Shop.Example");
  EXPECT_THAT(*DecodeNewExperiment(message).allowed_origins, ElementsAre("HTTPS://Shop.Example"));
  for (int i = 0; i < 1000; ++i) message.add_allowed_origins("https://shop.example");
  EXPECT_EQ(DecodeNewExperiment(message).allowed_origins->size(), 21u);
}

TEST(DecodeUpdateTest, AnEmptyListThatTheMaskNamesAllowsAllSitesAgain) {
  EXPECT_THAT(*DecodeUpdate(v1::Experiment(), Mask({"allowed_origins"})).allowed_origins,
              IsEmpty());
  EXPECT_FALSE(DecodeUpdate(v1::Experiment(), Mask({"name"})).allowed_origins.has_value());
}

TEST(DecodeUpdateTest, TakesWhatTheMaskNamesAndDefaultsWhereItIsNotSet) {
  const ExperimentChange change = DecodeUpdate(
      Parse("name: 'ignored' floor: 0.2"),
      Mask({"description", "floor", "traffic_share", "prior.beta", "conversion_window_seconds",
            "threshold_of_caring", "minimum_exposures", "policy", "burn_in_exposures"}));
  EXPECT_THAT(Given(change), ElementsAre("description", "policy", "floor", "burn_in_exposures",
                                         "traffic_share", "prior_beta", "conversion_window_seconds",
                                         "threshold_of_caring", "minimum_exposures"));
  EXPECT_EQ(change.description, "");
  EXPECT_EQ(change.policy, bandit::Policy::kThompson);
  EXPECT_EQ(change.floor, 0.2);
  EXPECT_EQ(change.burn_in_exposures, 0u);
  EXPECT_EQ(change.traffic_share, 1);
  EXPECT_EQ(change.prior_beta, 1);
  EXPECT_EQ(change.conversion_window_seconds, 604'800u);
  EXPECT_EQ(change.threshold_of_caring, 0.0005);
  EXPECT_EQ(change.minimum_exposures, 100u);
  EXPECT_THAT(Given(DecodeUpdate(v1::Experiment(), Mask({"floor"}))), ElementsAre("default_floor"));
  EXPECT_THAT(Given(DecodeUpdate(v1::Experiment(), Mask({"prior"}))),
              ElementsAre("prior_alpha", "prior_beta"));
  EXPECT_TRUE(DecodeUpdate(v1::Experiment(), Mask({"variants"})).variants->empty());
}

TEST(DecodeUpdateTest, AnEmptyMaskNamesWhatIsSet) {
  const ExperimentChange change = DecodeUpdate(
      Parse("id: 'x' etag: '1' name: 'Hero' floor: 0 state: RUNNING winner: 'b'"), Mask({}));
  EXPECT_THAT(Given(change), ElementsAre("name", "floor"));
}

TEST(DecodeUpdateTest, AMaskMayNameWhatIsOutputOnly) {
  const ExperimentChange change =
      DecodeUpdate(Parse("state: RUNNING winner: 'b' variants { key: 'a' disabled: true }"),
                   Mask({"id", "etag", "state", "winner", "create_time", "update_time",
                         "start_time", "end_time", "variants", "key"}));
  EXPECT_THAT(Given(change), ElementsAre("key", "variants", "state", "winner"));
  EXPECT_EQ(change.state, storage::ExperimentState::kRunning);
  EXPECT_EQ(change.winner, "b");
  EXPECT_TRUE((*change.variants)[0].disabled);
  EXPECT_THAT(FieldsOf(change), IsEmpty());
}

TEST(DecodeUpdateTest, NamesEveryPathThatIsNone) {
  const ExperimentChange change =
      DecodeUpdate(Parse("name: 'x'"), Mask({"name", "nmae", "variants.name", "*", "\xC3\xA4"}));
  EXPECT_THAT(FieldsOf(change),
              ElementsAre("update_mask", "update_mask", "update_mask", "update_mask"));
  const auto violations = ErrorViolations(change.malformed.ToStatus());
  EXPECT_EQ(violations[0].description, "\"nmae\" is not a field that can be updated");
  EXPECT_THAT(FieldsOf(DecodeUpdate({}, Mask(std::vector<std::string>(101, "x")))),
              ElementsAre("update_mask"));
}

TEST(DecodeUpdateTest, TakesTheVariantsThatAreToGo) {
  v1::UpdateExperimentRequest request;
  for (int i = 0; i < 100; ++i) request.add_remove_variants(absl::StrCat("v", i));
  const ExperimentChange change = DecodeUpdate(request);
  EXPECT_EQ(change.remove_variants.size(), 100u);
  EXPECT_EQ(change.remove_variants[99], "v99");
  EXPECT_THAT(FieldsOf(change), IsEmpty());
  request.add_remove_variants("one more");
  EXPECT_THAT(FieldsOf(DecodeUpdate(request)), ElementsAre("remove_variants"));
}

TEST(DecodeListTest, TakesAFilterAndRefusesAStateThatIsNone) {
  v1::ListExperimentsRequest message;
  message.set_page_size(10);
  message.set_page_token("t");
  message.set_q("hero");
  auto request = DecodeList(message);
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->page_size, 10u);
  EXPECT_EQ(request->page_token, "t");
  EXPECT_EQ(request->filter.text, "hero");
  EXPECT_EQ(request->filter.state, std::nullopt);
  message.set_state(v1::Experiment::PAUSED);
  EXPECT_EQ(DecodeList(message)->filter.state, storage::ExperimentState::kPaused);
  message.set_state(static_cast<v1::Experiment::State>(6));
  const absl::Status refused = DecodeList(message).status();
  ASSERT_EQ(ErrorViolations(refused).size(), 1u);
  EXPECT_EQ(ErrorViolations(refused)[0].field, "state");
}

TEST(EncodeExperimentTest, SetsEveryField) {
  storage::Experiment experiment;
  experiment.id.uuid.bytes[15] = 1;
  experiment.key = "hero";
  experiment.name = "Hero";
  experiment.description = "text";
  experiment.state = storage::ExperimentState::kCompleted;
  experiment.policy = bandit::Policy::kFixed;
  experiment.floor = 0;
  experiment.burn_in_exposures = 3;
  experiment.traffic_share = 0;
  experiment.allowed_origins = {"https://shop.example"};
  experiment.revision = 1'795'392'000'123;
  experiment.create_time = absl::FromUnixMicros(1'795'392'000'123'456);
  experiment.update_time = experiment.create_time;
  experiment.start_time = experiment.create_time;
  experiment.winner_index = 1;
  experiment.variants.resize(2);
  experiment.variants[0].key = "a";
  experiment.variants[0].is_control = true;
  experiment.variants[1].key = "b";
  experiment.variants[1].weight = 0;
  experiment.variants[1].payload_json = R"({"text":"x"})";
  v1::Experiment message;
  ASSERT_TRUE(EncodeExperiment(experiment, message).ok());
  EXPECT_EQ(message.id(), "00000000-0000-0000-0000-000000000001");
  EXPECT_EQ(message.key(), "hero");
  EXPECT_EQ(message.name(), "Hero");
  EXPECT_EQ(message.description(), "text");
  EXPECT_EQ(message.state(), v1::Experiment::COMPLETED);
  EXPECT_EQ(message.policy(), v1::Experiment::FIXED);
  EXPECT_TRUE(message.has_floor());
  EXPECT_EQ(message.burn_in_exposures(), 3u);
  EXPECT_TRUE(message.has_traffic_share());
  EXPECT_EQ(message.prior().alpha(), 1);
  EXPECT_EQ(message.conversion_window_seconds(), 604'800u);
  EXPECT_EQ(message.threshold_of_caring(), 0.0005);
  EXPECT_EQ(message.minimum_exposures(), 100u);
  EXPECT_THAT(message.allowed_origins(), ElementsAre("https://shop.example"));
  EXPECT_EQ(message.etag(), "1795392000123");
  EXPECT_EQ(message.create_time().seconds(), 1'795'392'000);
  EXPECT_EQ(message.create_time().nanos(), 123'456'000);
  EXPECT_TRUE(message.has_start_time());
  EXPECT_FALSE(message.has_end_time());
  EXPECT_EQ(message.winner(), "b");
  ASSERT_EQ(message.variants_size(), 2);
  EXPECT_TRUE(message.variants(0).is_control());
  EXPECT_EQ(message.variants(0).payload().kind_case(), google::protobuf::Value::kNullValue);
  EXPECT_TRUE(message.variants(1).has_weight());
  EXPECT_EQ(message.variants(1).payload().struct_value().fields().at("text").string_value(), "x");
}

}  // namespace
}  // namespace mab::admin
