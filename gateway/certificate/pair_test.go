package certificate

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"os"
	"strings"
	"testing"

	"mab/tests/harness/testca"
)

func TestAPairIsReadOrTheFileIsNamedThatIsOfNoUse(t *testing.T) {
	ca := testca.New(t)
	ca.Issue(t, "own", "127.0.0.1")
	ca.Issue(t, "other", "127.0.0.1")
	own, key, other := ca.File("own.pem"), ca.File("own.key"), ca.File("other.key")
	spoilt := 0
	broken := func(name string, spoil func([]byte) []byte) string {
		content, err := os.ReadFile(name)
		if err == nil {
			spoilt++
			name = fmt.Sprint(name, ".", spoilt)
			err = os.WriteFile(name, spoil(content), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		return name
	}
	cut := func(content []byte) []byte { return content[:len(content)/2] }
	empty := func([]byte) []byte { return nil }
	garbled := func(content []byte) []byte {
		block, _ := pem.Decode(content)
		return pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: cut(block.Bytes)})
	}
	chain := broken(own, func(content []byte) []byte { return append([]byte("my certificate\n"), bytes.Repeat(content, 2)...) })
	for _, test := range []struct {
		certificate, key string
		wrong            []string // begins with the variable, and has the file
	}{
		{own, key, nil},
		{chain, key, nil},
		{"/nowhere.pem", key, []string{"X_CERT_FILE: ", "/nowhere.pem"}},
		{broken(own, cut), key, []string{"X_CERT_FILE: ", own + "."}},
		{broken(own, garbled), key, []string{"X_CERT_FILE: ", own + "."}},
		{key, own, []string{"X_CERT_FILE: ", key}},
		{own, "/nowhere.key", []string{"X_KEY_FILE: ", "/nowhere.key"}},
		{own, broken(key, empty), []string{"X_KEY_FILE: ", key + ".", own}},
		{own, broken(key, garbled), []string{"X_KEY_FILE: ", key + ".", own}},
		{own, own, []string{"X_KEY_FILE: ", own}},
		{own, other, []string{"X_KEY_FILE: ", other, "X_CERT_FILE: " + own}},
	} {
		pair, err := Pair{Certificate: File{"X_CERT_FILE", test.certificate}, Key: File{"X_KEY_FILE", test.key}}.Load()
		if test.wrong == nil {
			if err != nil || len(pair.Certificate) == 0 {
				t.Errorf("%s, %s: %v", test.certificate, test.key, err)
			}
			continue
		}
		if err == nil || !strings.HasPrefix(err.Error(), test.wrong[0]) {
			t.Errorf("%s, %s: %v", test.certificate, test.key, err)
			continue
		}
		for _, part := range test.wrong {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("without %q: %v", part, err)
			}
		}
	}
}
