package harness

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"
)

// The parts of the JSON contract that tests read.

// Experiment as the API shows it.
type Experiment struct {
	ID         string    `json:"id"`
	Key        string    `json:"key"`
	Name       string    `json:"name"`
	State      string    `json:"state"`
	Etag       string    `json:"etag"`
	Winner     string    `json:"winner"`
	Variants   []Variant `json:"variants"`
	CreateTime time.Time `json:"create_time"`
}

// Variant of an experiment.
type Variant struct {
	ID        string `json:"id"`
	Key       string `json:"key"`
	Name      string `json:"name"`
	IsControl bool   `json:"is_control"`
	Disabled  bool   `json:"disabled"`
}

// Assignment is the answer of assign.
type Assignment struct {
	ExperimentID  string     `json:"experiment_id"`
	ExperimentKey string     `json:"experiment_key"`
	Variant       Variant    `json:"variant"`
	Returning     bool       `json:"returning"`
	Counted       bool       `json:"counted"`
	Propensity    float64    `json:"propensity"`
	Version       float64    `json:"version"`
	AssignedAt    *time.Time `json:"assigned_at"`
}

// Conversion is the answer of convert.
type Conversion struct {
	Recorded    bool      `json:"recorded"`
	Duplicate   bool      `json:"duplicate"`
	Credited    bool      `json:"credited"`
	Variant     Variant   `json:"variant"`
	ConvertedAt time.Time `json:"converted_at"`
}

// Analytics of an experiment.
type Analytics struct {
	Version     float64            `json:"version"`
	Exposures   float64            `json:"exposures"`
	Conversions float64            `json:"conversions"`
	Variants    []VariantAnalytics `json:"variants"`
}

// VariantAnalytics is one variant's part of the analytics.
type VariantAnalytics struct {
	Variant     Variant `json:"variant"`
	Exposures   float64 `json:"exposures"`
	Conversions float64 `json:"conversions"`
	Rate        float64 `json:"rate"`
	Posterior   struct {
		Alpha float64 `json:"alpha"`
		Beta  float64 `json:"beta"`
		Mean  float64 `json:"mean"`
	} `json:"posterior"`
	CredibleInterval struct {
		Lower float64 `json:"lower"`
		Upper float64 `json:"upper"`
	} `json:"credible_interval"`
	ProbabilityBest float64 `json:"probability_best"`
	ExpectedLoss    float64 `json:"expected_loss"`
	Allocation      float64 `json:"allocation"`
}

// Of the variant with that key.
func (a Analytics) Of(t testing.TB, key string) VariantAnalytics {
	t.Helper()
	for _, variant := range a.Variants {
		if variant.Variant.Key == key {
			return variant
		}
	}
	t.Fatalf("the analytics have no variant %q: %+v", key, a)
	return VariantAnalytics{}
}

// Variants with these keys, for CreateExperiment.
func Variants(keys ...string) []map[string]any {
	var variants []map[string]any
	for _, key := range keys {
		variants = append(variants, map[string]any{"key": key, "name": "Variant " + key})
	}
	return variants
}

var experiments atomic.Int64

// CreateExperiment makes a draft. Fields that are not given: a name and key that no other test has, variants a and b.
func (c *Client) CreateExperiment(t testing.TB, fields map[string]any) Experiment {
	t.Helper()
	n := experiments.Add(1)
	body := map[string]any{"name": fmt.Sprintf("Experiment %d", n), "key": fmt.Sprintf("it-%d", n), "variants": Variants("a", "b")}
	for name, value := range fields {
		body[name] = value
	}
	var experiment Experiment
	c.Private(t, "POST", "/api/experiments", body, &experiment)
	return experiment
}

// StartExperiment makes an experiment and starts it. It takes visitors when this returns.
func (c *Client) StartExperiment(t testing.TB, fields map[string]any) Experiment {
	t.Helper()
	experiment := c.CreateExperiment(t, fields)
	c.Act(t, &experiment, "start", nil)
	c.AwaitAssignable(t, experiment)
	return experiment
}

// AwaitAssignable waits until assign knows that the experiment has started: the snapshot is on its way.
func (c *Client) AwaitAssignable(t testing.TB, experiment Experiment) {
	t.Helper()
	// A preview records nothing.
	preview := map[string]any{
		"user_id": "preview", "experiments": []string{experiment.ID}, "force": map[string]string{experiment.ID: experiment.Variants[0].Key},
	}
	Await(t, 10*time.Second, func() (bool, string) {
		response := c.Call(t, "POST", "/api/assign", "", preview)
		var batch struct {
			Assignments []Assignment `json:"assignments"`
		}
		response.Decode(t, &batch)
		return len(batch.Assignments) == 1, string(response.Body)
	})
}

// Act changes the experiment's state: start, pause, resume, complete, archive.
func (c *Client) Act(t testing.TB, experiment *Experiment, action string, body map[string]any) {
	t.Helper()
	if body == nil {
		body = map[string]any{}
	}
	c.Private(t, "POST", "/api/experiments/"+experiment.ID+":"+action, body, experiment)
}

// Assign a user; it must succeed.
func (c *Client) Assign(t testing.TB, experiment, user string) Assignment {
	t.Helper()
	var assignment Assignment
	c.Post(t, "/api/experiments/"+experiment+"/assign", map[string]any{"user_id": user}, &assignment)
	return assignment
}

// Convert a user; it must succeed.
func (c *Client) Convert(t testing.TB, experiment, user string) Conversion {
	t.Helper()
	var conversion Conversion
	c.Post(t, "/api/experiments/"+experiment+"/convert", map[string]any{"user_id": user}, &conversion)
	return conversion
}

// TryAssign is Assign for many goroutines, which may not end a test. It goes on while the system says that it will be
// back (503), for as long as it takes to restart.
func (c *Client) TryAssign(experiment, user string) (Assignment, error) {
	var assignment Assignment
	err := c.tryPublic("/api/experiments/"+experiment+"/assign", user, &assignment)
	return assignment, err
}

// TryConvert is Convert in the manner of TryAssign.
func (c *Client) TryConvert(experiment, user string) (Conversion, error) {
	var conversion Conversion
	err := c.tryPublic("/api/experiments/"+experiment+"/convert", user, &conversion)
	return conversion, err
}

// Analytics of an experiment.
func (c *Client) Analytics(t testing.TB, id string) Analytics {
	t.Helper()
	var analytics Analytics
	c.Private(t, "GET", "/api/experiments/"+id+"/analytics", nil, &analytics)
	return analytics
}

// AwaitTotals waits until the analytics have counted that much.
func (c *Client) AwaitTotals(t testing.TB, id string, exposures, conversions int) Analytics {
	t.Helper()
	var analytics Analytics
	Await(t, 30*time.Second, func() (bool, string) {
		analytics = c.Analytics(t, id)
		return analytics.Exposures >= float64(exposures) && analytics.Conversions >= float64(conversions),
			fmt.Sprintf("%v exposures of %d, %v conversions of %d", analytics.Exposures, exposures, analytics.Conversions, conversions)
	})
	if analytics.Exposures != float64(exposures) || analytics.Conversions != float64(conversions) {
		t.Fatalf("%v exposures instead of %d, %v conversions instead of %d", analytics.Exposures, exposures, analytics.Conversions, conversions)
	}
	return analytics
}
