// Makes absl's locks (and counted references) visible to ThreadSanitizer. The distribution's
// libabsl is not instrumented, so TSan would not see that a Mutex orders anything, and would report
// every field that one guards. The functions here take the place of the library's in a test binary:
// they tell TSan what happens, and call the library's.
//
// Built into tests with -fsanitize=thread only (mab_add_test).

#include <dlfcn.h>

#include <cstdint>
#include <cstdlib>

#include "absl/status/status.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

// Of TSan's runtime.
extern "C" {
void __tsan_acquire(void* address);
void __tsan_release(void* address);
void AnnotateIgnoreReadsBegin(const char* file, int line);
void AnnotateIgnoreReadsEnd(const char* file, int line);
}

// The distribution's libraries call memmove and the like under locks that TSan can't see: what they
// touch is left out, what they synchronise is not.
extern "C" const char* __tsan_default_options() { return "ignore_noninstrumented_modules=1"; }

namespace {

// The library's function of that (mangled) name, as a function that takes the object first.
template <typename Function>
Function* Real(const char* symbol) {
  void* address = dlsym(RTLD_NEXT, symbol);
  if (address == nullptr) std::abort();
  return reinterpret_cast<Function*>(address);
}

// Conditions of waiters run inside the library, on whichever thread unlocks, after TSan was told of
// the unlock.
class IgnoreConditions {
 public:
  IgnoreConditions() { AnnotateIgnoreReadsBegin(__FILE__, __LINE__); }
  ~IgnoreConditions() { AnnotateIgnoreReadsEnd(__FILE__, __LINE__); }
};

void* Address(const void* object) { return const_cast<void*>(object); }

}  // namespace

#define MAB_REAL(symbol, ...) static auto* const real = Real<__VA_ARGS__>("_ZN" symbol)
#define MAB_REAL_CONST(symbol, ...) static auto* const real = Real<__VA_ARGS__>("_ZNK" symbol)

namespace absl {
ABSL_NAMESPACE_BEGIN

void Mutex::Lock() {
  MAB_REAL("4absl7debian35Mutex4LockEv", void(Mutex*));
  real(this);
  __tsan_acquire(this);
}

void Mutex::Unlock() {
  MAB_REAL("4absl7debian35Mutex6UnlockEv", void(Mutex*));
  __tsan_release(this);
  const IgnoreConditions ignore;
  real(this);
}

bool Mutex::TryLock() {
  MAB_REAL("4absl7debian35Mutex7TryLockEv", bool(Mutex*));
  const bool locked = real(this);
  if (locked) __tsan_acquire(this);
  return locked;
}

void Mutex::ReaderLock() {
  MAB_REAL("4absl7debian35Mutex10ReaderLockEv", void(Mutex*));
  real(this);
  __tsan_acquire(this);
}

void Mutex::ReaderUnlock() {
  MAB_REAL("4absl7debian35Mutex12ReaderUnlockEv", void(Mutex*));
  __tsan_release(this);
  const IgnoreConditions ignore;
  real(this);
}

void Mutex::LockWhen(const Condition& condition) {
  MAB_REAL("4absl7debian35Mutex8LockWhenERKNS0_9ConditionE", void(Mutex*, const Condition&));
  {
    const IgnoreConditions ignore;
    real(this, condition);
  }
  __tsan_acquire(this);
}

void Mutex::Await(const Condition& condition) {
  MAB_REAL("4absl7debian35Mutex5AwaitERKNS0_9ConditionE", void(Mutex*, const Condition&));
  __tsan_release(this);
  {
    const IgnoreConditions ignore;
    real(this, condition);
  }
  __tsan_acquire(this);
}

bool Mutex::AwaitWithTimeout(const Condition& condition, Duration timeout) {
  MAB_REAL("4absl7debian35Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE",
           bool(Mutex*, const Condition&, Duration));
  __tsan_release(this);
  bool met = false;
  {
    const IgnoreConditions ignore;
    met = real(this, condition, timeout);
  }
  __tsan_acquire(this);
  return met;
}

bool Mutex::AwaitWithDeadline(const Condition& condition, Time deadline) {
  MAB_REAL("4absl7debian35Mutex17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE",
           bool(Mutex*, const Condition&, Time));
  __tsan_release(this);
  bool met = false;
  {
    const IgnoreConditions ignore;
    met = real(this, condition, deadline);
  }
  __tsan_acquire(this);
  return met;
}

void CondVar::Wait(Mutex* mutex) {
  MAB_REAL("4absl7debian37CondVar4WaitEPNS0_5MutexE", void(CondVar*, Mutex*));
  __tsan_release(mutex);
  {
    const IgnoreConditions ignore;
    real(this, mutex);
  }
  __tsan_acquire(mutex);
}

bool CondVar::WaitWithTimeout(Mutex* mutex, Duration timeout) {
  MAB_REAL("4absl7debian37CondVar15WaitWithTimeoutEPNS0_5MutexENS0_8DurationE",
           bool(CondVar*, Mutex*, Duration));
  __tsan_release(mutex);
  bool timed_out = false;
  {
    const IgnoreConditions ignore;
    timed_out = real(this, mutex, timeout);
  }
  __tsan_acquire(mutex);
  return timed_out;
}

bool CondVar::WaitWithDeadline(Mutex* mutex, Time deadline) {
  MAB_REAL("4absl7debian37CondVar16WaitWithDeadlineEPNS0_5MutexENS0_4TimeE",
           bool(CondVar*, Mutex*, Time));
  __tsan_release(mutex);
  bool timed_out = false;
  {
    const IgnoreConditions ignore;
    timed_out = real(this, mutex, deadline);
  }
  __tsan_acquire(mutex);
  return timed_out;
}

void Notification::Notify() {
  MAB_REAL("4absl7debian312Notification6NotifyEv", void(Notification*));
  __tsan_release(this);
  real(this);
}

void Notification::WaitForNotification() const {
  MAB_REAL_CONST("4absl7debian312Notification19WaitForNotificationEv", void(const Notification*));
  real(this);
  __tsan_acquire(Address(this));
}

bool Notification::WaitForNotificationWithTimeout(Duration timeout) const {
  MAB_REAL_CONST("4absl7debian312Notification30WaitForNotificationWithTimeoutENS0_8DurationE",
                 bool(const Notification*, Duration));
  const bool notified = real(this, timeout);
  if (notified) __tsan_acquire(Address(this));
  return notified;
}

bool BlockingCounter::DecrementCount() {
  MAB_REAL("4absl7debian315BlockingCounter14DecrementCountEv", bool(BlockingCounter*));
  __tsan_release(this);
  return real(this);
}

void BlockingCounter::Wait() {
  MAB_REAL("4absl7debian315BlockingCounter4WaitEv", void(BlockingCounter*));
  real(this);
  __tsan_acquire(this);
}

// The reference count of a status that several threads share.
void Status::UnrefNonInlined(uintptr_t rep) {
  MAB_REAL("4absl7debian36Status15UnrefNonInlinedEm", void(uintptr_t));
  __tsan_release(reinterpret_cast<void*>(rep));
  __tsan_acquire(reinterpret_cast<void*>(rep));
  real(rep);
}

ABSL_NAMESPACE_END
}  // namespace absl
