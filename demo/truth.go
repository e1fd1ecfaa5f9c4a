package main

import (
	"fmt"
	"math/rand/v2"
)

// arm is a variant of the demo's experiment, and what is known of it.
type arm struct {
	// key in the experiment, name as people call it.
	key, name string
	// rate is the true conversion rate, or the recorded one.
	rate float64
	// outcomes is how many recorded outcomes there are; 0 in a simulation.
	outcomes int
}

// truth decides what visitors do. Safe for concurrent use.
type truth interface {
	// arms in the order of the experiment.
	arms() []arm
	// outcome of a visitor who was served the variant at this index; ok is false when there is none left.
	outcome(visitor int64, index int) (converted, ok bool)
	// describe in a few words, for the experiment's name and the table's head.
	describe() (title, rateTitle string)
}

func openTruth(o options) (truth, error) {
	if o.data == "" {
		return newSimulation(o.rates, o.seed), nil
	}
	return openRecording(o.data, o.variantColumn, o.outcome)
}

// simulation has variants with known rates.
type simulation struct {
	all  []arm
	seed uint64
}

func newSimulation(rates []float64, seed uint64) *simulation {
	s := &simulation{seed: seed}
	for i, rate := range rates {
		key := fmt.Sprintf("v%d", i+1)
		s.all = append(s.all, arm{key: key, name: fmt.Sprintf("Variant %d", i+1), rate: rate})
	}
	return s
}

func (s *simulation) arms() []arm { return s.all }

// outcome follows from the seed and the visitor alone: whoever would convert at 5 % converts at 6 % too.
func (s *simulation) outcome(visitor int64, index int) (bool, bool) {
	draw := rand.New(rand.NewPCG(s.seed, uint64(visitor))).Float64()
	return draw < s.all[index].rate, true
}

func (s *simulation) describe() (string, string) { return "simulated visitors", "TRUE RATE" }
