// A fixed number of zeroed values in pages of their own: what is let go goes back to the kernel,
// and tables that are replaced by slightly larger ones again and again leave no holes in the heap.
// Pages that were never touched take no memory.
//
// Thread safety: none of its own.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <type_traits>
#include <utility>

namespace mab::assignment {

template <typename T>
class PageArray {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  PageArray() = default;
  // At least `count` of them: as many as the pages hold. Ends the process where there is no memory.
  explicit PageArray(size_t count) {
    const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    bytes_ = (count * sizeof(T) + page - 1) / page * page;
    if (bytes_ == 0) return;
    void* const at =
        mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) std::abort();
    values_ = static_cast<T*>(at);
  }
  ~PageArray() {
    if (values_ != nullptr) munmap(values_, bytes_);
  }
  PageArray(PageArray&& other) noexcept
      : values_(std::exchange(other.values_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  PageArray& operator=(PageArray&& other) noexcept {
    std::swap(values_, other.values_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }

  T* data() const { return values_; }
  T& operator[](size_t index) const { return values_[index]; }
  size_t size() const { return bytes_ / sizeof(T); }
  size_t bytes() const { return bytes_; }

 private:
  T* values_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace mab::assignment
