package main

import (
	"strings"
	"testing"
)

func TestTheScriptIsForEveryWebsiteAndNeverWaitedForTwice(t *testing.T) {
	g := startGateway(t)
	const folder = "/static/frontend/gtm/"
	for _, test := range []struct{ name, contentType, caching, sourceMap string }{
		{"mab-script.js", "text/javascript; charset=utf-8", "public, max-age=300, stale-while-revalidate=86400", "mab-script.js.map"},
		{"mab-script-0123456789ab.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable", "mab-script.js.map"},
		{"mab-script.js.map", "application/json", "public, max-age=300, stale-while-revalidate=86400", ""},
		{"mab-script.json", "application/json", "public, max-age=300, stale-while-revalidate=86400", ""},
	} {
		got := g.do("GET", folder+test.name+"?timeout=500", "", "Origin", "https://shop.example", "Sec-Fetch-Site", "cross-site")
		h := got.header
		if got.status != 200 || h.Get("Content-Type") != test.contentType || h.Get("Cache-Control") != test.caching || h.Get("SourceMap") != test.sourceMap {
			t.Errorf("%s: got %d %v", test.name, got.status, h)
		}
		// What subresource integrity needs, of a page whose policy embeds only what says that it may be.
		if h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Cross-Origin-Resource-Policy") != "cross-origin" || h.Get("Set-Cookie") != "" {
			t.Errorf("%s: got %v", test.name, h)
		}
		if again := g.do("GET", folder+test.name, "", "If-None-Match", h.Get("ETag")); again.status != 304 || again.body != "" ||
			again.header.Get("Cache-Control") != test.caching || again.header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: asked again: %d %v", test.name, again.status, again.header)
		}
		if head := g.do("HEAD", folder+test.name, ""); head.status != 200 || head.body != "" || head.header.Get("Content-Length") != h.Get("Content-Length") {
			t.Errorf("%s: HEAD: %d %v", test.name, head.status, head.header)
		}
	}
	plain, hashed := g.do("GET", folder+"mab-script.js", ""), g.do("GET", folder+"mab-script-0123456789ab.js", "")
	if plain.body != hashed.body || plain.body != string(script) {
		t.Error("the two names are not one file")
	}
	if zipped := g.do("GET", folder+"mab-script.js", "", "Accept-Encoding", "gzip"); zipped.header.Get("Content-Encoding") != "gzip" || len(zipped.body) > 200 {
		t.Errorf("got %d bytes, %v", len(zipped.body), zipped.header)
	}
	if zipped := g.do("GET", folder+"mab-script-0123456789ab.js", "", "Accept-Encoding", "gzip"); zipped.body != "as the build compressed it" ||
		zipped.header.Get("Content-Encoding") != "gzip" || zipped.header.Get("Content-Type") != "text/javascript; charset=utf-8" {
		t.Errorf("what the build compressed: %q, %v", zipped.body, zipped.header)
	}
	if got := g.do("GET", folder+"mab-script-0123456789ab.js.gz", ""); got.status != 404 {
		t.Errorf("the compressed file has no address of its own: %d", got.status)
	}
	if got := g.do("GET", folder+"mab-script-000000000000.js", ""); got.status != 404 || strings.Contains(got.header.Get("Cache-Control"), "immutable") {
		t.Errorf("a version that is gone: %d %v", got.status, got.header)
	}
}
