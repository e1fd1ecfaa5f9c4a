package integration

import (
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"mab/tests/harness"
)

const manyConnections = 10_000

// Ten thousand connections are open, of which a third says nothing, a third half a header and a third is kept after an
// answer: visitors are served on new ones, memory stays small, and those who keep a request to themselves are cut off.
func TestTenThousandConnectionsAreOpen(t *testing.T) {
	var limit syscall.Rlimit
	check(t, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit))
	const needed = manyConnections*4/3 + 1000 // beyond three quarters of what the gateway may open it gives up quiet ones
	if limit.Max < needed {
		t.Skipf("SKIPPED: a process may open %d files here, and needs %d", limit.Max, needed)
	}
	stack := harness.Start(t, harness.Options{})
	experiment := stack.StartExperiment(t, nil)
	stack.Assign(t, experiment.ID, user(0))
	before := residentMB(t, stack.Gateway.PID())

	connections := make([]net.Conn, manyConnections)
	defer func() {
		for _, connection := range connections {
			if connection != nil {
				connection.Close()
			}
		}
	}()
	began := time.Now()
	harness.Each(t, manyConnections, 8, func(i int) (err error) {
		connections[i], err = openSomehow(stack.GatewayAddress, i)
		return err
	})
	opened := time.Since(began)

	var longest time.Duration
	for i := range 200 {
		asked := time.Now()
		fresh := harness.NewClient(stack.URL)
		_, err := fresh.TryAssign(experiment.ID, user(i))
		check(t, err)
		fresh.HTTP.CloseIdleConnections()
		longest = max(longest, time.Since(asked))
	}
	with := residentMB(t, stack.Gateway.PID())
	t.Logf("opened in %v; an assign on a new connection took %v at most; the gateway has %d MB, %d before", opened, longest, with, before)
	if longest > 5*time.Second {
		t.Errorf("an assign took %v", longest)
	}
	if with-before > 600 {
		t.Errorf("%d connections cost %d MB", manyConnections, with-before)
	}
	awaitCut(t, connections)
	check(t, stack.AwaitHealthy())
}

// openSomehow opens the i-th connection: silent, with half a header, or kept after an answer.
func openSomehow(address string, i int) (net.Conn, error) {
	connection, err := net.DialTimeout("tcp", address, 30*time.Second)
	if err != nil {
		return nil, err
	}
	switch i % 3 {
	case 1:
		_, err = io.WriteString(connection, "POST /api/assign HTTP/1.1\r\nHost: h\r\nX-Half: ")
	case 2:
		_ = connection.SetDeadline(time.Now().Add(60 * time.Second))
		if _, err = io.WriteString(connection, "GET /health/live HTTP/1.1\r\nHost: h\r\n\r\n"); err == nil {
			_, err = io.ReadAtLeast(connection, make([]byte, 4096), 15)
		}
	}
	return connection, err
}

// awaitCut waits until the gateway has closed those that did not send a whole header.
func awaitCut(t *testing.T, connections []net.Conn) {
	t.Helper()
	deadline := time.Now().Add(60 * time.Second)
	var wait sync.WaitGroup
	for i, connection := range connections {
		if i%3 == 2 {
			continue
		}
		wait.Go(func() {
			_ = connection.SetReadDeadline(deadline)
			if _, err := io.ReadAll(connection); os.IsTimeout(err) {
				t.Errorf("connection %d is still open", i)
			}
		})
	}
	wait.Wait()
}

// residentMB is the memory that a process has.
func residentMB(t *testing.T, pid int) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	check(t, err)
	found := regexp.MustCompile(`VmRSS:\s+(\d+) kB`).FindSubmatch(status)
	if found == nil {
		t.Fatalf("no memory in %s", status)
	}
	kilobytes, err := strconv.Atoi(string(found[1]))
	check(t, err)
	return kilobytes / 1024
}
