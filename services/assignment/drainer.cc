#include "assignment/drainer.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/random/distributions.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "assignment/event_codec.h"
#include "common/error.h"
#include "common/log.h"
#include "common/status_macros.h"
#include "storage/event_store.h"

namespace mab::assignment {
namespace {

using storage::EventStore;
using storage::SequencedEvent;

constexpr size_t kErrorBytesMax = 500;

// PostgreSQL's words as a text that it is sure to take, however much of a bad record they repeat.
std::string PlainError(const absl::Status& status) {
  std::string text(status.message().substr(0, kErrorBytesMax));
  for (char& c : text) {
    if (!absl::ascii_isprint(static_cast<unsigned char>(c))) c = '?';
  }
  return text;
}

// When it happened; a version is no happening.
struct TimeOfEvent {
  std::optional<absl::Time> operator()(const storage::VersionEvent&) const { return std::nullopt; }
  std::optional<absl::Time> operator()(const storage::AssignmentEvent& event) const {
    return event.assigned_at;
  }
  std::optional<absl::Time> operator()(const storage::ExposureEvent& event) const {
    return event.exposed_at;
  }
  std::optional<absl::Time> operator()(const storage::ConversionEvent& event) const {
    return event.converted_at;
  }
  std::optional<absl::Time> operator()(const storage::CountEvent& event) const { return event.at; }
  std::optional<absl::Time> operator()(const storage::ErasureEvent& event) const {
    return event.erased_at;
  }
};

std::optional<absl::Time> TimeOf(const storage::Event& event) {
  return std::visit(TimeOfEvent(), event);
}

}  // namespace

Drainer::Drainer(Options options)
    : options_(std::move(options)),
      pool_({.url = options_.database_url, .size_max = 1}),
      metrics_(*options_.metrics),
      reader_(options_.journal->directory()),
      batch_events_(options_.batch_events_max),
      backoff_(options_.backoff_min),
      drained_at_least_(options_.drained_at_least),
      drained_time_(absl::ToUnixMicros(options_.clock->Now())) {}

Drainer::~Drainer() { Stop(); }

void Drainer::Start() {
  thread_ = std::thread([this] {
    Loop();
    thread_ended_.End();
  });
}

void Drainer::Stop() {
  if (!thread_.joinable()) return;
  pause_.End();
  if (!thread_ended_.For(options_.stop_within)) pool_.Interrupt();
  thread_.join();
  if (lag_events() > 0) {
    MAB_LOG(kInfo, "not all of the journal is in PostgreSQL: the rest follows after the next start",
            {{"events", lag_events()}});
  }
}

absl::Status Drainer::RunOnce() {
  SegmentJournal& journal = *options_.journal;
  // What fails to be written is not there to be drained.
  journal.WaitWritten(journal.last_appended()).IgnoreError();
  const uint64_t through = journal.written();
  do {
    MAB_RETURN_IF_ERROR(DrainNext().status());
  } while (drained() < through);
  return absl::OkStatus();
}

uint64_t Drainer::lag_events() const {
  const uint64_t drained_now = std::max(drained(), drained_at_least_.load());
  const uint64_t written = options_.journal->written();
  return written > drained_now ? written - drained_now : 0;
}

absl::Duration Drainer::lag() const {
  if (lag_events() == 0) return absl::ZeroDuration();
  return std::max(options_.clock->Now() - absl::FromUnixMicros(drained_time_),
                  absl::ZeroDuration());
}

void Drainer::SetDrainedTime(absl::Time time) { drained_time_ = absl::ToUnixMicros(time); }

void Drainer::DrainRest() {
  absl::Status status;
  while (status.ok() && lag_events() > 0) status = DrainNext().status();
}

void Drainer::Loop() {
  absl::Duration pause = absl::ZeroDuration();
  while (!pause_.For(pause)) {
    const absl::StatusOr<bool> more = DrainNext();
    if (more.ok()) {
      Succeeded();
      pause = *more ? absl::ZeroDuration() : options_.interval;
      continue;
    }
    if (absl::IsFailedPrecondition(more.status()) && options_.on_refused) {
      return options_.on_refused(more.status());
    }
    if (lag_events() == 0) SetDrainedTime(options_.clock->Now());
    pause = NextBackoff(more.status());
  }
  DrainRest();
}

absl::StatusOr<bool> Drainer::DrainNext() {
  const absl::Time began = absl::Now();
  SegmentJournal& journal = *options_.journal;
  if (!located_) MAB_RETURN_IF_ERROR(Locate());
  if (drained() >= journal.synced()) MAB_RETURN_IF_ERROR(journal.WaitSynced(journal.written()));
  const absl::Time now = options_.clock->Now();
  const uint64_t through = journal.synced();
  if (drained() >= through) {
    SetDrainedTime(now);
    return false;
  }
  located_ = false;  // until all went well
  MAB_ASSIGN_OR_RETURN(const std::vector<SequencedEvent> events, ReadBatch(through));
  if (absl::Status status = DrainEvents(events); !status.ok()) {
    metrics_.BatchFailed();
    // What is too much for the server at once may not be in parts.
    batch_events_ = std::max<size_t>(batch_events_ / 2, 1);
    return status;
  }
  located_ = true;
  batch_events_ = std::min(batch_events_ * 2, options_.batch_events_max);
  metrics_.BatchDone(absl::Now() - began);
  return drained() < through;
}

absl::Status Drainer::CheckIsOurs(const storage::JournalPosition& at) {
  if (at.position == 0) return absl::OkStatus();
  const SegmentJournal& journal = *options_.journal;
  std::optional<JournalRecord> record;
  bool is_there = at.position <= journal.written();
  if (is_there) {
    MAB_RETURN_IF_ERROR(reader_.Seek(at.position - 1));
    // It may have been removed, as drained; but then so was all before it.
    if (reader_.segment()->header().first_sequence > at.position) return absl::OkStatus();
    MAB_ASSIGN_OR_RETURN(record, reader_.Next(at.position));
    is_there = record.has_value() && record->sequence == at.position &&
               record->checksum == at.checksum.value_or(record->checksum);
  }
  if (is_there) return absl::OkStatus();
  return FailedPreconditionError(
      kReasonFailedPrecondition,
      absl::StrCat(
          "the database has the records of the journal ", journal.id().ToString(), " up to ",
          at.position, ", and that record is not in ", journal.directory(),
          ": the directory is an older copy, or a copy of one that another process drains. Start"
          " with the newest copy and only there, or with an empty directory"));
}

absl::Status Drainer::Locate() {
  SegmentJournal& journal = *options_.journal;
  storage::JournalPosition at;
  MAB_RETURN_IF_ERROR(pool_.Transaction([&](PgConnection& db) -> absl::Status {
    MAB_ASSIGN_OR_RETURN(at, EventStore::ReadPosition(db, journal.id()));
    return absl::OkStatus();
  }));
  MAB_RETURN_IF_ERROR(journal.SetDatabaseId(at.database_id));
  MAB_RETURN_IF_ERROR(CheckIsOurs(at));
  MAB_RETURN_IF_ERROR(reader_.Seek(at.position));
  const SegmentReader* segment = reader_.segment();
  if (segment != nullptr) TellMissing(at.position, segment->header().previous_last_sequence);
  drained_ = at.position;
  drained_at_least_ = 0;
  located_ = true;
  return absl::OkStatus();
}

void Drainer::TellMissing(uint64_t after, uint64_t through) {
  after = std::max(after, missing_told_);
  if (through <= after) return;
  MAB_LOG(kError, "the journal no longer has records that the database does not have",
          {{"after", after}, {"through", through}});
  metrics_.Missing(through - after);
  missing_told_ = through;
}

absl::StatusOr<std::vector<SequencedEvent>> Drainer::ReadBatch(uint64_t through) {
  std::vector<SequencedEvent> events;
  events.reserve(batch_events_);
  while (events.size() < batch_events_) {
    MAB_ASSIGN_OR_RETURN(const std::optional<JournalRecord> record, reader_.Next(through));
    if (!record.has_value()) break;
    MAB_ASSIGN_OR_RETURN(storage::Event event,
                         DecodeEvent(static_cast<RecordType>(record->type), record->body));
    events.push_back(
        {.sequence = record->sequence, .event = std::move(event), .checksum = record->checksum});
  }
  reader_.ForgetReadAhead();
  return events;
}

absl::Status Drainer::DrainEvents(absl::Span<const SequencedEvent> events) {
  if (events.empty()) return absl::OkStatus();
  absl::Status status = pool_.Transaction([&](PgConnection& db) {
    return EventStore::DrainBatch(db, options_.journal->id(), drained(), events,
                                  options_.clock->Now());
  });
  if (status.ok()) {
    drained_ = events.back().sequence;
    if (const std::optional<absl::Time> time = TimeOf(events.back().event)) SetDrainedTime(*time);
    return status;
  }
  if (!absl::IsInvalidArgument(status)) return status;
  if (events.size() == 1) return SetAside(events[0], status);
  const size_t half = events.size() / 2;
  MAB_RETURN_IF_ERROR(DrainEvents(events.first(half)));
  return DrainEvents(events.subspan(half));
}

absl::Status Drainer::SetAside(const SequencedEvent& event, const absl::Status& refused) {
  const RecordType type = TypeOf(event.event);
  storage::SetAsideRecord record{.sequence = event.sequence,
                                 .checksum = event.checksum,
                                 .type = static_cast<uint8_t>(type),
                                 .user = storage::UserOf(event.event),
                                 .body = {},
                                 .error = PlainError(refused)};
  MAB_RETURN_IF_ERROR(EncodeEvent(event.event, &record.body));
  // Before it is done: were the answer lost, nobody would come here again.
  MAB_LOG(kError,
          "PostgreSQL refused a record for its own sake: it is set aside in mab.set_aside_records",
          {{"sequence", event.sequence}, {"type", RecordTypeName(type)}, {"error", record.error}});
  metrics_.SetAside();
  MAB_RETURN_IF_ERROR(pool_.Transaction([&](PgConnection& db) {
    return EventStore::SetAside(db, options_.journal->id(), drained(), record,
                                options_.clock->Now());
  }));
  drained_ = event.sequence;
  return absl::OkStatus();
}

bool Drainer::broken() const {
  absl::MutexLock lock(&mutex_);
  return !failure_.ok() && !absl::IsUnavailable(failure_) && !absl::IsAborted(failure_);
}

absl::Duration Drainer::NextBackoff(const absl::Status& status) {
  ++failures_;
  {
    absl::MutexLock lock(&mutex_);
    failure_ = status;
  }
  if ((failures_ & (failures_ - 1)) == 0) {  // the first, the second, the fourth, …
    // Whatever is not the database's absence does not pass by itself.
    Log(broken() ? LogLevel::kError : LogLevel::kWarning,
        "the journal can't be drained: it is tried again and again",
        {{"error", status}, {"failures", failures_}, {"lag_events", lag_events()}});
  }
  const absl::Duration pause = backoff_ * absl::Uniform(random_, 0.5, 1.0);
  backoff_ = std::min(backoff_ * 2, options_.backoff_max);
  return pause;
}

void Drainer::Succeeded() {
  if (failures_ > 0) {
    MAB_LOG(kInfo, "the journal is drained again", {{"failures", failures_}});
  }
  failures_ = 0;
  {
    absl::MutexLock lock(&mutex_);
    failure_ = absl::OkStatus();
  }
  backoff_ = options_.backoff_min;
}

}  // namespace mab::assignment
