package middleware

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAPanicIsALogged500(t *testing.T) {
	var log bytes.Buffer
	handler := RequestID(Recover(slog.New(slog.NewTextHandler(&log, nil)))(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		panic("a secret")
	})))
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if w.Code != 500 || w.Header().Get("Content-Type") != "application/problem+json" || strings.Contains(w.Body.String(), "secret") ||
		!strings.Contains(log.String(), "a secret") || !strings.Contains(log.String(), w.Header().Get("X-Request-Id")) {
		t.Errorf("got %d %s, logged %s", w.Code, w.Body, log.String())
	}
}

func TestAnAbortedAnswerStaysAborted(t *testing.T) {
	defer func() {
		if recover() != http.ErrAbortHandler {
			t.Error("it was swallowed")
		}
	}()
	handler := Recover(slog.New(slog.DiscardHandler))(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
}
