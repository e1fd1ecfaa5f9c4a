package integration

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"mab/tests/harness"
)

const (
	ofrepBulk = "/ofrep/v1/evaluate/flags"
	ofrepUser = `{"context": {"targetingKey": "visitor-1"}}`
)

// evaluation is a flag, or a failure.
type evaluation struct {
	Key       string `json:"key"`
	Reason    string `json:"reason"`
	Variant   string `json:"variant"`
	ErrorCode string `json:"errorCode"`
	Metadata  struct {
		Version   float64 `json:"version"`
		Counted   *bool   `json:"counted"`
		Returning *bool   `json:"returning"`
	} `json:"metadata"`
}

// awaitKey until the assignment service knows the key.
func awaitKey(t *testing.T, stack *harness.Stack, secret string) {
	t.Helper()
	harness.Await(t, startedWithin, func() (bool, string) {
		response := stack.Call(t, "POST", ofrepBulk, secret, ofrepUser)
		return response.Status == 200, string(response.Body)
	})
}

// Who shows no key that may assign is told nothing and recorded nowhere, whatever else he shows.
func TestFlagsAreForKeysThatMayAssign(t *testing.T) {
	stack := shared(t)
	experiment := stack.StartExperiment(t, nil)
	reading := newKey(t, stack, "reads", "READ", "WRITE")
	gone := newKey(t, stack, "goes", "ASSIGN")
	awaitKey(t, stack, gone.Secret)
	revoke(t, stack, gone.Key.ID)
	harness.Await(t, startedWithin, func() (bool, string) {
		response := stack.Call(t, "POST", ofrepBulk, gone.Secret, ofrepUser)
		return response.Status == 401, string(response.Body)
	})
	for _, path := range []string{ofrepBulk, ofrepBulk + "/" + experiment.Key, ofrepBulk + "/" + experiment.ID} {
		for name, token := range map[string]string{"nothing": "", "an access token": stack.Token(t), "a key that reads": reading.Secret,
			"a revoked key": gone.Secret, "nonsense": "mab_nonsense"} {
			response := stack.Call(t, "POST", path, token, strings.ReplaceAll(ofrepUser, "visitor-1", "stranger"), "Mab-Internal-Secret", harness.InternalSecret)
			var failed evaluation
			response.Decode(t, &failed)
			if response.Status != 401 || failed.ErrorCode != "GENERAL" || failed.Variant != "" {
				t.Errorf("%s with %s: %d %s", path, name, response.Status, response.Body)
			}
		}
	}
	lookup := stack.Call(t, "POST", "/api/experiments/"+experiment.ID+"/assignments:lookup", stack.Token(t), map[string]any{"user_id": "stranger"})
	if lookup.Status != 404 {
		t.Errorf("the stranger is on record: %d %s", lookup.Status, lookup.Body)
	}
}

func TestABulkEvaluationAssignsAndASingleOneExposes(t *testing.T) {
	stack := shared(t)
	experiment := stack.StartExperiment(t, nil)
	key := newKey(t, stack, "evaluates", "ASSIGN")
	awaitKey(t, stack, key.Secret)
	first := stack.Call(t, "POST", ofrepBulk, key.Secret, ofrepUser)
	var all struct{ Flags []evaluation }
	first.Decode(t, &all)
	var found evaluation
	for i, flag := range all.Flags {
		if i > 0 && flag.Key <= all.Flags[i-1].Key {
			t.Errorf("%s comes after %s", flag.Key, all.Flags[i-1].Key)
		}
		if flag.Key == experiment.Key {
			found = flag
		}
	}
	if found.Reason != "SPLIT" || found.Metadata.Counted != nil || found.Metadata.Version == 0 {
		t.Fatalf("got %+v in %s", found, first.Body)
	}
	if exposures := stack.Analytics(t, experiment.ID).Exposures; exposures != 0 {
		t.Errorf("a bulk evaluation exposed %v", exposures)
	}
	var single evaluation
	for range 2 {
		response := stack.Call(t, "POST", ofrepBulk+"/"+experiment.Key, key.Secret, ofrepUser)
		response.Decode(t, &single)
		if response.Status != 200 || single.Variant != found.Variant || single.Metadata.Version != found.Metadata.Version ||
			!*single.Metadata.Counted || !*single.Metadata.Returning {
			t.Errorf("got %d %s", response.Status, response.Body)
		}
	}
	harness.Await(t, startedWithin, func() (bool, string) {
		return stack.Analytics(t, experiment.ID).Exposures == 1, "the single evaluation exposed nobody"
	})
}

