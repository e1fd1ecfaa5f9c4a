#include "assignment/call_authorizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "assignment/erasure_service.h"
#include "assignment/system_service.h"
#include "assignment/testing/served_hot_path.h"
#include "common/rpc_status.h"
#include "common/testing/generic_calls.h"
#include "common/testing/new_second.h"
#include "mab/v1/snapshot_service.grpc.pb.h"

namespace mab::assignment {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAreArray;

// A handler whose method is in no row.
class Unlisted final : public v1::SnapshotService::Service {
 public:
  explicit Unlisted(const CallAuthorizer& authorizer) : authorizer_(authorizer) {}
  grpc::Status ReportKeyUses(grpc::ServerContext* context, const v1::ReportKeyUsesRequest*,
                             v1::ReportKeyUsesResponse*) override {
    return ToGrpcStatus(
        authorizer_.Authorize(*context, "mab.v1.AssignmentService/DropEverything").status());
  }

 private:
  const CallAuthorizer& authorizer_;
};

// All services of the process, as it serves them.
class CallAccessTest : public ServedHotPath {
 protected:
  std::vector<std::string> ServedMethods() { return MethodsOf(all_.server().service_names()); }
  grpc::StatusCode Call(const std::string& method, const CallMetadata& metadata) {
    const bool streams = absl::EndsWith(method, "/StreamCalls");
    return CallEmpty(generic_, method, metadata,
                     streams ? absl::Milliseconds(300) : absl::Seconds(30));
  }
  static CallMetadata Bearer(const std::string& token) {
    return {{"authorization", "Bearer " + token}};
  }

