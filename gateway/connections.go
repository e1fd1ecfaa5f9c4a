package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// quietMax is how long a client may ask nothing on a connection while places are scarce.
	quietMax = 5 * time.Second
	// quietCheck is how often the connections are looked at then.
	quietCheck = time.Second
)

// clientConn is a client's connection.
type clientConn struct {
	net.Conn
	peer        netip.Addr
	connections *connections
	once        sync.Once
	// quietSince is since when nothing is asked on it, in nanoseconds; 0 while something is.
	quietSince atomic.Int64
}

func newClientConn(connection net.Conn, peer netip.Addr, connections *connections) *clientConn {
	c := &clientConn{Conn: connection, peer: peer, connections: connections}
	c.quietSince.Store(time.Now().UnixNano())
	connections.add(c)
	return c
}

// Close closes the connection, and makes its place free.
func (c *clientConn) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() { c.connections.remove(c) })
	return err
}

// watch is a http.Server's ConnState.
func (c *connections) watch(connection net.Conn, state http.ConnState) {
	if encrypted, ok := connection.(*tls.Conn); ok {
		connection = encrypted.NetConn()
	}
	client, ok := connection.(*clientConn)
	switch {
	case !ok:
	case state == http.StateActive:
		client.quietSince.Store(0)
	case state == http.StateIdle:
		client.quietSince.Store(time.Now().UnixNano())
	}
}

// scarce says whether more than three quarters of the places are taken.
func (c *connections) scarce() bool { return 4*len(c.places) > 3*cap(c.places) }

// endQuietOnes ends quiet connections while places are scarce, until ctx ends.
func (c *connections) endQuietOnes(ctx context.Context) {
	ticker := time.NewTicker(quietCheck)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			c.endQuiet(now)
		}
	}
}

// endQuiet ends connections that have been quiet for long, the longest first, until places are not scarce.
func (c *connections) endQuiet(now time.Time) {
	if !c.scarce() {
		return
	}
	for _, connection := range c.longQuiet(now.Add(-quietMax)) {
		if !c.scarce() {
			return
		}
		_ = connection.Close()
	}
}

// longQuiet returns the connections on which nothing was asked since that time, the longest quiet first.
func (c *connections) longQuiet(since time.Time) []*clientConn {
	type quiet struct {
		connection *clientConn
		since      int64
	}
	var found []quiet
	c.mutex.Lock()
	for connection := range c.open {
		if began := connection.quietSince.Load(); began != 0 && began <= since.UnixNano() {
			found = append(found, quiet{connection, began})
		}
	}
	c.mutex.Unlock()
	slices.SortFunc(found, func(a, b quiet) int { return cmp.Compare(a.since, b.since) })
	connections := make([]*clientConn, len(found))
	for i, f := range found {
		connections[i] = f.connection
	}
	return connections
}

// awaitNone waits until no connection is open, or until ctx ends.
func (c *connections) awaitNone(ctx context.Context) {
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for len(c.places) > 0 {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
