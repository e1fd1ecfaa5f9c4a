package address

import (
	"crypto/tls"
	"net/http"
	"net/netip"
	"strings"
	"testing"
)

const proxy = "10.0.0.9:5000"

func TestTheClientIsCountedFromTheRight(t *testing.T) {
	for _, test := range []struct {
		name  string
		hops  int
		peer  string
		lines []string
		want  string
	}{
		{"nobody is trusted", 0, proxy, []string{"192.0.2.1"}, "10.0.0.9"},
		{"no header", 1, proxy, nil, "10.0.0.9"},
		{"one proxy", 1, proxy, []string{"192.0.2.1"}, "192.0.2.1"},
		{"one proxy, and what the client made up", 1, proxy, []string{"203.0.113.7, 192.0.2.1"}, "192.0.2.1"},
		{"two proxies", 2, proxy, []string{"203.0.113.7, 192.0.2.1, 10.0.0.8"}, "192.0.2.1"},
		{"several lines are one list", 2, proxy, []string{"203.0.113.7", "192.0.2.1", "10.0.0.8"}, "192.0.2.1"},
		{"lines with several each", 3, proxy, []string{"203.0.113.7,192.0.2.1", "10.0.0.7 ,10.0.0.8"}, "192.0.2.1"},
		{"fewer than there are proxies", 3, proxy, []string{"192.0.2.1, 10.0.0.8"}, "192.0.2.1"},
		{"a malformed one at the end", 1, proxy, []string{"192.0.2.1, unknown"}, "10.0.0.9"},
		{"a malformed one on the way", 2, proxy, []string{"192.0.2.1, ;, 10.0.0.8"}, "10.0.0.8"},
		{"an empty one", 2, proxy, []string{"192.0.2.1,, 10.0.0.8"}, "10.0.0.8"},
		{"an empty header", 1, proxy, []string{""}, "10.0.0.9"},
		{"with a port", 1, proxy, []string{"192.0.2.1:4711"}, "192.0.2.1"},
		{"IPv6", 1, proxy, []string{"2001:db8::1"}, "2001:db8::1"},
		{"IPv6 in brackets", 1, proxy, []string{"[2001:db8::1]"}, "2001:db8::1"},
		{"IPv6 with a port", 1, proxy, []string{"[2001:db8::1]:443"}, "2001:db8::1"},
		{"half a bracket", 1, proxy, []string{"[2001:db8::1"}, "10.0.0.9"},
		{"IPv4 in IPv6", 1, proxy, []string{"::ffff:192.0.2.1"}, "192.0.2.1"},
		{"a zone", 1, proxy, []string{"fe80::1%eth0"}, "fe80::1"},
		{"RFC 7239 is another header", 1, proxy, []string{"for=192.0.2.1"}, "10.0.0.9"},
		{"the peer is IPv4 in IPv6", 0, "[::ffff:192.0.2.1]:80", nil, "192.0.2.1"},
		{"the peer is IPv6", 0, "[2001:db8::1]:80", nil, "2001:db8::1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := &http.Request{RemoteAddr: test.peer, Header: http.Header{"X-Forwarded-For": test.lines}}
			if got := (Trust{test.hops}).Client(r); got != netip.MustParseAddr(test.want) {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestOnlyTheOutermostTrustedProxySaysWhetherItWasTLS(t *testing.T) {
	for _, test := range []struct {
		name  string
		hops  int
		tls   bool
		lines []string
		want  Transport
	}{
		{"plain", 0, false, nil, Plain},
		{"TLS", 0, true, nil, TLS},
		{"plain, and the client says otherwise", 0, false, []string{"https"}, Plain},
		{"a proxy", 1, false, []string{"https"}, TLS},
		{"a proxy that was called plainly", 1, true, []string{"http"}, Plain},
		{"a proxy, and the client says otherwise", 1, false, []string{"https, http"}, Plain},
		{"two proxies of which one speaks", 2, false, []string{"HTTPS"}, TLS},
		{"two proxies that both speak", 2, true, []string{"https, http"}, TLS},
		{"a proxy that says nothing", 1, false, nil, Unknown},
		{"a proxy with TLS that says nothing", 1, true, []string{""}, TLS},
		{"no scheme", 1, false, []string{"gopher"}, Unknown},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := &http.Request{RemoteAddr: proxy, Header: http.Header{"X-Forwarded-Proto": test.lines}}
			if test.tls {
				r.TLS = &tls.ConnectionState{}
			}
			if got := (Trust{test.hops}).Transport(r); got != test.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestACustomerIsAnIPv4AddressOrAnIPv6Network(t *testing.T) {
	for client, want := range map[string]string{"192.0.2.1": "192.0.2.1", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::", "2001:db8:1:2::": "2001:db8:1:2::", "::1": "::"} {
		if got := Customer(netip.MustParseAddr(client)); got != netip.MustParseAddr(want) {
			t.Errorf("%s: got %v", client, got)
		}
	}
	if got := Customer(netip.Addr{}); got.IsValid() {
		t.Errorf("nobody is %v", got)
	}
}

func FuzzClient(f *testing.F) {
	f.Add("192.0.2.1, 10.0.0.8", "", 2)
	f.Add("[2001:db8::1]:443,", "::ffff:1.2.3.4%0", 10)
	f.Add(",,,", " , ", 1)
	f.Fuzz(func(t *testing.T, first, second string, hops int) {
		hops = max(0, min(hops, 10))
		r := &http.Request{RemoteAddr: proxy, Header: http.Header{"X-Forwarded-For": {first, second}, "X-Forwarded-Proto": {second, first}}}
		got := Trust{hops}.Client(r)
		if !got.IsValid() || got.Zone() != "" || got.Is4In6() {
			t.Errorf("got %v", got)
		}
		// Whatever a client puts before what the proxies said changes nothing.
		if strings.Count(first+","+second, ",")+1 >= hops {
			r.Header["X-Forwarded-For"] = []string{"203.0.113.7", first, second}
			if again := (Trust{hops}).Client(r); again != got {
				t.Errorf("%v became %v", got, again)
			}
		}
		Trust{hops}.Transport(r)
	})
}

func BenchmarkClient(b *testing.B) {
	r := &http.Request{RemoteAddr: proxy, Header: http.Header{"X-Forwarded-For": {"203.0.113.7, 192.0.2.1"}}}
	b.ReportAllocs()
	for b.Loop() {
		Trust{1}.Client(r)
	}
}
