package api

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestJSONPathNamesWhatStandsAtAnOffset(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		// ^ marks the offset.
		{`^{"a": 1}`, ""},
		{`{^"a": 1}`, "a"},
		{`{"a": ^1}`, "a"},
		{`{"a": 1, ^"b": 2}`, "b"},
		{`{"a": {"b": ^1}}`, "a.b"},
		{`{"a": ^{"b": 1}}`, "a"},
		{`{"a": ^[1]}`, "a"},
		{`{"a": [^1]}`, "a[0]"},
		{`{"a": [1, ^2]}`, "a[1]"},
		{`{"a": [{"b": 1}, {"c": ^2}]}`, "a[1].c"},
		{`{"a": [[1, 2], [3, ^4]]}`, "a[1][1]"},
		{`{"a": [1, 2], "b": ^3}`, "b"},
		{`{"a,b]}": "x{[", "c": ^1}`, "c"},
		{`{"a\"b": ^1}`, `a"b`},
		{`{"a": "\\", "b": ^1}`, "b"},
		{`{"u\u0073er": ^1}`, "user"},
		{`{"a": [1,^`, "a[1]"},
		{`{"a": "never ends^`, "a"},
		{`]]}}{"a": ^1`, "a"},
		{`^`, ""},
	} {
		offset := strings.IndexByte(test.text, '^')
		text := strings.Replace(test.text, "^", "", 1)
		if got := jsonPath([]byte(text), offset); got != test.want {
			t.Errorf("%s: got %q, want %q", test.text, got, test.want)
		}
	}
}

func TestWithoutSpacesKeepsThoseInStrings(t *testing.T) {
	got := withoutSpaces([]byte(`{"a b": [1, 2, " \" "], "c": {}}`))
	if string(got) != `{"a b":[1,2," \" "],"c":{}}` {
		t.Errorf("got %s", got)
	}
}

func TestExtentCountsNothingInStrings(t *testing.T) {
	for text, want := range map[string][2]int{
		``:                    {0, 1},
		`7`:                   {0, 1},
		`[[[]]]`:              {3, 4},
		`[0,0,0]`:             {1, 4},
		`{"a":0,"b":[1]}`:     {2, 4},
		`{"a":{"b":[{}]}}`:    {4, 5},
		`["[[[[{{,,", "\"["]`: {1, 3},
		`[[[],[],[],{}]]`:     {3, 10},
	} {
		if depth, values := extentOf([]byte(text), 9, 99); depth != want[0] || values != want[1] {
			t.Errorf("%s: got %d, %d", text, depth, values)
		}
	}
}

func TestExtentStopsAtALimit(t *testing.T) {
	for text, want := range map[string][2]int{
		strings.Repeat("[", 1000):               {4, 5},
		"[" + strings.Repeat("0,", 1000) + "0]": {1, 9},
	} {
		if depth, values := extentOf([]byte(text), 3, 8); depth != want[0] || values != want[1] {
			t.Errorf("%.9s: got %d, %d", text, depth, values)
		}
	}
}

func TestOffsetOfCountsCharactersInALine(t *testing.T) {
	text := []byte("{\n \"ü\": 5}")
	for _, test := range []struct{ line, column, want int }{{1, 1, 0}, {2, 1, 2}, {2, 2, 3}, {2, 7, 9}, {9, 9, len(text)}, {2, 99, len(text)}} {
		if got := offsetOf(text, test.line, test.column); got != test.want {
			t.Errorf("%d:%d: got %d", test.line, test.column, got)
		}
	}
}

// Whatever is sent, a bad body is explained, and nothing panics.
func FuzzBadRequest(f *testing.F) {
	for _, seed := range []string{`{"user_id": 1}`, `{"a": [1, {"b": "`, "\xff", `[[[[`, `{"user_id":"u","x":1}`, "\n\n\t{\"\\u12"} {
		f.Add([]byte(seed))
	}
	table, err := newRouteTable(nil)
	if err != nil || len(table) < 15 {
		f.Fatal(table, err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		message := newBatchAssign()
		err := decode(body, message)
		if err == nil {
			return
		}
		p := badRequest(body, err.Error())
		if p.Status != 400 || p.Detail == "" {
			t.Errorf("%q: %+v", body, p)
		}
		if _, err := json.Marshal(p); err != nil {
			t.Errorf("%q: %v", body, err)
		}
		for offset := range min(len(body), 100) {
			jsonPath(body, offset)
		}
	})
}
