package main

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// refusing answers with the status until `refusals` are used up, and says when to come again.
type refusing struct {
	status     int
	retryAfter string
	refusals   int
	calls      int
}

func (r *refusing) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	if r.calls++; r.calls > r.refusals {
		_, _ = w.Write([]byte("{}"))
		return
	}
	if r.retryAfter != "" {
		w.Header().Set("Retry-After", r.retryAfter)
	}
	w.WriteHeader(r.status)
}

// impatient is a client for which time passes at once; waited gathers how long it would have taken.
func impatient(t *testing.T, server *httptest.Server) (c *client, waited *[]time.Duration) {
	t.Helper()
	t.Cleanup(server.Close)
	c, waited = newClient(server.URL, 1), new([]time.Duration)
	c.wait = func(_ context.Context, pause time.Duration) error {
		*waited = append(*waited, pause)
		return nil
	}
	return c, waited
}

func sum(waited []time.Duration) (all time.Duration) {
	for _, pause := range waited {
		all += pause
	}
	return all
}

func TestACallIsRepeatedWhenItIsToldTo(t *testing.T) {
	const always = 1 << 30
	for name, test := range map[string]struct {
		gateway     refusing
		fails       bool
		calls       int
		least, most time.Duration // that it waits in all
	}{
		"over a limit, as often as it takes":       {refusing{status: 429, retryAfter: "3", refusals: 3 * attemptsMax}, false, 3*attemptsMax + 1, 72 * time.Second, 72 * time.Second},
		"over a limit for ever":                    {refusing{status: 429, retryAfter: "7", refusals: always}, true, 18, 119 * time.Second, 119 * time.Second},
		"over a limit that says no time":           {refusing{status: 429, refusals: always}, true, 65, 110 * time.Second, patience},
		"over a limit for longer than it is worth": {refusing{status: 429, retryAfter: "900", refusals: always}, true, 1, 0, 0},
		"a Retry-After that is no time":            {refusing{status: 429, retryAfter: "-1", refusals: 1}, false, 2, 50 * time.Millisecond, 50 * time.Millisecond},
		"a Retry-After beyond all numbers":         {refusing{status: 429, retryAfter: "9223372036854775807", refusals: 1}, true, 1, 0, 0},
		"away for a moment":                        {refusing{status: 503, retryAfter: "5", refusals: 2}, false, 3, 10 * time.Second, 10 * time.Second},
		"away":                                     {refusing{status: 503, refusals: always}, true, attemptsMax, 5 * time.Second, 10 * time.Second},
		"refused for good":                         {refusing{status: 409, retryAfter: "1", refusals: always}, true, 1, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			gateway := test.gateway
			api, waited := impatient(t, httptest.NewServer(&gateway))
			err := api.call(t.Context(), "POST", "/", "", nil, &struct{}{})
			if (err != nil) != test.fails || gateway.calls != test.calls {
				t.Errorf("%v after %d calls", err, gateway.calls)
			}
			if all := sum(*waited); all < test.least || all > test.most {
				t.Errorf("it waits for %v: %v", all, *waited)
			}
		})
	}
}

func TestASignInThatHasToWaitForLongSaysSo(t *testing.T) {
	gateway := &refusing{status: 429, retryAfter: "600", refusals: 100}
	api, waited := impatient(t, httptest.NewServer(gateway))
	signIn := newSignIn(api, func(name string) string {
		return map[string]string{"MAB_ADMIN_EMAIL": "a@example.com", "MAB_ADMIN_PASSWORD": "p"}[name]
	})
	_, err := signIn(t.Context())
	if err == nil || !strings.Contains(err.Error(), "/api/auth/login: 429") || !strings.Contains(err.Error(), "try again in 10m0s") {
		t.Errorf("the error is %v", err)
	}
	if gateway.calls != 1 || len(*waited) != 0 {
		t.Errorf("%d calls, and it waits for %v", gateway.calls, *waited)
	}
}

func TestWaitEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if wait(ctx, time.Hour) == nil || wait(t.Context(), time.Millisecond) != nil {
		t.Error("it does not")
	}
}

func TestACertificateOfAnotherNameIsOneClearError(t *testing.T) {
	gateway := &refusing{}
	server := httptest.NewUnstartedServer(gateway)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	api, waited := impatient(t, server)
	err := api.call(t.Context(), "GET", "/", "", nil, &struct{}{})
	if err == nil || !strings.Contains(err.Error(), "set MAB_URL") || !strings.Contains(err.Error(), server.URL) {
		t.Errorf("the error is %v", err)
	}
	if gateway.calls != 0 || len(*waited) != 0 {
		t.Errorf("%d calls, and it waits for %v", gateway.calls, *waited)
	}
}
