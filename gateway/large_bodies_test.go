package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mab/gateway/config"
)

// payloadOf one variant, and an experiment that is nothing else.
func payloadOf(payload string) string { return `{"variants": [{"payload": ` + payload + `}]}` }

func zeros(n int) string { return "[" + strings.Repeat("0,", n-1) + "0]" }

// heapDuring is how much more of the heap was in use at the worst moment of what is done.
func heapDuring(do func()) uint64 {
	var memory runtime.MemStats
	inUse := func() uint64 {
		runtime.ReadMemStats(&memory)
		return memory.HeapInuse
	}
	runtime.GC()
	before, worst := inUse(), uint64(0)
	done := make(chan struct{})
	go func() { defer close(done); do() }()
	for {
		select {
		case <-done:
			return max(worst, before) - before
		case <-time.After(5 * time.Millisecond):
			worst = max(worst, inUse())
		}
	}
}

// atOnce posts the body so often at once, and returns how often each status came.
func (g *gateway) atOnce(n int, path, body string) map[int]int {
	statuses := map[int]int{}
	var mutex sync.Mutex
	var clients sync.WaitGroup
	for range n {
		clients.Go(func() {
			got := g.do("POST", path, body)
			mutex.Lock()
			defer mutex.Unlock()
			statuses[got.status]++
		})
	}
	clients.Wait()
	return statuses
}

// Half a million values in a megabyte would be a hundred megabytes in memory, of each who sends them.
func TestABodyOfVeryManyValuesIsRefusedCheaply(t *testing.T) {
	g := startGateway(t)
	body := payloadOf(zeros(500_000))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began := time.Now()
	got := g.do("POST", "/api/experiments", body)
	took := time.Since(began)
	runtime.ReadMemStats(&after)
	if code, _, _ := got.problem(t); got.status != 400 || code != "INVALID_ARGUMENT" || !strings.Contains(got.body, "more than 120000 values") {
		t.Errorf("got %d %s", got.status, got.body)
	}
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 5<<20 || took > 2*time.Second {
		t.Errorf("it took %d bytes and %v", allocated, took)
	}
	heap := heapDuring(func() {
		if statuses := g.atOnce(50, "/api/experiments", body); statuses[400] != 50 {
			t.Errorf("got %v", statuses)
		}
	})
	if heap > 150<<20 {
		t.Errorf("fifty at once took %d MiB", heap>>20)
	}
}

// The largest requests that there are take turns, or are told to come again.
func TestLargeRequestsShareABoundedRoom(t *testing.T) {
	g := startGateway(t)
	body := payloadOf(zeros(119_990))
	heap := heapDuring(func() {
		statuses := g.atOnce(50, "/api/experiments", body)
		if statuses[200] == 0 || statuses[200]+statuses[503] != 50 {
			t.Errorf("got %v", statuses)
		}
		t.Logf("%v", statuses)
	})
	t.Logf("fifty at once took %d MiB", heap>>20)
	if heap > 250<<20 {
		t.Errorf("fifty at once took %d MiB", heap>>20)
	}
	if got := g.do("POST", "/api/experiments", body); got.status != 200 {
		t.Errorf("one, when they are gone: got %d %.300s", got.status, got.body)
	}
}

// While large requests fill all the room, small ones are answered as ever.
func TestSmallRequestsNeedNoRoom(t *testing.T) {
	g := startGateway(t)
	body := payloadOf(zeros(119_990))
	var stop atomic.Bool
	var clients sync.WaitGroup
	defer clients.Wait()
	defer stop.Store(true)
	for range 4 {
		clients.Go(func() {
			for !stop.Load() {
				g.do("POST", "/api/experiments", body)
			}
		})
	}
	for range 20 {
		if got := g.do("PATCH", "/api/experiments/e", `{"name": "n"}`); got.status != 200 {
			t.Errorf("got %d %s", got.status, got.body)
		}
		if got := g.do("POST", "/api/experiments/e/assign", `{"user_id": "u"}`); got.status != 200 {
			t.Errorf("got %d %s", got.status, got.body)
		}
	}
}

