#include "common/shutdown_signal.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <thread>

namespace mab {
namespace {

// Gives this thread its signals back after the test.
class ShutdownSignalTest : public ::testing::Test {
 protected:
  ShutdownSignalTest() { pthread_sigmask(SIG_SETMASK, nullptr, &mask_); }
  ~ShutdownSignalTest() override {
    pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
    signal(SIGPIPE, SIG_DFL);
  }
  sigset_t mask_;
};

TEST_F(ShutdownSignalTest, AThreadReceivesASignalInsteadOfDying) {
  BlockShutdownSignals();
  for (const int sent : {SIGTERM, SIGINT}) {
    int received = 0;
    std::thread waiter([&] { received = WaitForShutdownSignal(); });
    pthread_kill(waiter.native_handle(), sent);
    waiter.join();
    EXPECT_EQ(received, sent);
  }
}

TEST_F(ShutdownSignalTest, ASignalThatCameEarlyIsNotLost) {
  BlockShutdownSignals();
  raise(SIGTERM);
  EXPECT_EQ(WaitForShutdownSignal(), SIGTERM);
}

TEST_F(ShutdownSignalTest, AClosedPipeIsAnErrorAndNotTheEnd) {
  BlockShutdownSignals();
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  close(ends[0]);
  EXPECT_EQ(write(ends[1], "x", 1), -1);
  EXPECT_EQ(errno, EPIPE);
  close(ends[1]);
}

}  // namespace
}  // namespace mab
