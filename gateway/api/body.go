package api

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"

	"mab/gateway/exchange"
	"mab/gateway/problem"
)

// readBody reads the whole body, at most limit bytes, and refuses what is not JSON by its type. Later layers have
// it in memory. An empty body stands for {}.
func readBody(limit int64) runtime.Middleware {
	return func(next runtime.HandlerFunc) runtime.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request, params map[string]string) {
			if r.Method == http.MethodGet || r.Method == http.MethodDelete {
				r.Body = http.NoBody
				next(w, r, params)
				return
			}
			body, p := read(w, r, limit)
			if p == nil && len(body) > 0 {
				p = checkContentType(r, routeOf(r).kind == public)
			}
			if p != nil {
				problem.Write(w, r, p)
				return
			}
			exchange.FromContext(r.Context()).Body = body
			r.Body = io.NopCloser(bytes.NewReader(body))
			next(w, r, params)
		}
	}
}

func read(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, *problem.Problem) {
	tooLarge := problem.New(http.StatusRequestEntityTooLarge, problem.CodeContentTooLarge,
		fmt.Sprintf("the body is larger than %d bytes", limit))
	if r.ContentLength > limit {
		w.Header().Set("Connection", "close") // rather than read what nobody wants
		return nil, tooLarge
	}
	var buffer bytes.Buffer
	if r.ContentLength > 0 {
		buffer.Grow(int(r.ContentLength) + bytes.MinRead)
	}
	_, err := buffer.ReadFrom(http.MaxBytesReader(w, r.Body, limit))
	var maxBytes *http.MaxBytesError
	switch {
	case err == nil:
		return buffer.Bytes(), nil
	case errors.As(err, &maxBytes):
		return nil, tooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, problem.New(http.StatusRequestTimeout, problem.CodeRequestTimeout, "the body did not arrive in time")
	default:
		return nil, problem.New(http.StatusBadRequest, problem.CodeInvalidArgument, "the body could not be read")
	}
}

// checkContentType takes application/json, and text/plain where a browser must be able to send without a preflight.
func checkContentType(r *http.Request, textPlain bool) *problem.Problem {
	accepted := "application/json"
	if textPlain {
		accepted = "application/json or text/plain"
	}
	if encoding := r.Header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return problem.New(http.StatusUnsupportedMediaType, problem.CodeUnsupportedMediaType,
			"a body is taken without Content-Encoding only")
	}
	mediaType, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if charset := params["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
		return problem.New(http.StatusUnsupportedMediaType, problem.CodeUnsupportedMediaType, "the charset must be utf-8")
	}
	if err == nil && (mediaType == "application/json" || textPlain && mediaType == "text/plain") {
		return nil
	}
	return problem.New(http.StatusUnsupportedMediaType, problem.CodeUnsupportedMediaType, "Content-Type must be "+accepted)
}
