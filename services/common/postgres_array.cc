#include "common/postgres_array.h"

#include <bit>
#include <limits>
#include <utility>

namespace mab {
namespace {

// PostgreSQL's times begin with the year 2000.
constexpr int64_t kEpochMicros = int64_t{946'684'800} * 1'000'000;

void PutInt32(uint32_t value, char* out) {
  for (int i = 0; i < 4; ++i) out[i] = static_cast<char>(value >> (24 - 8 * i));
}

// Where what is known only at the end stands in the header: number of dimensions, whether there are
// NULLs, element type, then of the one dimension its length and its lower bound.
constexpr size_t kHeaderBytes = 20;
constexpr size_t kDimensionsAt = 0;
constexpr size_t kHasNullAt = 4;
constexpr size_t kElementTypeAt = 8;
constexpr size_t kLengthAt = 12;
constexpr size_t kLowerBoundAt = 16;
// Of an array without elements, which has no dimension.
constexpr size_t kEmptyHeaderBytes = 12;

}  // namespace

PgBinaryArray::PgBinaryArray(uint32_t element_oid, size_t elements, size_t element_bytes) {
  bytes_.reserve(kHeaderBytes + elements * (sizeof(uint32_t) + element_bytes));
  bytes_.resize(kHeaderBytes);
  PutInt32(element_oid, &bytes_[kElementTypeAt]);
  PutInt32(1, &bytes_[kLowerBoundAt]);
}

void PgBinaryArray::AddBytes(absl::string_view bytes) {
  char length[4];
  PutInt32(static_cast<uint32_t>(bytes.size()), length);
  bytes_.append(length, sizeof(length));
  bytes_.append(bytes.data(), bytes.size());
  ++size_;
}

void PgBinaryArray::AddNull() {
  bytes_.append("\xff\xff\xff\xff", 4);  // a length of -1
  has_null_ = true;
  ++size_;
}

PgParam PgBinaryArray::ToParam() {
  if (!in_range_) return PgParam::OutOfRange();
  if (size_ == 0) bytes_.resize(kEmptyHeaderBytes);
  PutInt32(size_ == 0 ? 0 : 1, &bytes_[kDimensionsAt]);
  PutInt32(has_null_ ? 1 : 0, &bytes_[kHasNullAt]);
  if (size_ > 0) PutInt32(static_cast<uint32_t>(size_), &bytes_[kLengthAt]);
  return PgParam::Binary(std::move(bytes_));
}

void PgSmallintArray::Add(uint16_t value) {
  if (value > std::numeric_limits<int16_t>::max()) Refuse();
  AddInteger(value);
}

void PgBigintArray::Add(uint64_t value) {
  if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) Refuse();
  AddInteger(value);
}

void PgDoubleArray::Add(double value) { AddInteger(std::bit_cast<uint64_t>(value)); }

void PgDoubleArray::Add(const std::optional<double>& value) {
  if (value.has_value()) return Add(*value);
  AddNull();
}

void PgTimeArray::Add(absl::Time value) {
  const int64_t micros = absl::ToUnixMicros(value);
  // The greatest stands for all that is later; on the wire, the smallest is -infinity.
  if (micros <= std::numeric_limits<int64_t>::min() + kEpochMicros ||
      micros == std::numeric_limits<int64_t>::max()) {
    return Refuse();
  }
  AddInteger(static_cast<uint64_t>(micros - kEpochMicros));
}

void PgTimeArray::Add(const std::optional<absl::Time>& value) {
  if (value.has_value()) return Add(*value);
  AddNull();
}

}  // namespace mab
