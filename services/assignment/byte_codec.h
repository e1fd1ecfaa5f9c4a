// Little-endian bytes, written and read one value at a time. A reader trusts no length: past the
// end it gives zeros and remembers that it failed, so that a decoder checks once, at its end.
//
// Thread safety: value types.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "absl/strings/string_view.h"

namespace mab::assignment {

class ByteWriter {
 public:
  // Appends to `out`, which outlives this.
  explicit ByteWriter(std::string* out) : out_(*out) {}

  void U8(uint8_t value) { out_.push_back(static_cast<char>(value)); }
  void U16(uint16_t value) { Integer(value); }
  void U32(uint32_t value) { Integer(value); }
  void U64(uint64_t value) { Integer(value); }
  void I64(int64_t value) { Integer(static_cast<uint64_t>(value)); }
  void Double(double value) { Integer(std::bit_cast<uint64_t>(value)); }
  void Bool(bool value) { U8(value ? 1 : 0); }
  void Bytes(absl::string_view bytes) { out_.append(bytes.data(), bytes.size()); }

 private:
  template <typename T>
  void Integer(T value) {
    std::array<char, sizeof(T)> bytes;
    for (size_t i = 0; i < sizeof(T); ++i) bytes[i] = static_cast<char>(value >> (8 * i));
    out_.append(bytes.data(), bytes.size());
  }

  std::string& out_;
};

class ByteReader {
 public:
  explicit ByteReader(absl::string_view bytes) : left_(bytes) {}

  uint8_t U8() { return Integer<uint8_t>(); }
  uint16_t U16() { return Integer<uint16_t>(); }
  uint32_t U32() { return Integer<uint32_t>(); }
  uint64_t U64() { return Integer<uint64_t>(); }
  int64_t I64() { return static_cast<int64_t>(U64()); }
  double Double() { return std::bit_cast<double>(U64()); }
  // Fails on anything but 0 and 1.
  bool Bool() {
    const uint8_t value = U8();
    if (value > 1) ok_ = false;
    return value == 1;
  }
  absl::string_view Bytes(size_t count) {
    if (count > left_.size()) {
      ok_ = false;
      left_ = {};
      return {};
    }
    const absl::string_view bytes = left_.substr(0, count);
    left_.remove_prefix(count);
    return bytes;
  }
  template <size_t N>
  std::array<uint8_t, N> Array() {
    std::array<uint8_t, N> array{};
    const absl::string_view bytes = Bytes(N);
    if (bytes.size() == N) std::memcpy(array.data(), bytes.data(), N);
    return array;
  }

  // Nothing was missing so far.
  bool ok() const { return ok_; }
  // Nothing was missing, and nothing is left.
  bool Finished() const { return ok_ && left_.empty(); }

 private:
  template <typename T>
  T Integer() {
    const absl::string_view bytes = Bytes(sizeof(T));
    T value = 0;
    for (size_t i = 0; i < bytes.size(); ++i) {
      value = static_cast<T>(
          value | static_cast<T>(static_cast<T>(static_cast<uint8_t>(bytes[i])) << (8 * i)));
    }
    return value;
  }

  absl::string_view left_;
  bool ok_ = true;
};

}  // namespace mab::assignment
