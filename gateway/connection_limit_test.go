package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"sync"
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
	for range 4 { // each is half a request
		connection, err := net.Dial("tcp", g.server.publicListener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer connection.Close()
		_, _ = io.WriteString(connection, "GET /health/live HTTP/1.1\r\n")
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

// The port of TLS and the one that redirects to it have their connections in common.
func TestBothPortsShareTheLimits(t *testing.T) {
	g := startGateway(t, newCertificate(t).option(), func(c *config.Config) { c.MaxConnections, c.AddressConnections = 1000, 8 })
	ports := []net.Listener{g.server.publicListener, g.server.redirectListener}
	open := func(i int) (connection net.Conn, refused bool) {
		connection, err := net.Dial("tcp", ports[i%2].Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = connection.Close() })
		_ = connection.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
		_, err = connection.Read(make([]byte, 1))
		return connection, !errors.Is(err, os.ErrDeadlineExceeded)
	}
	for i := range 8 {
		if _, refused := open(i); refused {
			t.Errorf("connection %d is refused", i)
		}
	}
	for i := range 2 {
		if _, refused := open(i); !refused {
			t.Errorf("port %d has a limit of its own", i)
		}
	}
}

// accepting takes what comes, and tells of each.
func accepting(t *testing.T, listener net.Listener) <-chan net.Conn {
	accepted := make(chan net.Conn, 100)
	var ended sync.WaitGroup
	ended.Go(func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			accepted <- connection
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		ended.Wait() // also where it waits for a place
	})
	return accepted
}

func TestListenersShareTheirPlaces(t *testing.T) {
	shared := newConnections(3, 0, func() {})
	var addresses []string
	var accepted []<-chan net.Conn
	for range 2 {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		addresses = append(addresses, listener.Addr().String())
		accepted = append(accepted, accepting(t, shared.limit(listener)))
	}
	dial := func(i int) <-chan net.Conn {
		connection, err := net.Dial("tcp", addresses[i])
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = connection.Close() })
		return accepted[i]
	}
	first := <-dial(0)
	<-dial(1)
	<-dial(1)
	for i := range 2 {
		select {
		case <-dial(i):
			t.Errorf("the fourth, of port %d, has a place", i)
		case <-time.After(50 * time.Millisecond):
		}
	}
	_, _ = first.Close(), first.Close() // makes one place
	select {
	case <-accepted[0]:
	case <-accepted[1]:
	case <-time.After(soon):
		t.Error("none has the place that is free")
	}
	if got := len(shared.places); got != 3 {
		t.Errorf("%d places are taken", got)
	}
}

func TestPlacesThatTheProcessCantHaveOpenAreWarnedOf(t *testing.T) {
	for _, test := range []struct{ asked, files, places int }{
		{16384, 1 << 20, 16384}, {16384, 16640, 16384}, {16384, 16639, 16383}, {16384, 1024, 768}, {64, 512, 64},
	} {
		var log bytes.Buffer
		if got := placesFor(test.asked, test.files, slog.New(slog.NewTextHandler(&log, nil))); got != test.places {
			t.Errorf("%+v: %d places", test, got)
		}
		want := ""
		if test.places < test.asked {
			want = fmt.Sprintf("asked=%d connections=%d open_files=%d", test.asked, test.places, test.files)
		}
		if text := log.String(); (text == "") != (want == "") || !strings.Contains(text, want) || strings.Count(text, "MAB_MAX_CONNECTIONS") > 1 {
			t.Errorf("%+v: the log: %s", test, text)
		}
	}
}

// peerNumber is an address of its own for each number.
func peerNumber(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}) }

// takesAll enters connections of the address until it may have no more or no place is free, and says how many.
func (c *connections) takesAll(peer netip.Addr) (taken int) {
	for c.entered < cap(c.places) && c.enter(peer) {
		taken++
	}
	return taken
}

