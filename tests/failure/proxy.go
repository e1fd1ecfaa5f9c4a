package failure

import (
	"net"
	"os"
	"sync"
)

// proxy stands between two parts of the system and spoils their connections. It speaks no protocol. Safe for concurrent
// use.
type proxy struct {
	listener net.Listener
	// target is an address of the same network.
	target string

	mu       sync.Mutex
	links    map[*link]bool
	stalled  bool
	refusing bool
	// moved is closed when one of the above changes, and replaced.
	moved chan struct{}
}

// link is one connection and its other half.
type link struct {
	near, far net.Conn
	// forgotten: nothing passes any more, and nobody says so.
	forgotten bool
	ended     chan struct{}
	once      sync.Once
}

func (l *link) end() {
	l.once.Do(func() {
		close(l.ended)
		l.near.Close()
		l.far.Close()
	})
}

// newProxy stands before target, on the same network. Close ends it.
func newProxy(network, address, target string) (*proxy, error) {
	listener, err := net.Listen(network, address)
	if err != nil {
		return nil, err
	}
	if network == "unix" { // the services are another user
		if err := os.Chmod(address, 0o666); err != nil {
			return nil, err
		}
	}
	p := &proxy{listener: listener, target: target, links: map[*link]bool{}, moved: make(chan struct{})}
	go p.accept()
	return p, nil
}

// Address where the proxy listens.
func (p *proxy) Address() string { return p.listener.Addr().String() }

// Close ends the proxy and all its connections.
func (p *proxy) Close() {
	p.listener.Close()
	p.Cut()
}

// Cut closes all connections; new ones pass.
func (p *proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for one := range p.links {
		one.end()
	}
}

// Refuse closes all connections, and new ones at once, until Restore.
func (p *proxy) Refuse() {
	p.set(func() { p.refusing = true })
	p.Cut()
}

// Stall holds what is sent in both directions, until Restore.
func (p *proxy) Stall() { p.set(func() { p.stalled = true }) }

// Restore lets everything pass again.
func (p *proxy) Restore() { p.set(func() { p.stalled, p.refusing = false, false }) }

// Forget ends a stall as a middlebox does that lost its table: new connections pass, and the old ones never say anything
// again.
func (p *proxy) Forget() {
	p.set(func() {
		for one := range p.links {
			one.forgotten = true
		}
		p.stalled, p.refusing = false, false
	})
}

func (p *proxy) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
	close(p.moved)
	p.moved = make(chan struct{})
}

func (p *proxy) accept() {
	for {
		near, err := p.listener.Accept()
		if err != nil {
			return
		}
		go p.open(near)
	}
}

func (p *proxy) open(near net.Conn) {
	p.mu.Lock()
	refusing := p.refusing
	p.mu.Unlock()
	if refusing {
		near.Close()
		return
	}
	far, err := net.Dial(p.listener.Addr().Network(), p.target)
	if err != nil {
		near.Close()
		return
	}
	opened := &link{near: near, far: far, ended: make(chan struct{})}
	p.mu.Lock()
	p.links[opened] = true
	p.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { p.pump(opened, far, near) })
	both.Go(func() { p.pump(opened, near, far) })
	both.Wait()
	p.mu.Lock()
	delete(p.links, opened)
	p.mu.Unlock()
}

func (p *proxy) pump(l *link, to, from net.Conn) {
	defer l.end()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if !p.mayPass(l) {
			return
		}
		if _, failed := to.Write(buffer[:n]); failed != nil || err != nil {
			return
		}
	}
}

// mayPass waits out a stall; false: the link has ended.
func (p *proxy) mayPass(l *link) bool {
	for {
		p.mu.Lock()
		waits, moved := p.stalled || l.forgotten, p.moved
		p.mu.Unlock()
		if !waits {
			return true
		}
		select {
		case <-moved:
		case <-l.ended:
			return false
		}
	}
}
