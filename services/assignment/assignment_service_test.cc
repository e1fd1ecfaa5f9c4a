#include "assignment/assignment_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <thread>

#include "assignment/testing/served_hot_path.h"

namespace mab::assignment {
namespace {

using testing::UnorderedElementsAre;

using AssignmentServiceTest = ServedHotPath;

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
  EXPECT_EQ(response.reason(), v1::AssignResponse::DRAWN);
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
  AssignmentCalls calls(
      {&empty, &path_.user_key, &path_.assigner, &path_.exposer, &path_.converter, &metrics_});
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

}  // namespace
}  // namespace mab::assignment
