#include "admin/snapshot_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "admin/draw_input.h"
#include "admin/experiment_payload_codec.h"
#include "admin/testing/test_experiment.h"
#include "bandit/freeze_version.h"

namespace mab::admin {
namespace {

using mab::v1::ExperimentSnapshot;
using mab::v1::WatchSnapshotsResponse;
using storage::ExperimentState;
using ::testing::ElementsAre;
using ::testing::SizeIs;

const absl::Time kNow = absl::FromUnixMillis(1'800'000'000'250);

PublishedExperiment Publish(const storage::Experiment& experiment) {
  auto version = std::make_shared<bandit::DrawVersion>(bandit::FreezeVersion(
      DrawConfigurationOf(experiment), ArmStatesOf(experiment, ArmEvidenceOf(experiment, {}, {}))));
  version->number = 1'800'000'000'123;
  return PublishedExperiment{.experiment = std::make_shared<storage::Experiment>(experiment),
                             .version = std::move(version)};
}

TEST(SnapshotCodecTest, SaysAllThatAssignmentNeeds) {
  storage::Experiment experiment = MakeTestExperiment("hero", 3, kNow);
  experiment.state = ExperimentState::kCompleted;
  experiment.traffic_share = 0.25;
  experiment.conversion_window_seconds = 77;
  experiment.end_time = kNow;
  experiment.winner_index = 1;
  experiment.allowed_origins = {"https://shop.example", "http://localhost:8080"};
  experiment.policy = bandit::Policy::kTopTwoThompson;
  experiment.variants[2].disabled = true;
  experiment.variants[1].payload_json = R"({"text": "Ship today", "list": [1, true, null]})";

  const ExperimentSnapshot out = EncodeExperimentSnapshot(Publish(experiment));
  EXPECT_EQ(out.id(), experiment.id.ToString());
  EXPECT_EQ(out.key(), "hero");
  EXPECT_EQ(out.revision(), experiment.revision);
  EXPECT_EQ(out.state(), mab::v1::Experiment::COMPLETED);
  EXPECT_THAT(out.salt(), SizeIs(16));
  EXPECT_EQ(out.traffic_share(), 0.25);
  EXPECT_EQ(out.conversion_window_seconds(), 77u);
  EXPECT_EQ(out.end_time().seconds(), 1'800'000'000);
  EXPECT_EQ(out.end_time().nanos(), 250'000'000);
  EXPECT_EQ(out.winner_index(), 1u);
  EXPECT_THAT(out.allowed_origins(), ElementsAre("https://shop.example", "http://localhost:8080"));

  ASSERT_EQ(out.variants_size(), 3);
  EXPECT_TRUE(out.variants(0).is_control());
  EXPECT_EQ(out.variants(0).payload().kind_case(), google::protobuf::Value::kNullValue);
  EXPECT_EQ(out.variants(1).key(), "v1");
  EXPECT_EQ(out.variants(1).name(), "Variant 1");
  EXPECT_EQ(out.variants(1).payload().struct_value().fields().at("text").string_value(),
            "Ship today");
  EXPECT_EQ(out.variants(1).payload().struct_value().fields().at("list").list_value().values_size(),
            3);
  EXPECT_TRUE(out.variants(2).disabled());

  EXPECT_EQ(out.version().number(), 1'800'000'000'123u);
  EXPECT_EQ(out.version().policy(), mab::v1::Experiment::TOP_TWO_THOMPSON);
  EXPECT_EQ(out.version().salt(), out.salt());
  ASSERT_EQ(out.version().arms_size(), 3);
  EXPECT_EQ(out.version().arms(0).variant_id(), out.variants(0).id());
  EXPECT_TRUE(out.version().arms(0).eligible());
  EXPECT_EQ(out.version().arms(0).alpha(), 1);
  EXPECT_EQ(out.version().arms(0).beta(), 1);
  EXPECT_NEAR(out.version().arms(0).allocation(), 0.5, 1e-9);
  EXPECT_NEAR(out.version().arms(0).probability_best(), 0.5, 1e-9);
  EXPECT_FALSE(out.version().arms(2).eligible());
}

TEST(SnapshotCodecTest, WhatIsUnsetStaysUnset) {
  PublishedExperiment published = Publish(MakeTestExperiment("hero", 2, kNow));
  published.version = nullptr;
  const ExperimentSnapshot out = EncodeExperimentSnapshot(published);
  EXPECT_FALSE(out.has_end_time());
  EXPECT_FALSE(out.has_winner_index());
  EXPECT_FALSE(out.has_version());
}

TEST(SnapshotCodecTest, DraftsAndArchivedExperimentsAreBrief) {
  for (const ExperimentState state : {ExperimentState::kDraft, ExperimentState::kArchived}) {
    storage::Experiment experiment = MakeTestExperiment("hero", 2, kNow);
    experiment.state = state;
    const ExperimentSnapshot out = EncodeExperimentSnapshot(Publish(experiment));
    EXPECT_EQ(out.key(), "hero");
    EXPECT_EQ(out.variants_size(), 0);
    EXPECT_FALSE(out.has_version());
    EXPECT_TRUE(out.salt().empty());
  }
}

TEST(SnapshotCodecTest, APayloadThatCannotBeRepresentedGoesOutAsNull) {
  storage::Experiment experiment = MakeTestExperiment("hero", 2, kNow);
  experiment.variants[1].payload_json = std::string(500, '[') + std::string(500, ']');
  const ExperimentSnapshot out = EncodeExperimentSnapshot(Publish(experiment));
  EXPECT_EQ(out.variants(1).payload().kind_case(), google::protobuf::Value::kNullValue);
}

// A watcher that could not parse one payload would lose every experiment of the message.
TEST(SnapshotCodecTest, TheDeepestPayloadThatIsAcceptedSurvivesTheWire) {
  std::string payload;
  for (int i = 0; i < kPayloadDepthMax; ++i) payload += R"({"a":)";
  payload += "1" + std::string(kPayloadDepthMax, '}');
  storage::Experiment experiment = MakeTestExperiment("hero", 2, kNow);
  experiment.variants[1].payload_json = payload;
  WatchSnapshotsResponse message;
  *message.mutable_snapshot()->add_experiments() = EncodeExperimentSnapshot(Publish(experiment));
  WatchSnapshotsResponse received;
  EXPECT_TRUE(received.ParseFromString(message.SerializeAsString()));
  EXPECT_TRUE(received.snapshot().experiments(0).variants(1).payload().has_struct_value());
}

std::vector<WatchSnapshotsResponse> Encode(const SnapshotUpdate& update, size_t message_bytes) {
  std::vector<WatchSnapshotsResponse> messages;
  EXPECT_TRUE(EncodeSnapshotUpdate(update, message_bytes, [&](const WatchSnapshotsResponse& m) {
    messages.push_back(m);
    return true;
  }));
  return messages;
}

SnapshotUpdate MakeUpdate(size_t count) {
  SnapshotUpdate update;
  update.full = true;
  update.as_of = kNow;
  update.database_id = "database";
  for (size_t i = 0; i < count; ++i) {
    update.change.changed.push_back(Publish(MakeTestExperiment(absl::StrCat("e", i), 2, kNow)));
  }
  return update;
}

TEST(SnapshotCodecTest, AnUpdateIsOneMessageWhereItFits) {
  SnapshotUpdate update = MakeUpdate(2);
  update.full = false;
  update.change.removed = {ExperimentId{Uuid::NewV7(kNow)}};
  const auto messages = Encode(update, kSnapshotMessageBytes);
  ASSERT_THAT(messages, SizeIs(1));
  EXPECT_FALSE(messages[0].full());
  EXPECT_FALSE(messages[0].more());
  EXPECT_EQ(messages[0].snapshot().create_time_ms(), 1'800'000'000'250);
  EXPECT_EQ(messages[0].snapshot().database_id(), "database");
  EXPECT_EQ(messages[0].snapshot().experiments_size(), 2);
  EXPECT_THAT(messages[0].removed_experiment_ids(),
              ElementsAre(update.change.removed[0].ToString()));
}

TEST(SnapshotCodecTest, TheKeysAreInTheFirstMessageWhereTheyChanged) {
  SnapshotUpdate update = MakeUpdate(2);
  EXPECT_FALSE(Encode(update, kSnapshotMessageBytes)[0].snapshot().has_caller_keys());
  const ApiKeyId id{Uuid::NewV7(kNow)};
  update.caller_keys = std::make_shared<const PublishedKeys>(
      PublishedKeys{.keys = {{id, std::string(32, 'h'), kNow},
                             {id, std::string(32, 'i'), std::nullopt, true, true}},
                    .as_of = kNow + absl::Milliseconds(5)});
  const auto messages = Encode(update, 1);
  ASSERT_THAT(messages, SizeIs(2));
  EXPECT_FALSE(messages[1].snapshot().has_caller_keys());
  EXPECT_EQ(messages[0].snapshot().caller_keys().as_of_ms(), absl::ToUnixMillis(kNow) + 5);
  const auto& keys = messages[0].snapshot().caller_keys().keys();
  ASSERT_THAT(keys, SizeIs(2));
  EXPECT_EQ(keys[0].id(), id.ToString());
  EXPECT_EQ(keys[0].secret_hash(), std::string(32, 'h'));
  EXPECT_EQ(keys[0].expire_time().seconds(), absl::ToUnixSeconds(kNow));
  EXPECT_FALSE(keys[1].has_expire_time());
  EXPECT_FALSE(keys[0].bulk_exposes());
  EXPECT_TRUE(keys[1].bulk_exposes());
  EXPECT_FALSE(keys[0].publishable());
  EXPECT_TRUE(keys[1].publishable());
  // That there are none is said too.
  update.caller_keys = std::make_shared<const PublishedKeys>();
  EXPECT_TRUE(Encode(update, kSnapshotMessageBytes)[0].snapshot().has_caller_keys());
}

TEST(SnapshotCodecTest, ALargeUpdateIsSeveralMessagesThatBelongTogether) {
  const size_t one = EncodeExperimentSnapshot(MakeUpdate(1).change.changed[0]).ByteSizeLong();
  const auto messages = Encode(MakeUpdate(10), 3 * one);
  ASSERT_THAT(messages, SizeIs(4));
  std::vector<std::string> keys;
  for (size_t i = 0; i < messages.size(); ++i) {
    EXPECT_EQ(messages[i].full(), i == 0);
    EXPECT_EQ(messages[i].more(), i + 1 < messages.size());
    EXPECT_EQ(messages[i].snapshot().database_id(), "database");
    EXPECT_LE(messages[i].snapshot().experiments_size(), 3);
    for (const auto& experiment : messages[i].snapshot().experiments()) {
      keys.push_back(experiment.key());
    }
  }
  EXPECT_THAT(keys, SizeIs(10));
  EXPECT_EQ(keys.front(), "e0");
  EXPECT_EQ(keys.back(), "e9");
}

TEST(SnapshotCodecTest, AnEmptySnapshotIsOneMessage) {
  const auto messages = Encode(MakeUpdate(0), kSnapshotMessageBytes);
  ASSERT_THAT(messages, SizeIs(1));
  EXPECT_TRUE(messages[0].full());
}

TEST(SnapshotCodecTest, StopsWhereNobodyListens) {
  int written = 0;
  EXPECT_FALSE(EncodeSnapshotUpdate(MakeUpdate(10), 1,
                                    [&](const WatchSnapshotsResponse&) { return ++written < 3; }));
  EXPECT_EQ(written, 3);
}

}  // namespace
}  // namespace mab::admin
