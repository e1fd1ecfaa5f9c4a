#include "admin/snapshot_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "admin/testing/fake_authorizer.h"
#include "admin/testing/test_experiment.h"
#include "admin/testing/test_server.h"
#include "common/clock.h"
#include "common/error.h"
#include "common/postgres.h"
#include "storage/testing/migrated_database.h"

namespace mab::admin {
namespace {

using mab::v1::WatchSnapshotsResponse;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
const std::string kSecret = FakeAuthorizer::kInternalSecret;

class SnapshotServiceTest : public ::testing::Test {
 protected:
  // One stream of snapshots.
  class Watcher {
   public:
    explicit Watcher(SnapshotServiceTest& test, const std::string& secret = kSecret) {
      context_.AddMetadata("mab-internal-secret", secret);
      reader_ =
          mab::v1::SnapshotService::NewStub(test.server_.channel())->WatchSnapshots(&context_, {});
    }
    // Everything up to the message that completes an update.
    std::vector<WatchSnapshotsResponse> Read() {
      std::vector<WatchSnapshotsResponse> messages;
      WatchSnapshotsResponse message;
      while (reader_->Read(&message)) {
        messages.push_back(message);
        if (!message.more()) break;
      }
      return messages;
    }
    // The next update that says something.
    WatchSnapshotsResponse ReadNews() {
      for (;;) {
        const std::vector<WatchSnapshotsResponse> messages = Read();
        if (messages.empty()) return {};
        const WatchSnapshotsResponse& last = messages.back();
        if (last.full() || last.snapshot().experiments_size() > 0) return last;
      }
    }
    grpc::Status Finish() { return reader_->Finish(); }
    void Cancel() { context_.TryCancel(); }

   private:
    grpc::ClientContext context_;
    std::unique_ptr<grpc::ClientReader<WatchSnapshotsResponse>> reader_;
  };

  void Publish(const std::string& key, const std::string& payload = "null") {
    auto experiment = std::make_shared<storage::Experiment>(MakeTestExperiment(key, 2, kNow));
    experiment->variants[1].payload_json = payload;
    SnapshotChange change;
    change.changed.push_back({.experiment = std::move(experiment), .version = nullptr});
    hub_.Publish(kNow, "database", std::move(change));
  }

  double OpenStreams() { return metrics_.Gauge("mab_snapshot_watchers", "").Value(); }

