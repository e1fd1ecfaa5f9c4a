#include "admin/experiment_service.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "admin/testing/fake_authorizer.h"
#include "common/error.h"
#include "common/rpc_metadata.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "mab/v1/experiment_service.grpc.pb.h"
#include "storage/testing/migrated_database.h"

namespace mab::admin {
namespace {

using google::protobuf::util::MessageDifferencer;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

v1::Experiment Parse(const std::string& text) {
  v1::Experiment message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

// A payload of objects (three levels of messages each) around a number.
google::protobuf::Value Nested(int depth) {
  google::protobuf::Value value;
  value.set_number_value(1);
  for (int i = 0; i < depth; ++i) {
    google::protobuf::Value outer;
    (*outer.mutable_struct_value()->mutable_fields())["k"] = value;
    value = outer;
  }
  return value;
}

class ExperimentServiceTest : public ::testing::Test {
 protected:
  ExperimentServiceTest()
      : pool_({.url = database_.url()}),
        clock_(absl::FromUnixMicros(1'795'392'000'123'456)),
        catalog_({.pool = &pool_, .clock = &clock_}),
        service_(authorizer_, catalog_) {
    // Over a socket, so that what is too large for the wire shows.
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ = v1::ExperimentService::NewStub(
        grpc::CreateChannel(absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials()));
  }

  template <typename Request, typename Response>
  grpc::Status Call(grpc::Status (v1::ExperimentService::Stub::*method)(grpc::ClientContext*,
                                                                        const Request&, Response*),
                    const Request& request, Response* response, const char* role = "EDITOR") {
    grpc::ClientContext context;
    if (role != nullptr) context.AddMetadata("role", role);
    return (*stub_.*method)(&context, request, response);
  }

  grpc::Status Create(const v1::Experiment& experiment, v1::Experiment* created = nullptr,
                      const char* role = "EDITOR") {
    v1::CreateExperimentRequest request;
    *request.mutable_experiment() = experiment;
    v1::CreateExperimentResponse response;
    const grpc::Status status =
        Call(&v1::ExperimentService::Stub::CreateExperiment, request, &response, role);
    if (created != nullptr) *created = response.experiment();
    return status;
  }
  grpc::Status Get(const std::string& id, v1::Experiment* found, const char* role = "VIEWER") {
    v1::GetExperimentRequest request;
    request.set_id(id);
    v1::GetExperimentResponse response;
    const grpc::Status status =
        Call(&v1::ExperimentService::Stub::GetExperiment, request, &response, role);
    *found = response.experiment();
    return status;
  }
  grpc::Status Update(const v1::Experiment& experiment, const std::vector<std::string>& paths,
                      v1::Experiment* updated = nullptr, const char* role = "EDITOR") {
    v1::UpdateExperimentRequest request;
    *request.mutable_experiment() = experiment;
    for (const std::string& path : paths) request.mutable_update_mask()->add_paths(path);
    v1::UpdateExperimentResponse response;
    const grpc::Status status =
        Call(&v1::ExperimentService::Stub::UpdateExperiment, request, &response, role);
    if (updated != nullptr) *updated = response.experiment();
    return status;
  }
  // One step of the life cycle.
  template <typename Request, typename Response>
  grpc::Status Step(grpc::Status (v1::ExperimentService::Stub::*method)(grpc::ClientContext*,
                                                                        const Request&, Response*),
                    Request request, v1::Experiment* after, const char* role = "EDITOR") {
    Response response;
    const grpc::Status status = Call(method, request, &response, role);
    *after = response.experiment();
    return status;
  }

  storage::MigratedDatabase database_;
  PgPool pool_;
  FakeClock clock_;
  FakeAuthorizer authorizer_;
  ExperimentCatalog catalog_;
  ExperimentServiceImpl service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::ExperimentService::Stub> stub_;
};

template <typename Detail>
Detail DetailOf(const grpc::Status& status) {
  google::rpc::Status details;
  EXPECT_TRUE(details.ParseFromString(status.error_details()));
  Detail detail;
  for (const google::protobuf::Any& any : details.details()) {
    if (any.UnpackTo(&detail)) return detail;
  }
  return detail;
}

std::string ReasonOf(const grpc::Status& status) {
  return DetailOf<google::rpc::ErrorInfo>(status).reason();
}

std::vector<std::string> FieldsOf(const grpc::Status& status) {
  const auto bad_request = DetailOf<google::rpc::BadRequest>(status);
  std::vector<std::string> fields;
  for (const auto& violation : bad_request.field_violations()) fields.push_back(violation.field());
  return fields;
}

const char kHero[] = R"pb(
  key: "hero-title"
  name: "Hero title"
  description: "…"
  variants {
    key: "a"
    name: "Today"
    is_control: true
    payload {
      struct_value {
        fields {
          key: "text"
          value { string_value: "Welcome" }
        }
      }
    }
  }
  variants { key: "b" name: "Short headline" }
  floor: 0.02
  burn_in_exposures: 10
  traffic_share: 0.5
  prior { alpha: 1 beta: 20 }
)pb";

TEST_F(ExperimentServiceTest, CreatesAndGivesBack) {
  v1::Experiment created;
  const grpc::Status status = Create(Parse(kHero), &created);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(created.state(), v1::Experiment::DRAFT);
  EXPECT_EQ(created.etag(), "1795392000123");
  EXPECT_EQ(created.prior().beta(), 20);
  EXPECT_EQ(created.conversion_window_seconds(), 604'800u);
  for (const std::string& name : {std::string("hero-title"), created.id()}) {
    v1::Experiment found;
    ASSERT_TRUE(Get(name, &found).ok());
    EXPECT_TRUE(MessageDifferencer::Equals(found, created)) << found.DebugString();
  }
}

TEST_F(ExperimentServiceTest, ViewersReadAndEditorsWriteAndOthersDoNeither) {
  v1::Experiment experiment;
  ASSERT_TRUE(Create(Parse(kHero), &experiment).ok());
  v1::DeleteExperimentRequest erase;
  erase.set_id(experiment.id());
  v1::DeleteExperimentResponse erased;
  v1::StartExperimentRequest start;
  start.set_id(experiment.id());
  v1::ListExperimentsResponse listed;
  v1::Experiment ignored;
  const auto start_method = &v1::ExperimentService::Stub::StartExperiment;
  const auto delete_method = &v1::ExperimentService::Stub::DeleteExperiment;
  const auto list_method = &v1::ExperimentService::Stub::ListExperiments;

  EXPECT_TRUE(Get("hero-title", &ignored, "VIEWER").ok());
  EXPECT_TRUE(Call(list_method, {}, &listed, "VIEWER").ok());
  EXPECT_EQ(ReasonOf(Create(Parse(kHero), nullptr, "VIEWER")), "PERMISSION_DENIED");
  EXPECT_EQ(ReasonOf(Update(experiment, {"name"}, nullptr, "VIEWER")), "PERMISSION_DENIED");
  EXPECT_EQ(ReasonOf(Call(delete_method, erase, &erased, "VIEWER")), "PERMISSION_DENIED");
  EXPECT_EQ(ReasonOf(Step(start_method, start, &ignored, "VIEWER")), "PERMISSION_DENIED");

  EXPECT_EQ(Get("hero-title", &ignored, nullptr).error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(ReasonOf(Get("nothing", &ignored, nullptr)), "UNAUTHENTICATED");
  EXPECT_EQ(ReasonOf(Call(list_method, {}, &listed, nullptr)), "UNAUTHENTICATED");
  EXPECT_EQ(ReasonOf(Create(v1::Experiment(), nullptr, nullptr)), "UNAUTHENTICATED");
  EXPECT_EQ(ReasonOf(Step(start_method, start, &ignored, nullptr)), "UNAUTHENTICATED");
}

TEST_F(ExperimentServiceTest, TakesTheStepsOfTheLifeCycle) {
  v1::Experiment experiment = Parse(kHero);
  experiment.add_variants()->set_key("c");
  ASSERT_TRUE(Create(experiment, &experiment).ok());

  v1::StartExperimentRequest start;
  start.set_id("hero-title");
  start.set_etag(experiment.etag());
  ASSERT_TRUE(Step(&v1::ExperimentService::Stub::StartExperiment, start, &experiment).ok());
  EXPECT_EQ(experiment.state(), v1::Experiment::RUNNING);
  EXPECT_TRUE(experiment.has_start_time());
  // Its etag is stale now, and comes before the state.
  EXPECT_EQ(ReasonOf(Step(&v1::ExperimentService::Stub::StartExperiment, start, &experiment)),
            "ETAG_MISMATCH");
  start.clear_etag();
  EXPECT_EQ(ReasonOf(Step(&v1::ExperimentService::Stub::StartExperiment, start, &experiment)),
            "FAILED_PRECONDITION");

  v1::PauseExperimentRequest pause;
  pause.set_id("hero-title");
  ASSERT_TRUE(Step(&v1::ExperimentService::Stub::PauseExperiment, pause, &experiment).ok());
  EXPECT_EQ(experiment.state(), v1::Experiment::PAUSED);

  v1::ResumeExperimentRequest resume;
  resume.set_id("hero-title");
  ASSERT_TRUE(Step(&v1::ExperimentService::Stub::ResumeExperiment, resume, &experiment).ok());
  EXPECT_EQ(experiment.state(), v1::Experiment::RUNNING);

  v1::DisableVariantRequest disable;
  disable.set_id("hero-title");
  disable.set_key("c");
  ASSERT_TRUE(Step(&v1::ExperimentService::Stub::DisableVariant, disable, &experiment).ok());
  EXPECT_TRUE(experiment.variants(2).disabled());
  disable.set_key("nope");
  EXPECT_EQ(ReasonOf(Step(&v1::ExperimentService::Stub::DisableVariant, disable, &experiment)),
            "VARIANT_NOT_FOUND");

  v1::CompleteExperimentRequest complete;
  complete.set_id("hero-title");
  EXPECT_THAT(
      FieldsOf(Step(&v1::ExperimentService::Stub::CompleteExperiment, complete, &experiment)),
      ElementsAre("winner"));
  complete.set_winner("b");
  ASSERT_TRUE(Step(&v1::ExperimentService::Stub::CompleteExperiment, complete, &experiment).ok());
  EXPECT_EQ(experiment.state(), v1::Experiment::COMPLETED);
  EXPECT_EQ(experiment.winner(), "b");
  EXPECT_TRUE(experiment.has_end_time());

  v1::ArchiveExperimentRequest archive;
  archive.set_id("hero-title");
  ASSERT_TRUE(Step(&v1::ExperimentService::Stub::ArchiveExperiment, archive, &experiment).ok());
  EXPECT_EQ(experiment.state(), v1::Experiment::ARCHIVED);
}

TEST_F(ExperimentServiceTest, UpdatesWhatTheMaskNamesAndNothingElse) {
  v1::Experiment experiment;
  ASSERT_TRUE(Create(Parse(kHero), &experiment).ok());
  v1::Experiment change =
      Parse("id: 'hero-title' name: 'ignored' description: 'new' prior { alpha: 3 }");
  v1::Experiment updated;
  ASSERT_TRUE(Update(change, {"description", "prior.alpha", "floor"}, &updated).ok());
  EXPECT_EQ(updated.name(), "Hero title");
  EXPECT_EQ(updated.description(), "new");
  EXPECT_EQ(updated.prior().alpha(), 3);
  EXPECT_EQ(updated.prior().beta(), 20);
  EXPECT_EQ(updated.floor(), 0.01);
  EXPECT_NE(updated.etag(), experiment.etag());
}

TEST_F(ExperimentServiceTest, WhatWasReadCanBeSentBackWhole) {
  v1::Experiment experiment;
  ASSERT_TRUE(Create(Parse(kHero), &experiment).ok());
  v1::StartExperimentRequest start;
  start.set_id("hero-title");
  ASSERT_TRUE(Step(&v1::ExperimentService::Stub::StartExperiment, start, &experiment).ok());
  experiment.mutable_variants(1)->set_name("Better");
  v1::Experiment updated;
  const grpc::Status status = Update(experiment,
                                     {"id",
                                      "key",
                                      "name",
                                      "description",
                                      "state",
                                      "variants",
                                      "policy",
                                      "floor",
                                      "burn_in_exposures",
                                      "traffic_share",
                                      "prior.alpha",
                                      "prior.beta",
                                      "conversion_window_seconds",
                                      "threshold_of_caring",
                                      "minimum_exposures",
                                      "allowed_origins",
                                      "etag",
                                      "create_time",
                                      "update_time",
                                      "start_time",
                                      "end_time",
                                      "rows_retire_time",
                                      "winner"},
                                     &updated);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(updated.variants(1).name(), "Better");
  EXPECT_EQ(updated.variants(1).id(), experiment.variants(1).id());
}

TEST_F(ExperimentServiceTest, AnEtagInTheMessageIsAPreconditionAndNeverAChange) {
  v1::Experiment experiment;
  ASSERT_TRUE(Create(Parse(kHero), &experiment).ok());
  v1::Experiment change = Parse("id: 'hero-title' etag: '7' name: 'new'");
  const grpc::Status stale = Update(change, {"name", "etag"});
  EXPECT_EQ(stale.error_code(), grpc::StatusCode::ABORTED);
  EXPECT_EQ(ReasonOf(stale), "ETAG_MISMATCH");
  change.set_etag(experiment.etag());
  EXPECT_TRUE(Update(change, {"name", "etag"}).ok());
}

TEST_F(ExperimentServiceTest, NamesEveryFieldThatIsWrong) {
  v1::Experiment bad = Parse(R"pb(
    key: "No!"
    floor: 3
    prior { alpha: 1 }
    variants {
      key: "x"
      payload { number_value: nan }
    }
    variants { key: "x" weight: -1 }
  )pb");
  const grpc::Status status = Create(bad);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(ReasonOf(status), "INVALID_ARGUMENT");
  EXPECT_THAT(FieldsOf(status), ElementsAre("variants[0].payload", "key", "floor", "prior.beta",
                                            "variants[1].weight", "name", "variants[1].key"));
  EXPECT_THAT(FieldsOf(Create(v1::Experiment())), ElementsAre("name", "variants"));
  ASSERT_TRUE(Create(Parse(kHero)).ok());
  EXPECT_THAT(FieldsOf(Update(Parse("id: 'hero-title'"), {"nmae"})), ElementsAre("update_mask"));
  EXPECT_THAT(FieldsOf(Create(Parse(kHero))), ElementsAre("key"));
}

TEST_F(ExperimentServiceTest, AnswersAHundredWrongVariantsWithAnErrorThatArrives) {
  v1::Experiment bad = Parse("name: 'x'");
  for (int i = 0; i < 100; ++i) {
    v1::Variant& variant = *bad.add_variants();
    variant.set_key("NOT A KEY");
    variant.set_name(std::string(201, 'n'));
    variant.set_weight(-1);
  }
  const grpc::Status status = Create(bad);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << status.error_message();
  EXPECT_THAT(FieldsOf(status), Not(IsEmpty()));
  for (int i = 0; i < 900; ++i) bad.add_variants();
  EXPECT_THAT(FieldsOf(Create(bad)), ElementsAre("variants"));
}

TEST_F(ExperimentServiceTest, AnswersAHundredWrongPathsWithAnErrorThatArrives) {
  ASSERT_TRUE(Create(Parse(kHero)).ok());
  std::string path;
  for (int i = 0; i < 100; ++i) path += "ä";
  const grpc::Status status =
      Update(Parse("id: 'hero-title'"), std::vector<std::string>(100, path));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << status.error_message();
  EXPECT_THAT(FieldsOf(status), Contains("update_mask"));
}

TEST_F(ExperimentServiceTest, CarriesThePayloadThatIsNestedDeepest) {
  v1::Experiment experiment = Parse(kHero);
  *experiment.mutable_variants(1)->mutable_payload() = Nested(32);
  v1::Experiment created, found;
  const grpc::Status status = Create(experiment, &created);
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_TRUE(Get("hero-title", &found).ok());
  EXPECT_TRUE(
      MessageDifferencer::Equals(found.variants(1).payload(), experiment.variants(1).payload()));
}

TEST_F(ExperimentServiceTest, UnknownExperimentsAreNotFound) {
  v1::Experiment ignored;
  const grpc::Status status = Get("nope", &ignored);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(ReasonOf(status), "EXPERIMENT_NOT_FOUND");
  EXPECT_EQ(ReasonOf(Get("", &ignored)), "EXPERIMENT_NOT_FOUND");
  EXPECT_EQ(ReasonOf(Update(Parse("id: 'nope' name: 'x'"), {})), "EXPERIMENT_NOT_FOUND");
  v1::DeleteExperimentRequest erase;
  erase.set_id("nope");
  v1::DeleteExperimentResponse erased;
  EXPECT_EQ(ReasonOf(Call(&v1::ExperimentService::Stub::DeleteExperiment, erase, &erased)),
            "EXPERIMENT_NOT_FOUND");
}

TEST_F(ExperimentServiceTest, ListsPagesAndFilters) {
  for (const char* key : {"one", "two", "three"}) {
    clock_.Advance(absl::Milliseconds(1));
    v1::Experiment experiment = Parse(kHero);
    experiment.set_key(key);
    ASSERT_TRUE(Create(experiment).ok());
  }
  const auto list = &v1::ExperimentService::Stub::ListExperiments;
  v1::ListExperimentsRequest request;
  request.set_page_size(2);
  v1::ListExperimentsResponse first, second;
  ASSERT_TRUE(Call(list, request, &first, "VIEWER").ok());
  ASSERT_THAT(first.experiments(), SizeIs(2));
  EXPECT_EQ(first.experiments(0).key(), "three");
  EXPECT_EQ(first.experiments(0).variants_size(), 2);
  request.set_page_token(first.next_page_token());
  ASSERT_TRUE(Call(list, request, &second, "VIEWER").ok());
  ASSERT_THAT(second.experiments(), SizeIs(1));
  EXPECT_EQ(second.experiments(0).key(), "one");
  EXPECT_EQ(second.next_page_token(), "");

  request.set_q("TWO");
  EXPECT_THAT(FieldsOf(Call(list, request, &second, "VIEWER")), ElementsAre("page_token"));
  request.clear_page_token();
  v1::ListExperimentsResponse found;
  ASSERT_TRUE(Call(list, request, &found, "VIEWER").ok());
  ASSERT_THAT(found.experiments(), SizeIs(1));
  request.set_state(v1::Experiment::RUNNING);
  v1::ListExperimentsResponse none;
  ASSERT_TRUE(Call(list, request, &none, "VIEWER").ok());
  EXPECT_THAT(none.experiments(), IsEmpty());
}

TEST_F(ExperimentServiceTest, ADatabaseThatIsAwayIsUnavailable) {
  PgPool unreachable({.url = "postgresql://127.0.0.1:1/none", .connect_timeout = absl::Seconds(1)});
  ExperimentCatalog catalog({.pool = &unreachable, .clock = &clock_});
  const absl::Status status = catalog.Get("hero-title").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace mab::admin
