#include "assignment/stream_calls_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "assignment/testing/served_hot_path.h"

namespace mab::assignment {
namespace {

using testing::UnorderedElementsAre;

// One stream, and what came back by call id.
class Stream {
 public:
  // With `secret`: by that API key.
  explicit Stream(v1::AssignmentService::Stub& stub, const std::string& secret = "") {
    if (!secret.empty()) context_.AddMetadata("authorization", "Bearer " + secret);
    stream_ = stub.StreamCalls(&context_);
  }

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

class StreamCallsTest : public ServedHotPath {
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

TEST_F(StreamCallsTest, EachCallSaysWhosePageAsks) {
  experiment_.allowed_origins = {"https://shop.example"};
  holder_.Set(SampleSnapshot({experiment_}));
  Stream stream(*stub_);
  v1::StreamCallsRequest request;
  AddAssign(request, 1, "ann");
  request.mutable_calls(0)->set_origin("https://other.example");
  AddAssign(request, 2, "bob");
  request.mutable_calls(1)->set_origin("https://shop.example");
  AddAssign(request, 3, "cid");
  AddConvert(request, 4, "bob");
  request.mutable_calls(3)->set_origin("https://other.example");
  ASSERT_TRUE(stream.Send(request));
  stream.ReadAnswers(4);
  EXPECT_EQ(ReasonOf(stream.answers.at(1).error()), "ORIGIN_NOT_ALLOWED");
  EXPECT_TRUE(stream.answers.at(2).assign().counted());
  EXPECT_TRUE(stream.answers.at(3).assign().counted());
  EXPECT_EQ(ReasonOf(stream.answers.at(4).error()), "ORIGIN_NOT_ALLOWED");
}

TEST_F(StreamCallsTest, EachCallSaysWhetherAMachineAsks) {
  Stream stream(*stub_);
  v1::StreamCallsRequest request;
  AddAssign(request, 1, "ann");
  AddAssign(request, 2, "crawler");
  request.mutable_calls(1)->set_bot(v1::StreamCall::USER_AGENT);
  AddAssign(request, 3, "prefetch");
  request.mutable_calls(2)->set_bot(v1::StreamCall::PREFETCH);
  AddAssign(request, 4, "flood");
  request.mutable_calls(3)->set_bot(v1::StreamCall::RATE);
  AddAssign(request, 5, "of a newer gateway");
  request.mutable_calls(4)->set_bot(static_cast<v1::StreamCall::BotSign>(77));
  ASSERT_TRUE(stream.Send(request));
  stream.ReadAnswers(5);
  for (const auto& [id, answer] : stream.answers) {
    const bool counts = id == 1 || id == 5;
    EXPECT_EQ(answer.assign().counted(), counts) << id;
    EXPECT_EQ(answer.assign().has_assigned_at(), counts) << id;
  }
  EXPECT_EQ(path_.sticky_map.size(), 2u);
}

TEST_F(StreamCallsTest, OnlyOurOwnServicesSayWhoseCallItIs) {
  experiment_.allowed_origins = {"https://shop.example"};
  holder_.Set(SampleSnapshot({experiment_}));
  const std::string secret = NewApiKeySecret();
  SetCallerKeys({{secret, absl::InfiniteFuture()}});
  v1::StreamCallsRequest request;
  AddAssign(request, 1, "of another page");
  request.mutable_calls(0)->set_origin("https://other.example");
  AddAssign(request, 2, "a machine");
  request.mutable_calls(1)->set_bot(v1::StreamCall::RATE);
  AddAssign(request, 3, "both");
  request.mutable_calls(2)->set_origin("https://other.example");
  request.mutable_calls(2)->set_bot(v1::StreamCall::RATE);

  Stream ours(*stub_);
  ASSERT_TRUE(ours.Send(request));
  ours.ReadAnswers(3);
  EXPECT_EQ(ReasonOf(ours.answers.at(1).error()), "ORIGIN_NOT_ALLOWED");
  EXPECT_TRUE(ours.answers.at(2).has_assign());
  EXPECT_FALSE(ours.answers.at(2).assign().counted());
  EXPECT_EQ(ReasonOf(ours.answers.at(3).error()), "ORIGIN_NOT_ALLOWED");
  EXPECT_EQ(path_.sticky_map.size(), 0u);
  const auto marked = [&] {
    path_.counter.Flush();
    return path_.journal.appended_of<storage::CountEvent>().size();
  };
  const size_t marked_before = marked();
  EXPECT_GT(marked_before, 0u);

  const auto outside = v1::AssignmentService::NewStub(server_.Connect());
  Stream keyed(*outside, secret);
  ASSERT_TRUE(keyed.Send(request));
  keyed.ReadAnswers(3);
  for (const auto& [id, answer] : keyed.answers) {
    EXPECT_TRUE(answer.assign().counted()) << id << ": " << ReasonOf(answer.error());
    EXPECT_TRUE(answer.assign().has_assigned_at()) << id;
  }
  EXPECT_EQ(path_.sticky_map.size(), 3u);
  EXPECT_EQ(marked(), marked_before);
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
  // 1,024 answers of 16 KiB each are 16 MiB: more than a message may have, and than may be on their
  // way at once.
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

}  // namespace
}  // namespace mab::assignment
