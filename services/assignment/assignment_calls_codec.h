// Every call of the assignment service as message in, message out: decode, call, encode. The unary
// handlers and the stream both end here.
//
// Thread-safe; nothing blocks.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "assignment/answer.h"
#include "assignment/assigner.h"
#include "assignment/assignment_metrics.h"
#include "assignment/caller.h"
#include "assignment/converter.h"
#include "assignment/exposer.h"
#include "assignment/snapshot_holder.h"
#include "mab/v1/assignment_service.pb.h"
#include "storage/user_key.h"

namespace mab::assignment {

class AssignmentCalls {
 public:
  // Not owned; all outlive this.
  struct Parts {
    const SnapshotHolder* snapshots = nullptr;
    const storage::UserKey* user_key = nullptr;
    Assigner* assigner = nullptr;
    Exposer* exposer = nullptr;
    Converter* converter = nullptr;
    AssignmentMetrics* metrics = nullptr;
  };
  explicit AssignmentCalls(const Parts& parts) : parts_(parts) {}

  // Each fills its response and returns what must be waited for before it may be sent. Errors as
  // the proto says. Who asks is known where the gateway says so.
  absl::StatusOr<JournalWait> Assign(const v1::AssignRequest& request, v1::AssignResponse* response,
                                     const Caller& caller = {});
  absl::StatusOr<JournalWait> Expose(const v1::ExposeRequest& request, v1::ExposeResponse* response,
                                     const Caller& caller = {});
  absl::StatusOr<JournalWait> Convert(const v1::ConvertRequest& request,
                                      v1::ConvertResponse* response, const Caller& caller = {});
  absl::StatusOr<JournalWait> BatchAssign(const v1::BatchAssignRequest& request,
                                          v1::BatchAssignResponse* response,
                                          const Caller& caller = {});
  absl::StatusOr<JournalWait> BatchExpose(const v1::BatchExposeRequest& request,
                                          v1::BatchExposeResponse* response,
                                          const Caller& caller = {});
  // `expose`: whether what is assigned counts as shown.
  absl::StatusOr<JournalWait> AssignAll(const v1::AssignAllRequest& request, bool expose,
                                        v1::AssignAllResponse* response, const Caller& caller = {});
  // Whichever of these `call` is. INVALID_ARGUMENT where it is none. What stands beside the call,
  // of whom it is made for, is believed of a `trusted` caller alone.
  absl::StatusOr<JournalWait> Answer(const v1::StreamCall& call, bool trusted,
                                     v1::StreamAnswer* answer);

 private:
  // UNAVAILABLE until the first snapshot is there.
  absl::StatusOr<std::shared_ptr<const Snapshot>> CurrentSnapshot() const;

  const Parts parts_;
};

}  // namespace mab::assignment