  Metrics metrics_;
  SnapshotHub hub_;
  FakeAuthorizer authorizer_;
  SnapshotServiceImpl service_{{.watchers_max = 2, .heartbeat = absl::Milliseconds(50)},
                               &authorizer_,
                               &hub_,
                               nullptr,
                               nullptr,
                               metrics_};
  TestServer server_{{&service_}};
};

TEST_F(SnapshotServiceTest, SendsEverythingFirstAndThenEachChange) {
  Publish("first");
  Watcher watcher(*this);
  const WatchSnapshotsResponse full = watcher.ReadNews();
  EXPECT_TRUE(full.full());
  ASSERT_EQ(full.snapshot().experiments_size(), 1);
  EXPECT_EQ(full.snapshot().experiments(0).key(), "first");

  Publish("second");
  const WatchSnapshotsResponse delta = watcher.ReadNews();
  EXPECT_FALSE(delta.full());
  ASSERT_EQ(delta.snapshot().experiments_size(), 1);
  EXPECT_EQ(delta.snapshot().experiments(0).key(), "second");
}

TEST(ReportKeyUsesPostgresTest, KeepsWhenKeysWereUsed) {
  storage::MigratedDatabase database;
  PgPool pool({.url = database.url()});
  FakeClock clock(kNow);
  Metrics metrics;
  SnapshotHub hub;
  FakeAuthorizer authorizer;
  SnapshotServiceImpl service({}, &authorizer, &hub, &pool, &clock, metrics);
  TestServer server({&service});
  const auto stub = mab::v1::SnapshotService::NewStub(server.channel());
  const auto report = [&](const mab::v1::ReportKeyUsesRequest& request, bool internal = true) {
    grpc::ClientContext context;
    if (internal) context.AddMetadata("mab-internal-secret", FakeAuthorizer::kInternalSecret);
    mab::v1::ReportKeyUsesResponse response;
    return stub->ReportKeyUses(&context, request, &response);
  };
  const ApiKeyId id{Uuid::NewV7(kNow)};
  ASSERT_TRUE(pool.Execute("INSERT INTO mab.api_keys (id, name, hint, secret_hash, can_read, "
                           "can_write, can_assign, create_time) "
                           "VALUES ($1, 'k', 'mab_AbCd', sha256(''), false, false, true, $2)",
                           {id, kNow})
                  .ok());
  const auto last_use = [&] {
    return pool.Execute("SELECT last_use_time FROM mab.api_keys")->OptionalTime(0, "last_use_time");
  };
  mab::v1::ReportKeyUsesRequest request;
  mab::v1::KeyUse* const use = request.add_uses();
  use->set_api_key_id(id.ToString());
  use->mutable_last_use_time()->set_seconds(absl::ToUnixSeconds(kNow) - 60);
  EXPECT_EQ(report(request, false).error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_FALSE(last_use().has_value());
  ASSERT_TRUE(report(request).ok());
  EXPECT_EQ(last_use(), absl::FromUnixSeconds(absl::ToUnixSeconds(kNow) - 60));
  // Another machine's clock may be ahead.
  use->mutable_last_use_time()->set_seconds(absl::ToUnixSeconds(kNow) + 3600);
  ASSERT_TRUE(report(request).ok());
  EXPECT_EQ(last_use(), kNow);

  request.add_uses()->set_api_key_id("x");
  request.add_uses()->mutable_last_use_time()->set_nanos(-1);
  EXPECT_THAT(
      FieldsOf(report(request)),
      testing::ElementsAre("uses[1].api_key_id", "uses[2].api_key_id", "uses[2].last_use_time"));
  request.clear_uses();
  for (int i = 0; i < 1001; ++i) {
    request.add_uses()->set_api_key_id(Uuid::NewV7(kNow).ToString());
    request.mutable_uses(i)->mutable_last_use_time()->set_seconds(0);
  }
  EXPECT_THAT(FieldsOf(report(request)), testing::ElementsAre("uses"));
  request.mutable_uses()->RemoveLast();
  EXPECT_TRUE(report(request).ok());
}

TEST_F(SnapshotServiceTest, GivesASignOfLifeWhileNothingChanges) {
  Publish("first");
  Watcher watcher(*this);
  watcher.ReadNews();
  hub_.Publish(kNow + absl::Seconds(9), "database", {});
  int64_t create_time_ms = 0;
  while (create_time_ms != absl::ToUnixMillis(kNow + absl::Seconds(9))) {
    const auto messages = watcher.Read();
    ASSERT_EQ(messages.size(), 1u);
    EXPECT_FALSE(messages[0].full());
    EXPECT_EQ(messages[0].snapshot().experiments_size(), 0);
    create_time_ms = messages[0].snapshot().create_time_ms();
  }
}

TEST_F(SnapshotServiceTest, SplitsWhatIsTooLargeForOneMessage) {
  // 16 KiB of short numbers are six times as large in protobuf.
  std::string payload = "[1";
  while (payload.size() < 16'000) payload += ",1";
  payload += "]";
  for (int i = 0; i < 100; ++i) Publish(absl::StrCat("e", i), payload);
  Watcher watcher(*this);
  const auto messages = watcher.Read();
  EXPECT_GT(messages.size(), 1u);
  int experiments = 0;
  for (const WatchSnapshotsResponse& message : messages) {
    EXPECT_LT(message.ByteSizeLong(), 4u * 1024 * 1024) << "gRPC's limit unless it is raised";
    experiments += message.snapshot().experiments_size();
  }
  EXPECT_EQ(experiments, 100);
}

TEST_F(SnapshotServiceTest, NeedsTheSecret) {
  Publish("first");
  for (const std::string& secret : {std::string("wrong"), std::string(), kSecret + "x"}) {
    Watcher watcher(*this, secret);
    EXPECT_TRUE(watcher.Read().empty());
    const grpc::Status status = watcher.Finish();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED);
    EXPECT_EQ(ReasonOf(status), kReasonUnauthenticated);
  }
}

TEST_F(SnapshotServiceTest, RefusesOneWatcherTooMany) {
  Publish("first");
  Watcher first(*this), second(*this);
  first.ReadNews();
  second.ReadNews();
  EXPECT_EQ(OpenStreams(), 2);
  Watcher third(*this);
  EXPECT_TRUE(third.Read().empty());
  EXPECT_EQ(ReasonOf(third.Finish()), kReasonOverloaded);
}

TEST_F(SnapshotServiceTest, AWatcherThatLeavesFreesItsPlace) {
  Publish("first");
  {
    Watcher watcher(*this);
    watcher.ReadNews();
    watcher.Cancel();
    EXPECT_EQ(watcher.Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  while (OpenStreams() != 0 && absl::Now() < deadline) std::this_thread::yield();
  EXPECT_EQ(OpenStreams(), 0);
}

TEST_F(SnapshotServiceTest, EndsPromptlyWhenTheServiceShutsDown) {
  Publish("first");
  Watcher watcher(*this);
  watcher.ReadNews();
  hub_.Close();
  const absl::Time start = absl::Now();
  server_.Shutdown(absl::Seconds(60));
  EXPECT_LT(absl::Now() - start, absl::Seconds(30)) << "the stream held the shutdown up";
  while (!watcher.Read().empty()) {
  }
  EXPECT_EQ(watcher.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace mab::admin
