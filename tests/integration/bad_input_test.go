package integration

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"mab/tests/harness"
)

// badCall is a call that must be refused.
type badCall struct {
	name, method, path string
	body               any
	contentType        string
	private            bool
	status             int
	code               string
	// field that the answer names; empty where no field is to blame.
	field string
}

func (c badCall) run(t *testing.T, stack *harness.Stack) {
	t.Helper()
	token := ""
	if c.private {
		token = stack.Token(t)
	}
	var headers []string
	if c.contentType != "" {
		headers = []string{"Content-Type", c.contentType}
	}
	method := c.method
	if method == "" {
		method = http.MethodPost
	}
	response := stack.Call(t, method, c.path, token, c.body, headers...)
	if response.Status != c.status {
		t.Fatalf("%d instead of %d: %.500s", response.Status, c.status, response.Body)
	}
	problem := response.Problem(t)
	if c.code != "" && problem.Code != c.code {
		t.Errorf("code %s instead of %s", problem.Code, c.code)
	}
	named := func(e struct {
		Field       string `json:"field"`
		Description string `json:"description"`
	}) bool {
		return e.Field == c.field && e.Description != ""
	}
	if c.field != "" && !slices.ContainsFunc(problem.Errors, named) {
		t.Errorf("the field %s is not named: %.500s", c.field, response.Body)
	}
}

