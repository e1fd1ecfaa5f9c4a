package integration

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"mab/tests/harness"
)

const (
	shop  = "https://shop.example"
	other = "https://other.example"
)

// originsOf reads what the API shows of an experiment.
func originsOf(t *testing.T, stack *harness.Stack, id string) []string {
	t.Helper()
	var shown struct {
		AllowedOrigins []string `json:"allowed_origins"`
	}
	stack.Private(t, "GET", "/api/experiments/"+id, nil, &shown)
	return shown.AllowedOrigins
}

func ask(t *testing.T, stack *harness.Stack, path string, body map[string]any, origin string) harness.Response {
	t.Helper()
	if origin == "" {
		return stack.Call(t, "POST", path, "", body)
	}
	return stack.Call(t, "POST", path, "", body, "Origin", origin)
}

// An experiment answers pages of the websites that it names, and programs; pages of others read that they may not ask.
func TestAnExperimentAnswersThePagesOfItsSites(t *testing.T) {
	stack := shared(t)
	experiment := stack.StartExperiment(t, map[string]any{"allowed_origins": []string{"HTTPS://Shop.Example:443", "http://localhost:8080"}})
	if got := originsOf(t, stack, experiment.ID); !slices.Equal(got, []string{shop, "http://localhost:8080"}) {
		t.Fatalf("the origins became %q", got)
	}
	path := "/api/experiments/" + experiment.ID
	known := map[string]any{"user_id": "known"}
	for _, origin := range []string{shop, "http://localhost:8080", ""} {
		for _, what := range []string{"/assign", "/expose", "/convert"} {
			if got := ask(t, stack, path+what, known, origin); got.Status != http.StatusOK {
				t.Errorf("%s of %q: %d %s", what, origin, got.Status, got.Body)
			}
		}
	}
	for _, origin := range []string{other, "null", "http://shop.example", shop + ":8443"} {
		for _, what := range []string{"/assign", "/expose", "/convert"} {
			got := ask(t, stack, path+what, known, origin)
			if got.Status != http.StatusForbidden || got.Problem(t).Code != "ORIGIN_NOT_ALLOWED" {
				t.Errorf("%s of %q: %d %s", what, origin, got.Status, got.Body)
			}
			if got.Header.Get("Access-Control-Allow-Origin") != "*" {
				t.Errorf("the page of %s can't read its answer: %v", origin, got.Header)
			}
		}
	}
	if got := ask(t, stack, path+"/assign", map[string]any{"user_id": "stranger"}, other); got.Status != http.StatusForbidden {
		t.Errorf("a new visitor: %d", got.Status)
	}
	if got := stack.Call(t, "POST", path+"/expose", "", map[string]any{"user_id": "stranger"}); got.Status != http.StatusNotFound {
		t.Errorf("a page that may not ask admitted a visitor: %d %s", got.Status, got.Body)
	}
}

func TestAnOriginThatIsNotAllowedIsAnErrorOfItsEntryInABatch(t *testing.T) {
	stack := shared(t)
	bound := stack.StartExperiment(t, map[string]any{"allowed_origins": []string{shop}})
	open := stack.StartExperiment(t, nil)
	body := map[string]any{"user_id": "visitor", "experiments": []string{bound.Key, open.Key}}
	for _, path := range []string{"/api/assign", "/api/expose"} {
		var answer struct {
			Assignments, Exposures []struct {
				ExperimentKey string `json:"experiment_key"`
			}
			Errors []struct {
				ExperimentKey string `json:"experiment_key"`
				Code          string
			}
		}
		got := ask(t, stack, path, body, other)
		got.Decode(t, &answer)
		if got.Status != http.StatusOK || len(answer.Assignments)+len(answer.Exposures) != 1 || len(answer.Errors) != 1 ||
			answer.Errors[0].ExperimentKey != bound.Key || answer.Errors[0].Code != "ORIGIN_NOT_ALLOWED" {
			t.Errorf("%s: %d %s", path, got.Status, got.Body)
		}
	}
}

// The list changes while the experiment runs, and takes effect at once; so does its end.
func TestAllowedOriginsChangeWhileAnExperimentRuns(t *testing.T) {
	stack := shared(t)
	experiment := stack.StartExperiment(t, nil)
	path := "/api/experiments/" + experiment.ID
	await := func(status int) {
		t.Helper()
		harness.Await(t, 5*time.Second, func() (bool, string) {
			got := ask(t, stack, path+"/assign", map[string]any{"user_id": "visitor"}, other)
			return got.Status == status, string(got.Body)
		})
	}
	await(http.StatusOK)
	var changed harness.Experiment
	stack.Private(t, "PATCH", path, map[string]any{"allowed_origins": []string{shop}}, &changed)
	await(http.StatusForbidden)
	stack.Private(t, "PATCH", path, map[string]any{"name": "Another name"}, &changed)
	if got := originsOf(t, stack, experiment.ID); !slices.Equal(got, []string{shop}) {
		t.Errorf("another field's change left %q", got)
	}
	stack.Private(t, "PATCH", path, map[string]any{"allowed_origins": []string{}}, &changed)
	await(http.StatusOK)
	if got := originsOf(t, stack, experiment.ID); len(got) != 0 {
		t.Errorf("an empty list left %q", got)
	}
}

func TestWhatIsNoOriginIsNamed(t *testing.T) {
	stack := shared(t)
	for _, test := range []struct {
		origins []string
		field   string
	}{
		{[]string{shop, "http://localhost", "https://a.example", "*"}, "allowed_origins[3]"},
		{[]string{shop, "https://SHOP.example:443"}, "allowed_origins[1]"},
		{slices.Repeat([]string{shop}, 21), "allowed_origins"},
	} {
		got := stack.Call(t, "POST", "/api/experiments", stack.Token(t), map[string]any{"name": "n", "variants": harness.Variants("a", "b"), "allowed_origins": test.origins})
		if problem := got.Problem(t); got.Status != http.StatusBadRequest || problem.Errors[0].Field != test.field {
			t.Errorf("%q: %d %s", test.origins, got.Status, got.Body)
		}
	}
}
