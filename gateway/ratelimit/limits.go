package ratelimit

import (
	"context"
	"net/netip"
	"slices"
	"time"
)

// Options of Limits.
type Options struct {
	Address, Session, Private, Experiment, Bot Limit
	// Buckets that are kept in memory at least, of 24 bytes each.
	Buckets int
	// Secret that all gateways of the system have in common.
	Secret string
	// Now is the clock.
	Now func() time.Time
	// Refused, where given, learns of each call that was over a limit.
	Refused func(Class)
}

// Limits of one gateway. Nil ones limit nothing. Safe for concurrent use.
type Limits struct {
	limits  [classes]Limit
	names   namer
	table   *table // nil where nothing is limited
	shared  *Shared
	refused func(Class)
}

// New returns limits that are this gateway's own; with shared, not nil, they are those of all gateways whenever Redis
// answers.
func New(options Options, shared *Shared) *Limits {
	l := &Limits{
		limits: [classes]Limit{Address: options.Address, Session: options.Session, Private: options.Private,
			Experiment: options.Experiment, Bot: options.Bot, KeyedBot: options.Bot},
		names:   newNamer(options.Secret),
		shared:  shared,
		refused: options.Refused,
	}
	if l.refused == nil {
		l.refused = func(Class) {}
	}
	for class := range classes {
		if l.Limited(class) {
			l.table = newTable(options.Buckets, options.Now)
			break
		}
	}
	return l
}

// Limited says whether there is a limit of that class.
func (l *Limits) Limited(class Class) bool { return l != nil && l.limits[class].PerSecond > 0 }

// Forgotten is how many buckets had to go before they were full: the table is too small for its clients.
func (l *Limits) Forgotten() uint64 {
	if l.table == nil {
		return 0
	}
	return l.table.forgotten.Load()
}

// TakeAddress counts a call of the client's. wait is 0 where it is within the limit, and else the time after which the
// next one may be.
func (l *Limits) TakeAddress(ctx context.Context, class Class, client netip.Addr) (wait time.Duration) {
	if !l.Limited(class) {
		return 0
	}
	return l.takeOne(ctx, class, l.names.ofAddress(class, client))
}

// NoteBulk counts what a call of the client's cost beyond one, which was answered already: one more for each batch that would
// have asked for as many experiments. It is refused nothing, and takes no more than there is: what is asked next waits.
func (l *Limits) NoteBulk(ctx context.Context, class Class, client netip.Addr, experiments int) {
	if !l.Limited(class) || experiments <= experimentsMax {
		return
	}
	l.count(ctx, class, slices.Repeat([]key{l.names.ofAddress(class, client)}, (experiments-1)/experimentsMax))
}

// Exceeds counts a call of the client's that may expose somebody, and says whether his address asks more than people do: by
// class Bot or KeyedBot. Each gateway knows its own callers only.
func (l *Limits) Exceeds(class Class, client netip.Addr) bool {
	return l.Limited(class) && l.table.spend(l.names.ofAddress(class, client), l.limits[class])
}

// TakeExperiment counts a call of the experiment.
func (l *Limits) TakeExperiment(ctx context.Context, experiment string) (wait time.Duration) {
	if !l.Limited(Experiment) {
		return 0
	}
	return l.takeOne(ctx, Experiment, l.names.ofText(Experiment, experiment))
}

// NoteExperiment counts a call of the experiment that was answered already: it is refused nothing.
func (l *Limits) NoteExperiment(ctx context.Context, experiment string) {
	if l.Limited(Experiment) {
		l.ask(ctx, Experiment, l.names.ofText(Experiment, experiment))
	}
}

// NoteExperiments counts a call of each experiment that was answered already.
func (l *Limits) NoteExperiments(ctx context.Context, experiments ...string) {
	l.countExperiments(ctx, experiments)
}

// TakeExperiments counts a call of each experiment. waits are as of TakeAddress, one an experiment.
func (l *Limits) TakeExperiments(ctx context.Context, experiments ...string) (waits []time.Duration) {
	waits = l.countExperiments(ctx, experiments)
	for _, wait := range waits {
		if wait > 0 {
			l.refused(Experiment)
		}
	}
	return waits
}

func (l *Limits) countExperiments(ctx context.Context, experiments []string) (waits []time.Duration) {
	if !l.Limited(Experiment) || len(experiments) == 0 {
		return make([]time.Duration, len(experiments))
	}
	keys := make([]key, len(experiments))
	for i, experiment := range experiments {
		keys[i] = l.names.ofText(Experiment, experiment)
	}
	return l.count(ctx, Experiment, keys)
}

// count takes a token of each key's bucket, where there is one.
func (l *Limits) count(ctx context.Context, class Class, keys []key) (waits []time.Duration) {
	waits = make([]time.Duration, len(keys))
	for i, k := range keys {
		waits[i] = l.table.take(k, l.limits[class])
	}
	if l.shared != nil {
		l.shared.take(ctx, class, keys, l.limits[class], waits)
	}
	return waits
}

// takeOne counts a call that is refused where there is a wait.
func (l *Limits) takeOne(ctx context.Context, class Class, k key) (wait time.Duration) {
	if wait = l.ask(ctx, class, k); wait > 0 {
		l.refused(class)
	}
	return wait
}

// ask asks the table first, which knows most of those who ask too much, and then Redis. The table counts while Redis
// decides, so it can go on where Redis stops.
func (l *Limits) ask(ctx context.Context, class Class, k key) (wait time.Duration) {
	wait = l.table.take(k, l.limits[class])
	if wait == 0 && l.shared != nil && l.shared.Answers() {
		waits := []time.Duration{0}
		l.shared.take(ctx, class, []key{k}, l.limits[class], waits)
		wait = waits[0]
	}
	return wait
}
