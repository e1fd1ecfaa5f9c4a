package main

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"mab/gateway/config"
	"mab/gateway/ratelimit"
	mabv1 "mab/gen/go/mab/v1"
)

const googlebot = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"

func marking(c *config.Config) { c.MarkBots = true }

var exposing = map[string]string{
	"/api/experiments/e/assign": `{"user_id": "u"}`,
	"/api/experiments/e/expose": `{"user_id": "u"}`,
	"/api/assign":               `{"user_id": "u", "experiments": ["e"]}`,
	"/api/expose":               `{"user_id": "u", "experiments": ["e"]}`,
}

func TestTheServiceLearnsThatAMachineAsks(t *testing.T) {
	g := startGateway(t, marking)
	for path, body := range exposing {
		for _, test := range []struct {
			headers []string
			want    mabv1.StreamCall_BotSign
		}{
			{[]string{"User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"}, mabv1.StreamCall_BOT_SIGN_UNSPECIFIED},
			{[]string{"User-Agent", ""}, mabv1.StreamCall_BOT_SIGN_UNSPECIFIED},
			{[]string{"User-Agent", "curl/8.10.1"}, mabv1.StreamCall_BOT_SIGN_UNSPECIFIED},
			{[]string{"User-Agent", strings.Repeat("Mozilla ", 1024)}, mabv1.StreamCall_BOT_SIGN_UNSPECIFIED},
			{[]string{"User-Agent", googlebot}, mabv1.StreamCall_USER_AGENT},
			{[]string{"Sec-Purpose", "prefetch;prerender"}, mabv1.StreamCall_PREFETCH},
			{[]string{"Sec-Purpose", "prefetch", "User-Agent", googlebot}, mabv1.StreamCall_USER_AGENT},
			{[]string{"Grpc-Metadata-Bot", "1", "Mab-Bot", "USER_AGENT"}, mabv1.StreamCall_BOT_SIGN_UNSPECIFIED},
		} {
			if got := g.do("POST", path, body, test.headers...); got.status != 200 {
				t.Fatalf("%s: %d %s", path, got.status, got.body)
			}
			if got := g.services.lastCall().GetBot(); got != test.want {
				t.Errorf("%s of %.60q: the service was told %v, not %v", path, test.headers, got, test.want)
			}
		}
	}
	if metrics := g.metrics(); !strings.Contains(metrics, `mab_bot_calls_total{sign="user_agent"} 8`) ||
		!strings.Contains(metrics, `mab_bot_calls_total{sign="prefetch"} 4`) {
		t.Errorf("the metrics say otherwise:\n%s", metrics)
	}
}

// A conversion is told by a shop's server as well; who tells it changes nothing.
func TestNoConversionIsAMachines(t *testing.T) {
	g := startGateway(t, marking, func(c *config.Config) { c.BotLimit = ratelimit.Limit{PerSecond: 1, Burst: 1} })
	for range 5 {
		g.do("POST", "/api/experiments/e/convert", `{"user_id": "u"}`, "User-Agent", googlebot)
		if got := g.services.lastCall().GetBot(); got != mabv1.StreamCall_BOT_SIGN_UNSPECIFIED {
			t.Errorf("the service was told %v", got)
		}
	}
}

func TestAnAddressThatAsksMoreThanPeopleIsAMachines(t *testing.T) {
	var clock atomic.Int64
	clock.Store(time.Now().UnixNano())
	g := startGatewayAt(t, func() time.Time { return time.Unix(0, clock.Load()) }, marking, hops(1),
		func(c *config.Config) { c.BotLimit = ratelimit.Limit{PerSecond: 1, Burst: 3} })
	signOf := func(address string) mabv1.StreamCall_BotSign {
		g.do("POST", "/api/assign", exposing["/api/assign"], "X-Forwarded-For", address)
		return g.services.lastCall().GetBot()
	}
	for range 3 {
		if got := signOf("192.0.2.1"); got != mabv1.StreamCall_BOT_SIGN_UNSPECIFIED {
			t.Fatalf("within its rate it is %v", got)
		}
	}
	for range 3 {
		if got := signOf("192.0.2.1"); got != mabv1.StreamCall_RATE {
			t.Fatalf("over its rate it is %v", got)
		}
	}
	if got := signOf("192.0.2.2"); got != mabv1.StreamCall_BOT_SIGN_UNSPECIFIED {
		t.Errorf("another address is %v", got)
	}
	clock.Add(int64(10 * time.Second))
	if got := signOf("192.0.2.1"); got != mabv1.StreamCall_BOT_SIGN_UNSPECIFIED {
		t.Errorf("after a pause it is %v", got)
	}
}

func TestNothingIsAMachinesWhereAllCount(t *testing.T) {
	g := startGateway(t, func(c *config.Config) { c.BotLimit = ratelimit.Limit{PerSecond: 1, Burst: 1} })
	for range 3 {
		g.do("POST", "/api/assign", exposing["/api/assign"], "User-Agent", googlebot, "Sec-Purpose", "prefetch")
		if got := g.services.lastCall().GetBot(); got != mabv1.StreamCall_BOT_SIGN_UNSPECIFIED {
			t.Errorf("the service was told %v", got)
		}
	}
}
