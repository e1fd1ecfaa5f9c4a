package ofrep

import (
	"testing"
	"unicode/utf8"
)

// Whatever a body says, there is a visitor that the services take, or an error that says what is wrong.
func FuzzTargetingKey(f *testing.F) {
	for _, body := range []string{``, `{}`, `{"context": {"targetingKey": "v"}}`, `{"context": {"targetingKey": "\ud800"}}`, `{"context": [{}]}`, "\xff"} {
		f.Add([]byte(body))
	}
	known := map[string]bool{codeParseError: true, codeInvalidContext: true, codeTargetingKeyMissing: true}
	f.Fuzz(func(t *testing.T, body []byte) {
		key, p := targetingKeyOf(body)
		switch {
		case p == nil && (key == "" || len(key) > targetingKeyBytesMax || !utf8.ValidString(key)):
			t.Errorf("%q is a visitor", key)
		case p != nil && (!known[p.Code] || p.Status != 400 || p.Detail == ""):
			t.Errorf("got %+v", p)
		}
	})
}
