package api

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"mab/gateway/exchange"
	mabv1 "mab/gen/go/mab/v1"
)

// What is written by hand is held against protojson, by fuzzing: `go test -fuzz FuzzHotText -fuzztime 5m ./gateway/api`.

var hotBodies = []string{
	`{"user_id":"visitor-42"}`, ` { "user_id" : "visitor-42" , "expose" : false } `, `{"user_id":"ü","expose":true}`,
	`{"user_id":"u","experiments":["a","b"],"expose":false,"force":{"a":"x","b":"y"}}`, `{"user_id":"u","experiments":["a"],"force":{}}`,
	`{"user_id":"u","value":12.50,"event_id":"order-981"}`, `{"user_id":"u","value":-0.0}`, `{"user_id":"u","value":0}`, `{}`,
	`{"user_id":"u","experiment":"hero-title"}`,
}

// coldBodies are protojson's to read or to refuse.
var coldBodies = []string{
	`{"user_id":""}`, `{"userId":"u"}`, `{"user_id":"a\u0062"}`, `{"user_id":"u","user_id":"v"}`, `{"user_id":null}`, `{"user_id":"u","expose":null}`,
	`{"user_id":"u","expose":"true"}`, `{"user_id":"u","expose":truefalse}`, `{"user_id":"u","expose":true,"expose":true}`, `{"user_id":"u",}`, `{"user_id":"u"}}`, `{"user_id":"u"`, `[]`, `null`, `"u"`,
	`{"user_id":"u","value":1e3}`, `{"user_id":"u","value":"12"}`, `{"user_id":"u","value":01}`, `{"user_id":"u","value":1.}`, `{"user_id":"u","value":.5}`, `{"user_id":"u","value":-}`,
	`{"user_id":"u","value":"NaN"}`, `{"user_id":"u","experiments":[]}`, `{"user_id":"u","experiments":["a",]}`, `{"user_id":"u","experiments":[1]}`, `{"user_id":"u","experiments":["a"],"experiments":["b"]}`,
	`{"user_id":"u","force":{"a":"x","a":"y"}}`, `{"user_id":"u","force":{"a":1}}`, `{"user_id":"u","unknown":1}`, "{\"user_id\":\"\xff\"}", "{\"user_id\":\"a\nb\"}", "{\"user_id\":\"u\"}\x00", `{"user_id":12}`,
	`{"user_id":"u" "expose":true}`, `{,}`, `{"user_id"}`, "\xef\xbb\xbf{}", `{"experiment":"","user_id":"u"}`,
	`{"user_id":"u","value":` + strings.Repeat("9", 400) + `}`,
}

func hotRequests() []proto.Message {
	return []proto.Message{&mabv1.AssignRequest{}, &mabv1.BatchAssignRequest{}, &mabv1.ConvertRequest{}}
}

func TestPlainBodiesAreReadByHand(t *testing.T) {
	for _, body := range hotBodies {
		if !slices.ContainsFunc(hotRequests(), func(request proto.Message) bool { return hotDecode([]byte(body), request) }) {
			t.Errorf("%s is left to protojson", body)
		}
	}
	for _, body := range coldBodies {
		for _, request := range hotRequests() {
			if hotDecode([]byte(body), request) {
				t.Errorf("%q became %T %v", body, request, request)
			}
		}
	}
}

// What is read by hand is what protojson reads.
func FuzzHotDecode(f *testing.F) {
	for _, body := range slices.Concat(hotBodies, coldBodies) {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, request := range hotRequests() {
			want := request.ProtoReflect().New().Interface()
			if !hotDecode(body, request) {
				continue
			}
			if err := protojson.Unmarshal(body, want); err != nil || !proto.Equal(want, request) {
				t.Errorf("%q became %v, and by protojson %v, %v", body, request, want, err)
			}
		}
	})
}

