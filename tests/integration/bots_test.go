package integration

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"mab/tests/harness"
)

const (
	googlebot = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
	firefox   = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"
)

// What a crawler, a prefetch and an address that asks too much see is recorded nowhere but in the health of the data.
func TestMachinesAreMarkedAndNotCounted(t *testing.T) {
	stack := harness.Start(t, harness.Options{Environment: []string{"MAB_TRUSTED_HOPS=1", "MAB_BOT_RATE=1", "MAB_BOT_RATE_BURST=20"}})
	experiment := stack.StartExperiment(t, nil)
	path := "/api/experiments/" + experiment.ID
	crawls := func(user string, headers ...string) harness.Assignment {
		t.Helper()
		response := stack.Call(t, "POST", path+"/assign", "", map[string]any{"user_id": user}, headers...)
		if response.Status != http.StatusOK {
			t.Fatalf("%d %s", response.Status, response.Body)
		}
		var assignment harness.Assignment
		response.Decode(t, &assignment)
		return assignment
	}
	people := 0
	for i := range 10 {
		if person := crawls(user(i), "User-Agent", firefox, "X-Forwarded-For", fmt.Sprintf("192.0.2.%d", i)); !person.Counted {
			t.Errorf("a person is not counted: %+v", person)
		}
		people++
	}
	for i := range 30 {
		name := fmt.Sprintf("machine-%d", i)
		headers := [][]string{
			{"User-Agent", googlebot, "X-Forwarded-For", "198.51.100.1"},
			{"User-Agent", firefox, "Sec-Purpose", "prefetch;prerender", "X-Forwarded-For", "198.51.100.2"},
		}[i%2]
		if got := crawls(name, headers...); got.Counted || got.Returning || got.Propensity != 1 || got.Version != 0 || got.AssignedAt != nil || got.Variant.Key == "" {
			t.Errorf("a machine got %+v", got)
		}
	}
	marked := 0
	for i := range 40 { // of which 20 are a burst
		if !crawls(fmt.Sprintf("flood-%d", i), "User-Agent", firefox, "X-Forwarded-For", "203.0.113.9").Counted {
			marked++
		} else {
			people++
		}
	}
	if marked < 5 || marked > 20 { // the fewer, the slower the machine
		t.Errorf("%d of 40 calls at once were taken for a machine's", marked)
	}
	if got := crawls(user(3), "User-Agent", googlebot, "X-Forwarded-For", "198.51.100.1"); !got.Counted || !got.Returning {
		t.Errorf("a known visitor got %+v", got)
	}
	stack.AwaitTotals(t, experiment.ID, people, 0)
	if got := harness.Metric(t, stack.AssignmentMetricsAddress, "mab_sticky_entries"); got > float64(people) {
		t.Errorf("%v visitors are held in memory", got)
	}
	runAdmin(t, stack, 0, fmt.Sprintf("%d of %d assignments agree", people, people), "replay")
	awaitBots(t, stack, experiment.ID, 15+15+marked, fmt.Sprintf("15 that say so themselves, 15 of pages that nobody had opened, %d of addresses", marked))

	// Who was taken for one is admitted when he comes as a person.
	if got := crawls("machine-0", "User-Agent", firefox, "X-Forwarded-For", "192.0.2.77"); !got.Counted || got.Returning {
		t.Errorf("a person who came as a machine first got %+v", got)
	}
	var conversion harness.Conversion
	response := stack.Call(t, "POST", path+"/convert", "", map[string]any{"user_id": "machine-0"}, "User-Agent", googlebot)
	if response.Decode(t, &conversion); !conversion.Credited {
		t.Errorf("a conversion that a machine tells: %d %s", response.Status, response.Body)
	}
	stack.AwaitTotals(t, experiment.ID, people+1, 1)
}

// awaitBots waits until the health of the data names so many calls of machines.
func awaitBots(t *testing.T, stack *harness.Stack, id string, calls int, says string) {
	t.Helper()
	harness.Await(t, 10*time.Second, func() (bool, string) {
		for _, one := range readReport(t, stack, id).Health.Checks {
			if one.Code == "BOTS" && one.Status == "OK" && strings.Contains(one.Text, fmt.Sprintf("%d calls were left out", calls)) && strings.Contains(one.Text, says) {
				return true, ""
			} else if one.Code == "BOTS" {
				return false, one.Text
			}
		}
		return false, "no check looks at machines"
	})
}

func TestAllCountWhereMachinesDo(t *testing.T) {
	stack := harness.Start(t, harness.Options{Environment: []string{"MAB_BOTS=count", "MAB_BOT_RATE=1", "MAB_BOT_RATE_BURST=1"}})
	experiment := stack.StartExperiment(t, nil)
	for i := range 5 {
		var assignment harness.Assignment
		stack.Call(t, "POST", "/api/experiments/"+experiment.ID+"/assign", "", map[string]any{"user_id": user(i)}, "User-Agent", googlebot).Decode(t, &assignment)
		if !assignment.Counted {
			t.Errorf("got %+v", assignment)
		}
	}
}
