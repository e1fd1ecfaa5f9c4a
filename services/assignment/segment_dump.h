// `mab-assignment dump`: what is in a segment, or in all segments of a journal, a line of JSON an
// item. For an operator who wants to know what a journal says, or where it is damaged.
//
// Changes nothing, takes no lock and needs no configuration: a journal may be written meanwhile,
// and is read as far as it went when it was looked at. No byte of it is trusted.
//
// Each segment is
//   {"segment":"…/00000000000000000001.log","journal_id":"…", …}   its header, then
//   {"sequence":1,"type":"assignment","synced":0,"offset":80,"bytes":81, …}   a line a record, with
//       the event's fields (event_json.h), or "error" and "body" where the body is not an event;
//       then
//   {"end":"clean","offset":…,"records":…}   or "torn" or "damaged", with "why" and how many
//   "bytes"
//       follow the last good record. A segment without a good header is its end alone.
// Between segments that are not of one journal, or lack records in between, there is a line
//   {"gap":"…"}.
//
// Thread safety: functions without state.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mab::assignment {

// From good to bad.
enum class DumpEnd {
  kClean,
  // The journal's last segment ends with what a crash leaves, or with what is being written.
  kTorn,
  // Damage that no crash leaves: in the middle, in a segment that is not the last, between
  // segments, or a body that is no event.
  kDamaged,
};

// Given each line, without its newline.
using PrintLine = std::function<void(absl::string_view line)>;

// Dumps `path`, a segment's file or a journal's directory. The worst that was found. FileError
// where it can't be read.
absl::StatusOr<DumpEnd> DumpJournal(const std::string& path, const PrintLine& print);

// The command: dumps `paths` to standard output. The exit status: 0, 1 where one is damaged, 2
// where one can't be read or none was given.
int RunDump(const std::vector<std::string>& paths);

}  // namespace mab::assignment
