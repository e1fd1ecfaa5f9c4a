#include "common/log.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace mab {
namespace {

// A text longer than this is cut: no line grows with what a stranger sends.
constexpr size_t kTextBytesMax = 8192;

struct LogSettings {
  std::string service = "mab";
  LogFormat format = LogFormat::kText;
};

// Never destroyed, for threads may log until the process ends. Written once, before they start.
LogSettings& Settings() {
  static auto* settings = new LogSettings;
  return *settings;
}

std::atomic<LogLevel> log_level{LogLevel::kInfo};

absl::string_view LevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      break;
  }
  return "error";
}

// The length of the UTF-8 sequence at the front of `text`; 0 where it is none (overlong forms and
// surrogates too).
size_t Utf8SequenceSize(absl::string_view text) {
  const auto byte = [text](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const size_t size = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (size == 0 || first > 0xf4 || size > text.size()) return 0;
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  if (first == 0xe0 && byte(1) < 0xa0) return 0;
  if (first == 0xed && byte(1) > 0x9f) return 0;
  if (first == 0xf0 && byte(1) < 0x90) return 0;
  if (first == 0xf4 && byte(1) > 0x8f) return 0;
  return size;
}

// A JSON string. What is not UTF-8 becomes U+FFFD, so that a line can always be parsed.
void AppendQuoted(std::string& line, absl::string_view text) {
  text = text.substr(0, kTextBytesMax);
  line.push_back('"');
  while (!text.empty()) {
    const size_t size = Utf8SequenceSize(text);
    const char c = text[0];
    if (size == 0) {
      line.append("\\ufffd");
    } else if (c == '"' || c == '\\') {
      line.push_back('\\');
      line.push_back(c);
    } else if (c == '\n') {
      line.append("\\n");
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      absl::StrAppendFormat(&line, "\\u%04x", static_cast<unsigned char>(c));
    } else {
      line.append(text.data(), size);
    }
    text.remove_prefix(size == 0 ? 1 : size);
  }
  line.push_back('"');
}

void AppendValue(std::string& line, const LogField& field) {
  if (const auto* integer = std::get_if<int64_t>(&field.value)) {
    absl::StrAppend(&line, *integer);
  } else if (const auto* flag = std::get_if<bool>(&field.value)) {
    absl::StrAppend(&line, *flag ? "true" : "false");
  } else if (const auto* number = std::get_if<double>(&field.value)) {
    // JSON has no word for infinity or for what is no number.
    absl::StrAppend(&line, std::isfinite(*number) ? absl::StrCat(*number) : "null");
  } else {
    AppendQuoted(line, std::get<std::string>(field.value));
  }
}

std::string JsonLine(absl::string_view time, LogLevel level, absl::string_view message,
                     std::initializer_list<LogField> fields) {
  std::string line =
      absl::StrCat("{\"time\":\"", time, "\",\"level\":\"", LevelName(level), "\",\"service\":");
  AppendQuoted(line, Settings().service);
  line.append(",\"message\":");
  AppendQuoted(line, message);
  for (const LogField& field : fields) {
    line.push_back(',');
    AppendQuoted(line, field.name);
    line.push_back(':');
    AppendValue(line, field);
  }
  line.append("}\n");
  return line;
}

std::string TextLine(absl::string_view time, LogLevel level, absl::string_view message,
                     std::initializer_list<LogField> fields) {
  std::string quoted;
  AppendQuoted(quoted, message);
  // The message is for reading: without its quotes, but still one line.
  std::string line = absl::StrFormat("%s %-7s %s: %s", time, LevelName(level), Settings().service,
                                     quoted.substr(1, quoted.size() - 2));
  for (const LogField& field : fields) {
    absl::StrAppend(&line, "  ", field.name, "=");
    AppendValue(line, field);
  }
  line.push_back('\n');
  return line;
}

// One write, so that lines of several threads never mix. What the pipe does not take at once goes
// after it.
void WriteLine(absl::string_view line) {
  while (!line.empty()) {
    const ssize_t written = write(STDOUT_FILENO, line.data(), line.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // nobody reads the log, and nothing could say so
    line.remove_prefix(static_cast<size_t>(written));
  }
}

}  // namespace

void ConfigureLog(absl::string_view service, LogLevel level, LogFormat format) {
  Settings().service = std::string(service);
  Settings().format = format;
  log_level.store(level, std::memory_order_relaxed);
}

LogLevel ParseLogLevel(absl::string_view name) {
  if (name == "debug") return LogLevel::kDebug;
  if (name == "warning") return LogLevel::kWarning;
  if (name == "error") return LogLevel::kError;
  return LogLevel::kInfo;
}

bool LogEnabled(LogLevel level) { return level >= log_level.load(std::memory_order_relaxed); }

void Log(LogLevel level, absl::string_view message, std::initializer_list<LogField> fields) {
  const std::string time =
      absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(), absl::UTCTimeZone());
  WriteLine(Settings().format == LogFormat::kJson ? JsonLine(time, level, message, fields)
                                                  : TextLine(time, level, message, fields));
}

}  // namespace mab
