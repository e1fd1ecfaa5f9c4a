package ofrep

import (
	"strings"
	"testing"
)

func TestTheTargetingKeyIsTheUser(t *testing.T) {
	long := strings.Repeat("ü", 128) // 256 bytes
	for body, want := range map[string]string{
		`{"context": {"targetingKey": "visitor-42"}}`:                                  "visitor-42",
		`{"context": {"plan": {"a": [1, null]}, "targetingKey": "v", "x": 1}, "y": 2}`: "v",
		`{"context": {"targetingKey": "` + long + `"}}`:                                long,
		`{"context": {"targetingKey": "a\u0000b"}}`:                                    "a\x00b",
	} {
		if got, p := targetingKeyOf([]byte(body)); p != nil || got != want {
			t.Errorf("%.60s: got %.20q, %v", body, got, p)
		}
	}
}

func TestWhatIsWrongWithAContextIsSaid(t *testing.T) {
	for body, want := range map[string]string{
		``:                                   codeTargetingKeyMissing,
		`{}`:                                 codeTargetingKeyMissing,
		`{"context": null}`:                  codeTargetingKeyMissing,
		`{"context": {}}`:                    codeTargetingKeyMissing,
		`{"context": {"targetingKey": ""}}`:  codeTargetingKeyMissing,
		`{"context": {"targetingkey": "v"}}`: codeTargetingKeyMissing,
		`{"CONTEXT": {"targetingKey": "v"}}`: codeTargetingKeyMissing,
		`{"context": {"targetingKey": 42}}`:  codeInvalidContext,
		`{"context": {"targetingKey": {"a": "b"}}}`:                         codeInvalidContext,
		`{"context": {"targetingKey": "` + strings.Repeat("x", 257) + `"}}`: codeInvalidContext,
		`{"context": "v"}`:                     codeInvalidContext,
		`{"context": [1]}`:                     codeInvalidContext,
		`null`:                                 codeParseError,
		`[]`:                                   codeParseError,
		`{"context": {"targetingKey": "v"}} x`: codeParseError,
		`{"context": {"targetingKey": "v"`:     codeParseError,
		"{\"context\": {\"targetingKey\": \"\xff\"}}": codeParseError,
	} {
		if _, p := targetingKeyOf([]byte(body)); p == nil || p.Code != want || p.Status != 400 || p.Detail == "" {
			t.Errorf("%.60s: got %+v", body, p)
		}
	}
}
