package harness

import (
	"strings"
	"testing"
)

func TestEachSecretIsFoundInALog(t *testing.T) {
	for what, text := range secretTexts {
		if leaks := leaksOf("admin.log", "{\"error\":\"x"+text+"y\"}\n"); len(leaks) != 1 || leaks[0] != "admin.log has "+what {
			t.Errorf("%s: %v", what, leaks)
		}
	}
	for what, text := range map[string]string{
		"an API key":        "Bearer mab_" + strings.Repeat("aZ9_-", 8) + "abc",
		"an access token":   "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJtYWIifQ.c2ln",
		"a password's hash": "$2b$12$abcdefghijklmnopqrstuv",
	} {
		if leaks := leaksOf("admin.log", text); len(leaks) != 1 || leaks[0] != "admin.log has "+what {
			t.Errorf("%s: %v", what, leaks)
		}
	}
	if leaks := leaksOf("admin.log", `{"message":"signed in","hint":"mab_AbCd","account_id":"0198"}`); leaks != nil {
		t.Errorf("an innocent line: %v", leaks)
	}
}
