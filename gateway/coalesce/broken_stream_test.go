package coalesce

import (
	"sync/atomic"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func TestAnUnansweredCallIsSentOnceMoreOnANewStream(t *testing.T) {
	host := newHost(t, func(n int64, stream serverStream) error {
		if n == 1 {
			_, _ = stream.Recv()
			return status.Error(codes.Unavailable, "crash")
		}
		return echo(stream)
	})
	host.up()
	var broken atomic.Int64
	c := host.client(Options{Streams: 1, StreamBroken: func(_ error, unanswered int) { broken.Add(int64(unanswered)) }})
	if err := assignAs(withTimeout(t), c, "u"); err != nil {
		t.Fatal(err)
	}
	if broken.Load() != 1 || host.service.streams.Load() != 2 {
		t.Errorf("%d unanswered calls, %d streams", broken.Load(), host.service.streams.Load())
	}
}

func TestACallIsNotSentAThirdTime(t *testing.T) {
	var received atomic.Int64
	host := newHost(t, func(_ int64, stream serverStream) error {
		message, err := stream.Recv()
		if err == nil {
			received.Add(int64(len(message.GetCalls())))
		}
		return status.Error(codes.Unavailable, "crash")
	})
	host.up()
	c := host.client(Options{})
	err := assignAs(withTimeout(t), c, "u")
	if status.Code(err) != codes.Unavailable || reason(err) != "UNAVAILABLE" || received.Load() != 2 {
		t.Errorf("got %v after it was sent %d times", err, received.Load())
	}
}

func TestACallOutlivesStreamsThatTheServiceEnds(t *testing.T) {
	for name, end := range map[string]error{
		"by its word":                 unavailable("the service is shutting down"),
		"in the moment of a shutdown": status.Error(codes.Canceled, "CANCELLED"),
	} {
		t.Run(name, func(t *testing.T) {
			host := newHost(t, func(n int64, stream serverStream) error {
				if n <= 5 {
					_, _ = stream.Recv()
					return end
				}
				return echo(stream)
			})
			host.up()
			c := host.client(Options{Streams: 1})
			if err := assignAs(withTimeout(t), c, "u"); err != nil {
				t.Fatal(err)
			}
			if host.service.streams.Load() != 6 {
				t.Errorf("answered on stream %d", host.service.streams.Load())
			}
		})
	}
}

func TestCallsWaitForAServiceThatRestarts(t *testing.T) {
	host := newHost(t, func(_ int64, stream serverStream) error { return echo(stream) })
	host.up()
	c, ctx := host.client(Options{}), withTimeout(t)
	if err := assignAs(ctx, c, "before"); err != nil {
		t.Fatal(err)
	}
	host.down()
	results := assignMany(ctx, c, 100)
	waitFor(t, "all calls are pending", func() bool { return c.Pending() == 100 })
	host.up()
	for range 100 {
		if err := <-results; err != nil {
			t.Fatal(err)
		}
	}
}

func TestManyBreaksLoseNoAnswer(t *testing.T) {
	// Each of the first streams answers one message and breaks upon the next.
	host := newHost(t, func(n int64, stream serverStream) error {
		if n > 20 {
			return echo(stream)
		}
		message, err := stream.Recv()
		if err == nil {
			_ = stream.Send(echoes(message))
		}
		return status.Error(codes.Unavailable, "crash")
	})
	host.up()
	c := host.client(Options{MaxBatch: 8})
	results := assignMany(withTimeout(t), c, 2000)
	for range 2000 {
		// A call may meet two breaks and then be told so, but never gets another call's answer, and none hangs.
		if err := <-results; err != nil && reason(err) != "UNAVAILABLE" {
			t.Fatal(err)
		}
	}
	if c.Pending() != 0 {
		t.Errorf("%d calls are still pending", c.Pending())
	}
}
