// The configuration of this service, from the environment.
//
// Thread safety: a value type and a pure function.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "assignment/entry_recorder.h"
#include "common/config.h"
#include "common/log.h"
#include "common/tls_files.h"

namespace mab::assignment {

struct Options {
  std::string database_url;
  bool production = false;
  LogLevel log_level = LogLevel::kInfo;
  // Between our own processes.
  TlsFiles tls;
  std::string internal_secret;
  std::string listen;
  std::string metrics_listen;
  std::string admin_address;
  std::string user_hash_key;  // 16 bytes
  std::string data_directory;
  JournalSync journal_sync = JournalSync::kConversions;
  absl::Duration drain_interval;
  // Bytes.
  uint64_t journal_bytes_max = 0;
  uint64_t disk_free_bytes_min = 0;
  uint64_t segment_bytes_max = 0;
  uint64_t checkpoint_bytes = 0;
  absl::Duration journal_retain;
  uint64_t sticky_bytes_max = 0;  // 0: no limit

  // What may wait to be written: a batch of it is in one segment.
  uint64_t buffer_bytes_max() const;
  std::string journal_directory() const { return data_directory + "/journal"; }
  std::string snapshot_path() const { return data_directory + "/snapshot.pb"; }
  std::string identity_path() const { return data_directory + "/identity"; }
  // Beside the journal that it belongs to.
  std::string checkpoint_path() const { return journal_directory() + "/sticky_map.checkpoint"; }
};

// FAILED_PRECONDITION with everything that is wrong.
absl::StatusOr<Options> ReadOptions(Environment environment);

}  // namespace mab::assignment
