#include "admin/experiment_catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "admin/experiment_json.h"
#include "common/error.h"
#include "storage/testing/migrated_database.h"

namespace mab::admin {
namespace {

using storage::Experiment;
using storage::ExperimentState;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kStoredExperiments[] = "SELECT count(*) AS n FROM mab.experiments";

ExperimentChange Named(std::string name) {
  ExperimentChange change;
  change.name = std::move(name);
  change.variants.emplace(2);
  return change;
}

ExperimentChange Keyed(std::string key) {
  ExperimentChange change = Named("An experiment");
  change.key = std::move(key);
  return change;
}

std::vector<std::string> FieldsOf(const absl::Status& status) {
  std::vector<std::string> fields;
  for (const FieldViolation& violation : ErrorViolations(status)) fields.push_back(violation.field);
  return fields;
}

class ExperimentCatalogTest : public ::testing::Test {
 protected:
  ExperimentCatalogTest()
      : pool_({.url = database_.url()}),
        clock_(absl::FromUnixMicros(1'795'392'000'123'456) + absl::Nanoseconds(789)),
        actor_{.account_id = AccountId{Uuid::NewV7(clock_.Now())}, .address = "203.0.113.5"},
        catalog_({.pool = &pool_, .clock = &clock_, .on_change = [this] { ++changes_; }}) {}

  Experiment Create(const ExperimentChange& change) {
    auto created = catalog_.Create(change, actor_);
    EXPECT_TRUE(created.ok()) << created.status();
    return created.ok() ? *created : Experiment();
  }
  ExperimentRef Ref(std::string id_or_key, std::string etag = "") {
    return {std::move(id_or_key), std::move(etag), actor_};
  }
  absl::StatusOr<Experiment> Take(const std::string& key, LifecycleAction action,
                                  std::string variant = "") {
    return catalog_.Take(Ref(key), {action, std::move(variant)});
  }
  absl::StatusOr<Experiment> Rename(const std::string& key, std::string name,
                                    std::string etag = "") {
    ExperimentChange change;
    change.name = std::move(name);
    return catalog_.Update(Ref(key, std::move(etag)), change);
  }
  int64_t Count(const std::string& sql) {
    const auto rows = pool_.Execute(sql);
    EXPECT_TRUE(rows.ok()) << rows.status();
    return rows.ok() ? rows->Int(0, "n") : -1;
  }
  // "action before? after?" of each entry, in their order.
  std::vector<std::string> Audit() {
    const auto rows = pool_.Execute(
        "SELECT action, before IS NOT NULL AS has_before, after IS NOT NULL AS has_after "
        "FROM mab.audit_log ORDER BY id");
    EXPECT_TRUE(rows.ok()) << rows.status();
    std::vector<std::string> entries;
    for (int row = 0; rows.ok() && row < rows->rows(); ++row) {
      entries.push_back(absl::StrCat(rows->Text(row, "action"),
                                     rows->Bool(row, "has_before") ? " before" : "",
                                     rows->Bool(row, "has_after") ? " after" : ""));
    }
    return entries;
  }

  storage::MigratedDatabase database_;
  PgPool pool_;
  FakeClock clock_;
  const storage::AuditActor actor_;
  std::atomic<int> changes_{0};
  ExperimentCatalog catalog_;
};

TEST_F(ExperimentCatalogTest, GivesBackByIdAndByKeyWhatItCreated) {
  ExperimentChange change = Named("Hero title");
  (*change.variants)[1].payload_json = R"({"text":"Ship today"})";
  const Experiment created = Create(change);
  EXPECT_EQ(created.key, "hero-title");
  EXPECT_EQ(created.revision, 1'795'392'000'123u);
  EXPECT_EQ(created.create_time, absl::FromUnixMicros(1'795'392'000'123'456));
  EXPECT_NE(created.salt, bandit::Salt{});
  EXPECT_NE(created.variants[0].id, created.variants[1].id);
  const auto by_key = catalog_.Get("hero-title");
  ASSERT_TRUE(by_key.ok()) << by_key.status();
  EXPECT_TRUE(*by_key == created);
  const auto by_id = catalog_.Get(created.id.ToString());
  ASSERT_TRUE(by_id.ok()) << by_id.status();
  EXPECT_TRUE(*by_id == created);
  EXPECT_EQ(ErrorReason(catalog_.Get("nope").status()), kReasonExperimentNotFound);
}

TEST_F(ExperimentCatalogTest, TwoExperimentsHaveDifferentSalts) {
  EXPECT_NE(Create(Named("x")).salt, Create(Named("x")).salt);
}

TEST_F(ExperimentCatalogTest, NumbersKeysThatItMakesOfNames) {
  EXPECT_EQ(Create(Named("Hero")).key, "hero");
  EXPECT_EQ(Create(Named("hero!")).key, "hero-2");
  EXPECT_EQ(Create(Named("Hero")).key, "hero-3");
  EXPECT_EQ(Create(Named("日本")).key, "experiment");
  EXPECT_EQ(Create(Named("日本")).key, "experiment-2");
  const std::string longest(64, 'x');
  EXPECT_EQ(Create(Named(longest)).key, longest);
  EXPECT_EQ(Create(Named(longest)).key, std::string(56, 'x') + "-2");
  EXPECT_EQ(Create(Named("0198f3c4-0000-7000-8000-000000000000")).key,
            "experiment-0198f3c4-0000-7000-8000-000000000000");
}

TEST_F(ExperimentCatalogTest, RefusesAGivenKeyThatIsTaken) {
  Create(Keyed("hero"));
  const absl::Status refused = catalog_.Create(Keyed("hero"), actor_).status();
  EXPECT_EQ(ErrorReason(refused), kReasonAlreadyExists);
  EXPECT_THAT(FieldsOf(refused), ElementsAre("key"));
  EXPECT_THAT(Audit(), SizeIs(1));
  EXPECT_EQ(changes_, 1);
}

TEST_F(ExperimentCatalogTest, OfManyWhoCreateOneKeyAtOnceOneSucceeds) {
  std::atomic<int> created{0}, refused{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      const auto result = catalog_.Create(Keyed("hero"), actor_);
      if (result.ok()) ++created;
      if (ErrorReason(result.status()) == kReasonAlreadyExists) ++refused;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(created, 1);
  EXPECT_EQ(refused, 7);
  EXPECT_EQ(Count(kStoredExperiments), 1);
}

TEST_F(ExperimentCatalogTest, ManyWhoCreateOneNameAtOnceGetAKeyEach) {
  std::vector<std::string> keys(8);
  std::vector<std::thread> threads;
  for (std::string& key : keys) {
    threads.emplace_back([&] { key = Create(Named("Hero")).key; });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(
      std::set<std::string>(keys.begin(), keys.end()),
      ElementsAre("hero", "hero-2", "hero-3", "hero-4", "hero-5", "hero-6", "hero-7", "hero-8"));
}

TEST_F(ExperimentCatalogTest, StoresNothingOfWhatIsInvalid) {
  ExperimentChange change = Named("");
  change.floor = 0.6;
  EXPECT_THAT(FieldsOf(catalog_.Create(change, actor_).status()), ElementsAre("name", "floor"));
  EXPECT_EQ(Count(kStoredExperiments), 0);
  EXPECT_THAT(Audit(), IsEmpty());
  EXPECT_EQ(changes_, 0);
}

TEST_F(ExperimentCatalogTest, LivesFromDraftToArchive) {
  const Experiment draft = Create(Keyed("hero"));
  clock_.Advance(absl::Seconds(1));
  const auto running = Take("hero", LifecycleAction::kStart);
  ASSERT_TRUE(running.ok()) << running.status();
  EXPECT_EQ(running->start_time, absl::FromUnixMicros(1'795'392'001'123'456));
  EXPECT_EQ(running->update_time, running->start_time);
  EXPECT_EQ(running->create_time, draft.create_time);
  ASSERT_TRUE(Take("hero", LifecycleAction::kPause).ok());
  ASSERT_TRUE(Take("hero", LifecycleAction::kResume).ok());
  ASSERT_TRUE(Take("hero", LifecycleAction::kComplete, "b").ok());
  ASSERT_TRUE(Take("hero", LifecycleAction::kArchive).ok());
  const auto archived = catalog_.Get("hero");
  ASSERT_TRUE(archived.ok()) << archived.status();
  EXPECT_EQ(archived->state, ExperimentState::kArchived);
  EXPECT_EQ(archived->winner_index, 1u);
  EXPECT_EQ(archived->variants, draft.variants);
  EXPECT_THAT(Audit(),
              ElementsAre("experiment.create after", "experiment.start before after",
                          "experiment.pause before after", "experiment.resume before after",
                          "experiment.complete before after", "experiment.archive before after"));
  EXPECT_EQ(changes_, 6);
}

TEST_F(ExperimentCatalogTest, DisablesAVariant) {
  ExperimentChange change = Keyed("hero");
  change.variants.emplace(3);
  Create(change);
  ASSERT_TRUE(Take("hero", LifecycleAction::kStart).ok());
  ASSERT_TRUE(Take("hero", LifecycleAction::kDisableVariant, "c").ok());
  EXPECT_TRUE(catalog_.Get("hero")->variants[2].disabled);
  EXPECT_EQ(ErrorReason(Take("hero", LifecycleAction::kDisableVariant, "z").status()),
            kReasonVariantNotFound);
}

TEST_F(ExperimentCatalogTest, ARefusedStepLeavesEverythingAsItWas) {
  const Experiment draft = Create(Keyed("hero"));
  EXPECT_EQ(ErrorReason(Take("hero", LifecycleAction::kPause).status()), kReasonFailedPrecondition);
  EXPECT_TRUE(*catalog_.Get("hero") == draft);
  EXPECT_THAT(Audit(), SizeIs(1));
  EXPECT_EQ(changes_, 1);
}

TEST_F(ExperimentCatalogTest, TheRevisionGrowsEvenWhereTheClockStandsOrGoesBack) {
  const uint64_t first = Create(Keyed("hero")).revision;
  EXPECT_EQ(Rename("hero", "one")->revision, first + 1);
  clock_.Advance(-absl::Hours(1));
  EXPECT_EQ(Rename("hero", "two")->revision, first + 2);
  clock_.Advance(absl::Hours(2));
  EXPECT_EQ(Rename("hero", "three")->revision, first + 3'600'000);
}

TEST_F(ExperimentCatalogTest, AnUpdateThatChangesNothingLeavesNoTrace) {
  const Experiment created = Create(Keyed("hero"));
  clock_.Advance(absl::Seconds(1));
  const auto same = Rename("hero", created.name);
  ASSERT_TRUE(same.ok()) << same.status();
  EXPECT_TRUE(*same == created);
  EXPECT_THAT(Audit(), SizeIs(1));
  EXPECT_EQ(changes_, 1);
}

TEST_F(ExperimentCatalogTest, TheEtagOfAnEarlierStateIsRefused) {
  const std::string etag = absl::StrCat(Create(Keyed("hero")).revision);
  const auto renamed = Rename("hero", "one", etag);
  ASSERT_TRUE(renamed.ok()) << renamed.status();
  EXPECT_EQ(ErrorReason(Rename("hero", "two", etag).status()), kReasonEtagMismatch);
  EXPECT_EQ(ErrorReason(Rename("hero", "two", "garbage").status()), kReasonEtagMismatch);
  EXPECT_EQ(ErrorReason(catalog_.Take(Ref("hero", etag), {LifecycleAction::kStart, ""}).status()),
            kReasonEtagMismatch);
  EXPECT_EQ(ErrorReason(catalog_.Delete(Ref("hero", etag))), kReasonEtagMismatch);
  EXPECT_EQ(catalog_.Get("hero")->name, "one");
  EXPECT_TRUE(Rename("hero", "two", absl::StrCat(renamed->revision)).ok());
}

TEST_F(ExperimentCatalogTest, OfManyUpdatesWithOneEtagOneSucceeds) {
  const std::string etag = absl::StrCat(Create(Keyed("hero")).revision);
  std::atomic<int> updated{0}, refused{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      const auto result = Rename("hero", absl::StrCat("name ", i), etag);
      if (result.ok()) ++updated;
      if (ErrorReason(result.status()) == kReasonEtagMismatch) ++refused;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(updated, 1);
  EXPECT_EQ(refused, 7);
}

TEST_F(ExperimentCatalogTest, NoneOfManyUpdatesWithoutAnEtagIsLost) {
  ExperimentChange change = Keyed("hero");
  change.variants.emplace(8);
  const Experiment created = Create(change);
  ASSERT_TRUE(Take("hero", LifecycleAction::kStart).ok());
  std::vector<std::thread> threads;
  for (const storage::Variant& variant : created.variants) {
    threads.emplace_back([&] {
      ExperimentChange rename;
      rename.variants.emplace(1);
      (*rename.variants)[0].key = variant.key;
      (*rename.variants)[0].name = "renamed " + variant.key;
      EXPECT_TRUE(catalog_.Update(Ref("hero"), rename).ok());
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto updated = catalog_.Get("hero");
  ASSERT_TRUE(updated.ok()) << updated.status();
  for (const storage::Variant& variant : updated->variants) {
    EXPECT_EQ(variant.name, "renamed " + variant.key);
  }
  EXPECT_EQ(updated->revision, created.revision + 9);
}

TEST_F(ExperimentCatalogTest, DeletesDraftsOnlyAndSetsTheirKeyFree) {
  const Experiment draft = Create(Keyed("hero"));
  ASSERT_TRUE(catalog_.Delete(Ref(draft.id.ToString())).ok());
  EXPECT_EQ(ErrorReason(catalog_.Get("hero").status()), kReasonExperimentNotFound);
  EXPECT_EQ(ErrorReason(catalog_.Delete(Ref("hero"))), kReasonExperimentNotFound);
  EXPECT_THAT(Audit(), ElementsAre("experiment.create after", "experiment.delete before"));
  Create(Keyed("hero"));
  ASSERT_TRUE(Take("hero", LifecycleAction::kStart).ok());
  EXPECT_EQ(ErrorReason(catalog_.Delete(Ref("hero"))), kReasonFailedPrecondition);
}

TEST_F(ExperimentCatalogTest, TheAuditLogSaysWhoMadeWhatOfWhat) {
  const Experiment before = Create(Keyed("hero"));
  const Experiment after = *Rename("hero", "New name");
  const auto rows = pool_.Execute(
      "SELECT at, account_id, address, subject_type, subject_id, before, after FROM mab.audit_log "
      "WHERE action = 'experiment.update'");
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_EQ(rows->rows(), 1);
  EXPECT_EQ(rows->Time(0, "at"), after.update_time);
  EXPECT_EQ(rows->GetUuid(0, "account_id"), actor_.account_id->uuid);
  EXPECT_EQ(rows->Text(0, "address"), "203.0.113.5");
  EXPECT_EQ(rows->Text(0, "subject_type"), "experiment");
  EXPECT_EQ(rows->Text(0, "subject_id"), before.id.ToString());
  EXPECT_EQ(rows->Text(0, "before"), ExperimentToJson(before));
  EXPECT_EQ(rows->Text(0, "after"), ExperimentToJson(after));
}

TEST_F(ExperimentCatalogTest, TheAuditLogHasALongPayloadWhereItCameIn) {
  ExperimentChange change = Keyed("hero");
  const std::string payload = absl::StrCat("\"", std::string(16'000, 'x'), "\"");
  for (auto& variant : *change.variants) variant.payload_json = payload;
  Create(change);
  ASSERT_TRUE(Rename("hero", "New name").ok());
  ASSERT_TRUE(Take("hero", LifecycleAction::kStart).ok());
  const auto rows = pool_.Execute(
      "SELECT length(coalesce(before::text, '')) AS before, length(after::text) AS after,"
      " after::text LIKE '%\"payload_unchanged\":{\"bytes\":16002,%' AS left_out"
      " FROM mab.audit_log ORDER BY id");
  ASSERT_EQ(rows->rows(), 3);
  EXPECT_GT(rows->Int(0, "after"), 32'000);
  for (int row = 1; row < 3; ++row) {
    EXPECT_TRUE(rows->Bool(row, "left_out"));
    EXPECT_LT(rows->Int(row, "before") + rows->Int(row, "after"), 4'000);
  }
}

TEST_F(ExperimentCatalogTest, PagesThroughAThousandExperimentsWithoutAGapOrARepeat) {
  std::vector<std::string> newest_first;
  for (int i = 0; i < 1000; ++i) {
    // Ids of one millisecond have no order of their own.
    clock_.Advance(absl::Milliseconds(1));
    newest_first.insert(newest_first.begin(), Create(Keyed(absl::StrCat("e", i))).key);
  }
  for (const uint32_t page_size : {0u, 1u, 33u, 100u}) {
    std::vector<std::string> keys;
    ExperimentListRequest request;
    request.page_size = page_size;
    do {
      const auto page = catalog_.List(request);
      ASSERT_TRUE(page.ok()) << page.status();
      ASSERT_THAT(page->experiments, Not(IsEmpty()));
      EXPECT_LE(page->experiments.size(), page_size == 0 ? 25 : page_size);
      for (const Experiment& experiment : page->experiments) keys.push_back(experiment.key);
      request.page_token = page->next_page_token;
    } while (!request.page_token.empty() && keys.size() <= 1000);
    EXPECT_EQ(keys, newest_first) << "page size " << page_size;
  }
  const absl::Time start = absl::Now();
  ExperimentListRequest search;
  search.filter.text = "E99";
  const auto found = catalog_.List(search);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_THAT(found->experiments, SizeIs(11));
  RecordProperty("search_of_1000_us",
                 std::to_string(absl::ToInt64Microseconds(absl::Now() - start)));
}

TEST_F(ExperimentCatalogTest, PagesOneStateWhileOthersAreCreated) {
  for (int i = 0; i < 6; ++i) {
    clock_.Advance(absl::Milliseconds(1));
    const std::string key = absl::StrCat("e", i);
    Create(Keyed(key));
    if (i % 2 == 0) {
      ASSERT_TRUE(Take(key, LifecycleAction::kStart).ok());
    }
  }
  ExperimentListRequest request;
  request.filter.state = ExperimentState::kRunning;
  request.page_size = 2;
  const auto first = catalog_.List(request);
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_THAT(first->experiments, SizeIs(2));
  EXPECT_EQ(first->experiments[0].key, "e4");
  EXPECT_EQ(first->experiments[1].key, "e2");
  clock_.Advance(absl::Milliseconds(1));
  Create(Keyed("newer"));
  ASSERT_TRUE(Take("newer", LifecycleAction::kStart).ok());
  request.page_token = first->next_page_token;
  const auto second = catalog_.List(request);
  ASSERT_TRUE(second.ok()) << second.status();
  ASSERT_THAT(second->experiments, SizeIs(1));
  EXPECT_EQ(second->experiments[0].key, "e0");
  EXPECT_EQ(second->next_page_token, "");
}

TEST_F(ExperimentCatalogTest, APageEndsWherePayloadsBecomeTooMuchForOneMessage) {
  ExperimentChange large = Named("Large");
  large.variants.emplace(17);
  for (VariantChange& variant : *large.variants) {
    variant.payload_json = absl::StrCat("\"", std::string(16'000, 'x'), "\"");
  }
  for (int i = 0; i < 4; ++i) {
    clock_.Advance(absl::Milliseconds(1));
    Create(large);
  }
  ExperimentListRequest request;
  std::vector<std::string> keys;
  for (const size_t expected : {1, 1, 1, 1}) {
    const auto page = catalog_.List(request);
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_THAT(page->experiments, SizeIs(expected));
    for (const Experiment& experiment : page->experiments) keys.push_back(experiment.key);
    request.page_token = page->next_page_token;
  }
  EXPECT_THAT(keys, ElementsAre("large-4", "large-3", "large-2", "large"));
  EXPECT_EQ(request.page_token, "");
}

TEST_F(ExperimentCatalogTest, RefusesAListThatIsOutOfItsLimits) {
  ExperimentListRequest request;
  request.page_size = 101;
  request.filter.text = std::string(201, 'x');
  EXPECT_THAT(FieldsOf(catalog_.List(request).status()), ElementsAre("page_size", "q"));
  request = {};
  request.page_size = 100;
  request.filter.text = std::string(200, 'x');
  EXPECT_TRUE(catalog_.List(request).ok());
  for (const std::string& text : {std::string("a\0b", 3), std::string("\xFF"), std::string("\n")}) {
    request.filter.text = text;
    EXPECT_THAT(FieldsOf(catalog_.List(request).status()), ElementsAre("q"));
  }
  request.filter.text = "";
  request.page_token = "garbage";
  EXPECT_THAT(FieldsOf(catalog_.List(request).status()), ElementsAre("page_token"));
}

}  // namespace
}  // namespace mab::admin
