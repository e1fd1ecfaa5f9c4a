package integration

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"mab/tests/harness"
)

// A thousand experiments, a hundred of them running: everything stays about as fast as with one. The limit of the ratio
// is wide, for machines where other things run; the figures are printed.
func TestAThousandExperimentsAreAsFastAsOne(t *testing.T) {
	stack := harness.Start(t, harness.Options{})
	first := stack.StartExperiment(t, map[string]any{"key": "the-first"})
	alone := measure(t, stack, first, "alone")

	const all, running = 1000, 100
	created := make([]harness.Experiment, all)
	token := stack.Token(t)
	began := time.Now()
	harness.Each(t, all, 4, func(i int) error {
		response, err := stack.Try("POST", "/api/experiments", token, map[string]any{
			"key": fmt.Sprintf("one-of-many-%d", i), "name": fmt.Sprintf("One of many %d", i), "variants": harness.Variants("a", "b", "c"),
		})
		if err != nil || response.Status != 200 {
			return fmt.Errorf("%d %s %w", response.Status, response.Body, err)
		}
		response.Decode(t, &created[i])
		if i >= running {
			return nil
		}
		response, err = stack.Try("POST", "/api/experiments/"+created[i].ID+":start", token, map[string]any{})
		if err != nil || response.Status != 200 {
			return fmt.Errorf("%d %s %w", response.Status, response.Body, err)
		}
		return nil
	})
	t.Logf("%d experiments created and %d started in %v", all, running, time.Since(began))
	stack.AwaitAssignable(t, created[running-1])
	// All that run have visitors, so that each is refreshed again and again.
	harness.Each(t, running*20, 16, func(i int) error {
		_, err := stack.TryAssign(created[i%running].ID, user(i))
		return err
	})

	many := measure(t, stack, first, "among a thousand")
	for name, before := range alone {
		ratio := float64(many[name]) / float64(before)
		t.Logf("%-8s alone %v, among a thousand %v: %.2f times", name, before, many[name], ratio)
		if name == "reach" {
			// One sample: no ratio to judge by.
			if many[name] > 2*time.Second {
				t.Errorf("a start takes %v to reach assign", many[name])
			}
			continue
		}
		if ratio > 5 && many[name]-before > 10*time.Millisecond {
			t.Errorf("%s takes %.1f times as long among a thousand experiments", name, ratio)
		}
	}
	readAllPages(t, stack, all+1+measured)
}

// measured starts are part of each measurement.
const measured = 20

// measure returns the median time of each action.
func measure(t *testing.T, stack *harness.Stack, experiment harness.Experiment, round string) map[string]time.Duration {
	t.Helper()
	token := stack.Token(t)
	drafts := make([]harness.Experiment, measured/2)
	for i := range drafts {
		drafts[i] = stack.CreateExperiment(t, nil)
	}
	median := func(n int, action func(i int)) time.Duration {
		times := make([]time.Duration, n)
		for i := range times {
			began := time.Now()
			action(i)
			times[i] = time.Since(began)
		}
		slices.Sort(times)
		return times[n/2]
	}
	return map[string]time.Duration{
		"list":  median(40, func(int) { stack.Call(t, "GET", "/api/experiments?page_size=10", token, nil) }),
		"start": median(len(drafts), func(i int) { stack.Act(t, &drafts[i], "start", nil) }),
		"reach": median(1, func(int) { stack.AwaitAssignable(t, drafts[len(drafts)-1]) }),
		"assign": median(400, func(i int) {
			stack.Assign(t, experiment.ID, fmt.Sprintf("%s-%d", round, i))
		}),
		"search": median(20, func(int) { stack.Call(t, "GET", "/api/experiments?q=the-first", token, nil) }),
	}
}

func readAllPages(t *testing.T, stack *harness.Stack, want int) {
	t.Helper()
	seen := map[string]bool{}
	token := ""
	for {
		var page struct {
			Experiments []harness.Experiment `json:"experiments"`
			Next        string               `json:"next_page_token"`
		}
		stack.Private(t, "GET", "/api/experiments?page_size=100&page_token="+token, nil, &page)
		for _, experiment := range page.Experiments {
			if seen[experiment.ID] {
				t.Fatalf("%s is on two pages", experiment.Key)
			}
			seen[experiment.ID] = true
		}
		if token = page.Next; token == "" {
			break
		}
	}
	if len(seen) != want {
		t.Errorf("the pages have %d experiments instead of %d", len(seen), want)
	}
}
