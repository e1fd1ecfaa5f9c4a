package failure

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"mab/tests/harness"
)

// Strangers send what they should not, to the ports of HTTP and of gRPC: no process ends, nobody is answered 500, and
// visitors are served meanwhile.
func TestHostileRequests(t *testing.T) {
	stack := quietStack(t)
	experiment := stack.StartExperiment(t, nil)
	gateway := newJSONCaller("http://" + stack.GatewayAddress)
	load := &steadyLoad{via: gateway, experiment: experiment.Key, workers: 4, pause: 20 * time.Millisecond}
	load.Start()
	pids := []int{stack.Gateway.PID(), stack.Assignment.PID(), stack.Admin.PID()}

	var strangers sync.WaitGroup
	for seed := range uint64(4) {
		random := rand.New(rand.NewPCG(seed, 7))
		for _, address := range []string{stack.GatewayAddress, stack.AssignmentAddress, stack.AdminAddress, stack.AssignmentMetricsAddress} {
			strangers.Go(func() { rubbish(t, address, random.Uint64()) })
		}
	}
	strangers.Go(func() { slowLoris(t, stack.GatewayAddress) })
	strangers.Go(func() { malformed(t, stack, experiment) })
	strangers.Wait()
	load.Stop()

	t.Logf("meanwhile: assign %v; convert %v", load.Take("assign"), load.Take("convert"))
	if failed := load.Failed(); len(failed) > 0 {
		t.Errorf("%d calls of visitors failed:\n%s", len(failed), strings.Join(failed[:min(len(failed), 20)], "\n"))
	}
	if now := []int{stack.Gateway.PID(), stack.Assignment.PID(), stack.Admin.PID()}; !slices.Equal(now, pids) {
		t.Errorf("processes were %v and are %v", pids, now)
	}
	check(t, stack.AwaitHealthy())
}

// rubbish sends bytes that are no protocol, or begin as one. How it is refused is each server's own affair; HTTP must not
// say that it is its own fault.
func rubbish(t *testing.T, address string, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 0))
	beginnings := []string{
		"", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "POST /api/assign HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\n\r\n", "GET / HTTP/1.1\r\n",
		"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "POST /mab.v1.AssignmentService/Assign HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
	}
	for i := range 40 {
		connection, err := net.DialTimeout("tcp", address, answerLimit)
		if err != nil {
			t.Errorf("%s takes no connection any more: %v", address, err)
			return
		}
		content := make([]byte, 1+random.IntN(20_000))
		for j := range content {
			content[j] = byte(random.Uint32())
		}
		_ = connection.SetDeadline(time.Now().Add(300 * time.Millisecond))
		_, _ = connection.Write(append([]byte(beginnings[i%len(beginnings)]), content...)) // it may be cut off
		answer, _ := io.ReadAll(io.LimitReader(connection, 1<<16))
		connection.Close()
		if bytes.HasPrefix(answer, []byte("HTTP/1.1 5")) {
			t.Errorf("%s answered rubbish with %.100q", address, answer)
		}
	}
}

// slowLoris keeps many connections open by sending a header's byte now and then.
func slowLoris(t *testing.T, address string) {
	var connections []net.Conn
	for range 200 {
		connection, err := net.DialTimeout("tcp", address, answerLimit)
		if err != nil {
			t.Errorf("a slow connection: %v", err)
			return
		}
		defer connection.Close()
		connections = append(connections, connection)
		fmt.Fprintf(connection, "POST /api/assign HTTP/1.1\r\nHost: x\r\nX-Slow: ")
	}
	closed := 0
	for began := time.Now(); closed < len(connections) && time.Since(began) < 20*time.Second; time.Sleep(100 * time.Millisecond) {
		closed = 0
		for _, connection := range connections {
			if _, err := connection.Write([]byte("a")); err != nil {
				closed++
			}
		}
	}
	if closed < len(connections) {
		t.Errorf("of %d slow connections only %d were closed", len(connections), closed)
	}
}

// malformed requests are answered with a 4xx each.
func malformed(t *testing.T, stack *harness.Stack, experiment harness.Experiment) {
	path := "/api/experiments/" + experiment.ID + "/assign"
	deep := strings.Repeat(`{"a":`, 20_000) + "1" + strings.Repeat("}", 20_000)
	for name, body := range map[string]string{
		"huge":            `{"user_id": "` + strings.Repeat("x", 8<<20) + `"}`,
		"a long user":     `{"user_id": "` + strings.Repeat("x", 257) + `"}`,
		"deep":            deep,
		"no JSON":         "\x00\x01\x02",
		"cut off":         `{"user_id": "a`,
		"another type":    `{"user_id": {"$ne": null}}`,
		"an array":        `[1, 2, 3]`,
		"unknown field":   `{"user_id": "a", "is_admin": true}`,
		"invalid UTF-8":   "{\"user_id\": \"\xff\xfe\"}",
		"a number beyond": `{"user_id": "a", "value": 1e999}`,
		"nothing":         "",
	} {
		response, err := stack.Try("POST", path, "", body)
		if err != nil && name == "huge" {
			continue // refused before it was sent to the end
		}
		if err != nil || response.Status < 400 || response.Status >= 500 {
			t.Errorf("%s: %d %.200s %v", name, response.Status, response.Body, err)
		}
	}
	for name, path := range map[string]string{
		"a long path": "/api/experiments/" + strings.Repeat("x", 20_000) + "/assign", "escapes": "/api/experiments/%00%ff%2e%2e%2f/assign",
		"climbing": "/api/experiments/../../etc/passwd",
	} {
		response, err := stack.Try("POST", path, "", `{"user_id": "a"}`)
		if err != nil || response.Status < 400 || response.Status >= 500 {
			t.Errorf("%s: %d %.200s %v", name, response.Status, response.Body, err)
		}
	}
	response, err := stack.Try("POST", path, "", `{"user_id": "a"}`, "X-Large", strings.Repeat("x", 40<<10))
	if err == nil && response.Status != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("headers that are too large: %d", response.Status)
	}
}
