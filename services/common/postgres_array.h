// Array parameters for unnest, in PostgreSQL's binary form: nothing is printed here and parsed
// there, which is most of the work of a large batch. One type an element type; the statement must
// cast the parameter to that array ($1::uuid[]), which is checked by the server.
//
//   PgUuidArray ids(events.size());
//   for (const Event& event : events) ids.Add(event.id);
//   db.Execute("SELECT * FROM unnest($1::uuid[])", {ids.ToParam()});
//
// Thread safety: value types.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/postgres_param.h"
#include "common/uuid.h"

namespace mab {

class PgBinaryArray {
 public:
  size_t size() const { return size_; }
  void AddNull();
  // Once.
  PgParam ToParam();

 protected:
  // `element_oid`: of pg_type; fixed for ever for the built-in types. `element_bytes`: about how
  // long one is.
  PgBinaryArray(uint32_t element_oid, size_t elements, size_t element_bytes);
  void AddBytes(absl::string_view bytes);
  template <typename Unsigned>
  void AddInteger(Unsigned value) {
    char bytes[sizeof(Unsigned)];
    for (size_t i = 0; i < sizeof(Unsigned); ++i) {
      bytes[i] = static_cast<char>(value >> (8 * (sizeof(Unsigned) - 1 - i)));
    }
    AddBytes(absl::string_view(bytes, sizeof(bytes)));
  }
  // The server has no such value: it refuses the whole parameter (PgParam::OutOfRange).
  void Refuse() { in_range_ = false; }

 private:
  std::string bytes_;
  size_t size_ = 0;
  bool has_null_ = false;
  bool in_range_ = true;
};

class PgUuidArray : public PgBinaryArray {
 public:
  explicit PgUuidArray(size_t elements) : PgBinaryArray(2950, elements, 16) {}
  void Add(const Uuid& value) { AddBytes(value.AsBytes()); }
  template <typename Tag>
  void Add(const TypedId<Tag>& id) {
    Add(id.uuid);
  }
};

class PgByteaArray : public PgBinaryArray {
 public:
  explicit PgByteaArray(size_t elements) : PgBinaryArray(17, elements, 16) {}
  void Add(absl::string_view value) { AddBytes(value); }
};

class PgTextArray : public PgBinaryArray {
 public:
  explicit PgTextArray(size_t elements) : PgBinaryArray(25, elements, 16) {}
  // UTF-8 without NUL; else the server refuses it.
  void Add(absl::string_view value) { AddBytes(value); }
};

class PgBoolArray : public PgBinaryArray {
 public:
  explicit PgBoolArray(size_t elements) : PgBinaryArray(16, elements, 1) {}
  void Add(bool value) { AddInteger(static_cast<uint8_t>(value ? 1 : 0)); }
};

class PgSmallintArray : public PgBinaryArray {
 public:
  explicit PgSmallintArray(size_t elements) : PgBinaryArray(21, elements, 2) {}
  // At most 32767.
  void Add(uint16_t value);
};

class PgBigintArray : public PgBinaryArray {
 public:
  explicit PgBigintArray(size_t elements) : PgBinaryArray(20, elements, 8) {}
  // At most 2^63 - 1.
  void Add(uint64_t value);
};

class PgDoubleArray : public PgBinaryArray {
 public:
  explicit PgDoubleArray(size_t elements) : PgBinaryArray(701, elements, 8) {}
  void Add(double value);
  void Add(const std::optional<double>& value);
};

// timestamptz, in microseconds (rounded down).
class PgTimeArray : public PgBinaryArray {
 public:
  explicit PgTimeArray(size_t elements) : PgBinaryArray(1184, elements, 8) {}
  void Add(absl::Time value);
  void Add(const std::optional<absl::Time>& value);
};

}  // namespace mab