func TestTheLargestExperimentIsTaken(t *testing.T) {
	g := startGateway(t, func(c *config.Config) { c.MaxBodyBytes = 2 << 20 })
	// 16 KiB of compact JSON in values of 15 bytes each.
	var payload strings.Builder
	for i := 0; payload.Len() < 16<<10-30; i++ {
		fmt.Fprintf(&payload, `,"k%04d":"%04d"`, i, i)
	}
	variants := make([]string, 100)
	for i := range variants {
		variants[i] = fmt.Sprintf(`{"key":"v%d","name":"%s","payload":{%s}}`, i, strings.Repeat("n", 200), payload.String()[1:])
	}
	got := g.do("POST", "/api/experiments", `{"name": "n", "variants": [`+strings.Join(variants, ",")+`]}`)
	if got.status != 200 || len(g.services.created.GetVariants()) != 100 {
		t.Errorf("got %d %.300s", got.status, got.body)
	}
}

func TestTheLargestBatchIsTaken(t *testing.T) {
	g := startGateway(t)
	type batch struct {
		UserID      string            `json:"user_id"`
		Experiments []string          `json:"experiments"`
		Expose      bool              `json:"expose"`
		Force       map[string]string `json:"force"`
	}
	largest := batch{UserID: strings.Repeat("\x01", 256), Force: map[string]string{}} // each is six bytes of JSON
	for i := range 100 {
		name := fmt.Sprintf("%064d", i)
		largest.Experiments = append(largest.Experiments, name)
		largest.Force[name] = name
	}
	body, err := json.MarshalIndent(largest, "", "        ")
	if err != nil {
		t.Fatal(err)
	}
	if got := g.do("POST", "/api/assign", string(body)); got.status != 200 || len(got.json(t)["assignments"].([]any)) != 100 {
		t.Errorf("%d bytes: got %d %.300s", len(body), got.status, got.body)
	}
}

func TestStrangersSendLittle(t *testing.T) {
	g := startGateway(t)
	for _, path := range []string{"/api/experiments/e/assign", "/api/assign", "/api/auth/login", "/api/auth/refresh"} {
		got := g.do("POST", path, strings.Repeat(" ", 64<<10+1))
		if code, _, _ := got.problem(t); got.status != 413 || code != "CONTENT_TOO_LARGE" || !strings.Contains(got.body, "larger than 65536 bytes") {
			t.Errorf("%s: got %d %s", path, got.status, got.body)
		}
		if got := g.do("POST", path, strings.Repeat(" ", 64<<10)); got.status == 413 {
			t.Errorf("%s: got %d %s", path, got.status, got.body)
		}
		got = g.do("POST", path, `{"experiments": `+zeros(1001)+`}`)
		if code, _, _ := got.problem(t); got.status != 400 || code != "INVALID_ARGUMENT" || !strings.Contains(got.body, "more than 1000 values") {
			t.Errorf("%s: got %d %s", path, got.status, got.body)
		}
	}
}

// Whoever shows nothing is answered before he has sent what he announces.
func TestWhoeverShowsNothingIsRefusedBeforeHisBody(t *testing.T) {
	g := startGateway(t)
	for _, request := range []string{"POST /api/experiments", "PATCH /api/experiments/e", "POST /api/keys", "POST /api/auth/password:change"} {
		connection, err := net.Dial("tcp", g.server.publicListener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer connection.Close()
		_ = connection.SetDeadline(time.Now().Add(10 * time.Second))
		_, _ = io.WriteString(connection, request+" HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{")
		response, err := http.ReadResponse(bufio.NewReader(connection), nil)
		if err != nil {
			t.Fatalf("%s: %v", request, err)
		}
		content, _ := io.ReadAll(response.Body)
		if response.StatusCode != 401 || !strings.Contains(string(content), `"code":"UNAUTHENTICATED"`) || response.Header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s: got %d %s", request, response.StatusCode, content)
		}
	}
	if got := g.do("GET", "/api/experiments/e", "", "Authorization", ""); got.status != 401 || g.services.metadata != nil {
		t.Errorf("got %d, and the service %v", got.status, g.services.metadata)
	}
}
