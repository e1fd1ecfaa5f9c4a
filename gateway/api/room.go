package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"golang.org/x/sync/semaphore"

	"mab/gateway/problem"
)

const (
	// smallBytes is what a request takes of the memory whatever else there is. More has to find room.
	smallBytes = 64 << 10
	// roomBytes is what all others may take at a time: to hold their bodies, and as much again to hold what these are decoded
	// to. One request of the most values takes nearly all of the latter, so that no more than one is decoded at a time.
	roomBytes = 64 << 20
	// valueBytes is more than a JSON value costs: decoded it is up to 360 bytes, an object's member, and it is written once more
	// for the service.
	valueBytes = 512
	// roomPatience is how long a request waits for others to make room.
	roomPatience = time.Second
)

// room is memory that requests share. Whoever has to wait is served in the order in which he came. Safe for concurrent use.
type room struct{ free *semaphore.Weighted }

func newRoom() room { return room{semaphore.NewWeighted(roomBytes)} }

// errNoRoom is of a request that waited in vain.
var errNoRoom = errors.New("too many large requests at a time")

// take waits for so many bytes, and returns how they are given back, which is never nil; errNoRoom where there are none soon.
func (r room) take(ctx context.Context, bytes int64) (giveBack func(), err error) {
	if bytes <= smallBytes {
		return func() {}, nil
	}
	waiting, cancel := context.WithTimeout(ctx, roomPatience)
	defer cancel()
	if r.free.Acquire(waiting, bytes) != nil {
		return func() {}, errNoRoom
	}
	return func() { r.free.Release(bytes) }, nil
}

func overloaded() *problem.Problem {
	return problem.New(http.StatusServiceUnavailable, problem.CodeOverloaded, "too many large requests at a time; try again")
}