func TestNothingChangedIs304AndAChangeIsNot(t *testing.T) {
	stack := harness.Start(t, harness.Options{})
	experiment := stack.StartExperiment(t, nil)
	key := newKey(t, stack, "polls", "ASSIGN")
	awaitKey(t, stack, key.Secret)
	ask := func(etag string) harness.Response {
		return stack.Call(t, "POST", ofrepBulk, key.Secret, ofrepUser, "If-None-Match", etag)
	}
	etag := ask("").Header.Get("ETag")
	// New versions come, and the visitor is counted: that changes nothing of what he sees.
	for i := range 20 {
		stack.Assign(t, experiment.Key, user(i))
	}
	stack.Call(t, "POST", ofrepBulk+"/"+experiment.Key, key.Secret, ofrepUser)
	harness.Await(t, startedWithin, func() (bool, string) {
		return stack.Analytics(t, experiment.ID).Exposures == 20, "the visitors are not counted"
	})
	if again := ask(etag); again.Status != http.StatusNotModified || len(again.Body) != 0 || again.Header.Get("ETag") != etag {
		t.Errorf("got %d %s", again.Status, again.Body)
	}
	stack.Private(t, "POST", "/api/experiments/"+experiment.ID+":complete", map[string]any{"winner": "b"}, &experiment)
	harness.Await(t, startedWithin, func() (bool, string) {
		changed := ask(etag)
		return changed.Status == 200 && strings.Contains(string(changed.Body), `"STATIC"`), string(changed.Body)
	})
}

// A flag is named by the experiment's key, as the bulk evaluation names it. Who asks by the id is recorded nowhere.
func TestAnIdIsNoFlag(t *testing.T) {
	stack := shared(t)
	experiment := stack.StartExperiment(t, nil)
	key := newKey(t, stack, "names", "ASSIGN")
	awaitKey(t, stack, key.Secret)
	var failed evaluation
	context := strings.ReplaceAll(ofrepUser, "visitor-1", "by-id")
	response := stack.Call(t, "POST", ofrepBulk+"/"+experiment.ID, key.Secret, context)
	response.Decode(t, &failed)
	if response.Status != 404 || failed.ErrorCode != "FLAG_NOT_FOUND" || failed.Key != experiment.ID {
		t.Errorf("got %d %s", response.Status, response.Body)
	}
	var found evaluation
	response = stack.Call(t, "POST", ofrepBulk+"/"+experiment.Key, key.Secret, context)
	response.Decode(t, &found)
	if response.Status != 200 || found.Key != experiment.Key || *found.Metadata.Returning {
		t.Errorf("got %d %s", response.Status, response.Body)
	}
}

// A server asks for all of its visitors from one address. Whoever read a key in a page does not become a server by it.
func TestTheRateOfAServersKeyMarksNobodyAndThatOfAPublishableOneDoes(t *testing.T) {
	stack := harness.Start(t, harness.Options{Environment: []string{"MAB_TRUSTED_HOPS=1", "MAB_BOT_RATE=1", "MAB_BOT_RATE_BURST=5"}})
	experiment := stack.StartExperiment(t, nil)
	var published issuedKey
	stack.Private(t, "POST", "/api/keys", map[string]any{"name": "an app", "scopes": []string{"ASSIGN"}, "publishable": true}, &published)
	server := newKey(t, stack, "a server", "ASSIGN")
	counted := func(of issuedKey, address string, headers ...string) (count int) {
		t.Helper()
		awaitKey(t, stack, of.Secret)
		for i := range 40 {
			context := strings.ReplaceAll(ofrepUser, "visitor-1", fmt.Sprintf("%s-%d", address, i))
			response := stack.Call(t, "POST", ofrepBulk+"/"+experiment.Key, of.Secret, context, append(headers, "X-Forwarded-For", address)...)
			var one evaluation
			if response.Decode(t, &one); response.Status != 200 {
				t.Fatalf("%d %s", response.Status, response.Body)
			}
			if *one.Metadata.Counted {
				count++
			}
		}
		return count
	}
	if got := counted(server, "192.0.2.1"); got != 40 {
		t.Errorf("of 40 visitors of a server %d count", got)
	}
	if got := counted(server, "192.0.2.2", "Origin", "https://shop.example"); got < 5 || got > 25 { // the more, the slower the machine
		t.Errorf("of 40 calls of a page at once %d count", got)
	}
	if got := counted(published, "192.0.2.3"); got < 5 || got > 25 {
		t.Errorf("of 40 calls at once with a key that anybody can read %d count", got)
	}
	if got := counted(server, "192.0.2.3"); got != 40 {
		t.Errorf("of 40 visitors of a server at the same address %d count", got)
	}
}
