package main

import (
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"syscall"

	"mab/gateway/address"
)

const (
	// spareFiles are those that the gateway opens beside clients' connections: to the services, to Redis, its log.
	spareFiles = 256
	// shareOfRest: no address gets more than a quarter of what is left, and so, rounded up, a fifth of what was free when it came.
	// What an address holds is not taken back, and each may have one: 49 addresses of 1,000 connections take all 16,384.
	shareOfRest = 4
)

// connections are those that clients have open, on all ports of theirs. Safe for concurrent use.
type connections struct {
	places     chan struct{} // has one for each that is open
	perAddress int           // 0: no limit of an address
	refused    func()        // learns of each connection that was one too many of its address

	mutex     sync.Mutex
	open      map[*clientConn]struct{}
	ofAddress map[netip.Addr]int
	entered   int // those that are open, and those that wait for a place
}

// newConnections of which that many may be open, and of one address no more than perAddress; 0 is no limit of an address.
func newConnections(most, perAddress int, refused func()) *connections {
	return &connections{places: make(chan struct{}, most), perAddress: perAddress, refused: refused,
		open: map[*clientConn]struct{}{}, ofAddress: map[netip.Addr]int{}}
}

// placesFor is how many connections there may be of those that are asked for, where the process may have so many files open. It
// warns where they are fewer.
func placesFor(asked, files int, logger *slog.Logger) int {
	places := min(asked, files-spareFiles)
	if places < asked {
		logger.Warn("MAB_MAX_CONNECTIONS is more than this process may have open: raise its limit of open files",
			"asked", asked, "connections", places, "open_files", files)
	}
	return places
}

// openFiles is how many files this process may have open.
func openFiles() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Cur > 1<<30 {
		return 1 << 30
	}
	return max(2*spareFiles, int(limit.Cur))
}

// limit returns the listener as one whose connections are among these. Who comes when all places are taken waits; who has too
// many of his own is closed at once.
func (c *connections) limit(listener net.Listener) net.Listener {
	return &limitedListener{Listener: listener, connections: c, closed: make(chan struct{})}
}

// enter says whether one more of the address may be.
func (c *connections) enter(peer netip.Addr) bool {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.perAddress > 0 {
		rest := cap(c.places) - c.entered
		if c.ofAddress[peer] >= min(c.perAddress, max(1, rest/shareOfRest)) {
			return false
		}
		c.ofAddress[peer]++
	}
	c.entered++
	return true
}

func (c *connections) leave(peer netip.Addr) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.entered--
	if c.perAddress == 0 {
		return
	}
	if c.ofAddress[peer]--; c.ofAddress[peer] <= 0 {
		delete(c.ofAddress, peer)
	}
}

func (c *connections) add(connection *clientConn) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.open[connection] = struct{}{}
}

func (c *connections) remove(connection *clientConn) {
	c.mutex.Lock()
	delete(c.open, connection)
	c.mutex.Unlock()
	c.leave(connection.peer)
	<-c.places
}

// limitedListener is one of the ports that share their connections.
type limitedListener struct {
	net.Listener
	connections *connections
	once        sync.Once
	closed      chan struct{}
}

// Accept returns the next connection of an address that may have one, when there is a place for it.
func (l *limitedListener) Accept() (net.Conn, error) {
	for {
		connection, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		peer := address.Customer(address.Peer(connection.RemoteAddr().String()))
		if !l.connections.enter(peer) {
			l.connections.refused()
			_ = connection.Close()
			continue
		}
		select {
		case l.connections.places <- struct{}{}:
			return newClientConn(connection, peer, l.connections), nil
		case <-l.closed:
			l.connections.leave(peer)
			_ = connection.Close()
			return nil, net.ErrClosed
		}
	}
}

// Close ends an Accept too that waits for a place.
func (l *limitedListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}
