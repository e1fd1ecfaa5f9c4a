package website

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// hindrances says what a page's policies keep the scripts at these addresses from. It knows the sources that people write; what
// it can't tell (hashes, nonces) it takes as allowed.
func hindrances(policies []string, document *url.URL, scripts []string) []string {
	var found []string
	say := func(format string, arguments ...any) {
		if text := fmt.Sprintf(format, arguments...); !slices.Contains(found, text) {
			found = append(found, text)
		}
	}
	for _, policy := range policies {
		directives := parsePolicy(policy)
		for _, script := range scripts {
			address, err := document.Parse(script)
			if err != nil {
				continue
			}
			origin := address.Scheme + "://" + address.Host
			if !directives.allow(document, address, "script-src-elem", "script-src", "default-src") {
				say("The page’s Content-Security-Policy does not load the script: add %s to script-src.", origin)
			}
			if !directives.allow(document, address, "connect-src", "default-src") {
				say("The page’s Content-Security-Policy keeps the script from asking for variants: add %s to connect-src.", origin)
			}
		}
	}
	return found
}

type directives map[string][]string

func parsePolicy(policy string) directives {
	parsed := directives{}
	for directive := range strings.SplitSeq(policy, ";") {
		words := strings.Fields(strings.ToLower(directive))
		if len(words) > 0 && parsed[words[0]] == nil {
			parsed[words[0]] = append([]string{}, words[1:]...)
		}
	}
	return parsed
}

// allow says whether the first of the directives that is there lets the page load that address; where none is, it does.
func (d directives) allow(document, address *url.URL, names ...string) bool {
	for _, name := range names {
		sources, there := d[name]
		if !there {
			continue
		}
		return slices.ContainsFunc(sources, func(source string) bool { return matches(source, document, address) })
	}
	return true
}

func matches(source string, document, address *url.URL) bool {
	host := strings.ToLower(address.Hostname())
	switch {
	case source == "'self'":
		return address.Scheme == document.Scheme && strings.EqualFold(address.Host, document.Host)
	case source == "*", source == "'strict-dynamic'", strings.HasPrefix(source, "'nonce-"), strings.HasPrefix(source, "'sha"):
		return true
	case source == "https:", source == "http:":
		return source == address.Scheme+":" || source == "http:" && address.Scheme == "https"
	}
	if scheme, rest, there := strings.Cut(source, "://"); there {
		if scheme != address.Scheme && (scheme != "http" || address.Scheme != "https") {
			return false
		}
		source = rest
	}
	source, path, _ := strings.Cut(source, "/")
	name, port, hasPort := strings.Cut(source, ":")
	if hasPort && port != "*" && port != portOf(address) || !hasPort && address.Port() != "" && address.Port() != defaultPort(address.Scheme) {
		return false
	}
	if path != "" && !strings.HasPrefix(address.Path, "/"+path) {
		return false
	}
	if suffix, wildcard := strings.CutPrefix(name, "*"); wildcard {
		return strings.HasPrefix(suffix, ".") && strings.HasSuffix(host, suffix)
	}
	return name == host
}

func portOf(address *url.URL) string {
	if port := address.Port(); port != "" {
		return port
	}
	return defaultPort(address.Scheme)
}

func defaultPort(scheme string) string {
	if scheme == "http" {
		return "80"
	}
	return "443"
}
