#include "admin/lookup_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "admin/draw_input.h"
#include "admin/testing/fake_authorizer.h"
#include "admin/testing/test_experiment.h"
#include "admin/testing/test_server.h"
#include "bandit/draw.h"
#include "bandit/freeze_version.h"
#include "common/error.h"
#include "storage/event_store.h"
#include "storage/testing/migrated_database.h"

namespace mab::admin {
namespace {

using mab::v1::AssignmentReplay;
using mab::v1::LookupAssignmentResponse;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const absl::Time kNow = absl::FromUnixMicros(1'800'000'000'123'456);

class LookupServicePostgresTest : public ::testing::Test {
 protected:
  // A running experiment of three variants, the last of which is disabled.
  LookupServicePostgresTest() : experiment_(MakeTestExperiment("hero", 3, kNow)) {
    experiment_.variants[2].disabled = true;
    EXPECT_TRUE(InsertExperiment(pool_, experiment_).ok());
  }

  bandit::DrawVersion Freeze(bandit::Policy policy, double floor = 0.02) {
    experiment_.policy = policy;
    experiment_.floor = floor;
    std::vector<ArmEvidence> evidence(3);
    for (size_t i = 0; i < evidence.size(); ++i) {
      evidence[i].exposures = 1000;
      evidence[i].posterior = bandit::CountedPosterior({}, 1000, 50 + 3 * i);
    }
    bandit::DrawVersion version =
        bandit::FreezeVersion(DrawConfigurationOf(experiment_), ArmStatesOf(experiment_, evidence));
    version.number = static_cast<uint64_t>(absl::ToUnixMillis(kNow)) + ++versions_;
    return version;
  }
  storage::AssignmentEvent Assign(const bandit::DrawVersion& version, const std::string& user_id) {
    const bandit::UserHash user = key_.Hash(user_id);
    const size_t arm = bandit::Draw(version, user);
    return {.experiment_id = experiment_.id,
            .user = user,
            .variant_index = static_cast<uint16_t>(arm),
            .version = version.number,
            .propensity = version.arms[arm].allocation,
            .assigned_at = kNow,
            .exposed = false};
  }
  void Drain(std::vector<storage::Event> events) {
    std::vector<storage::SequencedEvent> sequenced;
    const uint64_t after = sequence_;
    for (storage::Event& event : events) sequenced.push_back({++sequence_, std::move(event)});
    const absl::Status drained = pool_.Transaction([&](PgConnection& db) {
      return storage::EventStore::DrainBatch(db, Uuid{}, after, sequenced, kNow);
    });
    ASSERT_TRUE(drained.ok()) << drained;
  }
  void DrainVersion(const bandit::DrawVersion& version) {
    Drain({storage::VersionEvent{.experiment_id = experiment_.id, .version = version}});
  }

  grpc::Status LookUp(const std::string& user_id, bool replay, LookupAssignmentResponse& response,
                      const std::string& id = "hero", bool signed_in = true) {
    grpc::ClientContext context;
    if (signed_in) {
      context.AddMetadata("role", "VIEWER");
    }
    mab::v1::LookupAssignmentRequest request;
    request.set_id(id);
    request.set_user_id(user_id);
    request.set_replay(replay);
    return stub_->LookupAssignment(&context, request, &response);
  }
  LookupAssignmentResponse Found(const std::string& user_id, bool replay) {
    LookupAssignmentResponse response;
    const grpc::Status status = LookUp(user_id, replay, response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  storage::MigratedDatabase database_;
  PgPool pool_{{.url = database_.url()}};
  storage::Experiment experiment_;
  const storage::UserKey key_{std::string(16, 'k')};
  FakeAuthorizer authorizer_;
  LookupServiceImpl service_{&pool_, &key_, &authorizer_};
  TestServer server_{{&service_}};
  std::unique_ptr<mab::v1::LookupService::Stub> stub_ =
      mab::v1::LookupService::NewStub(server_.channel());
  uint64_t sequence_ = 0;
  uint64_t versions_ = 0;
};

TEST_F(LookupServicePostgresTest, SaysThatTheRowsAreGone) {
  ASSERT_TRUE(
      pool_.Execute("UPDATE mab.experiments SET state = 'ARCHIVED', rows_retire_time = $1", {kNow})
          .ok());
  LookupAssignmentResponse response;
  const grpc::Status status = LookUp("ada", true, response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(status.error_message(), HasSubstr("deleted from 2027-01-15T08:00:00Z on"));
}

TEST_F(LookupServicePostgresTest, SaysWhatIsOnRecord) {
  const bandit::DrawVersion version = Freeze(bandit::Policy::kThompson);
  DrainVersion(version);
  const storage::AssignmentEvent assignment = Assign(version, "ada");
  Drain({assignment});
  LookupAssignmentResponse response = Found("ada", /*replay=*/false);
  EXPECT_EQ(response.experiment_id(), experiment_.id.ToString());
  EXPECT_EQ(response.experiment_key(), "hero");
  EXPECT_EQ(response.variant().key(), experiment_.variants[assignment.variant_index].key);
  EXPECT_EQ(response.version(), static_cast<double>(version.number));
  EXPECT_EQ(response.propensity(), assignment.propensity);
  EXPECT_EQ(response.assigned_at().seconds(), 1'800'000'000);
  EXPECT_EQ(response.assigned_at().nanos(), 123'456'000);
  EXPECT_FALSE(response.has_exposed_at());
  EXPECT_FALSE(response.has_conversion());
  EXPECT_FALSE(response.has_replay());

  const absl::Time exposed_at = kNow + absl::Seconds(1);
  Drain({storage::ExposureEvent{.experiment_id = experiment_.id,
                                .user = assignment.user,
                                .variant_index = assignment.variant_index,
                                .version = version.number,
                                .exposed_at = exposed_at},
         storage::ConversionEvent{.experiment_id = experiment_.id,
                                  .user = assignment.user,
                                  .variant_index = assignment.variant_index,
                                  .version = version.number,
                                  .converted_at = kNow + absl::Seconds(5),
                                  .exposed_at = exposed_at,
                                  .credited = true,
                                  .value = std::nullopt,
                                  .event_id = ""}});
  response = Found("ada", /*replay=*/false);
  EXPECT_EQ(response.exposed_at().seconds(), 1'800'000'001);
  EXPECT_EQ(response.conversion().converted_at().seconds(), 1'800'000'005);
  EXPECT_TRUE(response.conversion().credited());
}

// Under every policy, by whatever path: that none of so many users takes one of them has a
// probability of 1e-5.
TEST_F(LookupServicePostgresTest, ProvesEveryDraw) {
  std::vector<int> paths(6);
  for (const bandit::Policy policy :
       {bandit::Policy::kThompson, bandit::Policy::kTopTwoThompson, bandit::Policy::kFixed}) {
    const bandit::DrawVersion version = Freeze(policy, 0.1);
    DrainVersion(version);
    for (int i = 0; i < 30; ++i) {
      const std::string user = absl::StrCat(storage::PolicyName(policy), i);
      const storage::AssignmentEvent assignment = Assign(version, user);
      Drain({assignment});
      const LookupAssignmentResponse response = Found(user, /*replay=*/true);
      const AssignmentReplay& replay = response.replay();
      EXPECT_TRUE(replay.agrees()) << replay.finding();
      EXPECT_THAT(replay.finding(), HasSubstr("with the propensity of record"));
      EXPECT_EQ(replay.winner().key(), response.variant().key());
      EXPECT_EQ(replay.propensity().value(), assignment.propensity);
      EXPECT_EQ(replay.sampler_id(), version.sampler_id);
      ASSERT_EQ(replay.variants_size(), 3);
      EXPECT_FALSE(replay.variants(2).eligible());
      EXPECT_FALSE(replay.variants(2).has_drawn_odds());
      ++paths[replay.path()];
      const bandit::DrawExplanation draw = bandit::ExplainDraw(version, assignment.user);
      for (int arm = 0; arm < 3; ++arm) {
        EXPECT_EQ(replay.variants(arm).posterior().alpha(), version.arms[arm].posterior.alpha);
        EXPECT_EQ(replay.variants(arm).allocation(), version.arms[arm].allocation);
        ASSERT_EQ(replay.variants(arm).has_drawn_odds(), draw.odds[arm].has_value());
        if (!draw.odds[arm].has_value()) continue;
        EXPECT_EQ(replay.variants(arm).drawn_odds().value(), *draw.odds[arm]);
        EXPECT_NEAR(replay.variants(arm).drawn_rate().value(), 0.05, 0.05);
      }
    }
  }
  EXPECT_EQ(paths[AssignmentReplay::WEIGHTS], 30);
  EXPECT_EQ(paths[AssignmentReplay::PATH_UNSPECIFIED], 0);
  EXPECT_GT(paths[AssignmentReplay::FLOOR], 0);
  EXPECT_GT(paths[AssignmentReplay::LARGEST_DRAW], 0);
  EXPECT_GT(paths[AssignmentReplay::TOP_TWO_LEADER], 0);
  EXPECT_GT(paths[AssignmentReplay::TOP_TWO_CHALLENGER], 0);
}

TEST_F(LookupServicePostgresTest, SaysWhatDoesNotAgree) {
  const bandit::DrawVersion version = Freeze(bandit::Policy::kThompson);
  DrainVersion(version);
  Drain({Assign(version, "ada")});
  const auto finding_after = [&](const std::string& sql) {
    const auto result = pool_.Execute(sql);
    EXPECT_TRUE(result.ok()) << result.status();
    const AssignmentReplay replay = Found("ada", /*replay=*/true).replay();
    EXPECT_FALSE(replay.agrees());
    return replay.finding();
  };
  EXPECT_THAT(finding_after("UPDATE mab.assignments SET propensity = propensity / 2"),
              HasSubstr("another propensity than the one of record"));
  EXPECT_THAT(finding_after("UPDATE mab.assignments SET variant_index = 1 - variant_index"),
              HasSubstr("and on record is variant v"));
  EXPECT_THAT(finding_after("UPDATE mab.assignments SET variant_index = 77"),
              HasSubstr("on record is a variant that the experiment does not have"));
  EXPECT_THAT(finding_after("UPDATE mab.assignments SET variant_index = -1"),
              HasSubstr("on record is a variant that the experiment does not have"));
  EXPECT_THAT(finding_after("UPDATE mab.versions SET sampler_id = 99"),
              HasSubstr("can't be drawn from"));
  EXPECT_THAT(finding_after("UPDATE mab.versions SET alphas = '{1}'"),
              HasSubstr("can't be drawn from"));
  EXPECT_THAT(finding_after("DELETE FROM mab.versions"), HasSubstr("is not in the database"));
}

TEST_F(LookupServicePostgresTest, AnswersWhateverARowWasAlteredTo) {
  const bandit::DrawVersion version = Freeze(bandit::Policy::kThompson);
  DrainVersion(version);
  Drain({Assign(version, "ada")});
  const auto found_after = [&](const std::string& sql) {
    const auto result = pool_.Execute(sql);
    EXPECT_TRUE(result.ok()) << result.status();
    return Found("ada", /*replay=*/true);
  };
  LookupAssignmentResponse found =
      found_after("UPDATE mab.assignments SET assigned_at = '4000-01-01 BC'");
  EXPECT_TRUE(found.replay().agrees());
  EXPECT_EQ(found.assigned_at().seconds(), -62135596800);  // the first of year 1
  found = found_after("UPDATE mab.assignments SET assigned_at = 'infinity'");
  EXPECT_EQ(found.assigned_at().seconds(), 253402300799);  // the last of year 9999
  found = found_after("UPDATE mab.versions SET variant_ids = variant_ids[2:3] || variant_ids[1:1]");
  EXPECT_FALSE(found.replay().agrees());
  EXPECT_THAT(found.replay().finding(), HasSubstr("not as it was published"));
  found = found_after("UPDATE mab.versions SET alphas = '{NULL,1,1}'");
  EXPECT_THAT(found.replay().finding(), HasSubstr("can't be drawn from"));
  found = found_after("UPDATE mab.assignments SET version = -1");
  EXPECT_THAT(found.replay().finding(), HasSubstr("is not in the database"));
}

TEST_F(LookupServicePostgresTest, KnowsNobodyElse) {
  const bandit::DrawVersion version = Freeze(bandit::Policy::kThompson);
  DrainVersion(version);
  Drain({Assign(version, "ada")});
  LookupAssignmentResponse response;
  grpc::Status status = LookUp("grace", true, response);
  EXPECT_EQ(ReasonOf(status), kReasonAssignmentNotFound);
  EXPECT_THAT(status.error_message(), HasSubstr("may still be in the journal"));
  status = LookUp("ada", true, response, "nowhere");
  EXPECT_EQ(ReasonOf(status), kReasonExperimentNotFound);
  // Once he is erased nobody finds him.
  Drain({storage::ErasureEvent{.user = key_.Hash("ada"), .erased_at = kNow}});
  EXPECT_EQ(ReasonOf(LookUp("ada", true, response)), kReasonAssignmentNotFound);
}

TEST_F(LookupServicePostgresTest, TakesIdsAsAssignDoes) {
  LookupAssignmentResponse response;
  for (const std::string& user_id : {std::string(), std::string(257, 'u')}) {
    const grpc::Status status = LookUp(user_id, true, response);
    EXPECT_EQ(ReasonOf(status), kReasonInvalidArgument);
    EXPECT_THAT(FieldsOf(status), ElementsAre("user_id"));
  }
  for (const std::string& user_id :
       {std::string(256, 'u'), std::string("\0", 1), std::string("é")}) {
    EXPECT_EQ(ReasonOf(LookUp(user_id, true, response)), kReasonAssignmentNotFound);
  }
}

TEST_F(LookupServicePostgresTest, NeedsASignedInCaller) {
  LookupAssignmentResponse response;
  EXPECT_EQ(LookUp("ada", true, response, "hero", /*signed_in=*/false).error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
}

}  // namespace
}  // namespace mab::admin
