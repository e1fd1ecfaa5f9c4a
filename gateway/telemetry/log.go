package telemetry

import (
	"io"
	"log/slog"
	"strings"
)

// NewLogger writes lines with the fields that every service of the system has: time, level, service, message. One JSON
// object a line in production, readable text in development. level is "debug", "info", "warning" or "error".
func NewLogger(w io.Writer, level string, production bool) *slog.Logger {
	options := &slog.HandlerOptions{Level: parseLevel(level), ReplaceAttr: rename}
	var handler slog.Handler = slog.NewTextHandler(w, options)
	if production {
		handler = slog.NewJSONHandler(w, options)
	}
	return slog.New(handler).With("service", "gateway")
}

func parseLevel(name string) slog.Level {
	switch name {
	case "debug":
		return slog.LevelDebug
	case "warning":
		return slog.LevelWarn
	case "error":
		return slog.LevelError
	default:
		return slog.LevelInfo
	}
}

// rename gives slog's own attributes the names and values that the other services use.
func rename(groups []string, a slog.Attr) slog.Attr {
	if len(groups) > 0 {
		return a
	}
	switch a.Key {
	case slog.MessageKey:
		a.Key = "message"
	case slog.TimeKey:
		a.Value = slog.StringValue(a.Value.Time().UTC().Format("2006-01-02T15:04:05.000Z"))
	case slog.LevelKey:
		name := strings.ToLower(a.Value.String())
		if name == "warn" {
			name = "warning"
		}
		a.Value = slog.StringValue(name)
	}
	return a
}
