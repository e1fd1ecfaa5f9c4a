package main

import (
	"strings"
	"testing"
)

func TestBadInputGetsA4xxThatNamesTheField(t *testing.T) {
	g := startGateway(t)
	const assign, create, one = "/api/experiments/e/assign", "/api/experiments", "/api/experiments/e"
	deep := strings.Repeat(`[`, 40) + strings.Repeat(`]`, 40)
	for _, test := range []struct {
		name, method, path, body string
		headers                  []string
		status                   int
		code, field, description string
	}{
		{"malformed", "POST", assign, `{"user_id": "u"`, nil, 400, "INVALID_ARGUMENT", "", ""},
		{"malformed inside a field", "POST", assign, `{"user_id": "u", "expose": tru}`, nil, 400, "INVALID_ARGUMENT", "expose", "is not valid JSON"},
		{"NaN", "POST", "/api/experiments/e/convert", `{"user_id": "u", "value": NaN}`, nil, 400, "INVALID_ARGUMENT", "value", "is not valid JSON"},
		{"wrong type: string", "POST", assign, `{"user_id": 12}`, nil, 400, "INVALID_ARGUMENT", "user_id", "must be a string"},
		{"wrong type: camel case", "POST", assign, `{"userId": 12}`, nil, 400, "INVALID_ARGUMENT", "userId", "must be a string"},
		{"wrong type: bool", "POST", assign, `{"user_id": "u", "expose": "yes"}`, nil, 400, "INVALID_ARGUMENT", "expose", "must be true or false"},
		{"wrong type: number", "POST", "/api/experiments/e/convert", `{"user_id": "u", "value": {}}`, nil, 400, "INVALID_ARGUMENT", "value", "must be a number"},
		{"wrong type: an object for a string", "POST", assign, `{"user_id": {"a": 1}}`, nil, 400, "INVALID_ARGUMENT", "user_id", "must be a string"},
		{"wrong type: a string for a list", "POST", "/api/assign", `{"user_id": "u", "experiments": "e"}`, nil, 400, "INVALID_ARGUMENT", "experiments", "has the wrong type"},
		{"wrong type in a list", "POST", "/api/assign", `{"user_id": "u", "experiments": ["e", 5]}`, nil, 400, "INVALID_ARGUMENT", "experiments[1]", "must be a string"},
		{"wrong type in a map", "POST", "/api/assign", `{"user_id": "u", "force": {"e": 5}}`, nil, 400, "INVALID_ARGUMENT", "force.e", "must be a string"},
		{"a list for the body", "POST", assign, `[]`, nil, 400, "INVALID_ARGUMENT", "", ""},
		{"null for the body", "POST", assign, `null`, nil, 400, "INVALID_ARGUMENT", "", ""},
		{"unknown field", "POST", assign, `{"user_id": "u", "colour": 1}`, nil, 400, "INVALID_ARGUMENT", "colour", "is not a known field"},
		{"unknown field, deep", "POST", create, `{"name": "n", "variants": [{"key": "a"}, {"kee": "b"}]}`, nil, 400, "INVALID_ARGUMENT", "variants[1].kee", "is not a known field"},
		{"a field twice", "POST", assign, `{"user_id": "u", "user_id": "v"}`, nil, 400, "INVALID_ARGUMENT", "user_id", "is given twice"},
		{"wrong type, deep", "POST", create, "{\"name\": \"ü\",\n \"variants\": [{\"key\": \"ü\"}, {\"key\": [\"a\"]}]}", nil, 400, "INVALID_ARGUMENT", "variants[1].key", "must be a string"},
		{"wrong enum", "POST", create, `{"name": "n", "policy": "GREEDY"}`, nil, 400, "INVALID_ARGUMENT", "policy", "is not one of the known values"},
		{"not whole", "POST", create, `{"name": "n", "burn_in_exposures": 1.5}`, nil, 400, "INVALID_ARGUMENT", "burn_in_exposures", "must be a whole number, 0 or more"},
		{"negative", "POST", create, `{"name": "n", "burn_in_exposures": -1}`, nil, 400, "INVALID_ARGUMENT", "burn_in_exposures", "must be a whole number, 0 or more"},
		{"not a number", "POST", create, `{"name": "n", "minimum_exposures": "abc"}`, nil, 400, "INVALID_ARGUMENT", "minimum_exposures", "must be a whole number, 0 or more"},
		{"too large a whole number", "POST", create, `{"name": "n", "minimum_exposures": 4294967296}`, nil, 400, "INVALID_ARGUMENT", "minimum_exposures", "is too large"},
		{"too large, in other words", "POST", "/api/experiments:forecast", `{"rates": [0.1, 0.2], "seed": 1e99}`, nil, 400, "INVALID_ARGUMENT", "seed", "is too large"},
		{"too large, as text", "POST", "/api/experiments:forecast", `{"runs": "99999999999"}`, nil, 400, "INVALID_ARGUMENT", "runs", "is too large"},
		{"too small", "POST", "/api/experiments:forecast", `{"runs": -99999999999}`, nil, 400, "INVALID_ARGUMENT", "runs", "must be a whole number, 0 or more"},
		{"too large a number", "POST", "/api/experiments/e/convert", `{"user_id": "u", "value": 1e999}`, nil, 400, "INVALID_ARGUMENT", "value", "must be a number"},
		{"wrong type in a patch", "PATCH", one, `{"floor": "low"}`, nil, 400, "INVALID_ARGUMENT", "floor", "must be a number"},
		{"trailing garbage", "POST", assign, `{"user_id": "u"} x`, nil, 400, "INVALID_ARGUMENT", "", ""},
		{"two values", "POST", assign, `{"user_id": "u"}{}`, nil, 400, "INVALID_ARGUMENT", "", ""},
		{"broken UTF-8", "POST", assign, "{\"user_id\": \"\xff\"}", nil, 400, "INVALID_ARGUMENT", "user_id", "is not valid UTF-8"},
		{"too deep", "POST", create, `{"name": "n", "variants": [{"payload": ` + deep + `}]}`, nil, 400, "INVALID_ARGUMENT", "", ""},
		{"a long unknown name", "POST", assign, `{"` + strings.Repeat("ü", 5000) + `": 1}`, nil, 400, "INVALID_ARGUMENT", strings.Repeat("ü", 100) + "…", "is not a known field"},
		{"query: unknown", "GET", create + "?stat=RUNNING", "", nil, 400, "INVALID_ARGUMENT", "stat", "is not a known parameter"},
		{"query: wrong type", "GET", create + "?page_size=many", "", nil, 400, "INVALID_ARGUMENT", "page_size", "must be a whole number, 0 or more"},
		{"query: too large", "GET", create + "?page_size=4294967296", "", nil, 400, "INVALID_ARGUMENT", "page_size", "is too large"},
		{"query: unknown, where there are others", "GET", one + "/timeline?bogus=1", "", nil, 400, "INVALID_ARGUMENT", "bogus", "is not a known parameter"},
		{"query: unknown, where there are none", "GET", one + "/analytics?bogus=1", "", nil, 400, "INVALID_ARGUMENT", "bogus", "is not a known parameter"},
		{"query: the path's own parameter", "GET", one + "?id=f", "", nil, 400, "INVALID_ARGUMENT", "id", "is not a known parameter"},
		{"query: of an account", "GET", "/api/auth/me?a=1&b=2", "", nil, 400, "INVALID_ARGUMENT", "a", "is not a known parameter"},
		{"query: of a deletion", "DELETE", one + "?force=true", "", nil, 400, "INVALID_ARGUMENT", "force", "is not a known parameter"},
		{"query: broken UTF-8 in a list", "GET", create + ":summaries?ids=a&ids=%ff", "", nil, 400, "INVALID_ARGUMENT", "ids", "is not valid UTF-8"},
		{"query: unknown, beside a list", "GET", create + ":summaries?ids=a&id=b", "", nil, 400, "INVALID_ARGUMENT", "id", "is not a known parameter"},
		{"query: malformed", "GET", one + "?a=%zz", "", nil, 400, "INVALID_ARGUMENT", "", ""},
		{"query: empty", "GET", one + "?", "", nil, 200, "", "", ""},
		{"query: wrong enum", "GET", create + "?state=OPEN", "", nil, 400, "INVALID_ARGUMENT", "state", "is not one of the known values"},
		{"query: twice", "GET", create + "?q=a&q=b", "", nil, 400, "INVALID_ARGUMENT", "q", "is given twice"},
		{"query: a long name of broken UTF-8", "GET", create + "?" + strings.Repeat("%9d", 300) + "=1", "", nil, 400, "INVALID_ARGUMENT", "\uFFFD", "is not a known parameter"},
		{"query: a long name of broken UTF-8, where there are none", "GET", "/api/auth/me?" + strings.Repeat("%9d", 300), "", nil, 400, "INVALID_ARGUMENT", "\uFFFD", "is not a known parameter"},
		{"query: what is in the body", "PATCH", one + "?experiment.name=x", "{}", nil, 400, "INVALID_ARGUMENT", "experiment.name", "is not a known parameter"},
		{"query: broken UTF-8", "GET", create + "?q=%ff", "", nil, 400, "INVALID_ARGUMENT", "q", "is not valid UTF-8"},
		{"path: broken UTF-8", "POST", "/api/experiments/%ff/assign", `{"user_id": "u"}`, nil, 400, "INVALID_ARGUMENT", "experiment", "is not valid UTF-8"},
		{"path: broken UTF-8 in a patch", "PATCH", "/api/experiments/%ff", `{}`, nil, 400, "INVALID_ARGUMENT", "id", "is not valid UTF-8"},
		{"a huge token", "GET", one, "", []string{"Authorization", "Bearer " + strings.Repeat("x", 20000)}, 431, "HEADER_TOO_LARGE", "", ""},
		{"2 MB", "POST", assign, `{"user_id": "` + strings.Repeat("u", 2<<20) + `"}`, nil, 413, "CONTENT_TOO_LARGE", "", ""},
		{"a form", "POST", assign, `user_id=u`, []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, "UNSUPPORTED_MEDIA_TYPE", "", ""},
		{"no content type", "POST", assign, `{}`, []string{"Content-Type", ""}, 415, "UNSUPPORTED_MEDIA_TYPE", "", ""},
		{"text on a private path", "POST", create, `{"name": "n"}`, []string{"Content-Type", "text/plain"}, 415, "UNSUPPORTED_MEDIA_TYPE", "", ""},
		{"another charset", "POST", assign, `{}`, []string{"Content-Type", "application/json; charset=utf-16"}, 415, "UNSUPPORTED_MEDIA_TYPE", "", ""},
		{"compressed", "POST", assign, `{}`, []string{"Content-Encoding", "gzip"}, 415, "UNSUPPORTED_MEDIA_TYPE", "", ""},
		{"unknown path", "GET", "/api/nothing", "", nil, 404, "NOT_FOUND", "", ""},
		{"unknown path outside the API", "GET", "/nothing", "", nil, 404, "NOT_FOUND", "", ""},
		{"a path that would be cleaned", "GET", "//api//experiments/../x", "", nil, 404, "NOT_FOUND", "", ""},
		{"a broken escape", "GET", "/api/experiments/%252", "", nil, 200, "", "", ""},
		{"unknown verb", "POST", one + ":explode", `{}`, nil, 405, "METHOD_NOT_ALLOWED", "", ""},
		{"wrong method", "GET", assign, "", nil, 405, "METHOD_NOT_ALLOWED", "", ""},
		{"wrong method, overridden", "POST", one, "", []string{"X-HTTP-Method-Override", "DELETE"}, 405, "METHOD_NOT_ALLOWED", "", ""},
		{"TRACE", "TRACE", create, "", nil, 405, "METHOD_NOT_ALLOWED", "", ""},
		{"unheard method", "BREW", create, "", nil, 405, "METHOD_NOT_ALLOWED", "", ""},
		{"wrong method on a page", "POST", "/", `{}`, nil, 405, "METHOD_NOT_ALLOWED", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := g.do(test.method, test.path, test.body, test.headers...)
			if got.status != test.status {
				t.Fatalf("got %d: %s", got.status, got.body)
			}
			if test.code == "" {
				return
			}
			code, field, description := got.problem(t)
			if code != test.code || field != test.field || (test.description != "" && description != test.description) {
				t.Errorf("got %s, field %q %q: %s", code, field, description, got.body)
			}
		})
	}
}

func TestAllowListsWhatAPathTakes(t *testing.T) {
	g := startGateway(t)
	for path, want := range map[string]string{
		"/api/experiments/e":        "DELETE, GET, PATCH, OPTIONS",
		"/api/experiments":          "GET, POST, OPTIONS",
		"/api/experiments/e:start":  "DELETE, GET, PATCH, POST, OPTIONS",
		"/api/experiments/e/assign": "POST, OPTIONS",
		"/health":                   "GET, HEAD",
	} {
		got := g.do("BREW", path, "")
		if got.status != 405 || got.header.Get("Allow") != want {
			t.Errorf("%s: got %d, Allow %q", path, got.status, got.header.Get("Allow"))
		}
	}
	if got := g.do("OPTIONS", "/api/experiments", ""); got.status != 204 || got.header.Get("Allow") == "" {
		t.Errorf("got %d %v", got.status, got.header)
	}
}
