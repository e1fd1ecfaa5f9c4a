package integration

import (
	"fmt"
	"testing"
	"time"

	"mab/tests/harness"
)

// The table of DESIGN section 3: what each state answers to new users, known users and conversions.
func TestEachStateAnswersAsItShould(t *testing.T) {
	stack := shared(t)
	experiment := stack.CreateExperiment(t, map[string]any{"variants": harness.Variants("a", "b")})
	id := experiment.ID

	expectRefused(t, stack, id, "a draft")

	stack.Act(t, &experiment, "start", nil)
	if experiment.State != "RUNNING" {
		t.Fatalf("the state is %s", experiment.State)
	}
	stack.AwaitAssignable(t, experiment)
	users := map[string]string{} // one of each variant
	for i := 0; len(users) < 2; i++ {
		assignment := stack.Assign(t, id, user(i))
		users[assignment.Variant.Key] = user(i)
		if !assignment.Counted || assignment.AssignedAt == nil || assignment.Propensity <= 0 || assignment.Propensity >= 1 {
			t.Fatalf("a running experiment answered %+v", assignment)
		}
	}

	stack.Act(t, &experiment, "pause", nil)
	awaitUncounted(t, stack, id)
	for key, name := range users {
		if kept := stack.Assign(t, id, name); kept.Variant.Key != key || !kept.Counted || !kept.Returning {
			t.Errorf("paused, %s of %s got %+v", name, key, kept)
		}
	}
	expectUncounted(t, stack, id, "a", "paused")
	if conversion := stack.Convert(t, id, users["a"]); !conversion.Recorded || !conversion.Credited || conversion.Variant.Key != "a" {
		t.Errorf("a conversion while paused: %+v", conversion)
	}

	stack.Act(t, &experiment, "resume", nil)
	harness.Await(t, 5*time.Second, func() (bool, string) {
		assignment := stack.Assign(t, id, fmt.Sprintf("resumed-%d", time.Now().UnixNano()))
		return assignment.Counted, "new users are still not counted"
	})

	stack.Act(t, &experiment, "complete", map[string]any{"winner": "b"})
	if experiment.State != "COMPLETED" || experiment.Winner != "b" {
		t.Errorf("completed: %+v", experiment)
	}
	awaitUncounted(t, stack, id)
	for _, name := range []string{users["a"], users["b"], "newcomer"} {
		got := stack.Assign(t, id, name)
		if got.Variant.Key != "b" || got.Counted || got.Propensity != 1 || got.Version != 0 || got.AssignedAt != nil {
			t.Errorf("completed, %s got %+v", name, got)
		}
	}
	if conversion := stack.Convert(t, id, users["b"]); !conversion.Recorded || !conversion.Credited {
		t.Errorf("a conversion after completion, in its window: %+v", conversion)
	}
	first := stack.Convert(t, id, users["b"])
	if first.Recorded || !first.Duplicate {
		t.Errorf("a second conversion: %+v", first)
	}

	stack.Act(t, &experiment, "archive", nil)
	harness.Await(t, 5*time.Second, func() (bool, string) {
		response := stack.Call(t, "POST", "/api/experiments/"+id+"/assign", "", map[string]any{"user_id": "late"})
		return response.Status == 409, string(response.Body)
	})
	expectRefused(t, stack, id, "an archived experiment")
}

func expectRefused(t *testing.T, stack *harness.Stack, id, what string) {
	t.Helper()
	for _, verb := range []string{"assign", "convert", "expose"} {
		path := "/api/experiments/" + id + "/" + verb
		// A draft may have to reach the assignment service first; then it is refused for what it is.
		harness.Await(t, 5*time.Second, func() (bool, string) {
			response := stack.Call(t, "POST", path, "", map[string]any{"user_id": "somebody"})
			return response.Status == 409 && response.Problem(t).Code == "EXPERIMENT_NOT_RUNNING", fmt.Sprintf("%s of %s: %d %s", verb, what, response.Status, response.Body)
		})
	}
}

// awaitUncounted waits until the change of state has reached assign: new users are not recorded any more.
func awaitUncounted(t *testing.T, stack *harness.Stack, id string) {
	t.Helper()
	probe := 0
	harness.Await(t, 5*time.Second, func() (bool, string) {
		probe++
		return !stack.Assign(t, id, fmt.Sprintf("probe-%d-%d", time.Now().UnixNano(), probe)).Counted, "new users are still counted"
	})
}

func expectUncounted(t *testing.T, stack *harness.Stack, id, variant, state string) {
	t.Helper()
	got := stack.Assign(t, id, "newcomer")
	if got.Variant.Key != variant || got.Counted || got.Returning || got.Propensity != 1 || got.Version != 0 || got.AssignedAt != nil {
		t.Errorf("%s, a new user got %+v", state, got)
	}
	response := stack.Call(t, "POST", "/api/experiments/"+id+"/convert", "", map[string]any{"user_id": "newcomer"})
	if response.Status != 404 || response.Problem(t).Code != "ASSIGNMENT_NOT_FOUND" {
		t.Errorf("%s, a conversion of somebody uncounted: %d %s", state, response.Status, response.Body)
	}
}

