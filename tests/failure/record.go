package failure

import (
	"fmt"
	"time"

	mabv1 "mab/gen/go/mab/v1"
)

// record is all that was asked and answered of one visitor in one experiment, in one life. Guarded by its visitor's mu.
type record struct {
	assignAttempts, exposeAttempts int
	// claims are the conversions that were asked for, by event id.
	claims map[string]claim

	assigned *assigned
	// drawn counts the answers that said that they had drawn the variant.
	drawn int
	// outside: the visitor is not in the experiment's share of the traffic.
	outside bool

	exposed   bool
	exposedAt time.Time // zero where no answer told it

	converted *converted
	// first is the event id of the call that was told that it put the conversion on record.
	first string
}

// assigned is what an acknowledged assignment said.
type assigned struct {
	variant    string
	version    int64
	propensity float64
	at         time.Time
}

func (a assigned) String() string {
	return fmt.Sprintf("%s at version %d, propensity %v, at %s", a.variant, a.version, a.propensity, a.at.Format(time.RFC3339Nano))
}

// claim is a conversion as its client described it.
type claim struct {
	eventID string
	value   *float64
}

// converted is what an acknowledged conversion said.
type converted struct {
	variant  string
	at       time.Time
	credited bool
}

func (r *record) noteAssignAttempt(expose *bool) {
	r.assignAttempts++
	if expose == nil || *expose {
		r.exposeAttempts++
	}
}

// known is what was acknowledged when a call began.
type known struct{ assigned, exposed bool }

func (r *record) known() known { return known{r.assigned != nil, r.exposed} }

// noteAssigned compares the answer with what is known; an error is a broken promise. expose: the call asked for it.
func (r *record) noteAssigned(answer *mabv1.AssignResponse, expose bool, before known) error {
	if answer.AssignedAt == nil {
		if r.assigned != nil {
			return fmt.Errorf("was assigned %v, and is outside now", *r.assigned)
		}
		r.outside = true
		return nil
	}
	now := assigned{answer.Variant.GetKey(), int64(answer.Version), answer.Propensity, answer.AssignedAt.AsTime()}
	if r.outside {
		return fmt.Errorf("was outside, and is assigned %v now", now)
	}
	if r.assigned != nil && *r.assigned != now {
		return fmt.Errorf("was assigned %v, and now %v", *r.assigned, now)
	}
	r.assigned = &now
	if !answer.Returning {
		r.drawn++
	}
	if r.drawn > 1 {
		return fmt.Errorf("was drawn %d times: %v", r.drawn, now)
	}
	// Of a known user the journal may have no room for an exposure: the answer says that he is not counted.
	if expose && !answer.Counted && !answer.Returning {
		return fmt.Errorf("asked for an exposure and was answered none: %v", now)
	}
	if before.exposed && !answer.Counted {
		return fmt.Errorf("was exposed, and is not any more: %v", now)
	}
	r.exposed = r.exposed || answer.Counted
	return nil
}

func (r *record) noteExposed(counted bool, at time.Time) error {
	if !counted {
		return fmt.Errorf("was not exposed")
	}
	if !r.exposedAt.IsZero() && !r.exposedAt.Equal(at) {
		return fmt.Errorf("was exposed at %v, and now at %v", r.exposedAt, at)
	}
	r.exposed, r.exposedAt = true, at
	return nil
}

func (r *record) noteConverted(answer *mabv1.ConvertResponse, eventID string) error {
	now := converted{answer.Variant.GetKey(), answer.ConvertedAt.AsTime(), answer.Credited}
	if r.converted != nil && *r.converted != now {
		return fmt.Errorf("converted %+v, and now %+v", *r.converted, now)
	}
	if r.assigned != nil && r.assigned.variant != now.variant {
		return fmt.Errorf("converted on %s, and was assigned %v", now.variant, *r.assigned)
	}
	if answer.Recorded == answer.Duplicate {
		return fmt.Errorf("a conversion is recorded %v and a duplicate %v", answer.Recorded, answer.Duplicate)
	}
	if answer.Recorded && r.first != "" {
		return fmt.Errorf("converted twice: %s and %s", r.first, eventID)
	}
	if answer.Recorded {
		r.first = eventID
	}
	r.converted = &now
	return nil
}
