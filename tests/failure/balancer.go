package failure

import (
	"errors"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"time"
)

// balancer spreads requests over replicas, as a load balancer does. Where one refuses the connection, it asks the next:
// nothing was sent to the first. No other failure is tried again. Safe for concurrent use.
type balancer struct {
	replicas  []string // "host:port"
	transport *http.Transport
	next      atomic.Int64
	refused   atomic.Int64
}

func newBalancer(replicas ...string) *balancer {
	return &balancer{replicas: replicas, transport: &http.Transport{MaxIdleConnsPerHost: 256, IdleConnTimeout: 30 * time.Second}}
}

// RoundTrip implements http.RoundTripper.
func (b *balancer) RoundTrip(request *http.Request) (*http.Response, error) {
	at := int(b.next.Add(1))
	var err error
	for i := range b.replicas {
		attempt := request.Clone(request.Context())
		attempt.URL.Host = b.replicas[(at+i)%len(b.replicas)]
		if request.GetBody != nil {
			if attempt.Body, err = request.GetBody(); err != nil {
				return nil, err
			}
		}
		var response *http.Response
		if response, err = b.transport.RoundTrip(attempt); err == nil || !refusedConnection(err) {
			return response, err
		}
		b.refused.Add(1)
	}
	return nil, err
}

func refusedConnection(err error) bool {
	var dialing *net.OpError
	return errors.As(err, &dialing) && dialing.Op == "dial" && errors.Is(err, syscall.ECONNREFUSED)
}
