package integration

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mab/tests/harness"
)

const redisServer = "/usr/bin/redis-server"

// limitedVisitors call two gateways, from as many addresses as there are visitors.
type limitedVisitors struct {
	gateways   []*harness.Client
	experiment string
	next       atomic.Int32
}

// granted of n calls of a new address at each gateway.
func (v *limitedVisitors) granted(t *testing.T, n int) (count int) {
	t.Helper()
	number := v.next.Add(1)
	for i := range n {
		for _, gateway := range v.gateways {
			response := gateway.Call(t, "POST", "/api/experiments/"+v.experiment+"/assign", "", map[string]any{"user_id": user(i)},
				"X-Forwarded-For", fmt.Sprintf("203.0.113.7, 10.0.%d.%d", number>>8, number&255))
			switch response.Status {
			case 200:
				count++
			case 429:
				if response.Problem(t).Code != "RATE_LIMITED" || response.Header.Get("Retry-After") == "" {
					t.Fatalf("%v %s", response.Header, response.Body)
				}
			default:
				t.Fatalf("%d %s", response.Status, response.Body)
			}
		}
	}
	return count
}

// awaitGranted waits until a new address gets that much in all. Meanwhile a token comes every second.
func (v *limitedVisitors) awaitGranted(t *testing.T, calls, least, most int) {
	t.Helper()
	harness.Await(t, 30*time.Second, func() (bool, string) {
		began := time.Now()
		got := v.granted(t, calls)
		slack := int(time.Since(began).Seconds()+1) * len(v.gateways)
		return got >= least && got <= most+slack, fmt.Sprintf("%d of %d calls were granted, and not %d to %d", got, calls*len(v.gateways), least, most)
	})
}

// Two gateways share their limits in a Redis, which is killed under load and comes back. No call fails or waits for it.
func TestGatewaysShareTheirLimitsAndOutliveRedis(t *testing.T) {
	if _, err := os.Stat(redisServer); err != nil {
		t.Skipf("SKIPPED: no %s; ./mab test installs it", redisServer)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	_, port, err := net.SplitHostPort(listener.Addr().String())
	check(t, err)
	check(t, listener.Close())
	const burst = 40
	stack := harness.Start(t, harness.Options{Environment: []string{"REDIS_URL=redis://127.0.0.1:" + port, "MAB_TRUSTED_HOPS=1",
		"MAB_RATE_LIMIT_ADDRESS=1", fmt.Sprintf("MAB_RATE_LIMIT_ADDRESS_BURST=%d", burst)}})
	redis := harness.NewProcess("redis", stack.Dir, redisServer, []string{"--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"}, nil)
	defer redis.Kill()
	_, address := stack.Replica(t)
	visitors := &limitedVisitors{gateways: []*harness.Client{stack.Client, harness.NewClient("http://" + address)}, experiment: stack.StartExperiment(t, nil).ID}

	visitors.awaitGranted(t, burst+5, 2*burst, 2*burst) // each by itself: Redis was never there
	check(t, redis.Start())
	visitors.awaitGranted(t, burst+5, burst, burst)

	var stop atomic.Bool
	var calls, longest atomic.Int64
	var load sync.WaitGroup
	defer load.Wait()
	defer stop.Store(true)
	load.Go(func() {
		for !stop.Load() {
			began := time.Now()
			visitors.granted(t, 1)
			calls.Add(2)
			longest.Store(max(longest.Load(), int64(time.Since(began))))
		}
	})
	harness.Await(t, 30*time.Second, func() (bool, string) { return calls.Load() > 100, "no load" })
	redis.Kill()
	visitors.awaitGranted(t, burst+5, 2*burst, 2*burst)
	check(t, redis.Start())
	visitors.awaitGranted(t, burst+5, burst, burst)
	stop.Store(true)
	load.Wait()
	t.Logf("%d calls, two of them took %v at most", calls.Load(), time.Duration(longest.Load()))
	if time.Duration(longest.Load()) > 2*time.Second {
		t.Errorf("two calls took %v", time.Duration(longest.Load()))
	}
}

// Wrong passwords are delayed by the admin service; how long, it says through the gateway.
func TestWrongPasswordsMustWaitAndLearnHowLong(t *testing.T) {
	stack := harness.Start(t, harness.Options{Environment: []string{"MAB_TRUSTED_HOPS=1"}})
	wrong := map[string]any{"email": "nobody@example.com", "password": "not the password of anybody"}
	for range 20 {
		response := stack.Call(t, "POST", "/api/auth/login", "", wrong, "X-Forwarded-For", "203.0.113.7")
		if response.Status == http.StatusUnauthorized {
			continue
		}
		seconds, err := strconv.Atoi(response.Header.Get("Retry-After"))
		if response.Status != http.StatusTooManyRequests || response.Problem(t).Code != "RATE_LIMITED" || err != nil || seconds < 1 {
			t.Errorf("got %d %v %s", response.Status, response.Header, response.Body)
		}
		return
	}
	t.Error("nobody has to wait")
}
