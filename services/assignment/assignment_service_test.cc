#include "assignment/assignment_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "assignment/system_service.h"
#include "assignment/testing/hot_path.h"
#include "assignment/testing/test_server.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace mab::assignment {
namespace {

using testing::UnorderedElementsAre;

// The service as a client meets it: through a real server, on a journal in memory.
class AssignmentServiceTest : public testing::Test {
 protected:
  AssignmentServiceTest() {
    SnapshotExperiment draft = SampleExperiment(9);
    draft.state = ExperimentState::kDraft;
    google::protobuf::Value payload;
    (*payload.mutable_struct_value()->mutable_fields())["text"].set_string_value("Ship today");
    for (SnapshotVariant& variant : experiment_.variants) {
      variant.payload_wire = payload.SerializeAsString();
    }
    holder_.Set(SampleSnapshot({experiment_, SampleExperiment(2, 5), draft}));
  }
  ~AssignmentServiceTest() override { path_.journal.Sync(); }

  v1::AssignRequest AssignRequestOf(const std::string& user) {
    v1::AssignRequest request;
    request.set_experiment(experiment_.key);
    request.set_user_id(user);
    return request;
  }
  grpc::Status Assign(const std::string& user, v1::AssignResponse* response) {
    grpc::ClientContext context;
    return stub_->Assign(&context, AssignRequestOf(user), response);
  }
  grpc::Status Convert(const v1::ConvertRequest& request, v1::ConvertResponse* response) {
    grpc::ClientContext context;
    return stub_->Convert(&context, request, response);
  }
  static google::rpc::Status DetailsOf(const grpc::Status& status) {
    google::rpc::Status details;
    EXPECT_TRUE(details.ParseFromString(status.error_details()));
    return details;
  }
  static std::string ReasonOf(const google::rpc::Status& status) {
    google::rpc::ErrorInfo info;
    for (const auto& detail : status.details()) {
      if (detail.UnpackTo(&info)) return info.reason();
    }
    return "";
  }
  static std::string ReasonOf(const grpc::Status& status) { return ReasonOf(DetailsOf(status)); }
  static std::vector<std::string> FieldsOf(const grpc::Status& status) {
    std::vector<std::string> fields;
    google::rpc::BadRequest bad;
    const google::rpc::Status details = DetailsOf(status);
    for (const auto& detail : details.details()) {
      if (!detail.UnpackTo(&bad)) continue;
      for (const auto& violation : bad.field_violations()) fields.push_back(violation.field());
    }
    return fields;
  }
  double Counted(const std::string& name, const std::string& label, const std::string& value) {
    return metrics_registry_.Counter(name, "", {{label, value}}).Value();
  }

