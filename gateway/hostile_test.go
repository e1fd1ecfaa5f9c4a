package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
)

func TestNoPathLeadsOutOfTheFiles(t *testing.T) {
	g := startGateway(t)
	address := g.server.publicListener.Addr().String()
	for _, path := range []string{
		"/assets/../../../../etc/passwd", "/assets/..%2f..%2f..%2fetc%2fpasswd", "/assets/%2e%2e/%2e%2e/etc/passwd", "/assets/..%5c..%5cetc%5cpasswd",
		"/assets/..\\..\\etc\\passwd", "/assets/....//....//etc/passwd", "/assets//etc/passwd", "/assets/%00", "/assets/app-1234.js%00.html",
		"/assets/app-1234.js/", "/assets/%c0%ae%c0%ae/etc/passwd", "/assets/%252e%252e/etc/passwd", "/assets/.", "/assets/..", "/docs/../.keep", "/docs/.keep",
		"/static/frontend/gtm/../gtm/mab-script.js", "/static/frontend/gtm/mab-script.js/..", "/static/", "/static/frontend/gtm/other.json",
		"/docs/%2e%2e/index.html", "/docs//index.html", "/./index.html", "/index.html", "/.git/config", "/.env", "/dist/index.html",
		"/api/../index.html", "/health/../index.html", "/experiments/../index.html/../.keep", "//etc/passwd", "/%2fetc%2fpasswd", "/file:///etc/passwd",
	} {
		response := raw(t, address, "GET "+path+" HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
		content, _ := io.ReadAll(response.Body)
		// Below /experiments/ the page itself looks at the path.
		isPage := strings.HasPrefix(path, "/experiments/") && strings.Contains(string(content), "<title>MAB</title>")
		if !isPage && response.StatusCode != 404 && response.StatusCode != 400 || strings.Contains(string(content), "root:") || strings.Contains(string(content), "hidden") {
			t.Errorf("%s: got %d %s", path, response.StatusCode, content)
		}
	}
}

func TestHugeAndDeepJSONIsRefusedQuickly(t *testing.T) {
	g := startGateway(t)
	const size = 1 << 19
	repeat := func(text string) string { return strings.Repeat(text, size/len(text)) }
	for name, body := range map[string]string{
		"arrays": repeat("["), "objects": repeat(`{"a":`), "closed arrays": repeat("[") + repeat("]"), "closings": repeat("]"),
		"deep in a payload": `{"variants": [{"payload": ` + repeat("[") + `}]}`, "behind a string": `{"name": "[[[[[[[[", "x": ` + repeat("[") + `}`,
		"a wide object": `{` + repeat(`"a":1,`) + `"a":1}`, "unknown fields": `{"x": [` + repeat(`{"y":0},`) + `0]}`, "many variants": `{"variants": [` + repeat(`{},`) + `0]}`,
		"a long number": `{"floor": 1` + repeat("0") + `}`, "a long exponent": `{"floor": 1e` + repeat("9") + `}`, "a long fraction": `{"floor": 0.` + repeat("1") + `x}`,
		"escapes": `{"name": "` + repeat(`\u0000`) + `\x"}`, "backslashes": `{"name": "` + repeat(`\`), "quotes": repeat(`"`), "surrogates": `{"name": "` + repeat(`\ud800`) + `"}`,
		"spaces": repeat(" ") + "x", "commas": repeat(","), "line ends": repeat("\n") + "{", "NUL": repeat("\x00"), "a long name": `{"` + repeat("a") + `": 1}`,
	} {
		began := time.Now()
		got := g.do("POST", "/api/experiments", body)
		if code, _, _ := got.problem(t); got.status != 400 || code != "INVALID_ARGUMENT" || len(got.body) > 4096 {
			t.Errorf("%s: got %d %.300s", name, got.status, got.body)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s took %v", name, took)
		}
	}
}

// Whoever sends too slowly is cut off: in the header after five seconds, in the body after fifteen. Meanwhile others are
// served.
func TestSlowClientsAreCut(t *testing.T) {
	g := startGateway(t)
	address := g.server.publicListener.Addr().String()
	var clients sync.WaitGroup
	defer clients.Wait()
	for name, test := range map[string]struct {
		start, drop string
		limit       time.Duration
		answer      string
	}{
		"nothing":         {"", "", 5 * time.Second, ""},
		"a header":        {"GET / HTTP/1.1\r\nHost: h\r\nX-Slow: ", "a", 5 * time.Second, ""},
		"many headers":    {"GET / HTTP/1.1\r\nHost: h\r\n", "A: b\r\n", 5 * time.Second, ""},
		"a body":          {"POST /api/experiments/e/assign HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 10000\r\n\r\n{", " ", 15 * time.Second, "HTTP/1.1 408"},
		"a body in parts": {"POST /api/auth/login HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", "1\r\n \r\n", 15 * time.Second, "HTTP/1.1 408"},
		"a needless body": {"GET /api/nothing HTTP/1.1\r\nHost: h\r\nContent-Length: 10000\r\n\r\n", " ", 15 * time.Second, "HTTP/1.1 404"},
	} {
		clients.Go(func() {
			connection, err := net.Dial("tcp", address)
			if err != nil {
				t.Error(err)
				return
			}
			defer connection.Close()
			_, _ = io.WriteString(connection, test.start)
			began := time.Now()
			go func() {
				for {
					time.Sleep(100 * time.Millisecond)
					if _, err := io.WriteString(connection, test.drop); err != nil {
						return
					}
				}
			}()
			_ = connection.SetReadDeadline(began.Add(test.limit + 30*time.Second)) // a busy machine is slow itself
			text, err := io.ReadAll(connection)
			if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
				t.Errorf("%s: open after %v: %.100q", name, time.Since(began), text)
			}
			if !strings.HasPrefix(string(text), test.answer) {
				t.Errorf("%s: after %v: %.100q", name, time.Since(began), text)
			}
		})
	}
}

// What a request smuggler, or one who would write into headers, sends: refused, and nothing of it is in an answer's header.
func TestHeadersCantBeInjected(t *testing.T) {
	g := startGateway(t)
	address := g.server.publicListener.Addr().String()
	post := "POST /api/experiments/e/assign HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
	for name, test := range map[string]struct {
		request string
		status  int // 0: any below 500
	}{
		"two lengths":             {post + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400},
		"a length and chunks":     {post + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 0},
		"an unknown encoding":     {post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 501},
		"a length with a sign":    {post + "Content-Length: +2\r\n\r\n{}", 400},
		"a space before a colon":  {post + "Content-Length : 2\r\n\r\n{}", 400},
		"two hosts":               {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
		"no host":                 {"GET / HTTP/1.1\r\n\r\n", 400},
		"NUL in a value":          {"GET / HTTP/1.1\r\nHost: h\r\nX-Request-Id: a\x00b\r\n\r\n", 400},
		"a bare CR in a value":    {"GET / HTTP/1.1\r\nHost: h\r\nX-Request-Id: a\rSet-Cookie: a=b\r\n\r\n", 400},
		"a folded value":          {"GET /health/live HTTP/1.1\r\nHost: h\r\nX-Request-Id: a\r\n Set-Cookie: a=b\r\nConnection: close\r\n\r\n", 0},
		"line ends in a path":     {"GET /%0d%0aSet-Cookie:%20a=b HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", 404},
		"line ends in an id":      {"GET /api/experiments/%0d%0aSet-Cookie:%20a=b HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer t\r\nConnection: close\r\n\r\n", 200},
		"line ends in an origin":  {"OPTIONS /api/assign HTTP/1.1\r\nHost: h\r\nOrigin: https://a%0d%0aSet-Cookie:a=b\r\nAccess-Control-Request-Method: POST\r\nConnection: close\r\n\r\n", 204},
		"a proxy's whole address": {"GET http://evil.example/nothing HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", 404},
		"a tunnel":                {"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\nConnection: close\r\n\r\n", 0},
		"an upgrade":              {"GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n", 200},
	} {
		got := raw(t, address, test.request)
		if got.StatusCode != test.status && (test.status != 0 || got.StatusCode >= 500) {
			t.Errorf("%s: got %d", name, got.StatusCode)
		}
		if got.Header.Get("Set-Cookie") != "" || strings.ContainsAny(got.Header.Get("X-Request-Id"), " \r\n:") {
			t.Errorf("%s: got %v", name, got.Header)
		}
	}
}

func TestARequestCantWriteALineOfTheLog(t *testing.T) {
	g := startGateway(t)
	forged := `%0a%7b%22level%22:%22ERROR%22,%22msg%22:%22forged%22%7d%0a`
	g.do("GET", "/"+forged, "")
	g.do("POST", "/api/experiments/"+forged+"/assign", `{"user_id": "\n{\"msg\":\"forged\"}"}`, "User-Agent", `"}{"msg":"forged"}`)
	g.services.failWith(failure(codes.Internal, "", "why\n{\"msg\":\"forged\"}"))
	g.do("GET", "/api/experiments/"+forged, "")
	if err := g.stop(); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(g.log.String()) {
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil || entry["msg"] == "forged" {
			t.Errorf("%v in %s", err, line)
		}
	}
}

// Another site's page can use the session by no kind of request that a browser lets it send.
func TestOtherSitesPagesCantForgeARequest(t *testing.T) {
	g := startGateway(t)
	own := strings.TrimPrefix(g.url, "http://")
	for _, path := range []string{"/api/auth/login", "/api/auth/refresh", "/api/auth/logout", "/api/auth/setup", "/api/auth/password"} {
		for name, headers := range map[string][]string{
			"a form":                  {"Content-Type", "application/x-www-form-urlencoded", "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"},
			"a form of a subdomain":   {"Content-Type", "text/plain", "Origin", "http://evil." + own, "Sec-Fetch-Site", "same-site"},
			"an old browser":          {"Origin", "https://evil.example"},
			"an old browser's page":   {"Origin", "http://" + own + ".evil.example"},
			"another port":            {"Origin", "http://127.0.0.1:1"},
			"a sandboxed frame":       {"Origin", "null"},
			"a page that lies a host": {"Origin", "https://evil.example", "X-Forwarded-Host", "evil.example"},
		} {
			g.services.metadata = nil
			got := g.do("POST", path, `{}`, append(headers, "Cookie", "mab_refresh=token")...)
			if code, _, _ := got.problem(t); got.status != 403 || code != "PERMISSION_DENIED" || g.services.metadata != nil || got.header.Get("Set-Cookie") != "" {
				t.Errorf("%s of %s: got %d %s", path, name, got.status, got.body)
			}
			if got.header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s of %s: %v", path, name, got.header)
			}
		}
		for _, method := range []string{"GET", "HEAD", "PUT"} { // what an image or a link sends
			if got := g.do(method, path, "", "Cookie", "mab_refresh=token"); got.status != 405 {
				t.Errorf("%s %s: got %d", method, path, got.status)
			}
		}
	}
	// The cookie is no credential elsewhere.
	g.do("POST", "/api/experiments/e:start", "{}", "Cookie", "mab_refresh=token", "Origin", "https://evil.example", "Authorization", "")
	for name := range g.services.metadata {
		if name == "authorization" || name == "mab-refresh-token" || name == "cookie" {
			t.Error(fmt.Sprint(name, " reached the service"))
		}
	}
}
