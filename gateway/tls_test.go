package main

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"mab/gateway/config"
	"mab/gateway/servicetls"
)

// testCertificate is a certificate for 127.0.0.1 and its key, in files.
type testCertificate struct{ certificate, key string }

func newCertificate(t *testing.T) testCertificate {
	dir := t.TempDir()
	c := testCertificate{filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")}
	c.write(t, 1)
	return c
}

// write a new one of that serial number over what is there.
func (c testCertificate) write(t *testing.T, serial int64) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "mab"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	rawKey, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{c.certificate: {Type: "CERTIFICATE", Bytes: raw}, c.key: {Type: "PRIVATE KEY", Bytes: rawKey}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func (c testCertificate) option() option {
	return func(config *config.Config) {
		config.TLSCertFile, config.TLSKeyFile, config.RedirectListen = c.certificate, c.key, "127.0.0.1:0"
	}
}

// serial of the certificate that a new connection gets.
func (g *gateway) serial(versions ...uint16) (int64, error) {
	settings := &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2", "http/1.1"}}
	if len(versions) > 0 {
		settings.MinVersion, settings.MaxVersion = tls.VersionTLS10, versions[0]
	}
	connection, err := tls.Dial("tcp", g.server.publicListener.Addr().String(), settings)
	if err != nil {
		return 0, err
	}
	defer connection.Close()
	return connection.ConnectionState().PeerCertificates[0].SerialNumber.Int64(), nil
}

func TestTheGatewaySpeaksTLS(t *testing.T) {
	certificate := newCertificate(t)
	g := startGateway(t, production, certificate.option())
	trusted := x509.NewCertPool()
	text, err := os.ReadFile(certificate.certificate)
	if err != nil || !trusted.AppendCertsFromPEM(text) {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted}, ForceAttemptHTTP2: true}}
	defer client.CloseIdleConnections()
	url := "https://" + g.server.publicListener.Addr().String()
	for _, path := range []string{"/", "/health", "/nothing"} {
		response, err := client.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.ProtoMajor != 2 || response.Header.Get("Strict-Transport-Security") != "max-age=31536000; includeSubDomains" {
			t.Errorf("%s: %s %v", path, response.Proto, response.Header)
		}
	}
	response, err := client.Post(url+"/api/experiments/e/assign", "application/json", strings.NewReader(`{"user_id": "u"}`))
	if err != nil || response.StatusCode != 200 {
		t.Errorf("got %v, %v", response, err)
	}
	_ = response.Body.Close()
	for version, works := range map[uint16]bool{tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		if _, err := g.serial(version); (err == nil) != works {
			t.Errorf("%s: %v", tls.VersionName(version), err)
		}
	}
	// Plain HTTP at the port of TLS is refused, not answered.
	if response, err := http.Get(strings.Replace(url, "https", "http", 1)); err == nil {
		defer response.Body.Close()
		if response.StatusCode != 400 {
			t.Errorf("got %d", response.StatusCode)
		}
	}
}