func hotAnswers(t testing.TB) []proto.Message {
	t.Helper()
	payload, err := structpb.NewValue(map[string]any{"text": "Größer \u2028 </script> \"x\"\\\b\f\n\r\t\x01\x7f 😀", "b": []any{nil, true, false, 1.0, -0.5, 1e21, 1e-7, 123456789.125, []any{}},
		"a": map[string]any{}, "": "empty name", "ä": "sorted"})
	if err != nil {
		t.Fatal(err)
	}
	at := timestamppb.New(time.Date(2026, 11, 23, 10, 0, 0, 123456000, time.UTC))
	variant := &mabv1.AssignedVariant{Id: "0193b0c4-7d2e-7f5a-8c1d-2e3f4a5b6c7e", Key: "b", Name: "Variant b", IsControl: true, Payload: payload}
	assign := &mabv1.AssignResponse{ExperimentId: "0193b0c4-7d2e-7f5a-8c1d-2e3f4a5b6c7d", ExperimentKey: "hero-title", Variant: variant, Returning: true,
		Counted: true, Propensity: 0.1, Version: 1795468983000, AssignedAt: at, Reason: mabv1.AssignResponse_DRAWN}
	return []proto.Message{
		assign, &mabv1.AssignResponse{}, &mabv1.AssignResponse{Variant: &mabv1.AssignedVariant{Payload: structpb.NewNullValue()}, Reason: 99, Propensity: 5e-324, Version: 1e300},
		&mabv1.AssignResponse{AssignedAt: &timestamppb.Timestamp{}}, &mabv1.AssignResponse{AssignedAt: &timestamppb.Timestamp{Seconds: -1, Nanos: 5}},
		&mabv1.AssignResponse{AssignedAt: &timestamppb.Timestamp{Seconds: 253402300799, Nanos: 120_000_000}},
		&mabv1.BatchAssignResponse{}, &mabv1.BatchAssignResponse{Assignments: []*mabv1.AssignResponse{assign, {}}, Errors: []*mabv1.BatchError{{ExperimentKey: "x", Code: "NOT_FOUND"}, {}}},
		&mabv1.ConvertResponse{}, &mabv1.ConvertResponse{Recorded: true, Duplicate: true, Credited: true, Variant: &mabv1.ConvertedVariant{Id: "i", Key: "k"}, ConvertedAt: at},
	}
}

// byProtojson is the codec's text without what is written by hand.
func byProtojson(message proto.Message) (string, error) {
	text, err := newCodec().JSONPb.Marshal(message)
	return string(withoutSpaces(text)), err
}

func TestAnswersAreWrittenByHandAsProtojsonWritesThem(t *testing.T) {
	for _, message := range hotAnswers(t) {
		want, err := byProtojson(message)
		if got, ok := hotText(message); !ok || err != nil || string(got) != want {
			t.Errorf("got %s\nwant %s, %v", got, want, err)
		}
	}
	deep := structpb.NewNullValue()
	for range payloadDepthMax + 1 {
		deep = structpb.NewListValue(&structpb.ListValue{Values: []*structpb.Value{deep}})
	}
	for _, message := range []proto.Message{&mabv1.ExposeResponse{}, &mabv1.AssignResponse{Propensity: nan()}, &mabv1.AssignResponse{ExperimentKey: "\xff"},
		&mabv1.AssignResponse{Variant: &mabv1.AssignedVariant{Payload: &structpb.Value{}}}, &mabv1.AssignResponse{Variant: &mabv1.AssignedVariant{Payload: deep}},
		&mabv1.ConvertResponse{ConvertedAt: &timestamppb.Timestamp{Nanos: -1}}, (*mabv1.AssignResponse)(nil), (*mabv1.BatchAssignResponse)(nil), (*mabv1.ConvertResponse)(nil),
		&mabv1.BatchAssignResponse{Assignments: []*mabv1.AssignResponse{nil}}} {
		if text, ok := hotText(message); ok {
			t.Errorf("%v is written by hand: %s", message, text)
		}
	}
}

func nan() float64 {
	zero := 0.0
	return zero / zero
}

// What is written by hand is what protojson writes, of whatever message the bytes are.
func FuzzHotText(f *testing.F) {
	for _, message := range hotAnswers(f) {
		raw, err := proto.Marshal(message)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, message := range []proto.Message{&mabv1.AssignResponse{}, &mabv1.BatchAssignResponse{}, &mabv1.ConvertResponse{}} {
			if proto.Unmarshal(raw, message) != nil {
				continue
			}
			got, ok := hotText(message)
			if !ok {
				continue
			}
			if want, err := byProtojson(message); err != nil || string(got) != want {
				t.Errorf("got %s\nwant %s, %v", got, want, err)
			}
		}
	})
}