  Eraser eraser_{&path_.journal, &path_.sticky_map, &path_.clock};
  ErasureService erasure_{{.user_key = &path_.user_key,
                           .eraser = &eraser_,
                           .authorizer = &authorizer_,
                           .journal_id = Uuid(),
                           .time_max = absl::Hours(1),
                           .cleared_through = [] { return uint64_t{0}; }}};
  TrafficMeter traffic_{[] { return TrafficCounts(); }, &path_.clock};
  SystemService system_{{.clock = &path_.clock,
                         .snapshots = &holder_,
                         .sticky_map = &path_.sticky_map,
                         .journal = [] { return SystemService::JournalFacts(); },
                         .snapshot_age = [] { return absl::ZeroDuration(); },
                         .authorizer = &authorizer_,
                         .traffic = &traffic_}};
  TestServer all_{{&service_, &erasure_, &system_}};
  grpc::GenericStub generic_{all_.Connect()};
};

TEST_F(CallAccessTest, TheTableHasExactlyTheRpcsThatAreServed) {
  absl::flat_hash_set<absl::string_view> rows;
  for (const CallAccessRow& row : CallAccessTable()) {
    EXPECT_TRUE(rows.insert(row.method).second) << row.method;
  }
  EXPECT_THAT(std::vector<std::string>(rows.begin(), rows.end()),
              UnorderedElementsAreArray(ServedMethods()));
}

TEST_F(CallAccessTest, EveryRpcLetsInWhomTheTableSaysAndNobodyElse) {
  const std::string expired = NewApiKeySecret(), good = NewApiKeySecret();
  SetCallerKeys({{good, absl::InfiniteFuture()}, {expired, path_.clock.Now()}});
  const std::map<std::string, CallMetadata> strangers = {
      {"nothing", {}},
      {"an empty token", Bearer("")},
      {"a wrong secret", {{"mab-internal-secret", std::string(kInternalSecret) + "x"}}},
      {"an empty secret", {{"mab-internal-secret", ""}}},
      {"two secrets",
       {{"mab-internal-secret", kInternalSecret}, {"mab-internal-secret", kInternalSecret}}},
      {"the secret as a token", Bearer(kInternalSecret)},
      {"a key as the secret", {{"mab-internal-secret", good}}},
      {"a key without a scheme", {{"authorization", good}}},
      {"an unknown key", Bearer(NewApiKeySecret())},
      {"an expired key", Bearer(expired)},
      {"a truncated key", Bearer(good.substr(0, 46))},
      {"a longer key", Bearer(good + "A")},
      {"a prefix", Bearer("mab_")},
      {"an access token", Bearer("eyJhbGciOiJIUzI1NiJ9.e30.x")}};
  for (const CallAccessRow& row : CallAccessTable()) {
    const std::string method(row.method);
    for (const auto& [name, metadata] : strangers) {
      const grpc::StatusCode code = Call(method, metadata);
      if (row.access == CallAccess::kPublic) {
        EXPECT_EQ(code, grpc::StatusCode::OK) << method << " with " << name;
      } else {
        EXPECT_EQ(code, grpc::StatusCode::UNAUTHENTICATED) << method << " with " << name;
      }
    }
    EXPECT_NE(Call(method, {{"mab-internal-secret", kInternalSecret}}),
              grpc::StatusCode::UNAUTHENTICATED)
        << method;
    EXPECT_EQ(Call(method, Bearer(good)) == grpc::StatusCode::UNAUTHENTICATED,
              row.access == CallAccess::kInternal)
        << method;
  }
}

TEST_F(CallAccessTest, RefusesAMethodThatIsNotInTheTable) {
  Unlisted service(authorizer_);
  TestServer server({&service});
  grpc::ClientContext context;
  context.AddMetadata("mab-internal-secret", kInternalSecret);
  v1::ReportKeyUsesResponse response;
  const grpc::Status status = v1::SnapshotService::NewStub(server.Connect())
                                  ->ReportKeyUses(&context, v1::ReportKeyUsesRequest(), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(CallAccessTest, WhoIsRefusedIsInTheLogAndTheKeyIsNot) {
  const std::string unknown = NewApiKeySecret(), expired = NewApiKeySecret();
  SetCallerKeys({{expired, path_.clock.Now()}});
  const std::string id = holder_.Get()->caller_keys->all().at(0)->id().ToString();
  const auto log_of = [&](const std::string& method, const CallMetadata& metadata) {
    ::testing::internal::CaptureStdout();
    Call(method, metadata);
    return ::testing::internal::GetCapturedStdout();
  };
  WaitForANewSecond();
  EXPECT_THAT(log_of("mab.v1.AssignmentService/Assign", Bearer(unknown)),
              AllOf(HasSubstr("a call was refused"), HasSubstr("AssignmentService/Assign"),
                    HasSubstr("ipv4:127.0.0.1:"), HasSubstr("unknown, expired or revoked"),
                    HasSubstr("caller=\"\""), Not(HasSubstr(unknown.substr(4)))));
  EXPECT_THAT(log_of("mab.v1.AssignmentService/StreamCalls", Bearer(expired)),
              AllOf(HasSubstr("AssignmentService/StreamCalls"), HasSubstr(id),
                    Not(HasSubstr(expired.substr(4)))));
  EXPECT_THAT(log_of("mab.v1.ErasureService/EraseUser", {{"mab-internal-secret", "a guess"}}),
              AllOf(HasSubstr("ErasureService/EraseUser"), Not(HasSubstr("a guess"))));
  EXPECT_THAT(log_of("mab.v1.SystemService/GetStatus", {}), Not(HasSubstr("refused")));
}

TEST_F(CallAccessTest, AFloodOfStrangersIsAFewLinesAndHidesNoKey) {
  const std::string expired = NewApiKeySecret();
  SetCallerKeys({{expired, path_.clock.Now()}});
  const std::string id = holder_.Get()->caller_keys->all().at(0)->id().ToString();
  WaitForANewSecond();
  ::testing::internal::CaptureStdout();
  const absl::Time begin = absl::Now();
  for (int i = 0; i < 300; ++i) Call("mab.v1.AssignmentService/Assign", {});
  const auto seconds = static_cast<int64_t>(absl::ToDoubleSeconds(absl::Now() - begin)) + 2;
  Call("mab.v1.AssignmentService/Assign", Bearer(expired));
  const std::string log = ::testing::internal::GetCapturedStdout();
  const auto lines = std::count(log.begin(), log.end(), '\n');
  EXPECT_GT(lines, 0);
  EXPECT_LE(lines, 10 * seconds + 1);
  EXPECT_THAT(log, HasSubstr(id));
}

TEST_F(CallAccessTest, AnEmptySecretOpensNothing) {
  CallAuthorizer closed("", &holder_, &path_.clock);
  AssignmentService service(&closed, &calls_, &path_.journal, &metrics_);
  TestServer server({&service});
  grpc::ClientContext context;
  context.AddMetadata("mab-internal-secret", "");
  v1::AssignResponse response;
  EXPECT_EQ(v1::AssignmentService::NewStub(server.Connect())
                ->Assign(&context, AssignRequestOf("ann"), &response)
                .error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(CallAccessTest, BeforeTheFirstSnapshotNoKeyIsKnown) {
  const SnapshotHolder empty;
  CallAuthorizer authorizer(kInternalSecret, &empty, &path_.clock);
  AssignmentService service(&authorizer, &calls_, &path_.journal, &metrics_);
  TestServer server({&service});
  const auto stub = v1::AssignmentService::NewStub(server.Connect());
  const auto assign = [&](const std::string& token) {
    grpc::ClientContext context;
    context.AddMetadata("authorization", "Bearer " + token);
    v1::AssignResponse response;
    return stub->Assign(&context, AssignRequestOf("ann"), &response).error_code();
  };
  EXPECT_EQ(assign(NewApiKeySecret()), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(assign("mab_x"), grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(CallAccessTest, AUseIsNotedAndWhoIsRefusedDecidesNothing) {
  const std::string good = NewApiKeySecret();
  SetCallerKeys({{good, absl::InfiniteFuture()}});
  const auto key = holder_.Get()->caller_keys->all().at(0);
  EXPECT_FALSE(key->TakeUse().has_value());
  Call("mab.v1.AssignmentService/Assign", Bearer(NewApiKeySecret()));
  EXPECT_FALSE(key->TakeUse().has_value());
  Call("mab.v1.AssignmentService/Assign", Bearer(good));
  EXPECT_TRUE(key->TakeUse().has_value());

  grpc::ClientContext context;
  v1::AssignResponse response;
  const auto stranger = v1::AssignmentService::NewStub(all_.Connect());
  EXPECT_EQ(stranger->Assign(&context, AssignRequestOf("ann"), &response).error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(path_.sticky_map.size(), 0u);
}

TEST_F(CallAccessTest, BulkExposesOnlyWithAKeyThatSaysSo) {
  const auto counted = [&](const std::string& user, const std::string& key,
                           const std::string& value) {
    grpc::ClientContext context;
    context.AddMetadata(key, value);
    v1::AssignAllRequest request;
    request.set_user_id(user);
    v1::AssignAllResponse response;
    EXPECT_TRUE(v1::AssignmentService::NewStub(all_.Connect())
                    ->AssignAll(&context, request, &response)
                    .ok());
    EXPECT_EQ(response.assignments_size(), 2);
    return response.assignments(0).counted() && response.assignments(1).counted();
  };
  EXPECT_FALSE(counted("ann", "authorization", "Bearer " + SetCallerKey({})));
  EXPECT_FALSE(counted("bob", "mab-internal-secret", kInternalSecret));
  EXPECT_TRUE(counted("cat", "authorization", "Bearer " + SetCallerKey({.bulk_exposes = true})));
  path_.journal.Sync();
}

TEST_F(CallAccessTest, AStreamThatIsRefusedReadsNothing) {
  grpc::ClientContext context;
  const auto stranger = v1::AssignmentService::NewStub(all_.Connect());
  const auto stream = stranger->StreamCalls(&context);
  v1::StreamCallsRequest request;
  *request.add_calls()->mutable_assign() = AssignRequestOf("ann");
  stream->Write(request);
  v1::StreamCallsResponse response;
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(path_.sticky_map.size(), 0u);
}

TEST_F(CallAccessTest, AStreamEndsWithItsKeyAndOthersGoOn) {
  const std::string revoked = NewApiKeySecret(), good = NewApiKeySecret();
  SetCallerKeys({{revoked, absl::InfiniteFuture()}, {good, absl::InfiniteFuture()}});
  const auto stub = v1::AssignmentService::NewStub(all_.Connect());
  grpc::ClientContext ending, staying, ours;
  ending.AddMetadata("authorization", "Bearer " + revoked);
  staying.AddMetadata("authorization", "Bearer " + good);
  ours.AddMetadata("mab-internal-secret", kInternalSecret);
  const auto answers = [&](auto& stream) {
    v1::StreamCallsRequest request;
    *request.add_calls()->mutable_assign() = AssignRequestOf("ann");
    if (!stream.Write(request)) return false;
    v1::StreamCallsResponse response;
    return stream.Read(&response);
  };
  const auto first = stub->StreamCalls(&ending), second = stub->StreamCalls(&staying),
             third = stub->StreamCalls(&ours);
  ASSERT_TRUE(answers(*first));
  ASSERT_TRUE(answers(*second));
  ASSERT_TRUE(answers(*third));
  service_.EndStreamsWithoutKey();
  ASSERT_TRUE(answers(*first));

  SetCallerKeys({{good, absl::InfiniteFuture()}});
  service_.EndStreamsWithoutKey();
  v1::StreamCallsResponse response;
  EXPECT_FALSE(first->Read(&response));
  EXPECT_EQ(first->Finish().error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_TRUE(answers(*second));
  EXPECT_TRUE(answers(*third));
  ending.TryCancel();
  staying.TryCancel();
  ours.TryCancel();
  second->Finish();
  third->Finish();
}

TEST_F(CallAccessTest, AClientThatNeverReadsLosesItsStreamWithItsKey) {
  const std::string revoked = NewApiKeySecret();
  SetCallerKeys({{revoked, absl::InfiniteFuture()}});
  google::protobuf::Value payload;
  payload.set_string_value(std::string(16 << 10, 'p'));
  for (SnapshotVariant& variant : experiment_.variants) {
    variant.payload_wire = payload.SerializeAsString();
  }
  auto snapshot = std::make_shared<Snapshot>(*SampleSnapshot({experiment_}));
  snapshot->caller_keys = holder_.Get()->caller_keys;
  holder_.Set(snapshot);
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer " + revoked);
  const auto stub = v1::AssignmentService::NewStub(all_.Connect());
  const auto stream = stub->StreamCalls(&context);
  // 16 MiB of answers: more than gRPC takes from us, and than the stream may hold.
  constexpr size_t kCalls = CallStream::kCallsMax;
  v1::StreamCallsRequest request;
  for (size_t i = 0; i < kCalls; ++i) {
    *request.add_calls()->mutable_assign() = AssignRequestOf(absl::StrCat("u", i));
  }
  ASSERT_TRUE(stream->Write(request));
  // Until it decides no more, for want of room.
  auto is_settled = [this, last = size_t{0}, unchanged = 0]() mutable {
    const size_t decided = path_.sticky_map.size();
    unchanged = decided > 0 && decided == last ? unchanged + 1 : 0;
    last = decided;
    return unchanged >= 20;
  };
  while (!is_settled()) absl::SleepFor(absl::Milliseconds(10));
  const size_t decided = path_.sticky_map.size();
  EXPECT_LT(decided, kCalls) << "it decides what nobody reads";
  SetCallerKeys({});
  service_.EndStreamsWithoutKey(absl::Hours(1));
  service_.EndStreamsWithoutKey(absl::ZeroDuration());
  size_t answers = 0;
  v1::StreamCallsResponse response;
  while (stream->Read(&response)) answers += static_cast<size_t>(response.answers_size());
  EXPECT_LT(answers, decided);
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(CallAccessTest, AKeyHasSoManyStreamsAtMost) {
  const std::string busy = NewApiKeySecret(), other = NewApiKeySecret();
  SetCallerKeys({{busy, absl::InfiniteFuture()}, {other, absl::InfiniteFuture()}});
  const auto stub = v1::AssignmentService::NewStub(all_.Connect());
  struct Open {
    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReaderWriter<v1::StreamCallsRequest, v1::StreamCallsResponse>>
        stream;
    bool answered = false;
  };
  const auto open = [&](const std::string& token) {
    auto one = std::make_unique<Open>();
    one->context.AddMetadata("authorization", "Bearer " + token);
    one->stream = stub->StreamCalls(&one->context);
    v1::StreamCallsRequest request;
    *request.add_calls()->mutable_assign() = AssignRequestOf("ann");
    one->stream->Write(request);
    v1::StreamCallsResponse response;
    one->answered = one->stream->Read(&response);
    return one;
  };
  const auto close = [](Open& one) {
    one.stream->WritesDone();
    return one.stream->Finish();
  };
  std::vector<std::unique_ptr<Open>> all;
  for (size_t i = 0; i < AssignmentService::kStreamsPerKeyMax; ++i) {
    all.push_back(open(busy));
    EXPECT_TRUE(all.back()->answered) << i;
  }
  const auto one_more = open(busy);
  EXPECT_FALSE(one_more->answered);
  const grpc::Status refused = close(*one_more);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(refused), "OVERLOADED");
  const auto another = open(other);
  EXPECT_TRUE(another->answered);
  EXPECT_TRUE(close(*another).ok());
  // One that ends makes room, as soon as gRPC has let go of it.
  EXPECT_TRUE(close(*all.back()).ok());
  all.pop_back();
  bool again = false;
  for (const absl::Time end = absl::Now() + absl::Seconds(30); !again && absl::Now() < end;) {
    const auto one = open(busy);
    again = one->answered;
    close(*one);
  }
  EXPECT_TRUE(again);
  for (const auto& one : all) EXPECT_TRUE(close(*one).ok());
}

}  // namespace
}  // namespace mab::assignment
