package main

import (
	"compress/gzip"
	"io"
	"strings"
	"testing"
)

func TestLargeAnswersAreCompressedForThoseWhoTakeIt(t *testing.T) {
	g := startGateway(t)
	path := "/api/experiments/" + strings.Repeat("x", compressFrom)
	plain := g.do("GET", path, "")
	if plain.status != 200 || plain.header.Get("Content-Encoding") != "" || len(plain.body) < compressFrom {
		t.Fatalf("got %d, %q, %d bytes", plain.status, plain.header.Get("Content-Encoding"), len(plain.body))
	}
	small := g.do("GET", path, "", "Accept-Encoding", "gzip")
	if small.header.Get("Content-Encoding") != "gzip" || !strings.Contains(small.header.Get("Vary"), "Accept-Encoding") || len(small.body)*4 > len(plain.body) {
		t.Fatalf("got %v, %d bytes of %d", small.header, len(small.body), len(plain.body))
	}
	if small.header.Get("Cache-Control") != "no-store" || small.header.Get("Content-Type") != "application/json" {
		t.Errorf("got %v", small.header)
	}
	reader, err := gzip.NewReader(strings.NewReader(small.body))
	if err != nil {
		t.Fatal(err)
	}
	if content, err := io.ReadAll(reader); err != nil || string(content) != plain.body {
		t.Errorf("%d bytes come out, and %v", len(content), err)
	}
}

func TestWhatIsNotToBeCompressedIsSentAsItIs(t *testing.T) {
	g := startGateway(t)
	long := strings.Repeat("x", compressFrom)
	for _, test := range []struct{ what, method, path, body string }{
		{"a small answer", "GET", "/api/experiments/hero", ""},
		{"what is about a credential", "GET", "/api/auth/me?" + long, ""},
		{"what is not read", "POST", "/api/experiments/" + long + ":start", "{}"},
		{"what the public asks", "POST", "/api/experiments/hero/assign", `{"user_id": "u"}`},
	} {
		if got := g.do(test.method, test.path, test.body, "Accept-Encoding", "gzip"); got.header.Get("Content-Encoding") != "" || !strings.HasPrefix(got.body, "{") {
			t.Errorf("%s: got %v %.40q", test.what, got.header, got.body)
		}
	}
}
