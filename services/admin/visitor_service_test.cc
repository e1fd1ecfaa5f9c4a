#include "admin/visitor_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "admin/testing/fake_authorizer.h"
#include "admin/testing/test_server.h"
#include "common/error.h"
#include "storage/testing/migrated_database.h"

namespace mab::admin {
namespace {

using mab::v1::EraseVisitorResponse;
using mab::v1::Erasure;
using mab::v1::GetErasureResponse;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const absl::Time kNow = absl::FromUnixMicros(1'800'000'000'123'456);
constexpr char kSecret[] = "0123456789abcdef0123456789abcdef";

// Answers as the assignment service does.
class FakeErasureService final : public mab::v1::ErasureService::Service {
 public:
  grpc::Status EraseUser(grpc::ServerContext* context, const mab::v1::EraseUserRequest* request,
                         mab::v1::EraseUserResponse* response) override {
    if (!Knows(*context)) return grpc::Status(grpc::StatusCode::UNAUTHENTICATED, "");
    ++erasing;
    if (hold != nullptr) hold->WaitForNotification();
    erased = request->user_id();
    if (full) return grpc::Status(grpc::StatusCode::UNAVAILABLE, erased);
    response->set_assignments(2);
    response->mutable_erased_at()->set_seconds(absl::ToUnixSeconds(kNow));
    response->set_journal_id(journal_id.ToString());
    response->set_sequence(++sequence);
    response->mutable_clear_by()->set_seconds(absl::ToUnixSeconds(kNow) + 90000);
    return grpc::Status::OK;
  }
  grpc::Status GetErasureProgress(grpc::ServerContext* context,
                                  const mab::v1::GetErasureProgressRequest*,
                                  mab::v1::GetErasureProgressResponse* response) override {
    if (!Knows(*context)) return grpc::Status(grpc::StatusCode::UNAUTHENTICATED, "");
    response->set_journal_id(journal_id.ToString());
    response->set_cleared_through(cleared_through);
    return grpc::Status::OK;
  }

  Uuid journal_id = Uuid::NewV7(kNow);
  std::string erased;
  // Calls that came so far; where there is a `hold`, they are answered when it is notified.
  std::atomic<int> erasing = 0;
  absl::Notification* hold = nullptr;
  bool full = false;
  uint64_t sequence = 40;
  uint64_t cleared_through = 0;

 private:
  static bool Knows(const grpc::ServerContext& context) {
    const auto& metadata = context.client_metadata();
    const auto found = metadata.find("mab-internal-secret");
    return found != metadata.end() && found->second == kSecret;
  }
};

class VisitorServicePostgresTest : public ::testing::Test {
 protected:
  template <typename Call>
  grpc::Status As(Role role, Call call) {
    grpc::ClientContext context;
    context.AddMetadata("role", std::string(storage::RoleName(role)));
    return call(&context);
  }
  grpc::Status Erase(const std::string& user_id, EraseVisitorResponse* response,
                     Role role = Role::kAdmin) {
    return As(role, [&](grpc::ClientContext* context) {
      mab::v1::EraseVisitorRequest request;
      request.set_user_id(user_id);
      return stub_->EraseVisitor(context, request, response);
    });
  }
  grpc::Status Get(const std::string& id, GetErasureResponse* response, Role role = Role::kAdmin) {
    return As(role, [&](grpc::ClientContext* context) {
      mab::v1::GetErasureRequest request;
      request.set_erasure_id(id);
      return stub_->GetErasure(context, request, response);
    });
  }
  Erasure Found(const std::string& id) {
    GetErasureResponse response;
    const grpc::Status status = Get(id, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.erasure();
  }
  int64_t Count(const std::string& table) {
    return pool_.Execute("SELECT count(*) AS n FROM mab." + table)->Int(0, "n");
  }

  const AccountId admin_{Uuid::NewV7(kNow)};
  storage::MigratedDatabase database_;
  PgPool pool_{{.url = database_.url()}};
  FakeClock clock_{kNow};
  FakeAuthorizer authorizer_;
  FakeErasureService assignment_;
  std::unique_ptr<RpcServer> assignment_server_ =
      RpcServer::Create({.listen = "127.0.0.1:0", .services = {&assignment_}}).value();
  ErasureClient eraser_{{.assignment_address = assignment_server_->address(),
                         .internal_secret = kSecret,
                         .timeout = absl::Seconds(30),
                         .pool = &pool_,
                         .clock = &clock_}};
  VisitorServiceImpl service_{&authorizer_, &eraser_};
  TestServer server_{{&service_}};
  std::unique_ptr<mab::v1::VisitorService::Stub> stub_ =
      mab::v1::VisitorService::NewStub(server_.channel());
};

TEST_F(VisitorServicePostgresTest, ErasesAndPutsOnRecordThatItDid) {
  EraseVisitorResponse response;
  const grpc::Status status = Erase("ann", &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(assignment_.erased, "ann");
  const Erasure& erasure = response.erasure();
  EXPECT_EQ(erasure.state(), Erasure::PENDING);
  EXPECT_EQ(erasure.assignments(), 2u);
  EXPECT_EQ(erasure.erased_at().seconds(), absl::ToUnixSeconds(kNow));
  EXPECT_EQ(erasure.clear_by().seconds(), absl::ToUnixSeconds(kNow) + 90000);
  EXPECT_FALSE(erasure.has_cleared_at());
  const auto log = pool_.Execute(
      "SELECT account_id, address, action, subject_type, subject_id, before IS NULL AND after IS "
      "NULL AS "
      "bare "
      "FROM mab.audit_log");
  ASSERT_EQ(log->rows(), 1);
  EXPECT_FALSE(log->IsNull(0, "account_id"));
  EXPECT_EQ(log->Text(0, "address"), "203.0.113.5");
  EXPECT_EQ(log->Text(0, "action"), "visitor.erase");
  EXPECT_EQ(log->Text(0, "subject_type"), "erasure");
  EXPECT_EQ(log->Text(0, "subject_id"), erasure.erasure_id());
  EXPECT_TRUE(log->Bool(0, "bare"));
}

TEST_F(VisitorServicePostgresTest, SaysSinceWhenTheJournalIsClear) {
  EraseVisitorResponse response;
  ASSERT_TRUE(Erase("ann", &response).ok());
  const std::string id = response.erasure().erasure_id();
  assignment_.cleared_through = 40;
  EXPECT_EQ(Found(id).state(), Erasure::PENDING);
  assignment_.cleared_through = 41;
  clock_.Advance(absl::Hours(1));
  EXPECT_EQ(Found(id).state(), Erasure::CLEAR);
  clock_.Advance(absl::Hours(1));
  EXPECT_EQ(Found(id).cleared_at().seconds(), absl::ToUnixSeconds(kNow) + 3600);
  // It stays so, whatever the assignment service says.
  assignment_server_->Shutdown(absl::ZeroDuration());
  EXPECT_EQ(Found(id).state(), Erasure::CLEAR);
}

TEST_F(VisitorServicePostgresTest, LearnsItThoughNobodyAsks) {
  ASSERT_TRUE(eraser_.Look().ok());
  EraseVisitorResponse first, second;
  ASSERT_TRUE(Erase("ann", &first).ok());
  ASSERT_TRUE(Erase("bob", &second).ok());
  assignment_.cleared_through = 41;
  ASSERT_TRUE(eraser_.Look().ok());
  assignment_server_->Shutdown(absl::ZeroDuration());
  EXPECT_EQ(Found(first.erasure().erasure_id()).state(), Erasure::CLEAR);
  EXPECT_EQ(Found(second.erasure().erasure_id()).state(), Erasure::PENDING);
  EXPECT_FALSE(eraser_.Look().ok());
}

TEST_F(VisitorServicePostgresTest, AnotherJournalSaysNothingOfIt) {
  EraseVisitorResponse response;
  ASSERT_TRUE(Erase("ann", &response).ok());
  assignment_.journal_id = Uuid::NewV7(kNow);
  assignment_.cleared_through = 1000;
  ASSERT_TRUE(eraser_.Look().ok());
  EXPECT_EQ(Found(response.erasure().erasure_id()).state(), Erasure::JOURNAL_SET_ASIDE);
}

TEST_F(VisitorServicePostgresTest, IsForAdministrators) {
  EraseVisitorResponse erased;
  GetErasureResponse found;
  for (const Role role : {Role::kViewer, Role::kEditor}) {
    EXPECT_EQ(ReasonOf(Erase("ann", &erased, role)), kReasonPermissionDenied);
    EXPECT_EQ(ReasonOf(Get(admin_.ToString(), &found, role)), kReasonPermissionDenied);
  }
  grpc::ClientContext context;
  EXPECT_EQ(stub_->EraseVisitor(&context, {}, &erased).error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(assignment_.erased, "");
}

TEST_F(VisitorServicePostgresTest, NamesWhatIsWrong) {
  EraseVisitorResponse erased;
  for (const std::string& user_id : {std::string(), std::string(257, 'u')}) {
    EXPECT_THAT(FieldsOf(Erase(user_id, &erased)), ElementsAre("user_id"));
  }
  EXPECT_TRUE(Erase(std::string(256, 'u'), &erased).ok());
  GetErasureResponse found;
  EXPECT_THAT(FieldsOf(Get("41", &found)), ElementsAre("erasure_id"));
  EXPECT_EQ(ReasonOf(Get(admin_.ToString(), &found)), kReasonErasureNotFound);
}

TEST_F(VisitorServicePostgresTest, LeavesNoTraceWhereItWasNotDone) {
  EraseVisitorResponse response;
  assignment_.full = true;
  const grpc::Status refused = Erase("marilla", &response);
  EXPECT_EQ(ReasonOf(refused), kReasonUnavailable);
  EXPECT_THAT(refused.error_message(), Not(HasSubstr("marilla")));
  assignment_server_->Shutdown(absl::ZeroDuration());
  EXPECT_EQ(ReasonOf(Erase("ann", &response)), kReasonUnavailable);
  EXPECT_EQ(Count("audit_log"), 0);
  EXPECT_EQ(Count("erasures"), 0);
}

TEST_F(VisitorServicePostgresTest, AnAssignmentServiceThatHangsHoldsOneConnection) {
  absl::Notification hold;
  assignment_.hold = &hold;
  std::vector<std::thread> callers;
  std::atomic<int> erased = 0;
  for (int i = 0; i < 1 + ErasureClient::kWaitingMax; ++i) {
    callers.emplace_back([&] {
      EraseVisitorResponse response;
      if (Erase("ann", &response).ok()) ++erased;
    });
  }
  const auto all_wait = [&] {
    return eraser_.waiting() == ErasureClient::kWaitingMax && assignment_.erasing == 1;
  };
  while (!all_wait()) absl::SleepFor(absl::Milliseconds(2));
  EraseVisitorResponse response;
  EXPECT_EQ(ReasonOf(Erase("bob", &response)), kReasonOverloaded);
  EXPECT_EQ(Count("audit_log"), 0);
  EXPECT_EQ(pool_
                .Execute("SELECT count(*) AS n FROM pg_stat_activity WHERE"
                         " datname = current_database() AND state = 'idle in transaction'")
                ->Int(0, "n"),
            1);
  hold.Notify();
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(erased, 1 + ErasureClient::kWaitingMax);
  EXPECT_EQ(Count("erasures"), 1 + ErasureClient::kWaitingMax);
}

TEST_F(VisitorServicePostgresTest, ErasesNobodyWhileItCannotBePutOnRecord) {
  ASSERT_TRUE(pool_.Execute("ALTER TABLE mab.audit_log RENAME TO elsewhere").ok());
  EraseVisitorResponse response;
  EXPECT_FALSE(Erase("ann", &response).ok());
  EXPECT_EQ(assignment_.erased, "");
}

}  // namespace
}  // namespace mab::admin
