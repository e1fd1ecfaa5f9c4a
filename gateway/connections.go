package main

import (
	"context"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// connections counts those that clients have open. Safe for concurrent use.
type connections struct{ open atomic.Int64 }

// watch is a http.Server's ConnState.
func (c *connections) watch(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		c.open.Add(1)
	case http.StateClosed, http.StateHijacked:
		c.open.Add(-1)
	}
}

// awaitNone waits until no connection is open, or until ctx ends.
func (c *connections) awaitNone(ctx context.Context) {
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for c.open.Load() > 0 {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
