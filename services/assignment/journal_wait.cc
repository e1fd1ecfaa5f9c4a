#include "assignment/journal_wait.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace mab::assignment {
namespace {

void When(Journal& journal, JournalStep step, uint64_t sequence, Journal::Callback done) {
  if (step == JournalStep::kWritten) {
    journal.WhenWritten(sequence, std::move(done));
  } else {
    journal.WhenSynced(sequence, std::move(done));
  }
}

struct Gathering {
  std::vector<uint64_t> sequences;
  std::vector<absl::Status> outcomes;
  absl::AnyInvocable<void(std::vector<absl::Status>)> done;
  std::atomic<size_t> missing;

  void Arrived() {
    if (missing.fetch_sub(1) == 1) done(std::move(outcomes));
  }
};

// `greatest` is known, with this outcome.
void GatherOthers(Journal& journal, JournalStep step, uint64_t greatest,
                  const absl::Status& outcome, const std::shared_ptr<Gathering>& gathering) {
  const size_t count = gathering->sequences.size();
  for (size_t i = 0; i < count; ++i) {
    const uint64_t sequence = gathering->sequences[i];
    if (sequence == 0 || sequence == greatest) {
      if (sequence == greatest) gathering->outcomes[i] = outcome;
      gathering->Arrived();
      continue;
    }
    When(journal, step, sequence, [gathering, i](const absl::Status& other) {
      gathering->outcomes[i] = other;
      gathering->Arrived();
    });
  }
}

void WhenGreatestDone(Journal& journal, const JournalWait& wait, Journal::Callback done) {
  if (wait.synced == 0) {
    journal.WhenWritten(wait.written, std::move(done));
    return;
  }
  if (wait.written == 0) {
    journal.WhenSynced(wait.synced, std::move(done));
    return;
  }
  journal.WhenWritten(wait.written, [&journal, synced = wait.synced,
                                     done = std::move(done)](const absl::Status& written) mutable {
    if (!written.ok()) {
      done(written);
    } else {
      journal.WhenSynced(synced, std::move(done));
    }
  });
}

}  // namespace

void WhenDone(Journal& journal, const JournalWait& wait, Journal::Callback done) {
  if (wait.others.empty()) return WhenGreatestDone(journal, wait, std::move(done));
  WhenGreatestDone(
      journal, wait,
      [&journal, others = wait.others, done = std::move(done)](const absl::Status& greatest) mutable {
        if (!greatest.ok()) return done(greatest);
        WhenAllDone(journal, JournalStep::kWritten, std::move(others),
                    [done = std::move(done)](const std::vector<absl::Status>& outcomes) mutable {
                      const auto failed =
                          std::find_if(outcomes.begin(), outcomes.end(),
                                       [](const absl::Status& one) { return !one.ok(); });
                      done(failed == outcomes.end() ? absl::OkStatus() : *failed);
                    });
      });
}

void WhenAllDone(Journal& journal, JournalStep step, std::vector<uint64_t> sequences,
                 absl::AnyInvocable<void(std::vector<absl::Status>)> done) {
  if (sequences.empty()) {
    done({});
    return;
  }
  const uint64_t greatest = *std::max_element(sequences.begin(), sequences.end());
  auto gathering = std::make_shared<Gathering>();
  gathering->outcomes.resize(sequences.size());
  gathering->missing = sequences.size();
  gathering->sequences = std::move(sequences);
  gathering->done = std::move(done);
  When(journal, step, greatest, [&journal, step, greatest, gathering](const absl::Status& outcome) {
    GatherOthers(journal, step, greatest, outcome, gathering);
  });
}

}  // namespace mab::assignment
