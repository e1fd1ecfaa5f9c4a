// Package ratelimit bounds how often clients ask: token buckets in this process, and shared ones in Redis where there
// is one.
//
// A bucket is one number, the time at which it will be full again (GCRA: the theoretical arrival time of ITU-T I.371).
// A full bucket is no bucket at all, so nothing has to be filled or forgotten by a timer.
package ratelimit

import (
	"math"
	"time"
)

// Limit is what one client, or one experiment, may ask.
type Limit struct {
	// PerSecond is the rate in the long run, 0 to 100,000; 0 is no limit.
	PerSecond int
	// Burst is how much may come at once after a pause, 1 to 1,000,000.
	Burst int
}

// interval is the time in which a bucket gains one token.
func (l Limit) interval() time.Duration { return time.Second / time.Duration(l.PerSecond) }

// take is the time at which the bucket will be full after one more token was taken from it, which would have been full
// at full; or how long it takes until there is a token.
func (l Limit) take(full, now time.Duration) (next, wait time.Duration) {
	next = max(full, now) + l.interval()
	return next, max(0, next-now-time.Duration(l.Burst)*l.interval())
}

// penalty is what an address owes at most of what it asked too much, in time. Of each second it pays 1 - calls/PerSecond:
// silent it is within the limit again after a minute at most, at half of the rate after two, at the rate itself never.
const penalty = time.Minute

// spend takes a token whether there is one or not: whoever goes on asking too much stays over the limit, and is within it
// again when he has paid for what he took too much.
func (l Limit) spend(full, now time.Duration) (next time.Duration, over bool) {
	most := now + time.Duration(l.Burst)*l.interval()
	next = max(full, now) + l.interval()
	return min(next, most+penalty), next > most
}

// Class is what a limit counts.
type Class int

// The classes.
const (
	// Address counts the calls of the public endpoints by one address; IPv6 by its /64, which is what one customer gets.
	Address Class = iota
	// Session counts what one address asks of the session's endpoints.
	Session
	// Private counts what one address asks of the endpoints for signed-in people and API keys.
	Private
	// Experiment counts the calls of one experiment, by its id where its key is known, else by the name that the client gives it.
	Experiment
	// Bot counts the calls of one address that may expose somebody. Over it nothing is refused: the calls are a machine's.
	Bot
	// KeyedBot counts as Bot does, and apart from it, what an address asks with API keys and from no page.
	KeyedBot
	classes
)

// String is the class in metrics and in Redis.
func (c Class) String() string {
	return [...]string{"address", "session", "private", "experiment", "bot", "keyed_bot"}[c]
}

// never is full in the past of every clock.
const never = time.Duration(math.MinInt64)
