#include "assignment/version_recorder.h"

#include "common/status_macros.h"
#include "storage/event.h"

namespace mab::assignment {
namespace {

constexpr size_t kVersionsKept = 8;

}  // namespace

absl::StatusOr<uint64_t> VersionRecorder::Ensure(ExperimentId experiment,
                                                 const bandit::DrawVersion& version) {
  uint64_t sequence = 0;
  {
    absl::MutexLock lock(&mutex_);
    std::vector<Written>& written = written_[experiment];
    for (const Written& one : written) {
      if (one.number == version.number) return one.sequence;
    }
    MAB_ASSIGN_OR_RETURN(sequence, journal_->Append(storage::VersionEvent{experiment, version}));
    if (written.size() == kVersionsKept) written.erase(written.begin());
    written.push_back({version.number, sequence});
  }
  journal_->WhenWritten(sequence, [this, experiment, sequence](const absl::Status& status) {
    if (!status.ok()) Forget(experiment, sequence);
  });
  return sequence;
}

void VersionRecorder::Forget(ExperimentId experiment, uint64_t sequence) {
  absl::MutexLock lock(&mutex_);
  const auto it = written_.find(experiment);
  if (it == written_.end()) return;
  std::erase_if(it->second, [&](const Written& one) { return one.sequence == sequence; });
}

}  // namespace mab::assignment
