package failure

import (
	"context"
	"fmt"
	"time"

	mabv1 "mab/gen/go/mab/v1"
)

// answerLimit is far beyond what any call may take: the gateway gives up after two seconds.
const answerLimit = 30 * time.Second

// The calls of a visitor. Each notes first that it is being tried, and then what was answered. It returns true unless
// it was refused, or false where it may be tried again.

func (l *load) assign(v *visitor, via service, experiment string, expose *bool) bool {
	before := l.before(v, experiment, func(r *record) { r.noteAssignAttempt(expose) })
	ctx, cancel := context.WithTimeout(context.Background(), answerLimit)
	defer cancel()
	answer, err := via.Assign(ctx, &mabv1.AssignRequest{Experiment: experiment, UserId: v.id, Expose: expose})
	if err != nil {
		return l.settle(v, experiment, "assign", err, known{assigned: true})
	}
	l.noteAssigned(v, experiment, answer, expose, before)
	return true
}

func (l *load) expose(v *visitor, via service, experiment string) bool {
	before := l.before(v, experiment, func(r *record) { r.exposeAttempts++ })
	ctx, cancel := context.WithTimeout(context.Background(), answerLimit)
	defer cancel()
	answer, err := via.Expose(ctx, &mabv1.ExposeRequest{Experiment: experiment, UserId: v.id})
	if err != nil {
		return l.settle(v, experiment, "expose", err, before)
	}
	v.with(l.ledger, experiment, func(r *record) error { return r.noteExposed(answer.Counted, answer.ExposedAt.AsTime()) })
	l.ledger.exposes.Add(1)
	l.ledger.acknowledged.Add(1)
	return true
}

func (l *load) convert(v *visitor, via service, experiment string, what claim) bool {
	before := l.before(v, experiment, func(r *record) { r.claims[what.eventID] = what })
	ctx, cancel := context.WithTimeout(context.Background(), answerLimit)
	defer cancel()
	answer, err := via.Convert(ctx, &mabv1.ConvertRequest{Experiment: experiment, UserId: v.id, Value: what.value, EventId: what.eventID})
	if err != nil {
		return l.settle(v, experiment, "convert", err, before)
	}
	v.with(l.ledger, experiment, func(r *record) error { return r.noteConverted(answer, what.eventID) })
	if answer.Duplicate {
		l.ledger.duplicates.Add(1)
	}
	l.ledger.converts.Add(1)
	l.ledger.acknowledged.Add(1)
	return true
}

func (l *load) batchAssign(v *visitor, via service, expose *bool) bool {
	befores := map[string]known{}
	for _, experiment := range l.experiments {
		befores[experiment] = l.before(v, experiment, func(r *record) { r.noteAssignAttempt(expose) })
	}
	ctx, cancel := context.WithTimeout(context.Background(), answerLimit)
	defer cancel()
	answer, err := via.BatchAssign(ctx, &mabv1.BatchAssignRequest{Experiments: l.experiments, UserId: v.id, Expose: expose})
	if err != nil {
		return l.settle(v, "all", "batch assign", err, known{assigned: true})
	}
	for _, one := range answer.Assignments {
		l.noteAssigned(v, one.ExperimentKey, one, expose, befores[one.ExperimentKey])
	}
	done := len(answer.Errors) == 0
	for _, failed := range answer.Errors {
		l.settleEntry(v, failed, "batch assign", known{assigned: true})
	}
	if len(answer.Assignments)+len(answer.Errors) != len(l.experiments) {
		l.ledger.find("%s: a batch of %d was answered with %v", v.id, len(l.experiments), answer)
	}
	return done
}

func (l *load) batchExpose(v *visitor, via service) bool {
	befores := map[string]known{}
	for _, experiment := range l.experiments {
		befores[experiment] = l.before(v, experiment, func(r *record) { r.exposeAttempts++ })
	}
	ctx, cancel := context.WithTimeout(context.Background(), answerLimit)
	defer cancel()
	answer, err := via.BatchExpose(ctx, &mabv1.BatchExposeRequest{Experiments: l.experiments, UserId: v.id})
	if err != nil {
		return l.settle(v, "all", "batch expose", err, known{assigned: true})
	}
	for _, one := range answer.Exposures {
		v.with(l.ledger, one.ExperimentKey, func(r *record) error { return r.noteExposed(one.Counted, one.ExposedAt.AsTime()) })
		l.ledger.exposes.Add(1)
		l.ledger.acknowledged.Add(1)
	}
	done := true
	for _, failed := range answer.Errors {
		done = l.settleEntry(v, failed, "batch expose", befores[failed.ExperimentKey]) && done
	}
	return done
}

// before notes an attempt, and returns what is known at that moment.
func (l *load) before(v *visitor, experiment string, attempt func(r *record)) known {
	var before known
	v.with(l.ledger, experiment, func(r *record) error {
		before = r.known()
		attempt(r)
		return nil
	})
	return before
}

func (l *load) noteAssigned(v *visitor, experiment string, answer *mabv1.AssignResponse, expose *bool, before known) {
	v.with(l.ledger, experiment, func(r *record) error {
		return r.noteAssigned(answer, expose == nil || *expose, before)
	})
	l.ledger.assigns.Add(1)
	l.ledger.acknowledged.Add(1)
}

// settle an error: true where it is the final answer, which it may only be for a visitor who had no assignment when the
// call began.
func (l *load) settle(v *visitor, experiment, call string, err error, before known) bool {
	return l.settleVerdict(judge(err), before, fmt.Sprintf("%s of %s in %s: %v", call, v.id, experiment, err))
}

func (l *load) settleEntry(v *visitor, failed *mabv1.BatchError, call string, before known) bool {
	return l.settleVerdict(judgeReason(failed.Code), before, fmt.Sprintf("%s of %s: %v", call, v.id, failed))
}

func (l *load) settleVerdict(is verdict, before known, what string) bool {
	switch {
	case is == refusal:
		l.ledger.refused.Add(1)
		return false
	case is == unassigned && !before.assigned:
		return true
	default:
		l.ledger.find("%s", what)
		return true
	}
}
