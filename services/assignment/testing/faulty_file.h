// A disk that fills up and breaks when a test says so.
#pragma once

#include <cerrno>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "assignment/journal_file.h"

namespace mab::assignment {

// Thread-safe. Outlives the files that it opened.
class FaultyDisk {
 public:
  // Writes past so many more bytes fail with ENOSPC, after the part that had room.
  void SetRoom(uint64_t bytes) {
    absl::MutexLock lock(&mutex_);
    room_ = bytes;
  }
  void SetFull() { SetRoom(0); }
  void SetRoomForAll() { SetRoom(UINT64_MAX); }
  void FailSyncs() {
    absl::MutexLock lock(&mutex_);
    syncs_fail_ = true;
  }
  void FailTruncates() {
    absl::MutexLock lock(&mutex_);
    truncates_fail_ = true;
  }
  // Writes (syncs) stand still until Release.
  void HoldWrites() {
    absl::MutexLock lock(&mutex_);
    writes_held_ = true;
  }
  void HoldSyncs() {
    absl::MutexLock lock(&mutex_);
    syncs_held_ = true;
  }
  void Release() {
    absl::MutexLock lock(&mutex_);
    writes_held_ = false;
    syncs_held_ = false;
  }
  // Until a write (a sync) stands still.
  void AwaitHeldWrite() {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(
        +[](int* held) { return *held > 0; }, &held_writes_));
  }
  void AwaitHeldSync() {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(
        +[](int* held) { return *held > 0; }, &held_syncs_));
  }
  int syncs() const {
    absl::MutexLock lock(&mutex_);
    return syncs_;
  }
  int writes() const {
    absl::MutexLock lock(&mutex_);
    return writes_;
  }

  JournalFileOpener Opener() {
    return [this](const std::string& path) -> absl::StatusOr<std::unique_ptr<JournalFile>> {
      absl::StatusOr<std::unique_ptr<JournalFile>> file = OpenPosixJournalFile(path);
      if (!file.ok()) return file.status();
      return std::make_unique<File>(this, *std::move(file), path);
    };
  }

 private:
  class File final : public JournalFile {
   public:
    File(FaultyDisk* disk, std::unique_ptr<JournalFile> file, std::string path)
        : disk_(disk), file_(std::move(file)), path_(std::move(path)) {}

    absl::Status WriteAt(uint64_t offset, absl::string_view bytes) override {
      const uint64_t granted = disk_->GrantWrite(bytes.size());
      absl::Status status = file_->WriteAt(offset, bytes.substr(0, granted));
      if (status.ok() && granted < bytes.size()) return FileError("write", path_, ENOSPC);
      return status;
    }
    absl::Status Truncate(uint64_t size) override {
      if (disk_->TruncateFails()) return FileError("truncate", path_, EIO);
      return file_->Truncate(size);
    }
    absl::Status Sync() override {
      if (!disk_->GrantSync()) return FileError("sync", path_, EIO);
      return file_->Sync();
    }

   private:
    FaultyDisk* const disk_;
    const std::unique_ptr<JournalFile> file_;
    const std::string path_;
  };

  uint64_t GrantWrite(uint64_t bytes) {
    absl::MutexLock lock(&mutex_);
    ++held_writes_;
    mutex_.Await(absl::Condition(
        +[](bool* held) { return !*held; }, &writes_held_));
    --held_writes_;
    ++writes_;
    const uint64_t granted = bytes < room_ ? bytes : room_;
    if (room_ != UINT64_MAX) room_ -= granted;
    return granted;
  }
  bool GrantSync() {
    absl::MutexLock lock(&mutex_);
    ++held_syncs_;
    mutex_.Await(absl::Condition(
        +[](bool* held) { return !*held; }, &syncs_held_));
    --held_syncs_;
    ++syncs_;
    return !syncs_fail_;
  }
  bool TruncateFails() const {
    absl::MutexLock lock(&mutex_);
    return truncates_fail_;
  }

  mutable absl::Mutex mutex_;
  uint64_t room_ ABSL_GUARDED_BY(mutex_) = UINT64_MAX;
  bool syncs_fail_ ABSL_GUARDED_BY(mutex_) = false;
  bool truncates_fail_ ABSL_GUARDED_BY(mutex_) = false;
  bool writes_held_ ABSL_GUARDED_BY(mutex_) = false;
  bool syncs_held_ ABSL_GUARDED_BY(mutex_) = false;
  int held_writes_ ABSL_GUARDED_BY(mutex_) = 0;
  int held_syncs_ ABSL_GUARDED_BY(mutex_) = 0;
  int syncs_ ABSL_GUARDED_BY(mutex_) = 0;
  int writes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace mab::assignment
