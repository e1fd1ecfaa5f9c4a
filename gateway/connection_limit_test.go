package main

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"mab/gateway/config"
)

// openAndAsk opens a connection, and says whether it was answered within the time.
func (g *gateway) openAndAsk(within time.Duration) (net.Conn, bool) {
	g.t.Helper()
	connection, err := net.Dial("tcp", g.server.publicListener.Addr().String())
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { _ = connection.Close() })
	return connection, asked(connection, within)
}

func asked(connection net.Conn, within time.Duration) bool {
	_, _ = io.WriteString(connection, "GET /health/live HTTP/1.1\r\nHost: h\r\n\r\n")
	_ = connection.SetReadDeadline(time.Now().Add(within))
	n, _ := io.ReadAtLeast(connection, make([]byte, 4096), 15)
	return n >= 15
}

const soon = 20 * time.Second

func TestOneAddressHasAShareOfTheConnections(t *testing.T) {
	g := startGateway(t, func(c *config.Config) { c.MaxConnections, c.AddressConnections = 1000, 8 })
	var open []net.Conn
	for i := range 8 {
		connection, ok := g.openAndAsk(soon)
		if !ok {
			t.Fatalf("connection %d is not answered", i)
		}
		open = append(open, connection)
	}
	if _, ok := g.openAndAsk(soon); ok { // it is closed at once
		t.Error("the ninth is answered")
	}
	for _, connection := range open { // the others stay as they are
		if !asked(connection, soon) {
			t.Error("an open one is not answered")
		}
	}
	_ = open[0].Close()
	for deadline := time.Now().Add(soon); ; {
		if _, ok := g.openAndAsk(soon); ok {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("no new one is answered although one was closed")
		}
	}
	for _, connection := range open[1:] {
		_ = connection.Close()
	}
	if err := g.stop(); err != nil {
		t.Error(err)
	}
}

func TestRefusedConnectionsAreCounted(t *testing.T) {
	g := startGateway(t, func(c *config.Config) { c.MaxConnections, c.AddressConnections = 1000, 1 })
	if _, ok := g.openAndAsk(soon); !ok {
		t.Fatal("the first is not answered")
	}
	for range 3 {
		if _, ok := g.openAndAsk(soon); ok {
			t.Error("the second is answered")
		}
	}
	if text := g.metrics(); !strings.Contains(text, "mab_connections_refused_total 3") {
		t.Error("the metric does not tell")
	}
}

func TestThereIsAGreatestNumberOfConnections(t *testing.T) {
	g := startGateway(t, func(c *config.Config) { c.MaxConnections = 4 })
	var open []net.Conn
	for i := range 4 {
		connection, ok := g.openAndAsk(soon)
		if !ok {
			t.Fatalf("connection %d is not answered", i)
		}
		open = append(open, connection)
	}
	waiting, ok := g.openAndAsk(200 * time.Millisecond)
	if ok {
		t.Error("the fifth is answered")
	}
	_ = open[0].Close()
	_ = waiting.SetReadDeadline(time.Now().Add(soon))
	if n, err := io.ReadAtLeast(waiting, make([]byte, 4096), 15); err != nil {
		t.Error(fmt.Errorf("the fifth got %d bytes when there was room: %w", n, err))
	}
}