func TestBadInputGetsTheRightStatusAndNamesTheField(t *testing.T) {
	stack := shared(t)
	experiment := stack.StartExperiment(t, nil)
	base := "/api/experiments/" + experiment.ID
	assign, convert, expose := base+"/assign", base+"/convert", base+"/expose"
	long := strings.Repeat("x", 257)
	invalid := "INVALID_ARGUMENT"

	create := func(name string, fields map[string]any, field string) badCall {
		body := map[string]any{"name": "Bad", "variants": harness.Variants("a", "b")}
		for key, value := range fields {
			body[key] = value
		}
		return badCall{name: "create: " + name, path: "/api/experiments", body: body, private: true, status: 400, code: invalid, field: field}
	}
	manyVariants := make([]string, 1000)
	for i := range manyVariants {
		manyVariants[i] = fmt.Sprintf("v%d", i)
	}

	for _, call := range []badCall{
		{name: "malformed JSON", path: assign, body: `{"user_id": `, status: 400, code: invalid},
		{name: "no JSON at all", path: assign, body: `hello`, status: 400, code: invalid},
		{name: "two values", path: assign, body: `{"user_id": "a"} {"user_id": "b"}`, status: 400, code: invalid},
		{name: "an array", path: assign, body: `["user_id"]`, status: 400, code: invalid},
		{name: "an empty body", path: assign, body: ``, status: 400, code: invalid, field: "user_id"},
		{name: "invalid UTF-8", path: assign, body: "{\"user_id\": \"a\xff\"}", status: 400, code: invalid},
		{name: "user_id a number", path: assign, body: `{"user_id": 42}`, status: 400, code: invalid, field: "user_id"},
		{name: "user_id an object", path: assign, body: `{"user_id": {"a": 1}}`, status: 400, code: invalid, field: "user_id"},
		{name: "expose a string", path: assign, body: `{"user_id": "a", "expose": "yes"}`, status: 400, code: invalid, field: "expose"},
		{name: "user_id missing", path: assign, body: `{}`, status: 400, code: invalid, field: "user_id"},
		{name: "user_id empty", path: assign, body: `{"user_id": ""}`, status: 400, code: invalid, field: "user_id"},
		{name: "user_id of 257 bytes", path: assign, body: map[string]any{"user_id": long}, status: 400, code: invalid, field: "user_id"},
		{name: "unknown field", path: assign, body: `{"user_id": "a", "user": "b"}`, status: 400, code: invalid, field: "user"},
		{name: "unknown experiment", path: "/api/experiments/no-such-thing/assign", body: `{"user_id": "a"}`, status: 404, code: "EXPERIMENT_NOT_FOUND"},
		{name: "hostile experiment id", path: "/api/experiments/%27%3B%20DROP%20TABLE/assign", body: `{"user_id": "a"}`, status: 404, code: "EXPERIMENT_NOT_FOUND"},
		{name: "wrong method", method: "GET", path: assign, status: 405},
		{name: "wrong content type", path: assign, body: `<user_id>a</user_id>`, contentType: "application/xml", status: 415},
		{name: "a form", path: assign, body: `user_id=a`, contentType: "application/x-www-form-urlencoded", status: 415},
		{name: "body of 2 MB", path: assign, body: `{"user_id": "` + strings.Repeat("a", 2_000_000) + `"}`, status: 413},
		{name: "unknown path", path: "/api/nothing/here", body: `{}`, status: 404},
		{name: "unknown path outside the API", method: "GET", path: "/no/such/page.php", status: 404},

		{name: "expose: user_id missing", path: expose, body: `{}`, status: 400, code: invalid, field: "user_id"},
		{name: "expose: nobody's assignment", path: expose, body: `{"user_id": "never-seen"}`, status: 404, code: "ASSIGNMENT_NOT_FOUND"},
		{name: "convert: nobody's assignment", path: convert, body: `{"user_id": "never-seen"}`, status: 404, code: "ASSIGNMENT_NOT_FOUND"},
		{name: "convert: user_id missing", path: convert, body: `{"value": 1}`, status: 400, code: invalid, field: "user_id"},
		{name: "convert: value a string", path: convert, body: `{"user_id": "a", "value": "much"}`, status: 400, code: invalid, field: "value"},
		{name: "convert: value NaN", path: convert, body: `{"user_id": "a", "value": "NaN"}`, status: 400, code: invalid, field: "value"},
		{name: "convert: value infinite", path: convert, body: `{"user_id": "a", "value": 1e999}`, status: 400, code: invalid, field: "value"},
		{name: "convert: event_id of 129 bytes", path: convert, body: map[string]any{"user_id": "a", "event_id": long[:129]}, status: 400, code: invalid, field: "event_id"},

		{name: "batch: no experiments", path: "/api/assign", body: `{"user_id": "a"}`, status: 400, code: invalid, field: "experiments"},
		{name: "batch: 101 experiments", path: "/api/assign", body: map[string]any{"user_id": "a", "experiments": manyVariants[:101]}, status: 400, code: invalid, field: "experiments"},
		{name: "batch: an experiment twice", path: "/api/assign", body: `{"user_id": "a", "experiments": ["x", "x"]}`, status: 400, code: invalid},
		{name: "batch: experiments a string", path: "/api/assign", body: `{"user_id": "a", "experiments": "x"}`, status: 400, code: invalid, field: "experiments"},
		{name: "batch expose: 101 experiments", path: "/api/expose", body: map[string]any{"user_id": "a", "experiments": manyVariants[:101]}, status: 400, code: invalid, field: "experiments"},

		create("no name", map[string]any{"name": ""}, "name"),
		create("name of 201 characters", map[string]any{"name": long[:201]}, "name"),
		create("bad key", map[string]any{"key": "No Spaces!"}, "key"),
		create("description too long", map[string]any{"description": strings.Repeat("x", 4001)}, "description"),
		create("1 variant", map[string]any{"variants": harness.Variants("a")}, "variants"),
		create("no variants", map[string]any{"variants": []any{}}, "variants"),
		create("1,000 variants", map[string]any{"variants": harness.Variants(manyVariants...)}, "variants"),
		create("duplicate keys", map[string]any{"variants": harness.Variants("a", "a")}, "variants[1].key"),
		create("floor times variants above 1", map[string]any{"floor": 0.51}, "floor"),
		create("negative floor", map[string]any{"floor": -0.1}, "floor"),
		create("floor NaN", map[string]any{"floor": "NaN"}, "floor"),
		create("floor a string", map[string]any{"floor": "small"}, "floor"),
		create("traffic share above 1", map[string]any{"traffic_share": 1.5}, "traffic_share"),
		create("prior 0", map[string]any{"prior": map[string]any{"alpha": 0, "beta": 1}}, "prior.alpha"),
		create("prior NaN", map[string]any{"prior": map[string]any{"alpha": 1, "beta": "NaN"}}, "prior.beta"),
		create("window 0", map[string]any{"conversion_window_seconds": 0}, "conversion_window_seconds"),
		create("minimum of exposures too large", map[string]any{"minimum_exposures": 1_000_000_001}, "minimum_exposures"),
		create("threshold 0", map[string]any{"threshold_of_caring": 0}, "threshold_of_caring"),
		create("burn-in too long", map[string]any{"burn_in_exposures": 1_000_001}, "burn_in_exposures"),
		create("unknown policy", map[string]any{"policy": "GUESS"}, "policy"),
		create("unknown field", map[string]any{"colour": "red"}, "colour"),
		create("negative weight", map[string]any{"variants": []map[string]any{{"key": "a", "weight": -1}, {"key": "b"}}}, "variants[0].weight"),
		create("payload of 17 KiB", map[string]any{"variants": []map[string]any{{"key": "a", "payload": strings.Repeat("x", 17<<10)}, {"key": "b"}}}, "variants[0].payload"),
		{name: "create: body of 2 MB", path: "/api/experiments", body: `{"name": "` + strings.Repeat("a", 2_000_000) + `"}`, private: true, status: 413},
		{name: "create: key that is taken", path: "/api/experiments", private: true, status: 409,
			body: map[string]any{"name": "Again", "key": experiment.Key, "variants": harness.Variants("a", "b")}},
		{name: "list: page_size too large", method: "GET", path: "/api/experiments?page_size=100000", private: true, status: 400, code: invalid, field: "page_size"},
		{name: "list: bad page_token", method: "GET", path: "/api/experiments?page_token=nonsense", private: true, status: 400, code: invalid, field: "page_token"},
		{name: "get: unknown", method: "GET", path: "/api/experiments/no-such-thing", private: true, status: 404, code: "EXPERIMENT_NOT_FOUND"},
		{name: "analytics: unknown", method: "GET", path: "/api/experiments/no-such-thing/analytics", private: true, status: 404, code: "EXPERIMENT_NOT_FOUND"},
		{name: "summaries: of none", method: "GET", path: "/api/experiments:summaries", private: true, status: 400, code: invalid, field: "ids"},
		{name: "summaries: of 101", method: "GET", path: "/api/experiments:summaries?ids=a" + strings.Repeat("&ids=a", 100), private: true, status: 400, code: invalid, field: "ids"},
		{name: "timeline: unknown", method: "GET", path: "/api/experiments/no-such-thing/timeline", private: true, status: 404, code: "EXPERIMENT_NOT_FOUND"},
		{name: "timeline: unknown step", method: "GET", path: base + "/timeline?step=2h", private: true, status: 400, code: invalid, field: "step"},
		{name: "timeline: start that is no time", method: "GET", path: base + "/timeline?start=yesterday", private: true, status: 400, code: invalid, field: "start"},
		{name: "timeline: end before start", method: "GET", path: base + "/timeline?start=2026-01-02T00:00:00Z&end=2026-01-01T00:00:00Z", private: true,
			status: 400, code: invalid, field: "end"},
		{name: "lookup: no user", path: base + "/assignments:lookup", body: map[string]any{"replay": true}, private: true, status: 400, code: invalid, field: "user_id"},
		{name: "complete: winner missing", path: base + ":complete", body: `{}`, private: true, status: 400, code: invalid, field: "winner"},
		{name: "complete: winner unknown", path: base + ":complete", body: `{"winner": "zebra"}`, private: true, status: 400, code: invalid, field: "winner"},
		{name: "login: nothing", path: "/api/auth/login", body: `{}`, status: 400, code: invalid, field: "email"},
		{name: "login: wrong password", path: "/api/auth/login", body: `{"email": "admin@example.com", "password": "wrong horse battery"}`, status: 401, code: "UNAUTHENTICATED"},
	} {
		t.Run(call.name, func(t *testing.T) { call.run(t, stack) })
	}
	// It has all been refused by processes that are well.
	check(t, stack.AwaitHealthy())
}

