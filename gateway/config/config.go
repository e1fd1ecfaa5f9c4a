// Package config reads the gateway's configuration from the environment.
package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"mab/gateway/ratelimit"
	"mab/gateway/servicetls"
	"mab/gateway/website"
)

// Config is what the gateway is told.
type Config struct {
	// Listen and MetricsListen are where the API and the pages, and where the metrics are served: "host:port".
	Listen, MetricsListen string
	// AssignmentAddress and AdminAddress are where the services are: "host:port" or "unix:/path".
	AssignmentAddress, AdminAddress string
	Production                      bool
	LogLevel                        string
	// CORSOrigins whose pages may call the public endpoints; "*" is every one.
	CORSOrigins []string
	// MaxBodyBytes of a request.
	MaxBodyBytes int64
	// InternalSecret is by which the services know the gateway.
	InternalSecret string
	// AddressLimit, SessionLimit and PrivateLimit bound one address's calls of the public endpoints, of the session's, and of
	// those for people and API keys; ExperimentLimit bounds the calls of one experiment.
	AddressLimit, SessionLimit, PrivateLimit, ExperimentLimit ratelimit.Limit
	// LimitBuckets is how many clients the limits know at a time.
	LimitBuckets int
	// WebsiteReach is which addresses editors may have looked at for the script.
	WebsiteReach website.Reach
	// MarkBots: calls of machines admit and expose nobody. BotLimit is what an address may ask before it is taken for one.
	MarkBots bool
	BotLimit ratelimit.Limit
	// RedisURL is where several gateways share their limits; "" where each has its own.
	RedisURL string
	// MaxConnections of clients at a time, and AddressConnections of them of one address; 0 is no limit of an address.
	MaxConnections, AddressConnections int
	// TLSCertFile and TLSKeyFile are PEM files; "" where the gateway itself speaks no TLS.
	TLSCertFile, TLSKeyFile string
	// ServiceTLS is how the services are reached, but for those on Unix sockets.
	ServiceTLS servicetls.Files
	// RedirectListen is where plain HTTP is sent to TLS: "host:port", or "" for nowhere.
	RedirectListen string
	// EventsPath is where OpenFeature clients find the stream of changes, below the origin by which they reach this gateway; ""
	// where they are told of none.
	EventsPath string
	// UnaryCalls: each call of a visitor is an RPC of its own, in place of sharing messages with others.
	UnaryCalls bool
	// TrustedHops is how many proxies stand before the gateway that say who called them.
	TrustedHops int
}

