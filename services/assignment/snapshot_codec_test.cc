#include "assignment/snapshot_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "assignment/testing/sample_snapshot.h"
#include "common/error.h"
#include "google/protobuf/stubs/logging.h"

namespace mab::assignment {
namespace {

using testing::Contains;
using testing::IsEmpty;

// A running experiment of three variants, as admin sends it.
v1::ExperimentSnapshot SampleProto() {
  SnapshotExperiment experiment = SampleExperiment(1, 3);
  experiment.end_time = SampleTime();
  experiment.winner_index = 1;
  experiment.allowed_origins = {"https://shop.example", "http://localhost:8080"};
  v1::ExperimentSnapshot proto = EncodeSnapshot(*SampleSnapshot({experiment})).experiments(0);
  (*(*proto.mutable_variants(1)
          ->mutable_payload()
          ->mutable_struct_value()
          ->mutable_fields())["text"]
        .mutable_string_value()) = "Ship today";
  return proto;
}

std::vector<std::string> FieldsOf(const absl::Status& status) {
  std::vector<std::string> fields;
  for (const FieldViolation& violation : ErrorViolations(status)) fields.push_back(violation.field);
  return fields;
}

TEST(SnapshotCodecTest, ReadsAnExperiment) {
  const auto decoded = DecodeExperiment(SampleProto());
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  const SnapshotExperiment expected = SampleExperiment(1, 3);
  const SnapshotExperiment& experiment = **decoded;
  EXPECT_EQ(experiment.id, expected.id);
  EXPECT_EQ(experiment.id_text, expected.id_text);
  EXPECT_EQ(experiment.key, "experiment-1");
  EXPECT_EQ(experiment.revision, 1u);
  EXPECT_EQ(experiment.state, ExperimentState::kRunning);
  EXPECT_EQ(experiment.salt, expected.salt);
  EXPECT_EQ(experiment.traffic_share, 1);
  EXPECT_EQ(experiment.conversion_window, absl::Hours(1));
  EXPECT_EQ(experiment.end_time, SampleTime());
  EXPECT_EQ(experiment.winner_index, 1u);
  EXPECT_EQ(experiment.control_index, 0u);
  EXPECT_EQ(experiment.allowed_origins,
            (std::vector<std::string>{"https://shop.example", "http://localhost:8080"}));
  EXPECT_EQ(*experiment.version, *expected.version);
  ASSERT_EQ(experiment.variants.size(), 3u);
  EXPECT_EQ(experiment.variants[1].key, "b");
  google::protobuf::Value payload;
  ASSERT_TRUE(payload.ParseFromString(experiment.variants[1].payload_wire));
  EXPECT_EQ(payload.struct_value().fields().at("text").string_value(), "Ship today");
}

TEST(SnapshotCodecTest, WritesWhatItReads) {
  v1::WatchSnapshotsResponse message;
  message.set_full(true);
  message.mutable_snapshot()->set_database_id(kSampleDatabaseId);
  message.mutable_snapshot()->set_create_time_ms(1795392000123);
  *message.mutable_snapshot()->add_experiments() = SampleProto();
  const auto snapshot = MergeSnapshot(nullptr, DecodeUpdate(message));
  EXPECT_EQ(EncodeSnapshot(*snapshot).SerializeAsString(), message.snapshot().SerializeAsString());
}

TEST(SnapshotCodecTest, DraftsAndArchivedExperimentsBearOnlyTheirNames) {
  for (const auto state : {v1::Experiment::DRAFT, v1::Experiment::ARCHIVED}) {
    v1::ExperimentSnapshot proto;
    proto.set_id(SampleExperimentId(1).ToString());
    proto.set_key("hero");
    proto.set_revision(7);
    proto.set_state(state);
    const auto decoded = DecodeExperiment(proto);
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_THAT((*decoded)->variants, IsEmpty());
  }
}

TEST(SnapshotCodecTest, AnExperimentWithoutAVersionIsFine) {
  v1::ExperimentSnapshot proto = SampleProto();
  proto.clear_version();
  const auto decoded = DecodeExperiment(proto);
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ((*decoded)->version, nullptr);
}

struct Damage {
  const char* field;
  std::function<void(v1::ExperimentSnapshot&)> apply;
};

TEST(SnapshotCodecTest, NamesWhatIsNotFitForUse) {
  const double kNan = std::nan("");
  const double kInfinity = std::numeric_limits<double>::infinity();
  const std::vector<Damage> damages = {
      {"id", [](auto& e) { e.set_id("hero"); }},
      {"key", [](auto& e) { e.set_key(""); }},
      {"key", [](auto& e) { e.set_key(std::string(65, 'k')); }},
      {"state", [](auto& e) { e.set_state(v1::Experiment::STATE_UNSPECIFIED); }},
      {"allowed_origins",
       [](auto& e) {
         for (int i = 0; i < 19; ++i) e.add_allowed_origins("https://shop.example");
       }},
      {"state", [](auto& e) { e.set_state(static_cast<v1::Experiment::State>(99)); }},
      {"salt", [](auto& e) { e.set_salt("short"); }},
      {"traffic_share", [&](auto& e) { e.set_traffic_share(kNan); }},
      {"traffic_share", [](auto& e) { e.set_traffic_share(1.5); }},
      {"conversion_window_seconds", [](auto& e) { e.set_conversion_window_seconds(0); }},
      {"variants", [](auto& e) { e.clear_variants(); }},
      {"variants",
       [](auto& e) {
         e.mutable_variants()->RemoveLast();
         e.mutable_variants()->RemoveLast();
       }},
      {"variants",
       [](auto& e) {
         for (int i = 0; i < 98; ++i) *e.add_variants() = e.variants(1);
       }},
      {"variants", [](auto& e) { e.mutable_variants(0)->set_is_control(false); }},
      {"variants", [](auto& e) { e.mutable_variants(1)->set_is_control(true); }},
      {"variants", [](auto& e) { e.mutable_variants(0)->set_disabled(true); }},
      {"variants[1].id", [](auto& e) { e.mutable_variants(1)->set_id("b"); }},
      {"variants[1].id", [](auto& e) { e.mutable_variants(1)->set_id(e.variants(0).id()); }},
      {"variants[1].key", [](auto& e) { e.mutable_variants(1)->set_key(""); }},
      {"variants[1].key", [](auto& e) { e.mutable_variants(1)->set_key("a"); }},
      {"winner_index", [](auto& e) { e.set_winner_index(3); }},
      {"winner_index",
       [](auto& e) {
         e.set_state(v1::Experiment::COMPLETED);
         e.clear_winner_index();
       }},
      {"end_time",
       [](auto& e) {
         e.set_state(v1::Experiment::COMPLETED);
         e.clear_end_time();
       }},
      {"version.number", [](auto& e) { e.mutable_version()->set_number(0); }},
      {"version.number", [](auto& e) { e.mutable_version()->set_number(uint64_t{1} << 53); }},
      {"version.policy", [](auto& e) { e.mutable_version()->clear_policy(); }},
      {"version.floor", [&](auto& e) { e.mutable_version()->set_floor(kNan); }},
      {"version.floor", [](auto& e) { e.mutable_version()->set_floor(0.4); }},
      {"version.salt", [](auto& e) { e.mutable_version()->set_salt(std::string(17, 's')); }},
      {"version.sampler_id", [](auto& e) { e.mutable_version()->set_sampler_id(4711); }},
      {"version.arms", [](auto& e) { e.mutable_version()->mutable_arms()->RemoveLast(); }},
      {"version.arms",
       [](auto& e) {
         for (auto& arm : *e.mutable_version()->mutable_arms()) {
           arm.set_eligible(false);
           arm.set_allocation(0);
         }
       }},
      {"version.arms", [](auto& e) { e.mutable_version()->mutable_arms(0)->set_eligible(false); }},
      {"version.arms", [](auto& e) { e.mutable_version()->mutable_arms(0)->set_allocation(0.9); }},
      {"version.arms",
       [](auto& e) {
         e.mutable_version()->set_policy(v1::Experiment::FIXED);
         for (auto& arm : *e.mutable_version()->mutable_arms()) arm.set_weight(0.1);
       }},
      {"version.arms[1].variant_id",
       [](auto& e) { e.mutable_version()->mutable_arms(1)->set_variant_id(e.variants(2).id()); }},
      {"version.arms[1].alpha",
       [&](auto& e) { e.mutable_version()->mutable_arms(1)->set_alpha(kInfinity); }},
      {"version.arms[1].alpha",
       [](auto& e) { e.mutable_version()->mutable_arms(1)->set_alpha(0); }},
      {"version.arms[1].beta",
       [&](auto& e) { e.mutable_version()->mutable_arms(1)->set_beta(kNan); }},
      {"version.arms[1].beta", [](auto& e) { e.mutable_version()->mutable_arms(1)->set_beta(-1); }},
      {"version.arms[1].weight",
       [](auto& e) { e.mutable_version()->mutable_arms(1)->set_weight(-1); }},
      {"version.arms[1].probability_best",
       [&](auto& e) { e.mutable_version()->mutable_arms(1)->set_probability_best(kNan); }},
      {"version.arms[1].allocation",
       [](auto& e) { e.mutable_version()->mutable_arms(1)->set_allocation(1.1); }},
  };
  for (const Damage& damage : damages) {
    v1::ExperimentSnapshot proto = SampleProto();
    damage.apply(proto);
    const auto decoded = DecodeExperiment(proto);
    EXPECT_TRUE(absl::IsInvalidArgument(decoded.status())) << damage.field;
    EXPECT_THAT(FieldsOf(decoded.status()), Contains(damage.field));
  }
}

TEST(SnapshotCodecTest, ReadsAndWritesTheKeys) {
  v1::WatchSnapshotsResponse message;
  EXPECT_EQ(DecodeUpdate(message).caller_keys, nullptr);
  v1::CallerKeys& keys = *message.mutable_snapshot()->mutable_caller_keys();
  EXPECT_EQ(DecodeUpdate(message).caller_keys->size(), 0u) << "there are none";
  const std::string id = SampleExperimentId(1).ToString();
  const auto add = [&](const std::string& key_id, const std::string& hash) {
    keys.add_keys()->set_id(key_id);
    keys.mutable_keys()->rbegin()->set_secret_hash(hash);
    return keys.mutable_keys()->rbegin()->mutable_expire_time();
  };
  add(id, std::string(32, 'h'))->set_seconds(1'800'000'000);
  add(id, std::string(32, 'i'));
  keys.mutable_keys(1)->clear_expire_time();
  keys.mutable_keys(1)->set_bulk_exposes(true);
  keys.mutable_keys(0)->set_publishable(true);
  add("x", std::string(32, 'j'));
  add(id, std::string(31, 'k'));
  keys.set_as_of_ms(1'800'000'000'123);
  const auto decoded = DecodeUpdate(message).caller_keys;
  EXPECT_EQ(decoded->as_of_ms(), 1'800'000'000'123);
  ASSERT_EQ(decoded->size(), 2u) << "what is not fit for use is nobody's";
  const absl::Time expiry = absl::FromUnixSeconds(1'800'000'000);
  EXPECT_EQ(decoded->FindGood(std::string(32, 'h'), expiry - absl::Seconds(1))->expire_time(),
            expiry);
  EXPECT_EQ(decoded->FindGood(std::string(32, 'h'), expiry), nullptr);
  EXPECT_EQ(decoded->FindGood(std::string(32, 'i'), expiry)->id().ToString(), id);
  EXPECT_EQ(decoded->Find(std::string(32, 'i'))->settings(),
            (CallerKeySettings{.bulk_exposes = true}));
  EXPECT_EQ(decoded->Find(std::string(32, 'h'))->settings(),
            (CallerKeySettings{.publishable = true}));

  Snapshot snapshot;
  snapshot.caller_keys = decoded;
  v1::WatchSnapshotsResponse written;
  *written.mutable_snapshot() = EncodeSnapshot(snapshot);
  EXPECT_TRUE(SameKeys(DecodeUpdate(written).caller_keys.get(), decoded.get()));
  EXPECT_EQ(DecodeUpdate(written).caller_keys->as_of_ms(), decoded->as_of_ms());
  EXPECT_FALSE(EncodeSnapshot(Snapshot()).has_caller_keys());
}

TEST(SnapshotCodecTest, AHundredVariantsAreFine) {
  const SnapshotExperiment experiment = SampleExperiment(1, 100);
  const auto decoded =
      DecodeExperiment(EncodeSnapshot(*SampleSnapshot({experiment})).experiments(0));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(*(*decoded)->version, *experiment.version);
}

TEST(SnapshotCodecTest, ABadExperimentDoesNotKeepTheOthersOut) {
  v1::WatchSnapshotsResponse message;
  *message.mutable_snapshot()->add_experiments() = SampleProto();
  *message.mutable_snapshot()->add_experiments() =
      EncodeSnapshot(*SampleSnapshot({SampleExperiment(2)})).experiments(0);
  message.mutable_snapshot()->mutable_experiments(0)->set_salt("short");
  message.add_removed_experiment_ids(SampleExperimentId(3).ToString());
  message.add_removed_experiment_ids("no id");
  const SnapshotUpdate update = DecodeUpdate(message);
  ASSERT_EQ(update.experiments.size(), 1u);
  EXPECT_EQ(update.experiments[0]->id, SampleExperimentId(2));
  EXPECT_THAT(update.refused, testing::ElementsAre(SampleExperimentId(1)));
  EXPECT_THAT(update.removed, testing::ElementsAre(SampleExperimentId(3)));
}

TEST(SnapshotCodecTest, SurvivesGarbage) {
  // Every message that still parses is decoded or refused; the seed makes the run repeatable.
  constexpr uint32_t kSeed = 20261123;
  const google::protobuf::LogSilencer quiet;
  std::mt19937 random(kSeed);
  const std::string good = SampleProto().SerializeAsString();
  int decoded = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = good;
    const int changes = 1 + static_cast<int>(random() % 4);
    for (int i = 0; i < changes; ++i) bytes[random() % bytes.size()] = static_cast<char>(random());
    v1::ExperimentSnapshot proto;
    if (!proto.ParseFromString(bytes)) continue;
    const auto experiment = DecodeExperiment(proto);
    if (!experiment.ok()) continue;
    ++decoded;
    for (const SnapshotVariant& variant : (*experiment)->variants) {
      EXPECT_TRUE(google::protobuf::Value().ParseFromString(variant.payload_wire));
    }
  }
  EXPECT_GT(decoded, 0) << "seed " << kSeed;
}

}  // namespace
}  // namespace mab::assignment
