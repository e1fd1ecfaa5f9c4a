package integration

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"mab/tests/harness"
)

// A website is looked at for an editor, on this machine since this is a development system.
func TestAWebsiteIsLookedAt(t *testing.T) {
	stack := harness.Start(t, harness.Options{})
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<script src="` + stack.URL + `/static/frontend/gtm/mab-script.js"></script><h1 data-test="hero">`))
	}))
	t.Cleanup(site.Close)
	var found struct {
		Status      int
		Scripts     []string
		Experiments []struct {
			Key             string
			Elements, Goals int
		}
	}
	stack.Private(t, "POST", "/api/websites:check", map[string]any{"url": site.URL}, &found)
	if found.Status != 200 || len(found.Scripts) != 1 || len(found.Experiments) != 1 || found.Experiments[0].Key != "hero" || found.Experiments[0].Elements != 1 {
		t.Errorf("got %+v", found)
	}
}
