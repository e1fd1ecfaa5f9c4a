package integration

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mab/tests/harness"
)

const (
	hammers        = 64 // connections that sign in as fast as they are answered
	assignWorkers  = 4
	assignPause    = 10 * time.Millisecond // of each worker between two calls
	hammeringPhase = 6 * time.Second
	hammeringTurns = 3 // of a quiet and a hammered phase
)

// BenchmarkAssignWhileLoginsAreHammered is what visitors notice of strangers who try passwords at known and unknown accounts
// from ever new addresses, so that the hasher, and not the delays, is what bounds them. Quiet and hammered phases take turns in
// one run, and what is compared are the two within it.
//
//	go test -run '^$' -bench LoginsAreHammered -benchtime 1x ./tests/integration/
func BenchmarkAssignWhileLoginsAreHammered(b *testing.B) {
	stack := harness.Start(b, harness.Options{Environment: []string{"MAB_BCRYPT_COST=12", "MAB_TRUSTED_HOPS=1", "LOG_LEVEL=error"}})
	running := hammered{stack: stack, experiment: stack.StartExperiment(b, nil).Key,
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: hammers + assignWorkers}, Timeout: 30 * time.Second}}
	running.phase(b, false, 2*time.Second) // connections, caches
	for b.Loop() {
		var quiet, loud []time.Duration
		var logins loginCounts
		for range hammeringTurns {
			calm, _ := running.phase(b, false, hammeringPhase)
			under, counts := running.phase(b, true, hammeringPhase)
			quiet, loud = append(quiet, calm...), append(loud, under...)
			logins.add(counts)
		}
		seconds := hammeringPhase.Seconds() * hammeringTurns
		b.ReportMetric(quantileMS(quiet, 0.5), "quiet-p50-ms")
		b.ReportMetric(quantileMS(quiet, 0.99), "quiet-p99-ms")
		b.ReportMetric(quantileMS(loud, 0.5), "hammered-p50-ms")
		b.ReportMetric(quantileMS(loud, 0.99), "hammered-p99-ms")
		b.ReportMetric(quantileMS(loud, 0.5)/quantileMS(quiet, 0.5), "p50-ratio")
		b.ReportMetric(quantileMS(loud, 0.99)/quantileMS(quiet, 0.99), "p99-ratio")
		b.ReportMetric(float64(logins.checked)/seconds, "checked/s")
		b.ReportMetric(float64(logins.refused)/seconds, "refused/s")
		b.Logf("%d processors, %d assigns quiet, %d hammered; logins: %+v", runtime.NumCPU(), len(quiet), len(loud), logins)
	}
}

type loginCounts struct {
	// checked: 401, after a hash. refused: 429 or 503, at once.
	checked, refused, withoutRetryAfter, other int64
}

func (c *loginCounts) add(more loginCounts) {
	c.checked += more.checked
	c.refused += more.refused
	c.withoutRetryAfter += more.withoutRetryAfter
	c.other += more.other
}

type hammered struct {
	stack      *harness.Stack
	experiment string
	client     *http.Client
	attempts   atomic.Int64
	visitors   atomic.Int64
}

// phase assigns for so long, while logins are hammered or not, and answers the latencies.
func (h *hammered) phase(b *testing.B, hammer bool, length time.Duration) ([]time.Duration, loginCounts) {
	b.Helper()
	end := time.Now().Add(length)
	var group sync.WaitGroup
	var mutex sync.Mutex
	var latencies []time.Duration
	var counts loginCounts
	for range assignWorkers {
		group.Go(func() {
			var mine []time.Duration
			for time.Now().Before(end) {
				began := time.Now()
				// Every other visitor is new.
				body := fmt.Sprintf(`{"user_id": "hammered-%d"}`, h.visitors.Add(1)/2)
				if status, _ := h.post(b, "/api/experiments/"+h.experiment+"/assign", body, ""); status != 200 {
					b.Errorf("assign: %d", status)
					return
				}
				mine = append(mine, time.Since(began))
				time.Sleep(assignPause)
			}
			mutex.Lock()
			defer mutex.Unlock()
			latencies = append(latencies, mine...)
		})
	}
	for i := range hammers {
		if !hammer {
			break
		}
		group.Go(func() {
			var mine loginCounts
			for time.Now().Before(end) {
				n := h.attempts.Add(1)
				email := fmt.Sprintf("nobody-%d@example.com", n)
				if i%2 == 0 {
					email = harness.AdminEmail
				}
				mine.count(h.post(b, "/api/auth/login", fmt.Sprintf(`{"email": %q, "password": "guess number %d"}`, email, n),
					fmt.Sprintf("10.%d.%d.%d", n>>16&255, n>>8&255, n&255)))
			}
			mutex.Lock()
			defer mutex.Unlock()
			counts.add(mine)
		})
	}
	group.Wait()
	return latencies, counts
}

func (c *loginCounts) count(status int, header http.Header) {
	switch status {
	case http.StatusUnauthorized:
		c.checked++
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		c.refused++
		if header.Get("Retry-After") == "" {
			c.withoutRetryAfter++
		}
	default:
		c.other++
	}
}

// post is answered a status; from an address where one is given.
func (h *hammered) post(b *testing.B, path, body, address string) (int, http.Header) {
	request, err := http.NewRequest("POST", h.stack.URL+path, bytes.NewReader([]byte(body)))
	if err != nil {
		b.Error(err)
		return 0, nil
	}
	request.Header.Set("Content-Type", "application/json")
	if address != "" {
		request.Header.Set("X-Forwarded-For", address)
	}
	response, err := h.client.Do(request)
	if err != nil {
		b.Error(err)
		return 0, nil
	}
	_, _ = io.Copy(io.Discard, response.Body)
	_ = response.Body.Close()
	return response.StatusCode, response.Header
}

func quantileMS(latencies []time.Duration, q float64) float64 {
	sorted := slices.Sorted(slices.Values(latencies))
	if len(sorted) == 0 {
		return 0
	}
	return float64(sorted[int(q*float64(len(sorted)-1))].Microseconds()) / 1000
}
