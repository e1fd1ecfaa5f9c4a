// The values that go into a statement: in PostgreSQL's text form, or as postgres_array.h encodes
// them.
//
// Thread safety: value types.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/uuid.h"

namespace mab {

// A parameter, or NULL. Implicit on purpose: Execute(sql, {id, name, 3, std::nullopt}).
class PgParam {
 public:
  // NOLINTBEGIN(google-explicit-constructor)
  PgParam(std::nullopt_t) {}
  PgParam(absl::string_view text) : text_(text) {}
  PgParam(const std::string& text) : text_(text) {}
  PgParam(const char* text) : text_(text) {}
  PgParam(bool value) : text_(value ? "t" : "f") {}
  PgParam(int value) : text_(std::to_string(value)) {}
  PgParam(int64_t value) : text_(std::to_string(value)) {}
  PgParam(uint32_t value) : text_(std::to_string(value)) {}
  PgParam(uint64_t value) : text_(std::to_string(value)) {}
  // Shortest text that reads back as the same double.
  PgParam(double value);
  PgParam(const Uuid& uuid) : text_(uuid.ToString()) {}
  template <typename Tag>
  PgParam(const TypedId<Tag>& id) : text_(id.ToString()) {}
  // timestamptz with microseconds (rounded down), in UTC.
  PgParam(absl::Time time);
  template <typename T>
  PgParam(const std::optional<T>& value) {
    if (value.has_value()) text_ = PgParam(*value).text_;
  }
  // NOLINTEND(google-explicit-constructor)
  static PgParam Bytes(absl::string_view bytes);  // bytea, as \x…

  // PostgreSQL's binary form of the type that the statement casts the parameter to.
  static PgParam Binary(std::string bytes);
  // A value that no PostgreSQL type of its kind has: every statement with it is refused.
  static PgParam OutOfRange();

  // The text, or the bytes of the binary form.
  const std::optional<std::string>& text() const { return text_; }
  bool is_binary() const { return is_binary_; }
  bool in_range() const { return in_range_; }

 private:
  std::optional<std::string> text_;
  bool is_binary_ = false;
  bool in_range_ = true;
};

// Builds an array parameter ('{…}') for unnest: element by element, quoted as needed.
class PgArray {
 public:
  void Add(const PgParam& element);
  void Reserve(size_t bytes) { text_.reserve(bytes); }
  size_t size() const { return size_; }
  PgParam ToParam() const;

 private:
  std::string text_ = "{";
  size_t size_ = 0;
};

}  // namespace mab