func TestDisabledVariantIsServedToNobody(t *testing.T) {
	stack := shared(t)
	experiment := stack.StartExperiment(t, map[string]any{"variants": harness.Variants("a", "b", "c")})
	var ofB string
	for i := 0; ofB == ""; i++ {
		if stack.Assign(t, experiment.ID, user(i)).Variant.Key == "b" {
			ofB = user(i)
		}
	}
	stack.Private(t, "POST", "/api/experiments/"+experiment.ID+"/variants/b:disable", map[string]any{}, &experiment)
	harness.Await(t, 5*time.Second, func() (bool, string) {
		got := stack.Assign(t, experiment.ID, ofB)
		return got.Variant.Key == "a" && !got.Counted, fmt.Sprintf("a user of the disabled variant got %+v", got)
	})
	for i := range 300 {
		if got := stack.Assign(t, experiment.ID, "new-"+user(i)); got.Variant.Key == "b" {
			t.Fatalf("the disabled variant was served to %s", user(i))
		}
	}
	response := stack.Call(t, "POST", "/api/experiments/"+experiment.ID+"/variants/a:disable", stack.Token(t), map[string]any{})
	if response.Status < 400 || response.Status >= 500 {
		t.Errorf("disabling the control: %d %s", response.Status, response.Body)
	}
}

func TestExposureCountsWhenTheVariantIsSeen(t *testing.T) {
	stack := shared(t)
	experiment := stack.StartExperiment(t, nil)
	path := "/api/experiments/" + experiment.ID
	var unseen harness.Assignment
	stack.Post(t, path+"/assign", map[string]any{"user_id": "reader", "expose": false}, &unseen)
	if unseen.Counted || unseen.AssignedAt == nil {
		t.Errorf("assigned without exposure: %+v", unseen)
	}
	if early := stack.Convert(t, experiment.ID, "reader"); early.Credited {
		t.Errorf("a conversion before the exposure was credited: %+v", early)
	}
	stack.Post(t, path+"/assign", map[string]any{"user_id": "viewer", "expose": false}, &unseen)
	var exposure struct {
		Counted   bool       `json:"counted"`
		ExposedAt *time.Time `json:"exposed_at"`
	}
	stack.Post(t, path+"/expose", map[string]any{"user_id": "viewer"}, &exposure)
	first := exposure.ExposedAt
	if !exposure.Counted || first == nil {
		t.Fatalf("exposed: %+v", exposure)
	}
	stack.Post(t, path+"/expose", map[string]any{"user_id": "viewer"}, &exposure)
	if !exposure.ExposedAt.Equal(*first) {
		t.Errorf("a second exposure moved the time from %v to %v", first, exposure.ExposedAt)
	}
	if conversion := stack.Convert(t, experiment.ID, "viewer"); !conversion.Credited || !conversion.Recorded {
		t.Errorf("converted after the exposure: %+v", conversion)
	}
	stack.AwaitTotals(t, experiment.ID, 1, 1)
}

func TestRepeatedConversionsCountOnce(t *testing.T) {
	stack := shared(t)
	experiment := stack.StartExperiment(t, nil)
	stack.Assign(t, experiment.ID, "buyer")
	first := stack.Convert(t, experiment.ID, "buyer")
	for range 5 {
		again := stack.Convert(t, experiment.ID, "buyer")
		if !again.Duplicate || again.Recorded || !again.ConvertedAt.Equal(first.ConvertedAt) {
			t.Errorf("again: %+v, first: %+v", again, first)
		}
	}
	stack.AwaitTotals(t, experiment.ID, 1, 1)
}

func TestSimultaneousFirstRequestsGetOneAnswer(t *testing.T) {
	stack := shared(t)
	experiment := stack.StartExperiment(t, map[string]any{"variants": harness.Variants("a", "b", "c", "d", "e")})
	for round := range 20 {
		answers := make([]harness.Assignment, 16)
		harness.Each(t, len(answers), len(answers), func(i int) error {
			var err error
			answers[i], err = stack.TryAssign(experiment.ID, fmt.Sprintf("rush-%d", round))
			return err
		})
		firsts := 0
		for _, answer := range answers {
			if !answer.Returning {
				firsts++
			}
			if answer.Variant.Key != answers[0].Variant.Key || !answer.AssignedAt.Equal(*answers[0].AssignedAt) {
				t.Fatalf("round %d: %+v and %+v", round, answers[0], answer)
			}
		}
		if firsts != 1 {
			t.Errorf("round %d: %d answers say that they are the first", round, firsts)
		}
	}
}
