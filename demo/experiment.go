package main

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// startLimit bounds how long a start may take to reach the assignment service; usually it is a moment.
const startLimit = 15 * time.Second

// The parts of the JSON contract that the demo reads.

type experiment struct {
	ID  string `json:"id"`
	Key string `json:"key"`
}

type assignment struct {
	Variant struct {
		Key string `json:"key"`
	} `json:"variant"`
	Counted bool `json:"counted"`
}

type analytics struct {
	Exposures   float64            `json:"exposures"`
	Conversions float64            `json:"conversions"`
	Variants    []variantAnalytics `json:"variants"`
}

type variantAnalytics struct {
	Variant struct {
		Key string `json:"key"`
	} `json:"variant"`
	Exposures        float64 `json:"exposures"`
	Conversions      float64 `json:"conversions"`
	Rate             float64 `json:"rate"`
	CredibleInterval struct {
		Lower float64 `json:"lower"`
		Upper float64 `json:"upper"`
	} `json:"credible_interval"`
	ProbabilityBest float64 `json:"probability_best"`
	Allocation      float64 `json:"allocation"`
}

// startExperiment creates and starts an experiment with the truth's variants.
func startExperiment(ctx context.Context, api *client, truth truth, now time.Time) (experiment, error) {
	title, _ := truth.describe()
	type variant struct {
		Key  string `json:"key"`
		Name string `json:"name"`
	}
	var variants []variant
	for _, arm := range truth.arms() {
		variants = append(variants, variant{Key: arm.key, Name: arm.name})
	}
	var created experiment
	err := api.private(ctx, http.MethodPost, "/api/experiments", map[string]any{
		"key":         fmt.Sprintf("demo-%d", now.UnixMilli()),
		"name":        "Demo: " + title,
		"description": "Made by ./mab demo.",
		"variants":    variants,
	}, &created)
	if err != nil {
		return experiment{}, err
	}
	if err := api.private(ctx, http.MethodPost, "/api/experiments/"+created.ID+":start", map[string]any{}, &experiment{}); err != nil {
		return experiment{}, err
	}
	return created, awaitAssignable(ctx, api, created.ID, variants[0].Key)
}

// awaitAssignable waits until the start has reached the assignment service. It asks with a preview, which records
// nothing.
func awaitAssignable(ctx context.Context, api *client, id, variant string) error {
	preview := map[string]any{"user_id": "preview", "experiments": []string{id}, "force": map[string]string{id: variant}}
	for deadline := time.Now().Add(startLimit); ; {
		var answer struct {
			Assignments []assignment `json:"assignments"`
		}
		if err := api.call(ctx, http.MethodPost, "/api/assign", "", preview, &answer); err != nil {
			return err
		}
		if len(answer.Assignments) > 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the experiment was started, and takes no visitors after %v", startLimit)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (c *client) assign(ctx context.Context, experiment, user string) (assignment, error) {
	var answer assignment
	err := c.call(ctx, http.MethodPost, "/api/experiments/"+experiment+"/assign", "", map[string]any{"user_id": user}, &answer)
	return answer, err
}

func (c *client) convert(ctx context.Context, experiment, user string) error {
	return c.call(ctx, http.MethodPost, "/api/experiments/"+experiment+"/convert", "", map[string]any{"user_id": user}, &struct{}{})
}

func (c *client) analytics(ctx context.Context, id string) (analytics, error) {
	var answer analytics
	err := c.private(ctx, http.MethodGet, "/api/experiments/"+id+"/analytics", nil, &answer)
	return answer, err
}
