package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// visits are the visitors of one run.
type visits struct {
	api        *client
	experiment experiment
	truth      truth
	options    options

	// served visitors, and those of them who converted.
	served, converted atomic.Int64
	started           time.Time
	// took is the time from the first visitor to the last; 0 while they come.
	took atomic.Int64
}

// elapsed since the first visitor, until the last.
func (v *visits) elapsed() time.Duration {
	if took := v.took.Load(); took > 0 {
		return time.Duration(took)
	}
	return time.Since(v.started)
}

// errExhausted: a variant was served that has no recorded outcome left.
var errExhausted = errors.New("the recorded outcomes ran out")

// send visitors until there have been enough, the outcomes run out, ctx ends, or a call fails for good.
func (v *visits) send(ctx context.Context) error {
	v.started = time.Now()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	indexes := v.indexes()
	queue := make(chan int64)
	var workers sync.WaitGroup
	for range v.options.concurrency {
		workers.Go(func() {
			for visitor := range queue {
				if err := v.visit(ctx, visitor, indexes); err != nil {
					stop(err)
				}
			}
		})
	}
	v.feed(ctx, queue)
	close(queue)
	workers.Wait()
	v.took.Store(int64(time.Since(v.started)))
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, errExhausted) && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}

// feed numbers the visitors, no more of them a second than asked for.
func (v *visits) feed(ctx context.Context, queue chan<- int64) {
	for visitor := int64(0); v.options.visitors == 0 || visitor < v.options.visitors; visitor++ {
		if v.options.rate > 0 {
			due := v.started.Add(time.Duration(float64(visitor) / v.options.rate * float64(time.Second)))
			select {
			case <-ctx.Done():
				return
			case <-time.After(time.Until(due)):
			}
		}
		select {
		case <-ctx.Done():
			return
		case queue <- visitor:
		}
	}
}

// indexes of the variants, by key.
func (v *visits) indexes() map[string]int {
	indexes := map[string]int{}
	for i, arm := range v.truth.arms() {
		indexes[arm.key] = i
	}
	return indexes
}

// visit is one visitor: he is served a variant, and converts if that is his outcome. A visit that has begun is
// finished, so that the system's counts and ours agree when the demo is stopped.
func (v *visits) visit(ctx context.Context, visitor int64, indexes map[string]int) error {
	if ctx.Err() != nil {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	user := fmt.Sprintf("%s-%d", v.experiment.Key, visitor)
	assigned, err := v.api.assign(ctx, v.experiment.ID, user)
	if err != nil {
		return err
	}
	index, known := indexes[assigned.Variant.Key]
	if !known {
		return fmt.Errorf("a variant %q was served that the experiment does not have", assigned.Variant.Key)
	}
	if !assigned.Counted {
		return errors.New("the experiment was paused or completed")
	}
	v.served.Add(1)
	converted, ok := v.truth.outcome(visitor, index)
	if !ok {
		return errExhausted
	}
	if !converted {
		return nil
	}
	if err := v.api.convert(ctx, v.experiment.ID, user); err != nil {
		return err
	}
	v.converted.Add(1)
	return nil
}
