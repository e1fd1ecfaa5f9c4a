#include "assignment/event_counter.h"

#include "absl/time/time.h"

namespace mab::assignment {
namespace {

using Kind = storage::CountEvent::Kind;

// In the order of their numbers.
constexpr Kind kKinds[] = {Kind::kDuplicateConversion, Kind::kBotUserAgent, Kind::kBotPrefetch,
                           Kind::kBotRate};

Kind KindOf(BotSign bot) {
  switch (bot) {
    case BotSign::kPrefetch:
      return Kind::kBotPrefetch;
    case BotSign::kRate:
      return Kind::kBotRate;
    case BotSign::kNone:
    case BotSign::kUserAgent:
      break;
  }
  return Kind::kBotUserAgent;
}

}  // namespace

EventCounter::EventCounter(Journal* journal, const Clock* clock, Metrics& metrics)
    : journal_(journal), clock_(clock) {
  for (const Kind kind : kKinds) {
    counters_.push_back(&metrics.Counter(
        "mab_uncounted_events_total",
        "What was answered and left no record: repeated conversions, exposures of machines.",
        {{"kind", storage::KindName(kind)}}));
  }
}

void EventCounter::AddDuplicate(ExperimentId experiment) {
  Add(experiment, Kind::kDuplicateConversion);
}

void EventCounter::AddBot(ExperimentId experiment, BotSign bot) { Add(experiment, KindOf(bot)); }

void EventCounter::Add(ExperimentId experiment, Kind kind) {
  counters_[static_cast<size_t>(kind)]->Increment();
  absl::MutexLock lock(&mutex_);
  ++counts_[{experiment, kind}];
}

void EventCounter::Flush() {
  decltype(counts_) counts;
  {
    absl::MutexLock lock(&mutex_);
    counts.swap(counts_);
  }
  const absl::Time now = NowMicros(*clock_);
  for (const auto& [key, count] : counts) {
    const storage::CountEvent event{key.first, key.second, now, count};
    if (journal_->Append(event).ok()) continue;
    absl::MutexLock lock(&mutex_);
    counts_[key] += count;
  }
}

}  // namespace mab::assignment
