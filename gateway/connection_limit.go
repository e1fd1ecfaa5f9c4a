package main

import (
	"net"
	"net/netip"
	"sync"
	"syscall"

	"golang.org/x/net/netutil"

	"mab/gateway/address"
)

// spareFiles are those that the gateway opens beside clients' connections: to the services, to Redis, its log.
const spareFiles = 256

// limitConnections lets the listener have that many connections open at most, and of one address no more than
// perAddress; 0 is no limit of an address. Who comes when all are taken waits; who has too many of his own is closed at
// once, and refused learns of it.
func limitConnections(listener net.Listener, most, perAddress int, refused func()) net.Listener {
	listener = netutil.LimitListener(listener, min(most, openFiles()-spareFiles))
	if perAddress == 0 {
		return listener
	}
	return &addressLimit{Listener: listener, most: perAddress, refused: refused, open: map[netip.Addr]int{}}
}

// openFiles is how many files this process may have open.
func openFiles() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Cur > 1<<30 {
		return 1 << 30
	}
	return max(2*spareFiles, int(limit.Cur))
}

// addressLimit counts the connections of each address. It knows no more addresses than there are connections.
type addressLimit struct {
	net.Listener
	most    int
	refused func()

	mutex sync.Mutex
	open  map[netip.Addr]int
}

// Accept returns the next connection of an address that may have one.
func (l *addressLimit) Accept() (net.Conn, error) {
	for {
		connection, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		peer := address.Customer(address.Peer(connection.RemoteAddr().String()))
		if l.enter(peer) {
			return &countedConn{Conn: connection, leave: func() { l.leave(peer) }}, nil
		}
		l.refused()
		_ = connection.Close()
	}
}

func (l *addressLimit) enter(peer netip.Addr) bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.open[peer] >= l.most {
		return false
	}
	l.open[peer]++
	return true
}

func (l *addressLimit) leave(peer netip.Addr) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.open[peer]--; l.open[peer] <= 0 {
		delete(l.open, peer)
	}
}

// countedConn leaves when it is closed.
type countedConn struct {
	net.Conn
	once  sync.Once
	leave func()
}

// Close closes the connection.
func (c *countedConn) Close() error {
	err := c.Conn.Close()
	c.once.Do(c.leave)
	return err
}
