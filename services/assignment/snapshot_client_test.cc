#include "assignment/snapshot_client.h"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "assignment/durable_file.h"
#include "assignment/snapshot_codec.h"
#include "assignment/snapshot_file_codec.h"
#include "assignment/testing/sample_snapshot.h"
#include "assignment/testing/temp_directory.h"
#include "assignment/testing/test_server.h"
#include "common/rpc_metadata.h"
#include "common/rpc_status.h"

namespace mab::assignment {
namespace {

constexpr char kSecret[] = "0123456789abcdef0123456789abcdef";

// Sends what a test puts in, to whoever watches.
class FakeAdmin final : public v1::SnapshotService::Service {
 public:
  grpc::Status WatchSnapshots(grpc::ServerContext* context, const v1::WatchSnapshotsRequest*,
                              grpc::ServerWriter<v1::WatchSnapshotsResponse>* writer) override {
    if (const absl::Status status = CheckInternalSecret(*context, kSecret); !status.ok()) {
      ++refused_;
      return ToGrpcStatus(status);
    }
    ++streams_;
    while (true) {
      v1::WatchSnapshotsResponse message;
      {
        absl::MutexLock lock(&mutex_);
        const auto has_news = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
          return !messages_.empty() || end_stream_;
        };
        mutex_.AwaitWithTimeout(absl::Condition(&has_news), absl::Milliseconds(20));
        if (end_stream_) {
          end_stream_ = false;
          return grpc::Status(grpc::StatusCode::UNAVAILABLE, "going away");
        }
        if (context->IsCancelled()) return grpc::Status::CANCELLED;
        if (messages_.empty()) continue;
        message = std::move(messages_.front());
        messages_.pop_front();
      }
      writer->Write(message);
    }
  }

  void Send(bool full, const std::vector<SnapshotExperiment>& experiments,
            const std::string& database_id = kSampleDatabaseId, bool more = false) {
    v1::WatchSnapshotsResponse message;
    message.set_full(full);
    message.set_more(more);
    *message.mutable_snapshot() = EncodeSnapshot(*SampleSnapshot(experiments));
    message.mutable_snapshot()->set_database_id(database_id);
    absl::MutexLock lock(&mutex_);
    messages_.push_back(std::move(message));
  }
  // Nothing but one key.
  void SendKey(const std::string& id, const std::string& secret_hash) {
    v1::WatchSnapshotsResponse message;
    message.mutable_snapshot()->set_database_id(kSampleDatabaseId);
    v1::CallerKey* const key = message.mutable_snapshot()->mutable_caller_keys()->add_keys();
    key->set_id(id);
    key->set_secret_hash(secret_hash);
    absl::MutexLock lock(&mutex_);
    messages_.push_back(std::move(message));
  }
  grpc::Status ReportKeyUses(grpc::ServerContext* context, const v1::ReportKeyUsesRequest* request,
                             v1::ReportKeyUsesResponse*) override {
    absl::MutexLock lock(&mutex_);
    if (!CheckInternalSecret(*context, kSecret).ok() || !takes_uses_) {
      ++uses_refused_;
      return grpc::Status(grpc::StatusCode::UNAVAILABLE, "not now");
    }
    for (const v1::KeyUse& use : request->uses()) used_.push_back(use.api_key_id());
    return grpc::Status::OK;
  }
  void SetTakesUses(bool takes_uses) {
    absl::MutexLock lock(&mutex_);
    takes_uses_ = takes_uses;
  }
  std::vector<std::string> used() {
    absl::MutexLock lock(&mutex_);
    return used_;
  }
  int uses_refused() const { return uses_refused_; }
  void SendHeartbeat() {
    absl::MutexLock lock(&mutex_);
    messages_.emplace_back();
  }
  void EndStream() {
    absl::MutexLock lock(&mutex_);
    end_stream_ = true;
  }
  int streams() const { return streams_; }
  int refused() const { return refused_; }

