#include "admin/summary_reader.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "common/error.h"
#include "common/status_macros.h"

namespace mab::admin {
namespace {

using storage::ReportState;

// What they are made of is in memory at once, up to some megabytes each.
constexpr size_t kExperimentsATransaction = 4;

// Each once, in the order of `ids_or_keys`.
std::vector<ReportState> InOrder(const std::vector<std::string>& ids_or_keys,
                                 const std::vector<ReportState>& states) {
  absl::flat_hash_map<std::string, const ReportState*> by_name;
  for (const ReportState& state : states) {
    by_name.emplace(state.key, &state);
    by_name.emplace(state.id.ToString(), &state);
  }
  std::vector<ReportState> ordered;
  absl::flat_hash_set<ExperimentId> seen;
  for (const std::string& id_or_key : ids_or_keys) {
    // An id may be written in other ways than ours.
    const auto id = Uuid::Parse(id_or_key);
    const auto found = by_name.find(id.ok() ? id->ToString() : id_or_key);
    if (found != by_name.end() && seen.insert(found->second->id).second) {
      ordered.push_back(*found->second);
    }
  }
  return ordered;
}

// Every exposure is older than the window: no conversion will be credited, and none is awaited.
bool IsSettled(const ReportInput& input) {
  if (input.hours.empty()) return true;
  const absl::Duration window = absl::Seconds(input.experiment.conversion_window_seconds);
  return input.hours.back().start + absl::Hours(1) + window <= input.now;
}

// Between the same two whole hours.
bool SameHour(absl::Time a, absl::Time b) {
  const absl::Duration since_a = a - absl::UnixEpoch();
  const absl::Duration since_b = b - absl::UnixEpoch();
  return absl::Floor(since_a, absl::Hours(1)) == absl::Floor(since_b, absl::Hours(1)) &&
         absl::Ceil(since_a, absl::Hours(1)) == absl::Ceil(since_b, absl::Hours(1));
}

absl::Status CheckIds(const std::vector<std::string>& ids_or_keys) {
  if (!ids_or_keys.empty() && ids_or_keys.size() <= SummaryReader::kIdsMax) {
    return absl::OkStatus();
  }
  return InvalidArgumentError("ids",
                              absl::StrCat("must have 1 to ", SummaryReader::kIdsMax, " entries"));
}

}  // namespace

absl::StatusOr<Summaries> SummaryReader::Read(const std::vector<std::string>& ids_or_keys,
                                              const std::function<bool()>& cancelled) {
  MAB_RETURN_IF_ERROR(CheckIds(ids_or_keys));
  std::vector<ReportState> states;
  MAB_RETURN_IF_ERROR(options_.pool->ReadTransaction([&](PgConnection& db) -> absl::Status {
    MAB_ASSIGN_OR_RETURN(states, storage::ReportStateStore::List(db, ids_or_keys));
    return absl::OkStatus();
  }));
  states = InOrder(ids_or_keys, states);
  absl::Time as_of = options_.clock->Now();
  Found found = Find(states, as_of);
  if (found.size() < states.size()) {
    MAB_ASSIGN_OR_RETURN(const ConcurrencyLimit::Ticket ticket, limit_.Enter());
    as_of = options_.clock->Now();
    found = Find(states, as_of);
    std::vector<ExperimentId> missing;
    for (const ReportState& state : states) {
      if (!found.contains(state.id)) missing.push_back(state.id);
    }
    for (size_t first = 0; first < missing.size(); first += kExperimentsATransaction) {
      if (cancelled()) return UnavailableError(kReasonUnavailable, "nobody waits for it any more");
      const size_t count = std::min(kExperimentsATransaction, missing.size() - first);
      const auto begin = missing.begin() + static_cast<ptrdiff_t>(first);
      MAB_RETURN_IF_ERROR(Make({begin, begin + static_cast<ptrdiff_t>(count)}, found));
    }
  }
  Summaries answer{.as_of = as_of, .summaries = {}};
  for (const ReportState& state : states) {
    // One that was deleted meanwhile is not among them.
    if (const auto it = found.find(state.id); it != found.end()) {
      answer.summaries.push_back(it->second);
    }
  }
  return answer;
}

SummaryReader::Found SummaryReader::Find(const std::vector<ReportState>& states,
                                         absl::Time now) const {
  Found found;
  absl::MutexLock lock(&mutex_);
  for (const ReportState& state : states) {
    const auto it = kept_.find(state.id);
    if (it == kept_.end()) continue;
    const Kept& kept = it->second;
    const bool young = now >= kept.at && now - kept.at < options_.age_max;
    const bool stands =
        kept.settled && kept.fingerprint == state.fingerprint && SameHour(kept.at, now);
    if (stands || (young && kept.revision == state.revision)) found[state.id] = kept.summary;
  }
  return found;
}

absl::Status SummaryReader::Make(const std::vector<ExperimentId>& missing, Found& found) {
  struct Made {
    ReportState state;
    ReportInput input;
    Traffic traffic;
  };
  std::vector<Made> made;
  const absl::Time now = options_.clock->Now();
  std::vector<std::string> ids;
  for (const ExperimentId& id : missing) ids.push_back(id.ToString());
  MAB_RETURN_IF_ERROR(options_.pool->ReadTransaction([&](PgConnection& db) -> absl::Status {
    made.clear();
    MAB_ASSIGN_OR_RETURN(std::vector<ReportState> states, storage::ReportStateStore::List(db, ids));
    for (ReportState& state : states) {
      MAB_ASSIGN_OR_RETURN(ReportInput input,
                           ReadReportInput(db, state.id.ToString(), now, *options_.delays,
                                           *options_.hours, ReportParts::kForSummary));
      MAB_ASSIGN_OR_RETURN(Traffic traffic, ReadTraffic(db, input.experiment, input.hours, now));
      made.push_back({std::move(state), std::move(input), std::move(traffic)});
    }
    return absl::OkStatus();
  }));
  // The connection is somebody else's by now.
  for (Made& one : made) {
    auto summary = std::make_shared<const ExperimentSummary>(
        SummaryOf(one.input.experiment, MakeReport(one.input, ReportParts::kForSummary),
                  std::move(one.traffic)));
    found[one.state.id] = summary;
    Keep(one.state, one.input, std::move(summary));
  }
  return absl::OkStatus();
}

void SummaryReader::Keep(const ReportState& state, const ReportInput& input,
                         std::shared_ptr<const ExperimentSummary> summary) {
  absl::MutexLock lock(&mutex_);
  ++reports_made_;
  if (kept_.size() >= options_.size_max && !kept_.contains(state.id)) {
    kept_.erase(std::min_element(kept_.begin(), kept_.end(), [](const auto& a, const auto& b) {
      return a.second.at < b.second.at;
    }));
  }
  kept_[state.id] = {.summary = std::move(summary),
                     .at = input.now,
                     .revision = state.revision,
                     .fingerprint = state.fingerprint,
                     .settled = IsSettled(input)};
}

int64_t SummaryReader::reports_made() const {
  absl::MutexLock lock(&mutex_);
  return reports_made_;
}

}  // namespace mab::admin