func TestACertificateIsReadAgainWhenItChanges(t *testing.T) {
	certificate := newCertificate(t)
	var elapsed atomic.Int64
	began := time.Now()
	g := startGatewayAt(t, func() time.Time { return began.Add(time.Duration(elapsed.Load())) }, certificate.option())
	sees := func(want int64) {
		t.Helper()
		elapsed.Add(int64(time.Second))
		if got, err := g.serial(); err != nil || got != want {
			t.Errorf("got %d, %v", got, err)
		}
	}
	sees(1)
	certificate.write(t, 22)
	sees(22)
	sees(22)
	// Half of a pair, no PEM, and no file: the last good one stays.
	key, err := os.ReadFile(certificate.key)
	if err != nil {
		t.Fatal(err)
	}
	certificate.write(t, 333)
	whole, err := os.ReadFile(certificate.key)
	if err != nil {
		t.Fatal(err)
	}
	for _, content := range [][]byte{append(key, '\n'), []byte("no PEM"), nil} {
		if err := os.WriteFile(certificate.key, content, 0o600); err != nil {
			t.Fatal(err)
		}
		sees(22)
	}
	if err := os.Remove(certificate.key); err != nil {
		t.Fatal(err)
	}
	sees(22)
	if err := os.WriteFile(certificate.key, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	sees(333)
	if err := g.stop(); err != nil || strings.Count(g.log.String(), "the last one stays") != 4 || strings.Contains(g.log.String(), "PRIVATE") {
		t.Errorf("%v; the log: %s", err, g.log)
	}
}

func TestACertificateThatCantBeUsedIsOneClearError(t *testing.T) {
	good, other := newCertificate(t), newCertificate(t)
	for _, test := range []struct {
		pair        testCertificate
		wrong, file string
	}{
		{testCertificate{"/nothing.pem", good.key}, "MAB_TLS_CERT_FILE: ", "/nothing.pem"},
		{testCertificate{good.certificate, "/nothing.pem"}, "MAB_TLS_KEY_FILE: ", "/nothing.pem"},
		{testCertificate{good.certificate, other.key}, "MAB_TLS_KEY_FILE: ", other.key},
		{testCertificate{good.key, good.key}, "MAB_TLS_CERT_FILE: ", good.key},
	} {
		own := config.Config{Listen: "127.0.0.1:0", MetricsListen: "127.0.0.1:0", AssignmentAddress: "127.0.0.1:1", AdminAddress: "127.0.0.1:1",
			TLSCertFile: test.pair.certificate, TLSKeyFile: test.pair.key}
		ofServices := own
		ofServices.TLSCertFile, ofServices.TLSKeyFile = "", ""
		ofServices.ServiceTLS = servicetls.Files{CA: good.certificate, Certificate: test.pair.certificate, Key: test.pair.key}
		for _, is := range []struct {
			config config.Config
			wrong  string
		}{{own, test.wrong}, {ofServices, strings.Replace(test.wrong, "MAB_", "MAB_INTERNAL_", 1)}} {
			_, err := newServer(is.config, pages(), time.Now, slog.New(slog.DiscardHandler))
			if err == nil || !strings.HasPrefix(err.Error(), is.wrong) || !strings.Contains(err.Error(), test.file) || strings.Contains(err.Error(), "PRIVATE KEY-") {
				t.Errorf("want %s%s, got %v", is.wrong, test.file, err)
			}
		}
	}
}

func TestPlainHTTPIsSentToTLS(t *testing.T) {
	g := startGateway(t, production, newCertificate(t).option())
	plain := g.server.redirectListener.Addr().String()
	const port = "0" // as configured
	for _, test := range []struct{ request, host, status, location string }{
		{"GET /", "shop.example", "308", "https://shop.example/"},
		{"GET /", "shop.example:80", "308", "https://shop.example/"},
		{"GET /", "shop.example:8080", "308", "https://shop.example:" + port + "/"},
		{"HEAD /login?next=%2Fx", "[2001:db8::1]", "308", "https://[2001:db8::1]/login?next=%2Fx"},
		{"GET /experiments/a%2Fb", "[2001:db8::1]:8080", "308", "https://[2001:db8::1]:" + port + "/experiments/a%2Fb"},
		{"GET //evil.example/x", "shop.example", "308", "https://shop.example//evil.example/x"},
		{"GET /%0d%0aSet-Cookie:%20a=b", "shop.example", "308", "https://shop.example/%0d%0aSet-Cookie:%20a=b"},
		{"GET /", "shop.example/evil", "400", ""},
		{"GET /", "evil@shop.example", "400", ""},
		{"GET /", "", "400", ""},
		{"POST /", "shop.example", "403", ""},
		{"POST /api/auth/login", "shop.example", "403", ""},
		{"GET /api/experiments", "shop.example", "403", ""},
		{"GET /health", "shop.example", "200", ""},
		{"GET /health/ready", "10.0.0.1:8000", "200", ""},
	} {
		response := raw(t, plain, test.request+" HTTP/1.1\r\nHost: "+test.host+"\r\nConnection: close\r\n\r\n")
		if !strings.HasPrefix(response.Status, test.status) || response.Header.Get("Location") != test.location ||
			response.Header.Get("Set-Cookie") != "" || response.Header.Get("Strict-Transport-Security") != "" {
			t.Errorf("%s of %q: got %s %v", test.request, test.host, response.Status, response.Header)
		}
	}
}

// raw sends a request as it is, and returns the answer.
func raw(t *testing.T, address, request string) *http.Response {
	t.Helper()
	connection, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	_ = connection.SetDeadline(time.Now().Add(30 * time.Second))
	if _, err := io.WriteString(connection, request); err != nil {
		t.Fatal(err)
	}
	method, _, _ := strings.Cut(request, " ")
	response, err := http.ReadResponse(bufio.NewReader(connection), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%q: %v", request, err)
	}
	content, _ := io.ReadAll(response.Body)
	response.Body = io.NopCloser(strings.NewReader(string(content)))
	return response
}

func TestBehindAProxyItsWordCountsForPlainHTTP(t *testing.T) {
	for _, test := range []struct {
		options     []option
		scheme      string
		page, calls int
	}{
		{[]option{production, hops(1)}, "http", 308, 403},
		{[]option{production, hops(1)}, "https", 200, 200},
		{[]option{production, hops(1)}, "https, http", 308, 403}, // the client said https, the proxy saw http
		{[]option{production, hops(1)}, "", 200, 200},            // a proxy that does not say is no reason for a circle
		{[]option{production}, "http", 200, 200},
		{[]option{hops(1)}, "http", 200, 200},
	} {
		g := startGateway(t, test.options...)
		proxied := fmt.Sprintf("Host: shop.example\r\nX-Forwarded-Proto: %s\r\nConnection: close\r\n", test.scheme)
		address := g.server.publicListener.Addr().String()
		got := raw(t, address, "GET /login HTTP/1.1\r\n"+proxied+"\r\n")
		if got.StatusCode != test.page || (test.page == 308) != (got.Header.Get("Location") == "https://shop.example/login") {
			t.Errorf("%q: got %d %v", test.scheme, got.StatusCode, got.Header)
		}
		got = raw(t, address, "POST /api/experiments/e/assign HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"+proxied+"\r\n{}")
		if got.StatusCode != test.calls {
			t.Errorf("%q: got %d", test.scheme, got.StatusCode)
		}
	}
}