 private:
  absl::Mutex mutex_;
  std::deque<v1::WatchSnapshotsResponse> messages_ ABSL_GUARDED_BY(mutex_);
  bool end_stream_ ABSL_GUARDED_BY(mutex_) = false;
  bool takes_uses_ ABSL_GUARDED_BY(mutex_) = true;
  std::vector<std::string> used_ ABSL_GUARDED_BY(mutex_);
  std::atomic<int> uses_refused_ = 0;
  std::atomic<int> streams_ = 0;
  std::atomic<int> refused_ = 0;
};

class SnapshotClientTest : public testing::Test {
 protected:
  SnapshotClient::Options OptionsTo(const std::string& address) {
    SnapshotClient::Options options;
    options.address = address;
    options.internal_secret = kSecret;
    options.file_path = path();
    options.holder = &holder_;
    options.clock = &clock_;
    options.metrics = &metrics_;
    options.database_id = [this] { return database_id_; };
    options.backoff_min = absl::Milliseconds(1);
    options.backoff_max = absl::Milliseconds(10);
    options.save_interval = absl::Milliseconds(5);
    return options;
  }
  std::string path() const { return directory_.path() + "/snapshot.pb"; }

  // Until `condition` holds; fails after a minute.
  void Await(const std::function<bool()>& condition) {
    const absl::Time deadline = absl::Now() + absl::Minutes(1);
    while (!condition()) {
      ASSERT_LT(absl::Now(), deadline);
      std::this_thread::yield();
    }
  }
  bool Knows(const std::string& key) const {
    const auto snapshot = holder_.Get();
    return snapshot != nullptr && snapshot->Find(key) != nullptr;
  }

  // 0 where the file does not have it.
  uint64_t SavedRevision(const std::string& key) const {
    const auto saved = LoadSnapshot(path());
    const bool has_it = saved.ok() && *saved != nullptr && (*saved)->Find(key) != nullptr;
    return has_it ? (*saved)->Find(key)->revision : 0;
  }