// Addresses that fill up one after another leave the least to those who come later. Some fifty take all; the next one waits.
func TestAnAddressGetsAFifthOfWhatIsFree(t *testing.T) {
	for _, test := range []struct{ most, perAddress, first, takeAll int }{
		{16384, 1000, 1000, 49},
		{16384, 16384, 3277, 43},
		{200, 150, 40, 23},
	} {
		c := newConnections(test.most, test.perAddress, func() {})
		addresses := 0
		for ; c.entered < test.most && addresses < 1000; addresses++ {
			free := test.most - c.entered
			taken := c.takesAll(peerNumber(addresses))
			if taken < 1 || taken > (free+4)/5 {
				t.Errorf("%+v: address %d gets %d of %d", test, addresses, taken, free)
			}
			if addresses == 0 && taken != test.first {
				t.Errorf("%+v: the first address gets %d", test, taken)
			}
		}
		if addresses != test.takeAll {
			t.Errorf("%+v: %d addresses take all", test, addresses)
		}
		if !c.enter(peerNumber(1000)) || c.enter(peerNumber(1000)) {
			t.Errorf("%+v: the next address does not wait with one connection", test)
		}
	}
}

// Addresses that take turns get alike, and all of them less.
func TestAddressesThatTakeTurnsShareThePlaces(t *testing.T) {
	for _, test := range []struct{ addresses, each, all int }{
		{1, 40, 40}, {17, 10, 161}, {49, 4, 185}, {150, 2, 193}, {200, 1, 200},
	} {
		c := newConnections(200, 150, func() {})
		for again := true; again; {
			again = false
			for i := range test.addresses {
				if c.entered < 200 && c.enter(peerNumber(i)) {
					again = true
				}
			}
		}
		if c.entered != test.all {
			t.Errorf("%d addresses have %d", test.addresses, c.entered)
		}
		for i := range test.addresses {
			if c.ofAddress[peerNumber(i)] > test.each {
				t.Errorf("of %d addresses one has %d", test.addresses, c.ofAddress[peerNumber(i)])
			}
			for c.ofAddress[peerNumber(i)] > 0 {
				c.leave(peerNumber(i))
			}
		}
		if c.entered != 0 || len(c.ofAddress) != 0 {
			t.Errorf("%d are left of %d addresses", c.entered, len(c.ofAddress))
		}
	}
}

// When three quarters of the places are taken, answers are a connection's last, and those on which nothing is asked end.
func TestConnectionsAreGivenUpWhilePlacesAreScarce(t *testing.T) {
	g := startGateway(t, func(c *config.Config) { c.MaxConnections = 64 })
	var kept []net.Conn
	for i := range 48 {
		connection, ok := g.openAndAsk(soon)
		if !ok {
			t.Fatalf("connection %d is not answered", i)
		}
		kept = append(kept, connection)
		if i == 7 {
			time.Sleep(200 * time.Millisecond) // so that these are the oldest
		}
	}
	var busy []net.Conn
	for range 8 { // each has sent the half of a body
		connection, err := net.Dial("tcp", g.server.publicListener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer connection.Close()
		_, _ = io.WriteString(connection, "POST /api/experiments/e:start HTTP/1.1\r\nHost: h\r\n"+
			"Authorization: Bearer t\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{")
		busy = append(busy, connection)
	}
	taken := func(n int) {
		for deadline := time.Now().Add(soon); len(g.server.connections.places) != n && time.Now().Before(deadline); {
			time.Sleep(time.Millisecond)
		}
		if got := len(g.server.connections.places); got != n {
			t.Errorf("%d places are taken, not %d", got, n)
		}
	}
	taken(56)
	g.server.connections.endQuiet(time.Now().Add(quietMax - time.Second))
	taken(56)                             // nobody was quiet for long
	for i, connection := range kept[:8] { // by themselves, the oldest ones
		_ = connection.SetReadDeadline(time.Now().Add(soon))
		if _, err := connection.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("connection %d is open: %v", i, err)
		}
	}
	for _, connection := range busy {
		_, _ = io.WriteString(connection, "}")
		_ = connection.SetReadDeadline(time.Now().Add(soon))
		response, err := http.ReadResponse(bufio.NewReader(connection), nil)
		if err != nil {
			t.Fatal(err)
		}
		if response.StatusCode != 200 || !response.Close {
			t.Errorf("got %d, close %v", response.StatusCode, response.Close)
		}
	}
	for i, connection := range kept[8:] {
		if !asked(connection, soon) {
			t.Errorf("connection %d is not answered", i+8)
		}
	}
}
