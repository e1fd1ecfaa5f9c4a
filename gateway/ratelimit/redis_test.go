package ratelimit

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// redisServer is a real one, on a port of its own, that ends with the test.
type redisServer struct {
	t       *testing.T
	address string
	command *exec.Cmd
}

func startRedis(t *testing.T) *redisServer {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Skip("SKIPPED: no redis-server; ./mab test installs it")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &redisServer{t: t, address: listener.Addr().String()}
	_ = listener.Close()
	s.start()
	t.Cleanup(s.kill)
	return s
}

func (s *redisServer) start() {
	s.t.Helper()
	_, port, _ := net.SplitHostPort(s.address)
	s.command = exec.Command("redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
		"--requirepass", "p4ssw0rd", "--dir", s.t.TempDir())
	s.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.command.Start(); err != nil {
		s.t.Fatal(err)
	}
	client := s.client()
	defer client.Close()
	await(s.t, "Redis answers", func() bool { return client.Ping(context.Background()).Err() == nil })
}

func (s *redisServer) kill() {
	_ = s.command.Process.Kill()
	_ = s.command.Wait()
}

func (s *redisServer) signal(signal syscall.Signal) { _ = s.command.Process.Signal(signal) }

func (s *redisServer) url() string { return "redis://:p4ssw0rd@" + s.address }

func (s *redisServer) client() *redis.Client {
	return redis.NewClient(&redis.Options{Addr: s.address, Password: "p4ssw0rd"})
}

func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// gateway is the limits of one gateway that shares them.
type gateway struct {
	*Limits
	shared   *Shared
	failures atomic.Int64
	log      safeBuffer
}

type safeBuffer struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.text.Write(p)
}

func (b *safeBuffer) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.text.String()
}

// patient waits for Redis on a machine that is busy with other tests.
const patient = 5 * time.Second

