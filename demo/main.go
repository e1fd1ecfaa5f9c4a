// Command mab-demo shows the system at work: it creates an experiment, sends visitors through the JSON gateway, and
// prints what the system has learned next to the truth.
//
// The truth is either simulated (variants with known rates) or recorded (--data: real outcomes of a past experiment,
// replayed: a visitor served variant k gets the next unused recorded outcome of k).
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	options, err := parseOptions(os.Args[1:])
	if errors.Is(err, errHelp) {
		return
	}
	if err == nil {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		err = run(ctx, options)
		stop()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "mab demo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, options options) error {
	truth, err := openTruth(options)
	if err != nil {
		return err
	}
	api := newClient(options.url, options.concurrency)
	api.authorize = newSignIn(api, os.Getenv)
	experiment, err := startExperiment(ctx, api, truth, time.Now())
	if err != nil {
		return err
	}
	fmt.Printf("Experiment %s: %s/experiments/%s\n\n", experiment.Key, options.url, experiment.ID)

	visits := &visits{api: api, experiment: experiment, truth: truth, options: options}
	board := newBoard(os.Stdout, truth)
	err = watch(ctx, visits, board, api)
	// What was learned is shown even where something went wrong, or Ctrl-C came.
	finish, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	if analytics, settleErr := settle(finish, api, experiment.ID, visits); settleErr == nil {
		board.final(analytics, visits)
	} else if err == nil {
		err = settleErr
	}
	return err
}

// watch sends the visitors, and shows every second what was learned, until they are through or ctx ends.
func watch(ctx context.Context, visits *visits, board *board, api *client) error {
	done := make(chan error, 1)
	go func() { done <- visits.send(ctx) }()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			return err
		case <-tick.C:
			analytics, err := api.analytics(ctx, visits.experiment.ID)
			if err != nil {
				// The next second tries again; a visit that fails for good ends the demo.
				continue
			}
			board.update(analytics, visits)
		}
	}
}

// refreshPeriod is a little more than the system takes to draw from what it has counted.
const refreshPeriod = 1500 * time.Millisecond

// settle waits until the system's totals have every visit, and its shares follow from them, for at most as long as ctx.
func settle(ctx context.Context, api *client, id string, visits *visits) (analytics, error) {
	var counted time.Time
	for {
		result, err := api.analytics(ctx, id)
		all := err == nil && result.Exposures >= float64(visits.served.Load()) && result.Conversions >= float64(visits.converted.Load())
		if all && counted.IsZero() {
			counted = time.Now()
		}
		if all && time.Since(counted) > refreshPeriod {
			return result, nil
		}
		select {
		case <-ctx.Done():
			return result, err
		case <-time.After(200 * time.Millisecond):
		}
	}
}
