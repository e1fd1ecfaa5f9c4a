// Package address finds out who a request comes from, past the proxies that the gateway trusts.
package address

import (
	"net/http"
	"net/netip"
	"strings"
)

// Trust is how many proxies stand before the gateway, each of which appends the address that it was called from to
// X-Forwarded-For. What stands further left in the header is whatever the client sent, and counts for nothing.
type Trust struct{ Hops int }

// Client is the address of the request's client: the peer's, or with Hops proxies the Hops-th from the right of
// X-Forwarded-For. Where an entry on the way there is missing or malformed, it is the nearest one that is known. Not
// valid only where not even the peer is known.
func (t Trust) Client(r *http.Request) netip.Addr {
	known := parse(r.RemoteAddr)
	if t.Hops == 0 {
		return known
	}
	entries := fromTheRight(r.Header["X-Forwarded-For"])
	for range t.Hops {
		entry, ok := entries.next()
		if !ok {
			return known
		}
		found := parse(entry)
		if !found.IsValid() {
			return known
		}
		known = found
	}
	return known
}

// Transport is what a client's own connection is, which ends at the outermost trusted proxy.
type Transport int

// The transports.
const (
	// Unknown: the proxies don't say.
	Unknown Transport = iota
	Plain
	TLS
)

// Transport of the request's client: the connection to this process, or with trusted proxies the one that the outermost
// of them names in X-Forwarded-Proto. Proxies that leave the header as it came are as good as those that append to it.
func (t Trust) Transport(r *http.Request) Transport {
	scheme := ""
	entries := fromTheRight(r.Header["X-Forwarded-Proto"])
	for range t.Hops {
		entry, ok := entries.next()
		if !ok {
			break
		}
		scheme = entry
	}
	switch {
	case strings.EqualFold(scheme, "https"), scheme == "" && r.TLS != nil:
		return TLS
	case strings.EqualFold(scheme, "http"), t.Hops == 0:
		return Plain
	default:
		return Unknown
	}
}

// Customer is what limits count as one: an IPv4 address, or the /64 of an IPv6 address, all of which one customer has.
func Customer(client netip.Addr) netip.Addr {
	if !client.Is6() {
		return client
	}
	network, err := client.Prefix(64)
	if err != nil { // every address of 128 bits has one
		panic(err)
	}
	return network.Addr()
}

// Peer is the address of a connection's other end, as net.Addr has it. Not valid where it has none.
func Peer(text string) netip.Addr { return parse(text) }

// parse takes an address with or without a port, as proxies write them: 192.0.2.1, 192.0.2.1:80, 2001:db8::1,
// [2001:db8::1]:80. An IPv4 address that is mapped into IPv6 is the IPv4 address; a zone means nothing to others.
func parse(text string) netip.Addr {
	if withPort, err := netip.ParseAddrPort(text); err == nil {
		return withPort.Addr().Unmap().WithZone("")
	}
	if inner, ok := strings.CutPrefix(text, "["); ok {
		if inner, ok = strings.CutSuffix(inner, "]"); !ok {
			return netip.Addr{}
		}
		text = inner
	}
	found, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}
	}
	return found.Unmap().WithZone("")
}

// list is a comma list over all lines of a header, read from its right end.
type list struct {
	lines []string
	open  bool   // rest is what is left of a line
	rest  string // of the line that is being read
}

func fromTheRight(lines []string) list { return list{lines: lines} }

func (l *list) next() (string, bool) {
	if !l.open {
		if len(l.lines) == 0 {
			return "", false
		}
		l.rest, l.open = l.lines[len(l.lines)-1], true
		l.lines = l.lines[:len(l.lines)-1]
	}
	comma := strings.LastIndexByte(l.rest, ',')
	entry := strings.TrimSpace(l.rest[comma+1:])
	l.open = comma >= 0
	if l.open {
		l.rest = l.rest[:comma]
	}
	return entry, true
}