func TestAllViolationsAreNamedAtOnce(t *testing.T) {
	stack := shared(t)
	response := stack.Call(t, "POST", "/api/experiments", stack.Token(t), map[string]any{
		"name": "", "variants": harness.Variants("a"), "traffic_share": 2, "conversion_window_seconds": 0,
	})
	var fields []string
	for _, violation := range response.Problem(t).Errors {
		fields = append(fields, violation.Field)
	}
	slices.Sort(fields)
	if want := []string{"conversion_window_seconds", "name", "traffic_share", "variants"}; !slices.Equal(fields, want) {
		t.Errorf("%v instead of %v", fields, want)
	}
}

func TestIdsOfTheGreatestLengthAreTaken(t *testing.T) {
	stack := shared(t)
	experiment := stack.StartExperiment(t, nil)
	for _, id := range []string{strings.Repeat("x", 256), strings.Repeat("ü", 128), "\u0000", "'; DROP TABLE mab.assignments; --", "💥"} {
		if !stack.Assign(t, experiment.ID, id).Counted {
			t.Errorf("%.20q is not counted", id)
		}
		if again := stack.Assign(t, experiment.ID, id); !again.Returning {
			t.Errorf("%.20q is not recognised", id)
		}
	}
}

// Requests that no HTTP client would send.
func TestHostileHTTPIsRefusedAndHarmsNobody(t *testing.T) {
	stack := shared(t)
	for name, text := range map[string]string{
		"garbage":                    "\x00\x01\x02\r\n\r\n",
		"a header without end":       "POST /api/assign HTTP/1.1\r\nHost: x\r\nX-Long: " + strings.Repeat("a", 2<<20) + "\r\n\r\n",
		"two lengths":                "POST /api/assign HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
		"a negative length":          "POST /api/assign HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
		"a path out of its root":     "GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
		"an encoded one out of root": "GET /static/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			connection, err := net.Dial("tcp", stack.GatewayAddress)
			check(t, err)
			defer connection.Close()
			check(t, connection.SetDeadline(time.Now().Add(20*time.Second)))
			go connection.Write([]byte(text))
			response, err := http.ReadResponse(bufio.NewReader(connection), nil)
			// A closed connection is an answer too.
			if err == nil && (response.StatusCode < 300 || response.StatusCode >= 500) {
				t.Errorf("the answer is %s", response.Status)
			}
		})
	}
	check(t, stack.AwaitHealthy())
}
