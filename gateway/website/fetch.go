package website

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"
)

const (
	urlBytesMax  = 2048
	pageBytesMax = 2 << 20
	redirectsMax = 5
	timeout      = 8 * time.Second
)

// document is a page as it was delivered.
type document struct {
	url       *url.URL
	status    int
	policies  []string
	content   []byte
	truncated bool
}

// A refusal is a reason that concerns the address, for whoever asked.
type refusal struct{ reason string }

func (r refusal) Error() string { return r.reason }

// newHTTPClient reads pages of the internet. It asks no proxy, keeps no cookies and no connections, and looks at each address
// that a name stands for at the moment it connects, so that neither a redirect nor a name that changes leads into the network
// that this server stands in.
func newHTTPClient(anyAddress bool) *http.Client {
	check := checkPublic
	if anyAddress {
		check = checkRouted
	}
	dialer := &net.Dialer{
		Timeout: 4 * time.Second,
		Control: func(_, address string, _ syscall.RawConn) error { return check(address) },
	}
	return &http.Client{
		Timeout: timeout,
		Transport: &http.Transport{
			DialContext:            dialer.DialContext,
			DisableKeepAlives:      true,
			TLSHandshakeTimeout:    4 * time.Second,
			ResponseHeaderTimeout:  6 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(r *http.Request, before []*http.Request) error {
			if len(before) > redirectsMax {
				return refusal{fmt.Sprintf("redirects more than %d times", redirectsMax)}
			}
			return checkURL(r.URL)
		},
	}
}

// noWebsite is said of what may not be looked at, whether the name is known or not: nobody learns names of this network so.
const noWebsite = "leads to no website of the internet; MAB_WEBSITE_CHECK=any allows private networks"

// metadata is where clouds give their machines credentials, beside the addresses of the link.
var metadata = []netip.Prefix{
	netip.MustParsePrefix("fd00:ec2::/32"), netip.MustParsePrefix("fd20:ce::/32"), netip.MustParsePrefix("168.63.129.16/32"), netip.MustParsePrefix("100.100.100.200/32"),
	netip.MustParsePrefix("64:ff9b::a9fe:0/112"),
}

// checkRouted refuses the addresses where clouds give their machines credentials.
func checkRouted(address string) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return refusal{noWebsite}
	}
	ip := to.Addr().Unmap()
	if ip.IsLinkLocalUnicast() || within(metadata, ip) {
		return refusal{"leads to no address of a website"}
	}
	return nil
}

func within(blocks []netip.Prefix, ip netip.Addr) bool {
	return slices.ContainsFunc(blocks, func(block netip.Prefix) bool { return block.Contains(ip) })
}

// checkPublic refuses what is not the internet's.
func checkPublic(address string) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return refusal{noWebsite}
	}
	if ip := to.Addr().Unmap(); !isPublic(ip) {
		return refusal{noWebsite}
	}
	if to.Port() != 80 && to.Port() != 443 {
		return refusal{"must have the port 80 or 443, unless MAB_WEBSITE_CHECK is any"}
	}
	return nil
}

// notTheInternet are special-purpose blocks (IANA's registries) that netip has no name for.
var notTheInternet = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("192.88.99.0/24"), netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("100::/64"),
	netip.MustParsePrefix("2001::/23"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"),
	netip.MustParsePrefix("fec0::/10"),
}

// globalIPv6 is all that is given out of IPv6.
var globalIPv6 = netip.MustParsePrefix("2000::/3")

func isPublic(ip netip.Addr) bool {
	if !ip.IsGlobalUnicast() || ip.IsPrivate() {
		return false
	}
	if ip.Is6() && !globalIPv6.Contains(ip) {
		return false
	}
	return !within(notTheInternet, ip) && !within(metadata, ip)
}

// parseURL reads an address as somebody typed it.
func parseURL(text string) (*url.URL, error) {
	if text == "" || len(text) > urlBytesMax {
		return nil, refusal{fmt.Sprintf("must be 1 to %d bytes", urlBytesMax)}
	}
	parsed, err := url.Parse(text)
	if err != nil {
		return nil, refusal{"must be an address, such as https://shop.example/"}
	}
	return parsed, checkURL(parsed)
}

func checkURL(address *url.URL) error {
	switch {
	case address.Scheme != "https" && address.Scheme != "http":
		return refusal{"must begin with https:// or http://"}
	case address.Hostname() == "":
		return refusal{"must have a host, such as https://shop.example/"}
	case address.User != nil:
		return refusal{"must have no user name"}
	}
	return nil
}

// fetch reads the page at that address. Every error but that of ctx is a refusal.
func fetch(ctx context.Context, client *http.Client, address *url.URL) (*document, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return nil, refusal{"must be an address, such as https://shop.example/"}
	}
	request.Header.Set("User-Agent", "mab-website-check")
	request.Header.Set("Accept", "text/html")
	response, err := client.Do(request)
	if err != nil {
		return nil, explain(err)
	}
	defer response.Body.Close()
	if kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type")); kind != "text/html" && kind != "application/xhtml+xml" {
		return nil, refusal{"is no page: its type is not text/html"}
	}
	content, err := io.ReadAll(io.LimitReader(response.Body, pageBytesMax+1))
	if err != nil {
		return nil, explain(err)
	}
	truncated := len(content) > pageBytesMax
	return &document{
		url:       response.Request.URL,
		status:    response.StatusCode,
		policies:  response.Header.Values("Content-Security-Policy"),
		content:   content[:min(len(content), pageBytesMax)],
		truncated: truncated,
	}, nil
}

// explain says why a page could not be read, and nothing about the network that this server stands in.
func explain(err error) error {
	var own refusal
	var noHost *net.DNSError
	var badCertificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &own):
		return own
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.As(err, &noHost):
		return refusal{noWebsite}
	case errors.As(err, &badCertificate):
		return refusal{"has a certificate that browsers refuse"}
	case errors.Is(err, context.DeadlineExceeded), strings.Contains(err.Error(), "timeout"):
		return refusal{fmt.Sprintf("did not answer within %.0f seconds", timeout.Seconds())}
	default:
		return refusal{"does not answer"}
	}
}