// openGateway has limits that give next to no new token while a test runs.
func openGateway(t *testing.T, url string, timeout time.Duration) *gateway {
	t.Helper()
	g := &gateway{}
	var err error
	g.shared, err = NewShared(SharedOptions{URL: url, Logger: slog.New(slog.NewTextHandler(&g.log, nil)), Timeout: timeout, Failed: func() { g.failures.Add(1) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = g.shared.Close() })
	still := &fakeClock{}
	g.Limits = New(Options{Address: Limit{PerSecond: 1, Burst: 100}, Experiment: Limit{PerSecond: 1, Burst: 10}, Buckets: 1024,
		Secret: "secret", Now: still.now}, g.shared)
	return g
}

func (g *gateway) awaitShared(t *testing.T) {
	t.Helper()
	await(t, "the limits are shared", g.shared.Answers)
}

func TestGatewaysShareTheirLimits(t *testing.T) {
	server := startRedis(t)
	one, two := openGateway(t, server.url(), patient), openGateway(t, server.url(), patient)
	one.awaitShared(t)
	two.awaitShared(t)
	began := time.Now()
	got := granted(one.Limits, Address, visitor, 60) + granted(two.Limits, Address, visitor, 60)
	if most := 100 + int(time.Since(began).Seconds()+1); got < 100 || got > most {
		t.Errorf("both together: %d", got)
	}
	if got := granted(two.Limits, Address, visitor.Next(), 10); got != 10 {
		t.Errorf("another client: %d", got)
	}
	// A batch is one journey.
	waits := append(one.TakeExperiments(context.Background(), "a", "a", "a", "a", "a", "a", "b"),
		two.TakeExperiments(context.Background(), "a", "a", "a", "a", "b", "a", "a")...)
	refused := 0
	for _, wait := range waits {
		if wait > 0 {
			refused++
		}
	}
	if refused < 1 || refused > 2 || waits[6] != 0 || waits[11] != 0 {
		t.Errorf("got %v", waits)
	}
	bulk := visitor.Next().Next()
	began = time.Now()
	one.NoteBulk(context.Background(), Address, bulk, 1001) // ten calls more than one
	if got, most := granted(two.Limits, Address, bulk, 120), 90+int(time.Since(began).Seconds()+1); got < 90 || got > most {
		t.Errorf("after a bulk call at the other gateway: %d", got)
	}
	holdNoAddress(t, server)
	if one.failures.Load() != 0 {
		t.Errorf("%d calls failed: %s", one.failures.Load(), &one.log)
	}
}

// holdNoAddress: what Redis holds are hashes, and all of it expires.
func holdNoAddress(t *testing.T, server *redisServer) {
	t.Helper()
	client := server.client()
	defer client.Close()
	keys, err := client.Keys(context.Background(), "*").Result()
	if err != nil || len(keys) < 4 {
		t.Fatalf("%q, %v", keys, err)
	}
	for _, name := range keys {
		if strings.Contains(name, "192.0.2") || !strings.HasPrefix(name, "mab:limit:") {
			t.Errorf("Redis has %q", name)
		}
		if left := client.PTTL(context.Background(), name).Val(); left == -1 || left > 100*time.Second {
			t.Errorf("%s expires in %v", name, left)
		}
	}
}

// Redis is killed while eight clients ask all the time: nobody waits, nobody gets an error, everybody has the limit of
// this gateway; when Redis is back, the limits are shared again.
func TestAKilledRedisIsReplacedByTheGatewaysOwnLimits(t *testing.T) {
	server := startRedis(t)
	g := openGateway(t, server.url(), patient)
	g.awaitShared(t)
	var stop atomic.Bool
	var calls, longest atomic.Int64
	var clients sync.WaitGroup
	for range 8 {
		clients.Go(func() {
			client := visitor
			for !stop.Load() {
				client = client.Next()
				began := time.Now()
				g.TakeAddress(context.Background(), Address, client)
				calls.Add(1)
				for took := int64(time.Since(began)); ; {
					if most := longest.Load(); took <= most || longest.CompareAndSwap(most, took) {
						break
					}
				}
				time.Sleep(time.Millisecond)
			}
		})
	}
	await(t, "calls", func() bool { return calls.Load() > 200 })
	server.kill()
	await(t, "the gateway notices", func() bool { return !g.shared.Answers() })
	before := calls.Load()
	await(t, "calls without Redis", func() bool { return calls.Load() > before+200 })
	other := visitor.Prev()
	if got := granted(g.Limits, Address, other, 150); got != 100 {
		t.Errorf("alone: %d", got)
	}
	server.start()
	g.awaitShared(t)
	stop.Store(true)
	clients.Wait()
	t.Logf("%d calls, the longest took %v, %d failed", calls.Load(), time.Duration(longest.Load()), g.failures.Load())
	if time.Duration(longest.Load()) > time.Second { // on a machine that is busy with other tests
		t.Errorf("a call took %v", time.Duration(longest.Load()))
	}
	text := g.log.String()
	if strings.Count(text, "Redis does not answer") != 1 || strings.Count(text, "shared through Redis") != 2 || strings.Contains(text, "p4ssw0rd") {
		t.Errorf("the log: %s", text)
	}
}

// A server that hangs, and one that answers with errors only, cost one call its time-out and the others nothing.
func TestARedisThatIsNoHelpIsLeft(t *testing.T) {
	for name, test := range map[string]struct{ spoil, mend func(*redisServer) }{
		"it hangs": {func(s *redisServer) { s.signal(syscall.SIGSTOP) }, func(s *redisServer) { s.signal(syscall.SIGCONT) }},
		"it takes no writes": {
			func(s *redisServer) { s.set("maxmemory", "1") },
			func(s *redisServer) { s.set("maxmemory", "0") }},
	} {
		t.Run(name, func(t *testing.T) {
			server := startRedis(t)
			g := openGateway(t, server.url(), 0)
			g.awaitShared(t)
			test.spoil(server)
			for range 3 {
				if got := granted(g.Limits, Address, visitor, 1); got != 1 {
					t.Error("a call was refused")
				}
			}
			if g.shared.Answers() || g.failures.Load() != 1 {
				t.Errorf("%d calls waited for it", g.failures.Load())
			}
			time.Sleep(2 * probeEvery) // it is asked again, and stays left
			if g.shared.Answers() {
				t.Error("it is trusted again")
			}
			test.mend(server)
			g.awaitShared(t)
		})
	}
}

func (s *redisServer) set(name, value string) {
	client := s.client()
	defer client.Close()
	if err := client.ConfigSet(context.Background(), name, value).Err(); err != nil {
		s.t.Fatal(err)
	}
}

func TestAGatewayStartsWithoutRedis(t *testing.T) {
	g := openGateway(t, "redis://:p4ssw0rd@127.0.0.1:1", patient)
	if got := granted(g.Limits, Address, visitor, 150); got != 100 {
		t.Errorf("got %d", got)
	}
	await(t, "the log", func() bool { return strings.Contains(g.log.String(), "Redis does not answer") })
	if strings.Contains(g.log.String(), "p4ssw0rd") {
		t.Errorf("the log: %s", &g.log)
	}
}

func TestAForgottenScriptIsLoadedAgain(t *testing.T) {
	server := startRedis(t)
	g := openGateway(t, server.url(), patient)
	g.awaitShared(t)
	client := server.client()
	defer client.Close()
	if err := client.ScriptFlush(context.Background()).Err(); err != nil {
		t.Fatal(err)
	}
	if waits := g.TakeExperiments(context.Background(), "a", "b"); fmt.Sprint(waits) != "[0s 0s]" || g.failures.Load() != 0 || !g.shared.Answers() {
		t.Errorf("got %v, %d failures: %s", waits, g.failures.Load(), &g.log)
	}
}
