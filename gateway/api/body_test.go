package api

import (
	"bufio"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	mabv1 "mab/gen/go/mab/v1"
)

// noBackends are for requests that never reach a service.
func noBackends() Backends {
	return Backends{
		Assignment: mabv1.NewAssignmentServiceClient(nil),
		Experiment: mabv1.NewExperimentServiceClient(nil),
		Analytics:  mabv1.NewAnalyticsServiceClient(nil),
		Forecast:   mabv1.NewForecastServiceClient(nil),
		Lookup:     mabv1.NewLookupServiceClient(nil),
		Visitor:    mabv1.NewVisitorServiceClient(nil),
		Audit:      mabv1.NewAuditServiceClient(nil),
		APIKey:     mabv1.NewApiKeyServiceClient(nil),
		Account:    mabv1.NewAccountServiceClient(nil),
		Session:    mabv1.NewSessionServiceClient(nil),
		Operations: mabv1.NewOperationsServiceClient(nil),
		Website:    mabv1.NewWebsiteServiceClient(nil),
	}
}

func TestABodyThatNeverEndsIs408(t *testing.T) {
	handler, err := New(noBackends(), Options{MaxBodyBytes: 100, PublicTimeout: time.Minute, PrivateTimeout: time.Minute, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(handler)
	server.Config.ReadTimeout = 50 * time.Millisecond
	server.Start()
	defer server.Close()

	for name, test := range map[string]struct {
		request string
		want    int
	}{
		"announced":                {"Content-Length: 50\r\n\r\n{\"user_id\"", 408},
		"in chunks":                {"Transfer-Encoding: chunked\r\n\r\n5\r\n{    \r\n", 408},
		"larger than announced as": {"Content-Length: 101\r\n\r\n{", 413},
		"larger, in chunks":        {"Transfer-Encoding: chunked\r\n\r\n" + fmt.Sprintf("%x\r\n%0200d\r\n", 200, 0), 413},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_, _ = conn.Write([]byte("POST /api/experiments/e/assign HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n" + test.request))
			response, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if response.StatusCode != test.want || response.Header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("got %d %v", response.StatusCode, response.Header)
			}
		})
	}
}