// FromEnvironment reads and checks everything, and returns one error that lists all that is wrong. An empty value
// counts as none.
func FromEnvironment(getenv func(string) string) (Config, error) {
	r := reader{getenv: getenv}
	config := Config{
		Listen:            net.JoinHostPort(r.text("MAB_HOST", "0.0.0.0"), strconv.FormatInt(r.integer("PORT", 8000, 0, 65535), 10)),
		MetricsListen:     r.hostPort("MAB_GATEWAY_METRICS_LISTEN", "127.0.0.1:8022"),
		AssignmentAddress: r.address("MAB_ASSIGNMENT_ADDRESS", "127.0.0.1:8010"),
		AdminAddress:      r.address("MAB_ADMIN_ADDRESS", "127.0.0.1:8011"),
		Production:        r.oneOf("ENV", "development", "production") == "production",
		LogLevel:          r.oneOf("LOG_LEVEL", "info", "debug", "warning", "error"),
		CORSOrigins:       r.origins("MAB_CORS_ORIGINS"),
		MaxBodyBytes:      r.integer("MAB_MAX_BODY_BYTES", 1<<20, 1<<10, 2<<20),
		InternalSecret:    r.secret("MAB_INTERNAL_SECRET"),
		UnaryCalls:        r.oneOf("MAB_COALESCE", "on", "off") == "off",
		TrustedHops:       int(r.integer("MAB_TRUSTED_HOPS", 0, 0, 10)),
	}
	config.TLSCertFile, config.TLSKeyFile = r.getenv("MAB_TLS_CERT_FILE"), r.getenv("MAB_TLS_KEY_FILE")
	if (config.TLSCertFile == "") != (config.TLSKeyFile == "") {
		r.violation("MAB_TLS_CERT_FILE", "and MAB_TLS_KEY_FILE must be given together")
	}
	config.ServiceTLS = servicetls.Files{CA: r.getenv("MAB_INTERNAL_TLS_CA_FILE"),
		Certificate: r.getenv("MAB_INTERNAL_TLS_CERT_FILE"), Key: r.getenv("MAB_INTERNAL_TLS_KEY_FILE")}
	if (config.ServiceTLS.Certificate == "") != (config.ServiceTLS.Key == "") {
		r.violation("MAB_INTERNAL_TLS_CERT_FILE", "and MAB_INTERNAL_TLS_KEY_FILE must be given together")
	}
	if config.ServiceTLS.Certificate != "" && config.ServiceTLS.CA == "" {
		r.violation("MAB_INTERNAL_TLS_CA_FILE", "must be given with MAB_INTERNAL_TLS_CERT_FILE")
	}
	vouchedFor := r.boolean("MAB_INTERNAL_PLAINTEXT")
	if config.Production && !vouchedFor && !config.ServiceTLS.Enabled() {
		r.staysHere("MAB_ASSIGNMENT_ADDRESS", config.AssignmentAddress, "MAB_ADMIN_ADDRESS", config.AdminAddress)
	}
	if r.getenv("MAB_HTTP_REDIRECT_LISTEN") != "" {
		config.RedirectListen = r.hostPort("MAB_HTTP_REDIRECT_LISTEN", "")
		if config.TLSCertFile == "" {
			r.violation("MAB_HTTP_REDIRECT_LISTEN", "needs MAB_TLS_CERT_FILE: there is no TLS to send anybody to")
		}
	}
	// In development everybody is at one address: this machine's.
	addresses, sessions, people, bots, connections := 0, 0, 0, 0, 0
	if config.Production {
		addresses, sessions, people, bots = 100, 5, 50, 10
		if config.TrustedHops == 0 { // else all are a proxy's
			connections = 1000
		}
	}
	config.MaxConnections = int(r.integer("MAB_MAX_CONNECTIONS", 16384, 64, 1_000_000))
	config.AddressConnections = int(r.integer("MAB_MAX_CONNECTIONS_PER_ADDRESS", int64(connections), 0, 1_000_000))
	config.AddressLimit = r.limit("MAB_RATE_LIMIT_ADDRESS", addresses, 5)
	config.SessionLimit = r.limit("MAB_RATE_LIMIT_SESSION", sessions, 5)
	config.PrivateLimit = r.limit("MAB_RATE_LIMIT_PRIVATE", people, 5)
	config.ExperimentLimit = r.limit("MAB_RATE_LIMIT_EXPERIMENT", 0, 5)
	reaches := []string{"any", "public", "off"} // in development websites are nearby
	if config.Production {
		reaches[0], reaches[1] = reaches[1], reaches[0]
	}
	config.WebsiteReach = website.Reach(r.oneOf("MAB_WEBSITE_CHECK", reaches[0], reaches[1:]...))
	config.MarkBots = r.oneOf("MAB_BOTS", "mark", "count") == "mark"
	config.BotLimit = r.limit("MAB_BOT_RATE", bots, 60)
	config.LimitBuckets = int(r.integer("MAB_RATE_LIMIT_BUCKETS", 1<<18, 1<<10, 1<<24))
	config.EventsPath = r.eventsPath("MAB_OFREP_EVENTS")
	if config.RedisURL = r.getenv("REDIS_URL"); config.RedisURL != "" && !ratelimit.CheckURL(config.RedisURL) {
		r.violation("REDIS_URL", "must be redis://user:password@host:port/database, rediss://… for TLS, or unix://…")
	}
	return config, r.err()
}

// reader gathers what is wrong.
type reader struct {
	getenv     func(string) string
	violations []string
}

func (r *reader) violation(name, format string, args ...any) {
	r.violations = append(r.violations, name+" "+fmt.Sprintf(format, args...))
}

func (r *reader) err() error {
	if len(r.violations) == 0 {
		return nil
	}
	return fmt.Errorf("the configuration is wrong:\n  %s", strings.Join(r.violations, "\n  "))
}

func (r *reader) text(name, fallback string) string {
	if value := r.getenv(name); value != "" {
		return value
	}
	return fallback
}

func (r *reader) integer(name string, fallback, least, most int64) int64 {
	text := r.getenv(name)
	if text == "" {
		return fallback
	}
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil || value < least || value > most {
		r.violation(name, "must be a whole number from %d to %d, and is %q", least, most, text)
		return fallback
	}
	return value
}

