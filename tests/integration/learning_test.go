package integration

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"mab/tests/harness"
)

// Exposures count from the start: in the first seconds of an experiment, as of a minute, a rate isn't read high.
func TestTheFirstSecondsReadNoHigherRate(t *testing.T) {
	stack := shared(t)
	experiment := stack.StartExperiment(t, map[string]any{"policy": "FIXED"})
	const visitors, every = 300, 20
	for i := range visitors {
		visitor := fmt.Sprintf("early-%d", i)
		stack.Assign(t, experiment.ID, visitor)
		if i%every == 0 {
			stack.Convert(t, experiment.ID, visitor)
		}
	}
	stack.AwaitTotals(t, experiment.ID, visitors, visitors/every)
	for range 5 {
		for _, variant := range stack.Analytics(t, experiment.ID).Variants {
			if variant.CredibleInterval.Upper > 0.25 {
				t.Errorf("%s: %v conversions of %v visitors read as a rate of %v", variant.Variant.Key, variant.Conversions, variant.Exposures, variant.CredibleInterval)
			}
		}
		time.Sleep(300 * time.Millisecond)
	}
}

func TestConversionChangesTheNextDrawInUnderTwoSeconds(t *testing.T) {
	stack := shared(t)
	experiment := stack.StartExperiment(t, nil)
	const rounds = 4
	var delays []time.Duration
	for round := range rounds {
		visitor := fmt.Sprintf("round-%d", round)
		before := stack.Assign(t, experiment.ID, visitor)
		// The exposure itself changes the posterior; let that settle, so that what follows is the conversion's doing.
		awaitQuietVersion(t, stack, experiment.ID)
		was := stack.Analytics(t, experiment.ID)
		stack.Convert(t, experiment.ID, visitor)
		acknowledged := time.Now()
		newcomer := 0
		harness.Await(t, 10*time.Second, func() (bool, string) {
			newcomer++
			// Not exposed: newcomers must not move the posterior themselves.
			body := map[string]any{"user_id": fmt.Sprintf("newcomer-%d-%d", round, newcomer), "expose": false}
			var drawn harness.Assignment
			stack.Post(t, "/api/experiments/"+experiment.ID+"/assign", body, &drawn)
			return drawn.Version > was.Version, fmt.Sprintf("new users are still drawn at version %.0f", drawn.Version)
		})
		delays = append(delays, time.Since(acknowledged))
		now := stack.Analytics(t, experiment.ID)
		// Of a handful of exposures that may still convert the posterior is only nearly the Beta of their counts.
		is, used := now.Of(t, before.Variant.Key), was.Of(t, before.Variant.Key)
		if gain := is.Posterior.Alpha - used.Posterior.Alpha; is.Conversions != used.Conversions+1 || gain < 0.8 || gain > 1.2 {
			t.Errorf("the conversion moved alpha of %s by %v, conversions from %v to %v", before.Variant.Key, gain, used.Conversions, is.Conversions)
		}
	}
	slices.Sort(delays)
	t.Logf("from the conversion's answer to the first draw from the new posterior: median %v, longest %v", delays[rounds/2], delays[rounds-1])
	if delays[rounds-1] > 2*time.Second {
		t.Errorf("it took up to %v; two seconds are promised", delays[rounds-1])
	}
}
