package website

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

func TestOnlyTheInternetIsPublic(t *testing.T) {
	for _, private := range []string{"127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
		"255.255.255.255", "192.0.0.8", "198.18.0.1", "203.0.113.9", "240.0.0.1", "::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1",
		"64:ff9b::a00:1", "2002:7f00:1::", "fec0::1", "::127.0.0.1", "5f00::1", "168.63.129.16"} {
		if isPublic(netip.MustParseAddr(private)) {
			t.Errorf("%s is public", private)
		}
	}
	for _, public := range []string{"8.8.8.8", "93.184.216.34", "2606:2800:220:1::1", "172.32.0.1", "100.128.0.1"} {
		if !isPublic(netip.MustParseAddr(public)) {
			t.Errorf("%s is not public", public)
		}
	}
	for _, address := range []string{"[::ffff:127.0.0.1]:80", "8.8.8.8:22", "127.0.0.1:80", "nonsense"} {
		if checkPublic(address) == nil {
			t.Errorf("%s may be connected to", address)
		}
	}
	if err := checkPublic("8.8.8.8:443"); err != nil {
		t.Error(err)
	}
	for address, may := range map[string]bool{"10.0.0.1:8080": true, "[::1]:80": true, "169.254.169.254:80": false, "[::ffff:169.254.169.254]:80": false, "[fe80::1]:80": false, "[fd00:ec2::254]:80": false, "[fd20:ce::254]:80": false, "[64:ff9b::a9fe:a9fe]:80": false} {
		if (checkRouted(address) == nil) != may {
			t.Errorf("%s: %v", address, checkRouted(address))
		}
	}
}

func TestAnAddressIsCheckedBeforeItIsAsked(t *testing.T) {
	for text, want := range map[string]string{
		"":                                     "1 to 2048 bytes",
		"https://" + strings.Repeat("a", 2048): "1 to 2048 bytes",
		"shop.example":                         "must begin with https://",
		"ftp://shop.example/":                  "must begin with https://",
		"file:///etc/passwd":                   "must begin with https://",
		"https:///path":                        "must have a host",
		"https://me:secret@shop.example/":      "no user name",
		"https://shop.example/%zz":             "must be an address",
	} {
		if _, err := parseURL(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v", text, err)
		}
	}
	if _, err := parseURL("https://" + strings.Repeat("a", 2040)); err != nil {
		t.Error(err)
	}
}

func get(t *testing.T, anyAddress bool, text string) (*document, error) {
	t.Helper()
	address, err := parseURL(text)
	if err != nil {
		t.Fatal(err)
	}
	return fetch(context.Background(), newHTTPClient(anyAddress), address)
}

func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func TestAPageIsFetchedWithItsPolicy(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			http.Redirect(w, r, "/sale", http.StatusFound)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'self'")
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`<h1 data-test="hero">`))
	})
	got, err := get(t, true, url+"/")
	if err != nil || got.status != 404 || got.url.Path != "/sale" || len(got.policies) != 1 || string(got.content) != `<h1 data-test="hero">` || got.truncated {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestThisMachineIsNotTheInternet(t *testing.T) {
	asked := false
	url := serve(t, func(http.ResponseWriter, *http.Request) { asked = true })
	if _, err := get(t, false, url); err == nil || !strings.Contains(err.Error(), "no website of the internet") || asked {
		t.Errorf("got %v, asked: %v", err, asked)
	}
}

func TestWhatIsNoPageIsRefusedInWords(t *testing.T) {
	var base string
	base = serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/json":
			w.Header().Set("Content-Type", "application/json")
		case "/for-ever":
			http.Redirect(w, r, "/for-ever", http.StatusFound)
		case "/file":
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		case "/cut":
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Content-Length", "1000")
		}
	})
	for path, want := range map[string]string{"/json": "not text/html", "/for-ever": "more than 5 times", "/file": "must begin with https://", "/cut": "does not answer"} {
		if _, err := get(t, true, base+path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(secure.Close)
	if _, err := get(t, true, secure.URL); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a certificate of nobody: %v", err)
	}
	if _, err := get(t, true, "http://127.0.0.1:1/"); err == nil || err.Error() != "does not answer" {
		t.Errorf("nobody: %v", err)
	}
}

func TestALargePageIsReadInPart(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write(make([]byte, pageBytesMax+1))
	})
	if got, err := get(t, true, url); err != nil || len(got.content) != pageBytesMax || !got.truncated {
		t.Errorf("got %d bytes, %v", len(got.content), err)
	}
}
