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

// bodyLimit is what a body may be.
type bodyLimit struct {
	bytes int64
	// values is a limit of what the body costs: a value of two bytes becomes hundreds in memory.
	values int
}

// limitOf a route's bodies, where no body is larger than most bytes. Strangers send little: the largest batch that the
// services take, a hundred experiments of 64 bytes, each forced, has 21 KiB and 205 values. People send experiments: a
// hundred variants with 16 KiB of payload each, where a value is 15 bytes, have 110,000 values. They are 1.6 MiB, which
// MAB_MAX_BODY_BYTES allows where it is raised.
func limitOf(k kind, most int64) bodyLimit {
	if k == private {
		return bodyLimit{bytes: most, values: 120_000}
	}
	return bodyLimit{bytes: min(most, smallBytes), values: 1000}
}

// readBody reads the whole body, at most `most` bytes, and refuses what is not JSON by its type or would cost too much to
// decode. Later layers have it in memory. An empty body stands for {}.
func readBody(most int64) runtime.Middleware {
	bodies, decoded := newRoom(), newRoom()
	return func(next runtime.HandlerFunc) runtime.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request, params map[string]string) {
			if r.Method == http.MethodGet || r.Method == http.MethodDelete {
				r.Body = http.NoBody
				next(w, r, params)
				return
			}
			route := routeOf(r).kind
			limit := limitOf(route, most)
			body, giveBack, p := read(w, r, limit.bytes, bodies)
			defer giveBack()
			if p == nil && len(body) > 0 {
				p = checkContentType(r, route == public)
			}
			var values int
			if p == nil {
				values, p = measure(body, limit.values)
			}
			if p == nil && route == private {
				giveBack, err := decoded.take(r.Context(), int64(len(body)+values*valueBytes))
				defer giveBack()
				if err != nil {
					p = overloaded()
				}
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

// measure counts the body's values, and refuses those that are too many or nest too deep.
func measure(body []byte, most int) (values int, p *problem.Problem) {
	depth, values := extentOf(body, maxJSONDepth, most)
	if depth > maxJSONDepth {
		return values, malformed(fmt.Sprintf("the body nests deeper than %d levels", maxJSONDepth))
	}
	if values > most {
		return values, malformed(fmt.Sprintf("the body has more than %d values", most))
	}
	return values, nil
}

// read returns the body, and what gives back the room that it takes.
func read(w http.ResponseWriter, r *http.Request, limit int64, bodies room) (body []byte, giveBack func(), p *problem.Problem) {
	tooLarge := problem.New(http.StatusRequestEntityTooLarge, problem.CodeContentTooLarge,
		fmt.Sprintf("the body is larger than %d bytes", limit))
	if r.ContentLength > limit {
		w.Header().Set("Connection", "close") // rather than read what nobody wants
		return nil, func() {}, tooLarge
	}
	var buffer bytes.Buffer
	giveBack, err := fill(&buffer, r, http.MaxBytesReader(w, r.Body, limit), limit, bodies)
	var maxBytes *http.MaxBytesError
	switch {
	case err == nil:
		return buffer.Bytes(), giveBack, nil
	case errors.As(err, &maxBytes):
		p = tooLarge
	case errors.Is(err, errNoRoom):
		w.Header().Set("Connection", "close")
		p = overloaded()
	case errors.Is(err, os.ErrDeadlineExceeded):
		p = problem.New(http.StatusRequestTimeout, problem.CodeRequestTimeout, "the body did not arrive in time")
	default:
		p = problem.New(http.StatusBadRequest, problem.CodeInvalidArgument, "the body could not be read")
	}
	return nil, giveBack, p
}

// fill reads the body into the buffer. Room is taken once more than a little has arrived: whoever only announces much takes
// none.
func fill(buffer *bytes.Buffer, r *http.Request, body io.Reader, limit int64, bodies room) (giveBack func(), err error) {
	size := r.ContentLength
	if size < 0 { // in chunks
		size = limit
	} else {
		buffer.Grow(int(min(size, smallBytes)) + bytes.MinRead)
	}
	giveBack = func() {}
	if size > smallBytes {
		if _, err = io.CopyN(buffer, body, smallBytes); errors.Is(err, io.EOF) {
			return giveBack, nil
		}
		if err == nil {
			giveBack, err = bodies.take(r.Context(), size)
		}
		if err != nil {
			return giveBack, err
		}
		buffer.Grow(int(size) - buffer.Len() + bytes.MinRead)
	}
	_, err = buffer.ReadFrom(body)
	return giveBack, err
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