  HotPath path_;
  SnapshotExperiment experiment_ = SampleExperiment(1);
  SnapshotHolder holder_;
  Metrics metrics_registry_;
  AssignmentMetrics metrics_{metrics_registry_};
  AssignmentCalls calls_{{&holder_, &path_.user_key, &path_.assigner, &path_.exposer,
                          &path_.converter, &metrics_}};
  AssignmentService service_{&calls_, &path_.journal, &metrics_};
  TestServer server_{{&service_}};
  std::unique_ptr<v1::AssignmentService::Stub> stub_ =
      v1::AssignmentService::NewStub(server_.Connect());
};

TEST_F(AssignmentServiceTest, AssignsWithEverythingThatAClientNeeds) {
  v1::AssignResponse response;
  ASSERT_TRUE(Assign("ann", &response).ok());
  EXPECT_EQ(response.experiment_id(), experiment_.id_text);
  EXPECT_EQ(response.experiment_key(), experiment_.key);
  EXPECT_THAT(response.variant().key(), testing::AnyOf("a", "b"));
  EXPECT_EQ(response.variant().name(), "Variant " + response.variant().key());
  EXPECT_EQ(response.variant().is_control(), response.variant().key() == "a");
  EXPECT_EQ(response.variant().payload().struct_value().fields().at("text").string_value(),
            "Ship today");
  EXPECT_FALSE(response.returning());
  EXPECT_TRUE(response.counted());
  EXPECT_EQ(response.version(), 1000);
  EXPECT_EQ(response.propensity(), 0.5);
  EXPECT_EQ(response.assigned_at().seconds(), 1795392000);
  EXPECT_EQ(response.assigned_at().nanos(), 123456000);

  v1::AssignResponse again;
  ASSERT_TRUE(Assign("ann", &again).ok());
  EXPECT_TRUE(again.returning());
  EXPECT_EQ(again.variant().id(), response.variant().id());
  EXPECT_EQ(Counted("mab_assignments_total", "kind", "new"), 1);
  EXPECT_EQ(Counted("mab_assignments_total", "kind", "returning"), 1);
}

TEST_F(AssignmentServiceTest, ExposesAndConverts) {
  v1::AssignRequest hidden = AssignRequestOf("ann");
  hidden.set_expose(false);
  v1::AssignResponse assigned;
  {
    grpc::ClientContext context;
    ASSERT_TRUE(stub_->Assign(&context, hidden, &assigned).ok());
    EXPECT_FALSE(assigned.counted());
  }
  {
    grpc::ClientContext context;
    v1::ExposeRequest request;
    request.set_experiment(experiment_.id_text);
    request.set_user_id("ann");
    v1::ExposeResponse response;
    ASSERT_TRUE(stub_->Expose(&context, request, &response).ok());
    EXPECT_TRUE(response.counted());
    EXPECT_EQ(response.exposed_at().seconds(), 1795392000);
  }
  v1::ConvertRequest request;
  request.set_experiment(experiment_.key);
  request.set_user_id("ann");
  request.set_value(2.5);
  request.set_event_id("order-1");
  v1::ConvertResponse response;
  ASSERT_TRUE(Convert(request, &response).ok());
  EXPECT_TRUE(response.recorded());
  EXPECT_FALSE(response.duplicate());
  EXPECT_TRUE(response.credited());
  EXPECT_EQ(response.variant().id(), assigned.variant().id());
  EXPECT_EQ(response.variant().key(), assigned.variant().key());
  ASSERT_TRUE(Convert(request, &response).ok());
  EXPECT_FALSE(response.recorded());
  EXPECT_TRUE(response.duplicate());
  const auto events = path_.journal.appended_of<storage::ConversionEvent>();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].value, 2.5);
  EXPECT_EQ(events[0].event_id, "order-1");
  EXPECT_EQ(Counted("mab_conversions_total", "kind", "credited"), 1);
  EXPECT_EQ(Counted("mab_conversions_total", "kind", "duplicate"), 1);
}

TEST_F(AssignmentServiceTest, AnswersABatch) {
  v1::BatchAssignRequest request;
  request.set_user_id("ann");
  request.add_experiments("experiment-1");
  request.add_experiments("experiment-2");
  request.add_experiments("experiment-9");
  request.add_experiments("nobody");
  (*request.mutable_force())["experiment-2"] = "e";
  v1::BatchAssignResponse response;
  grpc::ClientContext context;
  ASSERT_TRUE(stub_->BatchAssign(&context, request, &response).ok());
  ASSERT_EQ(response.assignments_size(), 2);
  EXPECT_EQ(response.assignments(0).experiment_key(), "experiment-1");
  EXPECT_TRUE(response.assignments(0).has_assigned_at());
  EXPECT_EQ(response.assignments(1).variant().key(), "e");
  EXPECT_FALSE(response.assignments(1).has_assigned_at());
  ASSERT_EQ(response.errors_size(), 2);
  EXPECT_EQ(response.errors(0).experiment_key(), "experiment-9");
  EXPECT_EQ(response.errors(0).code(), "EXPERIMENT_NOT_RUNNING");
  EXPECT_EQ(response.errors(1).code(), "EXPERIMENT_NOT_FOUND");

  v1::BatchExposeRequest expose;
  expose.set_user_id("ann");
  expose.add_experiments("experiment-1");
  expose.add_experiments("experiment-2");
  v1::BatchExposeResponse exposed;
  grpc::ClientContext expose_context;
  ASSERT_TRUE(stub_->BatchExpose(&expose_context, expose, &exposed).ok());
  ASSERT_EQ(exposed.exposures_size(), 1);
  EXPECT_TRUE(exposed.exposures(0).counted());
  ASSERT_EQ(exposed.errors_size(), 1);
  EXPECT_EQ(exposed.errors(0).code(), "ASSIGNMENT_NOT_FOUND");
}

