package config

import (
	"reflect"
	"strings"
	"testing"

	"mab/gateway/ratelimit"
	"mab/gateway/servicetls"
	"mab/gateway/website"
)

func environment(values map[string]string) func(string) string {
	return func(name string) string { return values[name] }
}

const secret = "0123456789abcdef0123456789abcdef"

func TestDefaults(t *testing.T) {
	got, err := FromEnvironment(environment(map[string]string{"MAB_INTERNAL_SECRET": secret}))
	want := Config{Listen: "0.0.0.0:8000", MetricsListen: "127.0.0.1:8022", AssignmentAddress: "127.0.0.1:8010",
		AdminAddress: "127.0.0.1:8011", LogLevel: "info", CORSOrigins: []string{"*"}, MaxBodyBytes: 1 << 20,
		InternalSecret: secret, LimitBuckets: 1 << 18, MaxConnections: 16384, EventsPath: "/ofrep/v1/events",
		AddressLimit: ratelimit.Limit{Burst: 1}, SessionLimit: ratelimit.Limit{Burst: 1}, PrivateLimit: ratelimit.Limit{Burst: 1},
		ExperimentLimit: ratelimit.Limit{Burst: 1},
		WebsiteReach:    website.Any,
		MarkBots:        true, BotLimit: ratelimit.Limit{Burst: 1}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestEverythingGiven(t *testing.T) {
	got, err := FromEnvironment(environment(map[string]string{
		"PORT": "9000", "MAB_HOST": "::1", "MAB_GATEWAY_METRICS_LISTEN": "127.0.0.1:0", "MAB_ASSIGNMENT_ADDRESS": "unix:/run/a",
		"MAB_ADMIN_ADDRESS": "admin:1", "ENV": "production", "LOG_LEVEL": "debug", "MAB_MAX_BODY_BYTES": "2048",
		"MAB_INTERNAL_SECRET": secret, "MAB_TRUSTED_HOPS": "10",
		"MAB_RATE_LIMIT_ADDRESS": "10", "MAB_RATE_LIMIT_ADDRESS_BURST": "20", "MAB_RATE_LIMIT_PRIVATE_BURST": "7", "MAB_RATE_LIMIT_EXPERIMENT": "100000",
		"MAB_RATE_LIMIT_EXPERIMENT_BURST": "1000000", "MAB_RATE_LIMIT_BUCKETS": "1024", "REDIS_URL": "redis://u:p@redis:6379/1",
		"MAB_MAX_CONNECTIONS": "64", "MAB_MAX_CONNECTIONS_PER_ADDRESS": "9", "MAB_TLS_CERT_FILE": "/c.pem", "MAB_TLS_KEY_FILE": "/k.pem", "MAB_HTTP_REDIRECT_LISTEN": "0.0.0.0:80",
		"MAB_INTERNAL_TLS_CA_FILE": "/ca.pem", "MAB_INTERNAL_TLS_CERT_FILE": "/s.pem", "MAB_INTERNAL_TLS_KEY_FILE": "/s.key",
		"MAB_BOTS": "count", "MAB_BOT_RATE_BURST": "300", "MAB_WEBSITE_CHECK": "off", "MAB_OFREP_EVENTS": "/mab/ofrep/v1/events", "MAB_COALESCE": "off",
		"MAB_CORS_ORIGINS": "https://a.example, http://b.example:8080/"}))
	want := Config{Listen: "[::1]:9000", MetricsListen: "127.0.0.1:0", AssignmentAddress: "unix:/run/a", AdminAddress: "admin:1",
		Production: true, LogLevel: "debug", CORSOrigins: []string{"https://a.example", "http://b.example:8080"}, MaxBodyBytes: 2048,
		InternalSecret: secret, UnaryCalls: true, TrustedHops: 10, EventsPath: "/mab/ofrep/v1/events",
		AddressLimit: ratelimit.Limit{PerSecond: 10, Burst: 20}, SessionLimit: ratelimit.Limit{PerSecond: 5, Burst: 25},
		PrivateLimit:    ratelimit.Limit{PerSecond: 50, Burst: 7},
		ExperimentLimit: ratelimit.Limit{PerSecond: 100_000, Burst: 1_000_000}, LimitBuckets: 1024, RedisURL: "redis://u:p@redis:6379/1",
		ServiceTLS: servicetls.Files{CA: "/ca.pem", Certificate: "/s.pem", Key: "/s.key"},
		BotLimit:   ratelimit.Limit{PerSecond: 10, Burst: 300}, WebsiteReach: website.Off,
		MaxConnections: 64, AddressConnections: 9, TLSCertFile: "/c.pem", TLSKeyFile: "/k.pem", RedirectListen: "0.0.0.0:80"}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestOneErrorListsEverything(t *testing.T) {
	wrong := map[string]string{"PORT": "70000", "ENV": "staging", "LOG_LEVEL": "loud", "MAB_ADMIN_ADDRESS": "nowhere",
		"MAB_ASSIGNMENT_ADDRESS": "unix:", "MAB_CORS_ORIGINS": "https://a.example/path", "MAB_MAX_BODY_BYTES": "1",
		"MAB_TRUSTED_HOPS": "11", "MAB_INTERNAL_SECRET": "too-short",
		"MAB_RATE_LIMIT_ADDRESS": "-1", "MAB_RATE_LIMIT_SESSION": "100001", "MAB_RATE_LIMIT_SESSION_BURST": "0", "MAB_RATE_LIMIT_PRIVATE": "-1", "MAB_RATE_LIMIT_PRIVATE_BURST": "0",
		"MAB_RATE_LIMIT_EXPERIMENT_BURST": "1000001", "MAB_RATE_LIMIT_BUCKETS": "1023", "REDIS_URL": "http://u:p4ssw0rd@redis",
		"MAB_TLS_KEY_FILE": "/k.pem", "MAB_HTTP_REDIRECT_LISTEN": "80",
		"MAB_MAX_CONNECTIONS": "63", "MAB_MAX_CONNECTIONS_PER_ADDRESS": "-1",
		"MAB_BOTS": "maybe", "MAB_WEBSITE_CHECK": "some", "MAB_OFREP_EVENTS": "//elsewhere.example/events", "MAB_INTERNAL_PLAINTEXT": "perhaps", "MAB_BOT_RATE": "100001", "MAB_BOT_RATE_BURST": "0"}
	_, err := FromEnvironment(environment(wrong))
	if err == nil {
		t.Fatal("it was taken")
	}
	if strings.Contains(err.Error(), "p4ssw0rd") {
		t.Errorf("a password is in: %v", err)
	}
	for name := range wrong {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not named in: %v", name, err)
		}
	}
}

func TestTheStreamOfEventsCanBeOff(t *testing.T) {
	got, err := FromEnvironment(environment(map[string]string{"MAB_INTERNAL_SECRET": secret, "MAB_OFREP_EVENTS": "off"}))
	if err != nil || got.EventsPath != "" {
		t.Errorf("got %q, %v", got.EventsPath, err)
	}
	for _, path := range []string{"events", "/events?x=1", "/events#x", "/a b", "https://a.example/e", "/" + strings.Repeat("x", 256)} {
		if _, err := FromEnvironment(environment(map[string]string{"MAB_INTERNAL_SECRET": secret, "MAB_OFREP_EVENTS": path})); err == nil {
			t.Errorf("%.40q was taken", path)
		}
	}
}

func TestAnErrorDoesNotRepeatASecret(t *testing.T) {
	for _, value := range []string{"too-short", strings.Repeat("secret\n", 10), strings.Repeat("geheimnüs", 10)} {
		_, err := FromEnvironment(environment(map[string]string{"MAB_INTERNAL_SECRET": value}))
		if err == nil || !strings.Contains(err.Error(), "MAB_INTERNAL_SECRET") || strings.Contains(err.Error(), value[:6]) {
			t.Errorf("got %v", err)
		}
	}
}

func TestTheFilesOfServiceTLSGoTogether(t *testing.T) {
	for wrong, given := range map[string]map[string]string{
		"MAB_INTERNAL_TLS_CERT_FILE": {"MAB_INTERNAL_TLS_KEY_FILE": "/k", "MAB_INTERNAL_TLS_CA_FILE": "/ca"},
		"MAB_INTERNAL_TLS_CA_FILE":   {"MAB_INTERNAL_TLS_KEY_FILE": "/k", "MAB_INTERNAL_TLS_CERT_FILE": "/c"},
		"":                           {"MAB_INTERNAL_TLS_CA_FILE": "/ca"},
	} {
		given["MAB_INTERNAL_SECRET"] = secret
		if _, err := FromEnvironment(environment(given)); (wrong == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), wrong) {
			t.Errorf("%v: got %v", given, err)
		}
	}
}

// People and API keys may ask fifty times a second in production, and five seconds of that at once.
func TestThePrivateLimitIsOnInProductionOnly(t *testing.T) {
	for env, want := range map[string]ratelimit.Limit{"production": {PerSecond: 50, Burst: 250}, "development": {Burst: 1}} {
		got, err := FromEnvironment(environment(map[string]string{"MAB_INTERNAL_SECRET": secret, "ENV": env}))
		if err != nil || got.PrivateLimit != want {
			t.Errorf("%s: got %+v, %v", env, got.PrivateLimit, err)
		}
	}
}

// In production an address is taken for a machine past ten calls a second, kept up for a minute.
func TestTheRateOfMachinesIsOnInProductionOnly(t *testing.T) {
	for env, want := range map[string]ratelimit.Limit{"production": {PerSecond: 10, Burst: 600}, "development": {Burst: 1}} {
		got, err := FromEnvironment(environment(map[string]string{"MAB_INTERNAL_SECRET": secret, "ENV": env}))
		if err != nil || got.BotLimit != want || !got.MarkBots {
			t.Errorf("%s: got %+v, %v", env, got.BotLimit, err)
		}
	}
}

// What is allowed at once follows from the rate that is given, where nothing else is said.
func TestABurstThatIsNotGivenFollowsFromTheRate(t *testing.T) {
	given := map[string]string{"MAB_INTERNAL_SECRET": secret, "MAB_RATE_LIMIT_ADDRESS": "7", "MAB_RATE_LIMIT_SESSION": "7",
		"MAB_RATE_LIMIT_PRIVATE": "7", "MAB_RATE_LIMIT_EXPERIMENT": "7", "MAB_BOT_RATE": "7"}
	for _, burst := range []string{"ADDRESS", "SESSION", "PRIVATE", "EXPERIMENT"} {
		given["MAB_RATE_LIMIT_"+burst+"_BURST"] = ""
	}
	got, err := FromEnvironment(environment(given))
	five := ratelimit.Limit{PerSecond: 7, Burst: 35}
	if err != nil || got.AddressLimit != five || got.SessionLimit != five || got.PrivateLimit != five || got.ExperimentLimit != five ||
		got.BotLimit != (ratelimit.Limit{PerSecond: 7, Burst: 420}) {
		t.Errorf("got %+v, %v", got, err)
	}
	given["MAB_BOT_RATE"] = "100000"
	if got, err := FromEnvironment(environment(given)); err != nil || got.BotLimit.Burst != 1_000_000 {
		t.Errorf("got %+v, %v", got.BotLimit, err)
	}
}

func TestPlainGRPCBeyondThisMachineIsVouchedForInProduction(t *testing.T) {
	for _, name := range []string{"MAB_ASSIGNMENT_ADDRESS", "MAB_ADMIN_ADDRESS"} {
		for _, test := range []struct {
			address, env, more string
			fine               bool
		}{
			{"assignment:8010", "production", "", false},
			{"10.0.0.7:8010", "production", "", false},
			{"127.0.0.1.example.com:8010", "production", "", false},
			{"10.0.0.7:8010", "production", "MAB_INTERNAL_PLAINTEXT=false", false},
			{"10.0.0.7:8010", "production", "MAB_INTERNAL_PLAINTEXT=true", true},
			{"10.0.0.7:8010", "production", "MAB_INTERNAL_TLS_CA_FILE=/ca.pem", true},
			{"10.0.0.7:8010", "development", "", true},
			{"127.0.0.2:8010", "production", "", true},
			{"[::1]:8010", "production", "", true},
			{"localhost:8010", "production", "", true},
			{"unix:/run/a", "production", "", true},
		} {
			given := map[string]string{"MAB_INTERNAL_SECRET": secret, "ENV": test.env, name: test.address}
			if more, value, found := strings.Cut(test.more, "="); found {
				given[more] = value
			}
			_, err := FromEnvironment(environment(given))
			if (err == nil) != test.fine {
				t.Errorf("%v: got %v", given, err)
			}
			if err != nil && (!strings.Contains(err.Error(), name+"="+test.address) || !strings.Contains(err.Error(), "MAB_INTERNAL_PLAINTEXT=true")) {
				t.Errorf("%v: it is not said what is wrong: %v", given, err)
			}
		}
	}
}
