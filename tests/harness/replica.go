package harness

import (
	"fmt"
	"testing"
)

// Replica is one more gateway of the system. It ends with the test.
func (s *Stack) Replica(t testing.TB) (gateway *Process, address string) {
	t.Helper()
	ports, err := freePorts(2)
	if err != nil {
		t.Fatal(err)
	}
	gateway = s.Gateway.Another(fmt.Sprintf("gateway-%d", ports[0]), fmt.Sprintf("PORT=%d", ports[0]),
		fmt.Sprintf("MAB_GATEWAY_METRICS_LISTEN=127.0.0.1:%d", ports[1]))
	if err := gateway.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(gateway.Kill)
	address = fmt.Sprintf("127.0.0.1:%d", ports[0])
	replica := NewClient("http://" + address)
	Await(t, startLimit, func() (bool, string) {
		response, err := replica.Try("GET", "/health/ready", "", nil)
		return err == nil && response.Status == 200, fmt.Sprintf("the replica: %v %s", err, response.Body)
	})
	return gateway, address
}