// limit reads a rate, and the burst beside it, which is what so many seconds of the rate allow unless said otherwise.
func (r *reader) limit(name string, perSecond int, seconds int64) ratelimit.Limit {
	rate := r.integer(name, int64(perSecond), 0, 100_000)
	burst := r.integer(name+"_BURST", min(max(1, seconds*rate), 1_000_000), 1, 1_000_000)
	return ratelimit.Limit{PerSecond: int(rate), Burst: int(burst)}
}

// secretBytesMin is what the services ask of MAB_INTERNAL_SECRET too.
const secretBytesMin = 32

// secret must be given. Its value never stands in an error.
func (r *reader) secret(name string) string {
	value := r.getenv(name)
	if len(value) < secretBytesMin {
		r.violation(name, "must be at least %d bytes", secretBytesMin)
	}
	if strings.ContainsFunc(value, func(c rune) bool { return c < ' ' || c > '~' }) {
		r.violation(name, "must be printable ASCII, for it travels in a header")
	}
	return value
}

// oneOf returns the value, which is fallback or one of others.
func (r *reader) oneOf(name, fallback string, others ...string) string {
	value := r.text(name, fallback)
	if value != fallback && !slices.Contains(others, value) {
		r.violation(name, "must be %s or %s, and is %q", fallback, strings.Join(others, " or "), value)
		return fallback
	}
	return value
}

func (r *reader) address(name, fallback string) string {
	value := r.text(name, fallback)
	path, isSocket := strings.CutPrefix(value, "unix:")
	if (isSocket && path == "") || (!isSocket && !isHostPort(value)) {
		r.violation(name, "must be host:port or unix:/path, and is %q", value)
		return fallback
	}
	return value
}

// boolean reads what the services read as a boolean; unset, it is false.
func (r *reader) boolean(name string) bool {
	value := r.oneOf(name, "false", "true", "1", "0")
	return value == "true" || value == "1"
}

// staysHere finds one violation in those addresses of services that are not this machine's. The services ask the same of theirs.
func (r *reader) staysHere(namesAndAddresses ...string) {
	var plain []string
	for pair := range slices.Chunk(namesAndAddresses, 2) {
		if !isOfThisMachine(pair[1]) {
			plain = append(plain, pair[0]+"="+pair[1])
		}
	}
	if len(plain) != 0 {
		r.violation(strings.Join(plain, " and "), "would be plain gRPC beyond this machine, in production: set "+
			"MAB_INTERNAL_TLS_CA_FILE, or MAB_INTERNAL_PLAINTEXT=true where the network is private and you vouch for it")
	}
}

// isOfThisMachine: a Unix socket, localhost or a loopback address, with its port.
func isOfThisMachine(value string) bool {
	if strings.HasPrefix(value, "unix:") {
		return true
	}
	host, _, err := net.SplitHostPort(value)
	if err != nil {
		return false
	}
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.Unmap().IsLoopback()
}

func (r *reader) hostPort(name, fallback string) string {
	value := r.text(name, fallback)
	if !isHostPort(value) {
		r.violation(name, "must be host:port, and is %q", value)
		return fallback
	}
	return value
}

func isHostPort(value string) bool {
	_, port, err := net.SplitHostPort(value)
	if err != nil {
		return false
	}
	_, err = strconv.ParseUint(port, 10, 16)
	return err == nil
}

// eventsPath is "" for "off".
func (r *reader) eventsPath(name string) string {
	const fallback = "/ofrep/v1/events"
	value := r.text(name, fallback)
	if value == "off" {
		return ""
	}
	if parsed, err := url.Parse(value); err != nil || parsed.EscapedPath() != value || !strings.HasPrefix(value, "/") || strings.HasPrefix(value, "//") || len(value) > 256 {
		r.violation(name, "must be a path of at most 256 bytes such as %s, or off, and is %q", fallback, value)
		return fallback
	}
	return value
}

func (r *reader) origins(name string) []string {
	var origins []string
	for part := range strings.SplitSeq(r.text(name, "*"), ",") {
		origin := strings.TrimSuffix(strings.TrimSpace(part), "/")
		parsed, err := url.Parse(origin)
		if origin != "*" && (err != nil || (parsed.Scheme != "http" && parsed.Scheme != "https") || parsed.Host == "" ||
			parsed.Scheme+"://"+parsed.Host != origin) {
			r.violation(name, `must be "*" or a comma list of origins such as https://example.com, and has %q`, origin)
			continue
		}
		origins = append(origins, origin)
	}
	return origins
}
