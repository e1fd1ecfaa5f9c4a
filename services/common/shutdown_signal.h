// Waits for SIGTERM or SIGINT in an ordinary thread, instead of handling it in a signal handler.
#pragma once

namespace mab {

// Before any thread starts: blocks SIGTERM and SIGINT in this thread and all that it starts, and ignores SIGPIPE.
void BlockShutdownSignals();
// Until one of them arrives; returns its number.
int WaitForShutdownSignal();

}  // namespace mab
