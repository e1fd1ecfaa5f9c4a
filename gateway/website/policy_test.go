package website

import (
	"net/url"
	"testing"
)

func TestAPolicyIsReadAsBrowsersDo(t *testing.T) {
	document, _ := url.Parse("https://shop.example/sale")
	const script = "https://ab.example/static/frontend/gtm/mab-script.js"
	for policy, want := range map[string]int{
		"":                   0,
		"img-src 'self'":     0,
		"default-src 'self'": 2,
		"default-src 'none'": 2,
		"default-src *":      0,
		"default-src https:": 0,
		"default-src http:":  0,
		"script-src 'self'":  1,
		"script-src":         1,
		"script-src https://ab.example; connect-src 'self'":                   1,
		"script-src https://ab.example; connect-src https://ab.example":       0,
		"SCRIPT-SRC https://AB.example; Connect-Src AB.EXAMPLE":               0,
		"default-src 'self'; script-src *.example; connect-src *.example:443": 0,
		"default-src 'self'; script-src *.ab.example":                         2,
		"default-src http://ab.example":                                       0,
		"default-src wss://ab.example":                                        2,
		"default-src ab.example:8443":                                         2,
		"default-src ab.example:*":                                            0,
		"script-src https://ab.example/static/ 'unsafe-inline'":               0,
		"script-src https://ab.example/other/":                                1,
		"script-src 'nonce-abc'; connect-src ab.example":                      0,
		"script-src-elem 'self'; script-src *":                                1,
		"script-src 'self'; script-src *":                                     1, // the first one counts
	} {
		if got := hindrances([]string{policy}, document, []string{script}); len(got) != want {
			t.Errorf("%q: %q", policy, got)
		}
	}
	if got := hindrances([]string{"default-src 'self'", "default-src 'self'"}, document, []string{"/mab-script.js", script, script}); len(got) != 2 {
		t.Errorf("what is said twice: %q", got)
	}
}
