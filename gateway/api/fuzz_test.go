package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/grpc-ecosystem/grpc-gateway/v2/utilities"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	"mab/gateway/exchange"
	"mab/gateway/problem"
	mabv1 "mab/gen/go/mab/v1"
)

// The fuzz targets throw bytes of chance at what reads strangers' bytes. `go test` runs their seeds;
// `go test -fuzz FuzzRequest -fuzztime 5m ./gateway/api` goes on from there.

var bodySeeds = []string{
	`{"user_id": "visitor-42", "expose": true}`,
	`{"user_id": "u", "value": 1e-7, "event_id": "order-981"}`,
	`{"user_id": "u", "experiments": ["a", "b"], "force": {"a": "x"}}`,
	`{"name": "n", "variants": [{"key": "a", "payload": {"text": [1, null, true, "x"]}}, {"key": "b", "is_control": true}], "prior": {"alpha": 1}}`,
	`{"user_id": "\ud800"}`, "{\"user_id\": \"\xff\"}", `{"user_id": "ü\u0000"}`, `{"userId": 12}`, `{"a": 1, "a": 2}`, "{\n\"x\": }",
	strings.Repeat("[", 100), strings.Repeat(`{"variants":[`, 50), `1e99999`, `"`, `{"\`, ``, ` `, `null`, "\xef\xbb\xbf{}",
}

// Whatever the body is, it becomes a message that the services can read, or a 4xx that is JSON.
func FuzzBody(f *testing.F) {
	for _, seed := range bodySeeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if _, p := measure(body, 120_000); p != nil {
			holdProblem(t, p)
			return
		}
		var update mabv1.UpdateExperimentRequest
		for _, target := range []any{&mabv1.AssignRequest{}, &mabv1.BatchAssignRequest{}, &mabv1.ConvertRequest{}, &mabv1.Experiment{}, &update.Experiment} {
			if err := newCodec().NewDecoder(bytes.NewReader(body)).Decode(target); err != nil {
				holdProblem(t, badRequest(body, err.Error()))
				continue
			}
			message, ok := target.(proto.Message)
			if !ok {
				message = update.GetExperiment()
			}
			raw, err := proto.Marshal(message)
			if err == nil {
				err = proto.Unmarshal(raw, message.ProtoReflect().New().Interface())
			}
			if err != nil {
				t.Errorf("%q can't be sent: %v", body, err)
			}
			text, err := newCodec().Marshal(message)
			if err != nil || !json.Valid(text) {
				t.Errorf("%q became %q, %v", body, text, err)
			}
		}
	})
}

func holdProblem(t *testing.T, p *problem.Problem) {
	t.Helper()
	if p.Status < 400 || p.Status > 499 || p.Code == "" || p.Detail == "" || !utf8.ValidString(p.Detail) {
		t.Errorf("got %+v", p)
	}
	for _, field := range p.Errors {
		if field.Description == "" || len(field.Name) > maxFieldName+len("…") || !utf8.ValidString(field.Name) {
			t.Errorf("got %+v", field)
		}
	}
}

// Whatever the query is, it fills a message or is refused with the parameter's name.
func FuzzQuery(f *testing.F) {
	for _, seed := range []string{"page_size=10&page_token=x&state=RUNNING&q=a%20b", "page_size=4294967296", "q=%ff", "q=a&q=b", "state=",
		"variants.key=1", "experiment.name=x", "step=1h&from=2026-11-23T10:00:00Z", "=", "&&", "%zz", "a[b]=c", "page_size=-0", "q=\x00", strings.Repeat("%9d", 300)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		for _, message := range []proto.Message{&mabv1.ListExperimentsRequest{}, &mabv1.GetTimelineRequest{}, &mabv1.UpdateExperimentRequest{}} {
			err := (&queryParser{}).Parse(message, values, utilities.NewDoubleArray([][]string{{"id"}}))
			if err != nil {
				holdProblem(t, badRequest(nil, err.Error()))
				continue
			}
			if _, err := proto.Marshal(message); err != nil {
				t.Errorf("%q can't be sent: %v", query, err)
			}
		}
	})
}

// Whatever cookies come, the token is one that may stand in a header.
func FuzzCookie(f *testing.F) {
	for _, seed := range []string{"mab_refresh=token", `mab_refresh="quoted"; mab_refresh=second`, "__Host-mab_refresh=x", "mab_refresh=a b",
		"mab_refresh=\x00", ";=;", "mab_refresh=" + strings.Repeat("x", 2000), "mab_refresh=ü", "mab_refresh=a\r\nb"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		r := &http.Request{Header: http.Header{"Cookie": {header}}}
		for _, production := range []bool{true, false} {
			token := newSessionCookie(production).token(r)
			if len(token) > maxRefreshToken || strings.ContainsFunc(token, func(c rune) bool { return c <= ' ' || c > '~' }) {
				t.Errorf("%q gave %q", header, token)
			}
		}
	})
}

// acceptEverything is a service that answers every call with an empty message, once it has read what it was sent. It
// panics where it can't.
type acceptEverything struct{}

func (acceptEverything) Invoke(ctx context.Context, method string, request, _ any, _ ...grpc.CallOption) error {
	if _, err := proto.Marshal(request.(proto.Message)); err != nil {
		panic(fmt.Sprintf("%s can't be sent: %v", method, err))
	}
	outgoing, _ := metadata.FromOutgoingContext(ctx)
	for name, values := range outgoing {
		for _, value := range values {
			if !strings.HasSuffix(name, "-bin") && strings.ContainsFunc(value, func(c rune) bool { return c < ' ' || c > '~' }) {
				panic(fmt.Sprintf("%s: metadata %s: %q can't be sent", method, name, value))
			}
		}
	}
	return nil
}

func (acceptEverything) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	panic("the API opens no stream")
}

func backendsOf(conn grpc.ClientConnInterface) Backends {
	return Backends{
		Assignment: mabv1.NewAssignmentServiceClient(conn),
		Experiment: mabv1.NewExperimentServiceClient(conn),
		Analytics:  mabv1.NewAnalyticsServiceClient(conn),
		Forecast:   mabv1.NewForecastServiceClient(conn),
		Lookup:     mabv1.NewLookupServiceClient(conn),
		Account:    mabv1.NewAccountServiceClient(conn),
		Session:    mabv1.NewSessionServiceClient(conn),
		Operations: mabv1.NewOperationsServiceClient(conn),
		Website:    mabv1.NewWebsiteServiceClient(conn),
	}
}

// Whatever the request is, the API answers it, and never says that it is its own fault.
func FuzzRequest(f *testing.F) {
	for i, path := range []string{"/api/experiments/e/assign", "/api/assign", "/api/experiments", "/api/experiments/e", "/api/experiments/e:start",
		"/api/experiments/%ff/assign", "/api/experiments/e/timeline?step=1h", "/api/experiments//x", "/api/auth/refresh", "/api/experiments/a%2Fb/variants/c:disable",
		"/api/experiments?q=a&page_size=x", "/api/experiments/e:", "/api/", "/api/%"} {
		for _, method := range []string{"GET", "POST", "PATCH", "DELETE", "OPTIONS", "BREW"} {
			f.Add(method, path, bodySeeds[i%len(bodySeeds)], "Authorization", "Bearer x")
		}
	}
	f.Add("POST", "/api/auth/refresh", "", "Cookie", "mab_refresh=x")
	f.Add("POST", "/api/assign", "{}", "Content-Type", "application/json; charset=\"")
	f.Add("GET", "/api/experiments/e", "", "Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	f.Add("POST", "/api/experiments/e:start", "{}", "Grpc-Timeout", "1n")
	f.Add("POST", "/api/experiments/e:start", "{}", "Grpc-Metadata-X-Bin", "%%%")
	handler, err := New(backendsOf(acceptEverything{}), Options{CORSOrigins: []string{"https://shop.example"}, MaxBodyBytes: 1 << 16,
		PublicTimeout: time.Minute, PrivateTimeout: time.Minute, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, method, target, body, name, value string) {
		r, err := http.NewRequest(method, target, strings.NewReader(body))
		if err != nil || !strings.HasPrefix(r.URL.Path, "/api/") || !sendable(name, value) {
			return // Go's server would not have let it in
		}
		r.RemoteAddr, r.RequestURI = "192.0.2.1:80", r.URL.RequestURI()
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set(name, value)
		w := httptest.NewRecorder()
		x := &exchange.Exchange{RequestID: "r", ClientAddress: netip.MustParseAddr("192.0.2.1")}
		handler.ServeHTTP(w, r.WithContext(exchange.NewContext(context.Background(), x)))
		if w.Code >= 500 {
			t.Errorf("%s %s: got %d %s", method, target, w.Code, w.Body)
		}
		if w.Code >= 400 && (w.Header().Get("Content-Type") != problem.ContentType || !json.Valid(w.Body.Bytes())) {
			t.Errorf("%s %s: got %d %v %s", method, target, w.Code, w.Header(), w.Body)
		}
		for name, values := range w.Header() {
			if strings.ContainsAny(strings.Join(values, ""), "\r\n\x00") {
				t.Errorf("%s %s: %s: %q", method, target, name, values)
			}
		}
	})
}

// sendable says whether Go's server takes the header.
func sendable(name, value string) bool {
	if name == "" || strings.ContainsFunc(value, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) {
		return false
	}
	return !strings.ContainsFunc(name, func(c rune) bool {
		return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-')
	})
}
