// Structured logging to stdout: one JSON object a line in production, readable text in development.
//
//   MAB_LOG(kInfo, "drained a batch", {{"events", count}, {"duration_ms", ms}});
//
// Never a user id, never a secret. Thread-safe.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <type_traits>
#include <variant>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace mab {

enum class LogLevel { kDebug, kInfo, kWarning, kError };
enum class LogFormat { kText, kJson };

struct LogField {
  absl::string_view name;
  std::variant<int64_t, double, bool, std::string> value;

  LogField(absl::string_view n, absl::string_view v) : name(n), value(std::string(v)) {}
  LogField(absl::string_view n, const std::string& v) : name(n), value(v) {}
  LogField(absl::string_view n, const char* v) : name(n), value(std::string(v)) {}
  LogField(absl::string_view n, bool v) : name(n), value(v) {}
  LogField(absl::string_view n, double v) : name(n), value(v) {}
  LogField(absl::string_view n, const absl::Status& v) : name(n), value(v.ToString()) {}
  template <typename T, std::enable_if_t<std::is_integral_v<T> && !std::is_same_v<T, bool>, int> = 0>
  LogField(absl::string_view n, T v) : name(n), value(static_cast<int64_t>(v)) {}
};

// Once, before the threads start. Without it: text at kInfo, service "mab".
void ConfigureLog(absl::string_view service, LogLevel level, LogFormat format);
// "debug", "info", "warning", "error".
LogLevel ParseLogLevel(absl::string_view name);

bool LogEnabled(LogLevel level);
void Log(LogLevel level, absl::string_view message, std::initializer_list<LogField> fields = {});

}  // namespace mab

#define MAB_LOG(level, ...)                                                          \
  do {                                                                               \
    if (::mab::LogEnabled(::mab::LogLevel::level)) ::mab::Log(::mab::LogLevel::level, __VA_ARGS__); \
  } while (false)
