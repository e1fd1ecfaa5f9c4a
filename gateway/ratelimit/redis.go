package ratelimit

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

const (
	// redisTimeout is how long a call waits for Redis unless said otherwise. The first that waits so long is the last:
	// from then on the gateway decides alone.
	redisTimeout = 50 * time.Millisecond
	// probeEvery is how often Redis is asked whether it is back.
	probeEvery = 500 * time.Millisecond
	// probeTimeout bounds one of these questions.
	probeTimeout = time.Second
	// redisConnections of one gateway at most.
	redisConnections = 64
)

// takeScript is Limit.take by the clock of Redis. KEYS: the bucket. ARGV: the interval of a token and what a full
// bucket holds, in microseconds. Returns the wait in microseconds. A full bucket expires.
var takeScript = redis.NewScript(`
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local full = tonumber(redis.call('GET', KEYS[1]) or now)
local next = math.max(full, now) + tonumber(ARGV[1])
local wait = next - now - tonumber(ARGV[2])
if wait > 0 then return math.ceil(wait) end
redis.call('SET', KEYS[1], string.format('%.2f', next), 'PX', math.ceil((next - now) / 1000))
return 0
`)

// SharedOptions of Shared.
type SharedOptions struct {
	// URL as of REDIS_URL.
	URL    string
	Logger *slog.Logger
	// Timeout of a call; 0 is 50 ms.
	Timeout time.Duration
	// Failed, where given, learns of each call that Redis did not answer.
	Failed func()
}

// Shared has the buckets of all gateways, in Redis. While Redis does not answer it decides nothing, and asks in the
// background whether Redis is back. Safe for concurrent use.
type Shared struct {
	client  *redis.Client
	logger  *slog.Logger
	timeout time.Duration
	failed  func()
	answers atomic.Bool

	ctx    context.Context
	stop   context.CancelFunc
	probes sync.WaitGroup
}

// CheckURL says whether it is one that NewShared takes. What it returns does not repeat the URL, which may have a
// password.
func CheckURL(url string) bool {
	_, err := redis.ParseURL(url)
	return err == nil
}

// NewShared returns buckets that are used from the moment in which Redis answers, until Close.
func NewShared(options SharedOptions) (*Shared, error) {
	settings, err := redis.ParseURL(options.URL)
	if err != nil {
		return nil, err
	}
	redis.SetLogger(quiet{})
	settings.DialTimeout, settings.ReadTimeout, settings.WriteTimeout = probeTimeout, probeTimeout, probeTimeout
	settings.PoolTimeout = cmp.Or(options.Timeout, redisTimeout)
	settings.ContextTimeoutEnabled = true
	settings.MaxRetries = -1
	settings.PoolSize = redisConnections
	settings.DisableIdentity = true
	settings.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	ctx, stop := context.WithCancel(context.Background())
	s := &Shared{client: redis.NewClient(settings), logger: options.Logger, timeout: settings.PoolTimeout, failed: options.Failed,
		ctx: ctx, stop: stop}
	if s.failed == nil {
		s.failed = func() {}
	}
	s.probes.Go(func() { s.awaitAnswer(true) })
	return s, nil
}

// Answers says whether Redis decides at the moment.
func (s *Shared) Answers() bool { return s.answers.Load() }

// Close ends the connections.
func (s *Shared) Close() error {
	s.stop()
	s.probes.Wait()
	return s.client.Close()
}

// take asks about the keys whose waits are 0, in one journey, and sets their waits.
func (s *Shared) take(ctx context.Context, class Class, keys []key, limit Limit, waits []time.Duration) {
	if !s.answers.Load() {
		return
	}
	names := make([]string, 0, len(keys))
	for i, k := range keys {
		if waits[i] == 0 {
			names = append(names, k.redisName(class))
		}
	}
	if len(names) == 0 {
		return
	}
	// A client that leaves says nothing about Redis.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.timeout)
	defer cancel()
	found, err := s.ask(ctx, names, limit)
	if err != nil {
		s.lost(err)
		return
	}
	for i := range waits {
		if waits[i] == 0 {
			waits[i], found = found[0], found[1:]
		}
	}
}

// ask runs the script once a name. A server that does not know the script gets it.
func (s *Shared) ask(ctx context.Context, names []string, limit Limit) ([]time.Duration, error) {
	waits, err := s.run(ctx, names, limit)
	if redis.HasErrorPrefix(err, "NOSCRIPT") {
		if err := takeScript.Load(ctx, s.client).Err(); err != nil {
			return nil, err
		}
		return s.run(ctx, names, limit)
	}
	return waits, err
}

func (s *Shared) run(ctx context.Context, names []string, limit Limit) ([]time.Duration, error) {
	interval := 1e6 / float64(limit.PerSecond)
	answers := make([]*redis.Cmd, len(names))
	if len(names) == 1 {
		answers[0] = takeScript.EvalSha(ctx, s.client, names, interval, interval*float64(limit.Burst))
	} else {
		pipe := s.client.Pipeline()
		for i := range names {
			answers[i] = takeScript.EvalSha(ctx, pipe, names[i:i+1], interval, interval*float64(limit.Burst))
		}
		_, _ = pipe.Exec(ctx) // each command has its own error
	}
	waits := make([]time.Duration, len(names))
	for i, answer := range answers {
		wait, err := answer.Int64()
		if err != nil {
			return nil, err
		}
		waits[i] = time.Duration(wait) * time.Microsecond
	}
	return waits, nil
}

// lost lets the gateway decide alone until Redis answers again.
func (s *Shared) lost(err error) {
	s.failed()
	if s.ctx.Err() != nil || !s.answers.CompareAndSwap(true, false) {
		return
	}
	s.logger.Warn("Redis does not answer: the rate limits are those of this gateway alone", "error", err)
	s.probes.Go(func() { s.awaitAnswer(false) })
}

// awaitAnswer asks until Redis answers as it does to a call: to a PING even a server answers that takes no writes.
func (s *Shared) awaitAnswer(tell bool) {
	for {
		ctx, cancel := context.WithTimeout(s.ctx, probeTimeout)
		_, err := s.ask(ctx, []string{"mab:limit:probe"}, Limit{PerSecond: 1000, Burst: 1})
		cancel()
		if err == nil {
			s.answers.Store(true)
			s.logger.Info("the rate limits are shared through Redis")
			return
		}
		if tell && s.ctx.Err() == nil {
			s.failed()
			s.logger.Warn("Redis does not answer: the rate limits are those of this gateway alone", "error", err)
		}
		tell = false
		select {
		case <-s.ctx.Done():
			return
		case <-time.After(probeEvery):
		}
	}
}

// quiet drops the library's own log: what matters is said above.
type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}