  TempDirectory directory_;
  SnapshotHolder holder_;
  SystemClock clock_;
  Metrics metrics_;
  Uuid database_id_ = *Uuid::Parse(kSampleDatabaseId);
  FakeAdmin admin_;
  TestServer server_{{&admin_}};
};

TEST_F(SnapshotClientTest, TakesTheWholeAndThenEveryChange) {
  SnapshotClient client(OptionsTo(server_.address()));
  client.Start();
  admin_.Send(true, {SampleExperiment(1)});
  ASSERT_TRUE(holder_.WaitForFirst(absl::Minutes(1)));
  EXPECT_TRUE(Knows("experiment-1"));
  admin_.SendHeartbeat();
  admin_.Send(false, {SampleExperiment(2)});
  Await([&] { return Knows("experiment-2"); });
  EXPECT_TRUE(Knows("experiment-1"));
}

TEST_F(SnapshotClientTest, TakesAWholeOfManyMessagesAtOnce) {
  SnapshotClient client(OptionsTo(server_.address()));
  client.Start();
  admin_.Send(true, {SampleExperiment(1)}, kSampleDatabaseId, /*more=*/true);
  admin_.Send(true, {SampleExperiment(2)}, kSampleDatabaseId, /*more=*/true);
  admin_.Send(true, {SampleExperiment(3)}, kSampleDatabaseId, /*more=*/false);
  ASSERT_TRUE(holder_.WaitForFirst(absl::Minutes(1)));
  EXPECT_EQ(holder_.Get()->by_id.size(), 3u);
}

TEST_F(SnapshotClientTest, LearnsKeysAndTellsWhenTheyWereUsed) {
  SnapshotClient client(OptionsTo(server_.address()));
  client.Start();
  admin_.Send(true, {SampleExperiment(1)});
  Await([&] { return Knows("experiment-1"); });
  EXPECT_EQ(holder_.Get()->caller_keys, nullptr);
  const std::string id = SampleExperimentId(1).ToString();
  admin_.SendKey(id, std::string(32, 'h'));
  Await([&] { return holder_.Get()->caller_keys != nullptr; });
  EXPECT_TRUE(Knows("experiment-1"));
  // It is on disk before a call sees it.
  EXPECT_EQ((*LoadSnapshot(path()))->caller_keys->size(), 1u);
  const CallerKeyPtr key = holder_.Get()->caller_keys->all()[0];
  EXPECT_TRUE(admin_.used().empty());
  admin_.SetTakesUses(false);
  key->NoteUse(clock_.Now());
  Await([&] { return admin_.uses_refused() > 0; });
  admin_.SetTakesUses(true);
  Await([&] { return !admin_.used().empty(); });
  EXPECT_EQ(admin_.used(), std::vector<std::string>{id});
}

TEST_F(SnapshotClientTest, OpensTheStreamAgainWhenItBreaks) {
  SnapshotClient client(OptionsTo(server_.address()));
  client.Start();
  admin_.Send(true, {SampleExperiment(1)});
  ASSERT_TRUE(holder_.WaitForFirst(absl::Minutes(1)));
  admin_.EndStream();
  Await([&] { return admin_.streams() >= 2; });
  admin_.Send(true, {SampleExperiment(1), SampleExperiment(2)});
  Await([&] { return Knows("experiment-2"); });
}

TEST_F(SnapshotClientTest, OpensASilentStreamAgain) {
  SnapshotClient::Options options = OptionsTo(server_.address());
  options.silence_max = absl::Milliseconds(1);
  SnapshotClient client(options);
  client.Start();
  Await([&] { return admin_.streams() >= 2; });
}

TEST_F(SnapshotClientTest, RefusesTheSnapshotOfAnotherDatabase) {
  SnapshotClient client(OptionsTo(server_.address()));
  client.Start();
  admin_.Send(true, {SampleExperiment(1)}, "0198f3c4-0000-7000-8000-00000000ffff");
  Await([&] { return admin_.streams() >= 2; });
  EXPECT_EQ(holder_.Get(), nullptr);
  admin_.Send(true, {SampleExperiment(2)});
  Await([&] { return Knows("experiment-2"); });
  EXPECT_FALSE(Knows("experiment-1"));
}

TEST_F(SnapshotClientTest, ShowsItsSecret) {
  SnapshotClient::Options options = OptionsTo(server_.address());
  options.internal_secret = "another";
  SnapshotClient client(options);
  client.Start();
  Await([&] { return admin_.refused() >= 2; });
  EXPECT_EQ(admin_.streams(), 0);
}

TEST_F(SnapshotClientTest, StartsFromTheFileWhileAdminIsAway) {
  {
    SnapshotClient client(OptionsTo(server_.address()));
    client.Start();
    admin_.Send(true, {SampleExperiment(1)});
    ASSERT_TRUE(holder_.WaitForFirst(absl::Minutes(1)));
    client.Stop();
  }
  SnapshotHolder cold;
  SnapshotClient::Options options = OptionsTo("unix:" + directory_.path() + "/nobody.sock");
  options.holder = &cold;
  SnapshotClient client(options);
  client.LoadFile();
  ASSERT_NE(cold.Get(), nullptr);
  EXPECT_NE(cold.Get()->Find("experiment-1"), nullptr);
  client.Start();
  client.Stop();
  EXPECT_GE(client.age(), absl::ZeroDuration());
}

TEST_F(SnapshotClientTest, SavesWhatItLearnsWhileItRuns) {
  SnapshotClient client(OptionsTo(server_.address()));
  client.Start();
  admin_.Send(true, {SampleExperiment(1)});
  Await([&] {
    const auto saved = LoadSnapshot(path());
    return saved.ok() && *saved != nullptr && (*saved)->Find("experiment-1") != nullptr;
  });
}

TEST_F(SnapshotClientTest, SavesAnExperimentBeforeItIsUsed) {
  SnapshotClient::Options options = OptionsTo(server_.address());
  options.save_interval = absl::Hours(1);
  SnapshotClient client(std::move(options));
  client.Start();
  SnapshotExperiment experiment = SampleExperiment(1);
  admin_.Send(true, {experiment});
  Await([&] { return Knows("experiment-1"); });
  EXPECT_EQ(SavedRevision("experiment-1"), experiment.revision);
  ++experiment.revision;
  admin_.Send(false, {experiment});
  Await([&] { return holder_.Get()->Find("experiment-1")->revision == experiment.revision; });
  EXPECT_EQ(SavedRevision("experiment-1"), experiment.revision);
}

TEST_F(SnapshotClientTest, AFileThatIsDamagedOrAnotherDatabasesIsNotUsed) {
  SnapshotClient client(OptionsTo(server_.address()));
  ASSERT_TRUE(WriteFileDurably(path(), "garbage").ok());
  client.LoadFile();
  EXPECT_EQ(holder_.Get(), nullptr);
  ASSERT_TRUE(SaveSnapshot(*SampleSnapshot({SampleExperiment(1)}), path()).ok());
  database_id_ = *Uuid::Parse("0198f3c4-0000-7000-8000-00000000ffff");
  client.LoadFile();
  EXPECT_EQ(holder_.Get(), nullptr);
}

}  // namespace
}  // namespace mab::assignment