TEST_F(AssignmentServiceTest, NamesEveryFieldThatIsWrong) {
  v1::ConvertRequest request;
  request.set_user_id(std::string(257, 'x'));
  request.set_value(std::numeric_limits<double>::quiet_NaN());
  request.set_event_id(std::string(129, 'x'));
  v1::ConvertResponse response;
  const grpc::Status status = Convert(request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(ReasonOf(status), "INVALID_ARGUMENT");
  EXPECT_THAT(FieldsOf(status), UnorderedElementsAre("experiment", "user_id", "value", "event_id"));
  EXPECT_EQ(Counted("mab_request_errors_total", "code", "INVALID_ARGUMENT"), 1);
}

TEST_F(AssignmentServiceTest, ErrorsCarryTheirReason) {
  v1::ConvertRequest request;
  request.set_experiment(experiment_.key);
  request.set_user_id("stranger");
  v1::ConvertResponse response;
  EXPECT_EQ(ReasonOf(Convert(request, &response)), "ASSIGNMENT_NOT_FOUND");
  request.set_experiment("nobody");
  EXPECT_EQ(ReasonOf(Convert(request, &response)), "EXPERIMENT_NOT_FOUND");
  request.set_experiment("experiment-9");
  EXPECT_EQ(ReasonOf(Convert(request, &response)), "EXPERIMENT_NOT_RUNNING");
  path_.journal.SetFull(true);
  v1::AssignResponse assigned;
  const grpc::Status full = Assign("ann", &assigned);
  EXPECT_EQ(full.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(full), "JOURNAL_FULL");
}

TEST_F(AssignmentServiceTest, BeforeTheFirstSnapshotItIsUnavailable) {
  SnapshotHolder empty;
  AssignmentCalls calls({&empty, &path_.user_key, &path_.assigner, &path_.exposer,
                         &path_.converter, &metrics_});
  v1::AssignResponse response;
  EXPECT_TRUE(absl::IsUnavailable(calls.Assign(AssignRequestOf("ann"), &response).status()));
}

TEST_F(AssignmentServiceTest, AnAnswerLeavesWhenItsRecordIsWritten) {
  path_.journal.HoldWrites();
  v1::AssignResponse response;
  grpc::Status status;
  std::thread client([&] { status = Assign("ann", &response); });
  // The version's and the assignment's own, and the answer's.
  path_.journal.AwaitWaiters(3);
  path_.journal.Write();
  client.join();
  EXPECT_TRUE(status.ok());
}

TEST_F(AssignmentServiceTest, AFailedWriteIsToldAndLeavesNothing) {
  path_.journal.HoldWrites();
  v1::AssignResponse response;
  grpc::Status status;
  std::thread client([&] { status = Assign("ann", &response); });
  path_.journal.AwaitWaiters(3);
  path_.journal.FailUnwritten();
  client.join();
  EXPECT_EQ(ReasonOf(status), "JOURNAL_FULL");
  EXPECT_EQ(path_.sticky_map.size(), 0u);
}

// One stream, and what came back by call id.
class Stream {
 public:
  explicit Stream(v1::AssignmentService::Stub& stub) : stream_(stub.StreamCalls(&context_)) {}

  bool Send(const v1::StreamCallsRequest& request) { return stream_->Write(request); }
  // Reads until `count` answers are there in all.
  void ReadAnswers(size_t count) {
    v1::StreamCallsResponse response;
    while (answers.size() < count && stream_->Read(&response)) {
      ++messages;
      for (v1::StreamAnswer& answer : *response.mutable_answers()) {
        const uint64_t id = answer.id();
        EXPECT_TRUE(answers.emplace(id, std::move(answer)).second) << "answered twice: " << id;
      }
    }
    EXPECT_EQ(answers.size(), count);
  }
  grpc::Status Finish() {
    stream_->WritesDone();
    v1::StreamCallsResponse response;
    while (stream_->Read(&response)) {
    }
    return stream_->Finish();
  }
  void Cancel() { context_.TryCancel(); }

  std::map<uint64_t, v1::StreamAnswer> answers;
  int messages = 0;

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::StreamCallsRequest, v1::StreamCallsResponse>>
      stream_;
};

class StreamCallsTest : public AssignmentServiceTest {
 protected:
  void AddAssign(v1::StreamCallsRequest& request, uint64_t id, const std::string& user) {
    v1::StreamCall* call = request.add_calls();
    call->set_id(id);
    *call->mutable_assign() = AssignRequestOf(user);
  }
  void AddConvert(v1::StreamCallsRequest& request, uint64_t id, const std::string& user) {
    v1::StreamCall* call = request.add_calls();
    call->set_id(id);
    call->mutable_convert()->set_experiment(experiment_.key);
    call->mutable_convert()->set_user_id(user);
  }
};

TEST_F(StreamCallsTest, AnswersTenThousandMixedCallsOnOneStream) {
  constexpr uint64_t kCalls = 10000;
  Stream stream(*stub_);
  std::thread sender([&] {
    uint64_t id = 0;
    while (id < kCalls) {
      v1::StreamCallsRequest request;
      const uint64_t end = std::min(kCalls, id + 1 + id % 300);
      for (; id < end; ++id) {
        const std::string user = absl::StrCat("user-", id / 5);
        if (id % 5 == 0) {
          AddAssign(request, id, user);
        } else if (id % 5 == 1) {
          AddConvert(request, id, user);
        } else if (id % 5 == 2) {
          v1::StreamCall* call = request.add_calls();
          call->set_id(id);
          call->mutable_expose()->set_experiment(experiment_.key);
          call->mutable_expose()->set_user_id(user);
        } else if (id % 5 == 3) {
          v1::StreamCall* call = request.add_calls();
          call->set_id(id);
          call->mutable_batch_assign()->set_user_id(user);
          call->mutable_batch_assign()->add_experiments("experiment-2");
        } else {
          AddConvert(request, id, "");
        }
      }
      ASSERT_TRUE(stream.Send(request));
    }
  });
  stream.ReadAnswers(kCalls);
  sender.join();
  EXPECT_TRUE(stream.Finish().ok());
  for (const auto& [id, answer] : stream.answers) {
    switch (id % 5) {
      case 0:
        EXPECT_TRUE(answer.assign().has_assigned_at());
        break;
      case 1:
        EXPECT_TRUE(answer.convert().recorded());
        EXPECT_TRUE(answer.convert().credited());
        break;
      case 2:
        EXPECT_TRUE(answer.expose().counted());
        break;
      case 3:
        EXPECT_EQ(answer.batch_assign().assignments_size(), 1);
        break;
      default:
        EXPECT_EQ(ReasonOf(answer.error()), "INVALID_ARGUMENT");
    }
  }
}

TEST_F(StreamCallsTest, AssignmentsDoNotWaitForTheDiskOfConversions) {
  path_.journal.HoldSyncs();
  Stream stream(*stub_);
  v1::StreamCallsRequest request;
  AddAssign(request, 1, "ann");
  AddConvert(request, 2, "ann");
  AddAssign(request, 3, "bob");
  ASSERT_TRUE(stream.Send(request));
  stream.ReadAnswers(2);
  EXPECT_TRUE(stream.answers.contains(1) && stream.answers.contains(3));
  path_.journal.Sync();
  stream.ReadAnswers(3);
  EXPECT_TRUE(stream.answers.at(2).convert().recorded());
}

TEST_F(StreamCallsTest, AFailedWriteFailsTheCallsThatRestOnIt) {
  v1::AssignResponse known;
  ASSERT_TRUE(Assign("known", &known).ok());
  path_.journal.HoldWrites();
  Stream stream(*stub_);
  v1::StreamCallsRequest request;
  AddAssign(request, 1, "known");
  AddAssign(request, 2, "fresh");
  AddConvert(request, 3, "known");
  ASSERT_TRUE(stream.Send(request));
  // The two records' own, and two messages of answers.
  path_.journal.AwaitWaiters(4);
  path_.journal.FailUnwritten();
  stream.ReadAnswers(3);
  EXPECT_TRUE(stream.answers.at(1).assign().returning());
  EXPECT_EQ(ReasonOf(stream.answers.at(2).error()), "JOURNAL_FULL");
  EXPECT_EQ(ReasonOf(stream.answers.at(3).error()), "JOURNAL_FULL");
}

TEST_F(StreamCallsTest, MoreThanItsLimitOfCallsEndsTheStream) {
  Stream stream(*stub_);
  v1::StreamCallsRequest request;
  for (int i = 0; i < CallStream::kCallsMax; ++i) AddAssign(request, i, absl::StrCat("u", i));
  ASSERT_TRUE(stream.Send(request));
  stream.ReadAnswers(CallStream::kCallsMax);
  AddAssign(request, 5000, "one more");
  ASSERT_TRUE(stream.Send(request));
  const grpc::Status status = stream.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(FieldsOf(status), UnorderedElementsAre("calls"));
}

TEST_F(StreamCallsTest, ACallThatAsksNothingIsRefused) {
  Stream stream(*stub_);
  v1::StreamCallsRequest request;
  request.add_calls()->set_id(7);
  ASSERT_TRUE(stream.Send(request));
  stream.ReadAnswers(1);
  EXPECT_EQ(ReasonOf(stream.answers.at(7).error()), "INVALID_ARGUMENT");
}

TEST_F(StreamCallsTest, AnEmptyMessageIsAnsweredByNone) {
  Stream stream(*stub_);
  ASSERT_TRUE(stream.Send({}));
  v1::StreamCallsRequest request;
  AddAssign(request, 1, "ann");
  ASSERT_TRUE(stream.Send(request));
  stream.ReadAnswers(1);
  EXPECT_TRUE(stream.Finish().ok());
}

TEST_F(StreamCallsTest, LargeAnswersComeInMessagesThatFit) {
  // 1,024 answers of 16 KiB each are 16 MiB: more than a message may have, and than may be on their way at once.
  google::protobuf::Value payload;
  payload.set_string_value(std::string(16 << 10, 'p'));
  for (SnapshotVariant& variant : experiment_.variants) {
    variant.payload_wire = payload.SerializeAsString();
  }
  holder_.Set(SampleSnapshot({experiment_}));
  Stream stream(*stub_);
  for (int message = 0; message < 3; ++message) {
    v1::StreamCallsRequest request;
    for (int i = 0; i < CallStream::kCallsMax; ++i) {
      AddAssign(request, message * CallStream::kCallsMax + i, absl::StrCat("u", i));
    }
    ASSERT_TRUE(stream.Send(request));
  }
  stream.ReadAnswers(3 * CallStream::kCallsMax);
  EXPECT_GT(stream.messages, 3 * 15);
  EXPECT_TRUE(stream.Finish().ok());
}

TEST_F(StreamCallsTest, ReadsNoFurtherThanItCanAnswer) {
  path_.journal.HoldWrites();
  Stream stream(*stub_);
  // Each message is one message of answers that wait for the journal.
  constexpr size_t kMessages = CallStream::kOutstandingMessagesMax + 50;
  for (size_t i = 0; i < kMessages; ++i) {
    v1::StreamCallsRequest request;
    AddAssign(request, i, absl::StrCat("u", i));
    ASSERT_TRUE(stream.Send(request));
  }
  // A version's, each assignment's, each answer's.
  path_.journal.AwaitWaiters(1 + 2 * CallStream::kOutstandingMessagesMax);
  EXPECT_EQ(path_.sticky_map.size(), CallStream::kOutstandingMessagesMax);
  std::atomic<bool> done = false;
  std::thread disk([&] {
    while (!done) {
      path_.journal.Write();
      std::this_thread::yield();
    }
  });
  stream.ReadAnswers(kMessages);
  done = true;
  disk.join();
}

TEST_F(StreamCallsTest, ACancelledStreamIsForgotten) {
  path_.journal.HoldWrites();
  {
    Stream stream(*stub_);
    v1::StreamCallsRequest request;
    AddAssign(request, 1, "ann");
    ASSERT_TRUE(stream.Send(request));
    path_.journal.AwaitWaiters(3);
    stream.Cancel();
    EXPECT_EQ(stream.Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  path_.journal.Write();
  // What was decided is on record all the same.
  EXPECT_EQ(path_.sticky_map.size(), 1u);
}

TEST_F(StreamCallsTest, AtTheEndStreamsAnswerWhatIsDecidedAndClose) {
  path_.journal.HoldWrites();
  Stream stream(*stub_);
  v1::StreamCallsRequest request;
  AddAssign(request, 1, "ann");
  ASSERT_TRUE(stream.Send(request));
  path_.journal.AwaitWaiters(3);
  service_.EndStreams();
  path_.journal.Write();
  stream.ReadAnswers(1);
  EXPECT_EQ(stream.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  Stream late(*stub_);
  EXPECT_EQ(late.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST(SystemServiceTest, TellsHowTheServiceIs) {
  FakeClock clock(SampleTime());
  SnapshotHolder holder;
  StickyMap map;
  absl::Duration age = absl::Seconds(2);
  SystemService::JournalFacts facts{12, 3456, true};
  SystemService service(
      {&clock, &holder, &map, [&] { return facts; }, [&] { return age; }});
  TestServer server({&service});
  const auto stub = v1::SystemService::NewStub(server.Connect());
  const auto get = [&] {
    grpc::ClientContext context;
    v1::GetStatusResponse response;
    EXPECT_TRUE(stub->GetStatus(&context, {}, &response).ok());
    return response;
  };
  clock.Advance(absl::Seconds(90));
  v1::GetStatusResponse status = get();
  EXPECT_FALSE(status.version().empty());
  EXPECT_EQ(status.uptime_seconds(), 90);
  EXPECT_EQ(status.checks().at("journal").status(), v1::SystemCheck::OK);
  EXPECT_EQ(status.checks().at("journal").measurements().at("lag_events"), 12);
  EXPECT_EQ(status.checks().at("journal").measurements().at("bytes"), 3456);
  EXPECT_EQ(status.checks().at("snapshot").status(), v1::SystemCheck::DOWN);
  EXPECT_EQ(status.checks().at("sticky_map").status(), v1::SystemCheck::DEGRADED);
  EXPECT_EQ(status.checks().at("sticky_map").measurements().at("complete"), 0);
  EXPECT_GT(status.checks().at("system").measurements().at("memory_mb"), 0);

  holder.Set(SampleSnapshot({}));
  map.MarkComplete();
  facts.lag_events = 1000000;
  status = get();
  EXPECT_EQ(status.checks().at("snapshot").status(), v1::SystemCheck::OK);
  EXPECT_EQ(status.checks().at("snapshot").measurements().at("age_seconds"), 2);
  EXPECT_EQ(status.checks().at("sticky_map").status(), v1::SystemCheck::OK);
  EXPECT_EQ(status.checks().at("journal").status(), v1::SystemCheck::DEGRADED);
  age = absl::Minutes(5);
  facts.accepts = false;
  status = get();
  EXPECT_EQ(status.checks().at("snapshot").status(), v1::SystemCheck::DEGRADED);
  EXPECT_EQ(status.checks().at("journal").status(), v1::SystemCheck::DOWN);
}

}  // namespace
}  // namespace mab::assignment
