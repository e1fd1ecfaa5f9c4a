#include "admin/experiment_catalog.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "admin/experiment_edit.h"
#include "admin/experiment_json.h"
#include "admin/experiment_text.h"
#include "admin/page_token.h"
#include "common/error.h"
#include "common/secret.h"
#include "common/status_macros.h"
#include "storage/experiment_store.h"

namespace mab::admin {
namespace {

using storage::Experiment;
using storage::ExperimentStore;

constexpr size_t kSearchBytesMax = 200;
// Of payloads and descriptions in a page. As protobuf they are up to six times as much, which is
// still within what gRPC takes by default.
constexpr size_t kPageBytesMax = 512 * 1024;
// How often a key that somebody else has just taken is made anew.
constexpr int kKeyAttemptsMax = 16;

std::string EtagOf(const Experiment& experiment) { return absl::StrCat(experiment.revision); }

absl::Status CheckEtag(const ExperimentRef& ref, const Experiment& experiment) {
  if (ref.etag.empty() || ref.etag == EtagOf(experiment)) return absl::OkStatus();
  return EtagMismatchError(absl::StrCat(
      "the experiment has been changed since it was read; its etag is now ", EtagOf(experiment)));
}

absl::Status AppendAudit(PgConnection& db, absl::Time now, const storage::AuditActor& actor,
                         absl::string_view action, const Experiment* before,
                         const Experiment* after) {
  storage::AuditEntry entry;
  entry.at = now;
  entry.actor = actor;
  entry.action = absl::StrCat("experiment.", action);
  entry.subject_type = "experiment";
  entry.subject_id = (after != nullptr ? after : before)->id.ToString();
  if (before != nullptr && after != nullptr) {
    ExperimentSides sides = ExperimentChangeToJson(*before, *after);
    entry.before_json = std::move(sides.before);
    entry.after_json = std::move(sides.after);
  } else if (before != nullptr) {
    entry.before_json = ExperimentToJson(*before);
  } else {
    entry.after_json = ExperimentToJson(*after);
  }
  return storage::AuditStore::Append(db, entry);
}

void GiveIdsToNewVariants(absl::Time now, Experiment& experiment) {
  for (storage::Variant& variant : experiment.variants) {
    if (variant.id.uuid.IsNil()) variant.id = VariantId{Uuid::NewV7(now)};
  }
}

// `base`, or the first of "base-2", "base-3", … that is free.
absl::StatusOr<std::string> FreeKey(PgConnection& db, const std::string& base) {
  // Shortened for the longest suffix at once, so that all candidates begin alike.
  constexpr size_t kSuffixLengthMax = 8;
  const std::string stem = base.substr(0, storage::kKeyLengthMax - kSuffixLengthMax);
  MAB_ASSIGN_OR_RETURN(const std::vector<std::string> keys,
                       ExperimentStore::ListKeysStartingWith(db, stem));
  const absl::flat_hash_set<std::string> taken(keys.begin(), keys.end());
  std::string key = base;
  for (int number = 2; taken.contains(key); ++number) key = absl::StrCat(stem, "-", number);
  return key;
}

// Inserts under the slug of the name. Somebody else may take the key between the look and the
// insert.
absl::Status InsertWithFreeKey(PgConnection& db, Experiment& experiment) {
  const std::string slug = SlugOf(experiment.name);
  // A slug may have the form of an id, which no key may have.
  const std::string base = Uuid::Parse(slug).ok() ? absl::StrCat("experiment-", slug) : slug;
  absl::Status inserted;
  for (int attempt = 0; attempt < kKeyAttemptsMax; ++attempt) {
    MAB_ASSIGN_OR_RETURN(experiment.key, FreeKey(db, base));
    inserted = ExperimentStore::Insert(db, experiment);
    if (!absl::IsAlreadyExists(inserted)) return inserted;
  }
  return inserted;
}

absl::Status CheckSearch(absl::string_view text, Violations& violations) {
  const std::optional<TextFacts> facts = InspectText(text);
  if (text.size() > kSearchBytesMax || !facts.has_value() || facts->has_control) {
    violations.Add("q", absl::StrCat("must be at most ", kSearchBytesMax,
                                     " bytes of UTF-8 without control characters"));
  }
  return violations.ToStatus();
}

size_t MessageBytes(const Experiment& experiment) {
  size_t bytes = experiment.description.size();
  for (const storage::Variant& variant : experiment.variants) bytes += variant.payload_json.size();
  return bytes;
}

// How many of `experiments` fit in one page: one at least.
size_t CountThatFit(const std::vector<Experiment>& experiments, size_t page_size) {
  size_t bytes = 0;
  size_t count = 0;
  while (count < std::min(experiments.size(), page_size)) {
    bytes += MessageBytes(experiments[count]);
    if (count > 0 && bytes > kPageBytesMax) break;
    ++count;
  }
  return count;
}

}  // namespace

absl::Time ExperimentCatalog::Now() const { return NowMicros(*options_.clock); }

absl::StatusOr<Experiment> ExperimentCatalog::Create(const ExperimentChange& change,
                                                     const storage::AuditActor& actor) {
  MAB_ASSIGN_OR_RETURN(Experiment experiment, NewExperiment(change));
  const absl::Time now = Now();
  experiment.id = ExperimentId{Uuid::NewV7(now)};
  GiveIdsToNewVariants(now, experiment);
  const std::string salt = RandomBytes(experiment.salt.size());
  std::copy(salt.begin(), salt.end(), experiment.salt.begin());
  experiment.revision = static_cast<uint64_t>(absl::ToUnixMillis(now));
  experiment.create_time = now;
  experiment.update_time = now;

  MAB_RETURN_IF_ERROR(options_.pool->Transaction([&](PgConnection& db) -> absl::Status {
    if (change.key.has_value()) {
      MAB_RETURN_IF_ERROR(ExperimentStore::Insert(db, experiment));
    } else {
      MAB_RETURN_IF_ERROR(InsertWithFreeKey(db, experiment));
    }
    return AppendAudit(db, now, actor, "create", nullptr, &experiment);
  }));
  options_.on_change();
  return experiment;
}

absl::StatusOr<Experiment> ExperimentCatalog::Get(absl::string_view id_or_key) {
  Experiment experiment;
  MAB_RETURN_IF_ERROR(options_.pool->Transaction([&](PgConnection& db) -> absl::Status {
    MAB_ASSIGN_OR_RETURN(experiment, ExperimentStore::Get(db, id_or_key));
    return absl::OkStatus();
  }));
  return experiment;
}

absl::StatusOr<ExperimentPage> ExperimentCatalog::List(const ExperimentListRequest& request) {
  Violations violations;
  storage::ExperimentListQuery query;
  query.page_size = ParsePageSize(request.page_size, violations);
  MAB_RETURN_IF_ERROR(CheckSearch(request.filter.text, violations));
  query.state = request.filter.state;
  query.text = request.filter.text;
  if (!request.page_token.empty()) {
    MAB_ASSIGN_OR_RETURN(query.before,
                         ParseExperimentPageToken(request.filter, request.page_token));
  }

  ExperimentPage page;
  MAB_RETURN_IF_ERROR(options_.pool->Transaction([&](PgConnection& db) -> absl::Status {
    MAB_ASSIGN_OR_RETURN(page.experiments, ExperimentStore::List(db, query));
    return absl::OkStatus();
  }));
  const size_t count = CountThatFit(page.experiments, static_cast<size_t>(query.page_size));
  if (count < page.experiments.size()) {
    page.next_page_token = MakeExperimentPageToken(request.filter, page.experiments[count - 1].id);
    page.experiments.resize(count);
  }
  return page;
}

absl::StatusOr<Experiment> ExperimentCatalog::Change(const ExperimentRef& ref,
                                                     absl::string_view action, const Edit& edit) {
  Experiment after;
  bool changed = false;
  MAB_RETURN_IF_ERROR(options_.pool->Transaction([&](PgConnection& db) -> absl::Status {
    MAB_ASSIGN_OR_RETURN(const Experiment before,
                         ExperimentStore::Get(db, ref.id_or_key, storage::RowLock::kForUpdate));
    MAB_RETURN_IF_ERROR(CheckEtag(ref, before));
    // Read after the lock was had: of two changes the later one has the later time.
    const absl::Time now = Now();
    MAB_ASSIGN_OR_RETURN(after, edit(before, now));
    changed = after != before;
    if (!changed) return absl::OkStatus();
    GiveIdsToNewVariants(now, after);
    after.revision = std::max(static_cast<uint64_t>(absl::ToUnixMillis(now)), before.revision + 1);
    after.update_time = now;
    MAB_RETURN_IF_ERROR(ExperimentStore::Update(db, after));
    return AppendAudit(db, now, ref.actor, action, &before, &after);
  }));
  if (changed) options_.on_change();
  return after;
}

absl::StatusOr<Experiment> ExperimentCatalog::Update(const ExperimentRef& ref,
                                                     const ExperimentChange& change) {
  return Change(ref, "update",
                [&](const Experiment& before, absl::Time) { return ApplyChange(before, change); });
}

absl::StatusOr<Experiment> ExperimentCatalog::Take(const ExperimentRef& ref,
                                                   const Transition& transition) {
  return Change(ref, ActionName(transition.action),
                [&](const Experiment& before, absl::Time now) -> absl::StatusOr<Experiment> {
                  Experiment after = before;
                  MAB_RETURN_IF_ERROR(Apply(transition, now, after));
                  return after;
                });
}

absl::Status ExperimentCatalog::Delete(const ExperimentRef& ref) {
  MAB_RETURN_IF_ERROR(options_.pool->Transaction([&](PgConnection& db) -> absl::Status {
    MAB_ASSIGN_OR_RETURN(const Experiment before,
                         ExperimentStore::Get(db, ref.id_or_key, storage::RowLock::kForUpdate));
    MAB_RETURN_IF_ERROR(CheckEtag(ref, before));
    MAB_RETURN_IF_ERROR(CheckDeleteAllowed(before));
    MAB_RETURN_IF_ERROR(ExperimentStore::Delete(db, before.id));
    return AppendAudit(db, Now(), ref.actor, "delete", &before, nullptr);
  }));
  options_.on_change();
  return absl::OkStatus();
}

}  // namespace mab::admin