// telling is a service that says what it was asked, or fails.
type telling struct {
	acceptEverything
	asked []string
}

func (s *telling) Invoke(_ context.Context, method string, request, response any, _ ...grpc.CallOption) error {
	text, err := byProtojson(request.(proto.Message))
	if err != nil {
		return err
	}
	s.asked = append(s.asked, method+" "+text)
	if strings.Contains(text, "missing") {
		return status.Error(codes.NotFound, "the experiment does not exist")
	}
	if answer, ok := response.(*mabv1.AssignResponse); ok {
		answer.ExperimentKey, answer.Propensity = "hero-title", 0.5
	}
	return nil
}

// A request gets the same answer by the hot route as by the generated one: status, headers and body, and the service is asked the same.
func TestHotRoutesAnswerAsTheGeneratedOnes(t *testing.T) {
	service := &telling{}
	routes, err := newRoutes(backendsOf(service), Options{CORSOrigins: []string{"https://shop.example"}, MaxBodyBytes: 1 << 16,
		PublicTimeout: time.Minute, PrivateTimeout: time.Minute, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	type seen struct {
		status       int
		header       http.Header
		body, route  string
		problem, ask string
	}
	ask := func(handler http.Handler, path, body, contentType string) seen {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("Origin", "https://shop.example")
		w := httptest.NewRecorder()
		x := &exchange.Exchange{RequestID: "r", ClientAddress: netip.MustParseAddr("192.0.2.1")}
		service.asked = nil
		handler.ServeHTTP(w, r.WithContext(exchange.NewContext(context.Background(), x)))
		return seen{w.Code, w.Header(), w.Body.String(), x.Route, x.Problem, strings.Join(service.asked, "\n")}
	}
	tooLarge := `{"user_id":"` + strings.Repeat("u", 1<<17) + `"}`
	for _, path := range []string{"/api/experiments/hero-title/assign", "/api/experiments/missing/assign", "/api/experiments/hero-title/convert", "/api/assign",
		"/api/experiments/hero-title/assign?user_id=x", "/api/experiments/hero-title/assign?x"} {
		for _, body := range slices.Concat(hotBodies, coldBodies, []string{"", " ", tooLarge, `{"user_id":"u","experiments":["missing"]}`, strings.Repeat("[", 50)}) {
			for _, contentType := range []string{"application/json", "text/plain;charset=UTF-8", "text/html"} {
				got, want := ask(routes, path, body, contentType), ask(routes.generated, path, body, contentType)
				if got.status != want.status || got.body != want.body || got.route != want.route || got.problem != want.problem || got.ask != want.ask ||
					!maps.EqualFunc(got.header, want.header, slices.Equal) {
					t.Errorf("%s %.80q %s:\ngot  %+v\nwant %+v", path, body, contentType, got, want)
				}
			}
		}
	}
}

func TestOnlyPlainPathsAreHot(t *testing.T) {
	for _, test := range []struct {
		method, target, want string
	}{
		{"POST", "/api/experiments/hero-title/assign", assignTemplate},
		{"POST", "/api/experiments/01a20a61-f00d-7187-987c-486561db0e38/convert", convertTemplate},
		{"POST", "/api/assign", batchAssignPath},
		{"GET", "/api/assign", ""}, {"POST", "/api/assign/", ""}, {"POST", "/api/experiments//assign", ""}, {"POST", "/api/experiments/a/assign/", ""},
		{"POST", "/api/experiments/a%2Fb/assign", ""}, {"POST", "/api/experiments/%61/assign", ""}, {"POST", "/api/experiments/A/assign", ""}, {"POST", "/api/experiments/a:b/assign", ""},
		{"POST", "/api/experiments/" + strings.Repeat("a", 65) + "/assign", ""}, {"POST", "/api/experiments/a/expose", ""}, {"POST", "/api/experiments/a", ""}, {"POST", "/api/expose", ""},
		{"OPTIONS", "/api/assign", ""},
	} {
		if got, _ := hotTemplate(httptest.NewRequest(test.method, test.target, nil)); got != test.want {
			t.Errorf("%s %s: got %q, want %q", test.method, test.target, got, test.want)
		}
	}
}
