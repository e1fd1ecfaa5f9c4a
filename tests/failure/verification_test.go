package failure

import (
	"strings"
	"testing"
	"time"
)

// The verification itself is worth nothing if it does not see what is wrong. Each case spoils one thing of a whole ledger
// and its rows.
func TestVerificationSeesEveryBrokenPromise(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(l *ledger, r *rows)
		finds string
	}{
		"nothing":               {func(*ledger, *rows) {}, ""},
		"an assignment is gone": {func(_ *ledger, r *rows) { delete(r.assignments, known1) }, "LOST"},
		"an exposure is gone":   {func(_ *ledger, r *rows) { delete(r.exposures, known1) }, "LOST"},
		"a conversion is gone":  {func(_ *ledger, r *rows) { delete(r.conversions, known1) }, "LOST"},
		"another variant": {func(_ *ledger, r *rows) {
			change(r.assignments, known1, func(row *assignmentRow) { row.variant = "b" })
		}, "CHANGED"},
		"another time": {func(_ *ledger, r *rows) {
			change(r.conversions, known1, func(row *conversionRow) { row.at = row.at.Add(time.Microsecond) })
		}, "CHANGED"},
		"the second conversion's value": {func(_ *ledger, r *rows) {
			change(r.conversions, known1, func(row *conversionRow) { row.value = "2" })
		}, "never asked"},
		"another's event": {func(_ *ledger, r *rows) {
			change(r.conversions, known1, func(row *conversionRow) { row.eventID = "event-9" })
		}, "CHANGED"},
		"a row of nobody": {func(_ *ledger, r *rows) {
			r.assignments[rowKey{"e", hashOf("stranger")}] = assignmentRow{assigned: aVariant}
		}, "of nobody"},
		"an exposure of nobody": {func(_ *ledger, r *rows) {
			r.exposures[rowKey{"e", hashOf("stranger")}] = exposureRow{variant: "a"}
		}, "without its assignment"},
		"a row that nobody asked for": {func(l *ledger, r *rows) {
			v := l.newVisitor()
			r.assignments[rowKey{"e", v.hash}] = assignmentRow{assigned: aVariant}
		}, "nobody asked for"},
		"an erased row is gone": {func(_ *ledger, r *rows) { delete(r.assignments, erased1) }, "LOST"},
		"an erased conversion is gone": {func(_ *ledger, r *rows) {
			delete(r.conversions, erased1)
		}, "LOST"},
		"an erased conversion with its event": {func(_ *ledger, r *rows) {
			change(r.conversions, erased1, func(row *conversionRow) { row.eventID = "event-2" })
		}, "event id"},
		"an erased row too many": {func(_ *ledger, r *rows) {
			r.assignments[rowKey{"e", "02"}] = r.assignments[erased1]
		}, "of at most 0"},
		"not erased": {func(l *ledger, r *rows) {
			key := rowKey{"e", l.visitors[1].hash}
			r.assignments[key] = assignmentRow{assigned: aVariant}
		}, ""}, // asked for in the life before: a call that came late
	} {
		t.Run(name, func(t *testing.T) {
			l, r := wholeLedger()
			test.spoil(l, r)
			verify(l, []string{"e"}, r)
			found := strings.Join(l.found(), "\n")
			if (found != "") != (test.finds != "") || !strings.Contains(found, test.finds) {
				t.Errorf("found %q", found)
			}
		})
	}
}

var (
	aTime    = time.UnixMicro(1_800_000_000_000_000).UTC()
	aVariant = assigned{"a", 7, 0.5, aTime}
	known1   = rowKey{"e", hashOf("visitor-0")}
	erased1  = rowKey{"e", "01"}
)

// wholeLedger has a visitor who converted, and one who did and was erased.
func wholeLedger() (*ledger, *rows) {
	l := &ledger{}
	value := 1.5
	fill := func(v *visitor, event string) {
		v.with(l, "e", func(r *record) error {
			variant := aVariant
			r.assignAttempts, r.exposeAttempts = 1, 1
			r.assigned, r.exposed, r.exposedAt = &variant, true, aTime
			r.claims[event] = claim{event, &value}
			r.converted, r.first = &converted{"a", aTime, true}, event
			return nil
		})
	}
	fill(l.newVisitor(), "event-1")
	erased := l.newVisitor()
	fill(erased, "event-2")
	erased.reborn()
	whole := func(event string, erased bool) (assignmentRow, exposureRow, conversionRow) {
		return assignmentRow{aVariant, erased}, exposureRow{"a", aTime, erased},
			conversionRow{converted{"a", aTime, true}, "1.5", event, erased}
	}
	r := &rows{map[rowKey]assignmentRow{}, map[rowKey]exposureRow{}, map[rowKey]conversionRow{}}
	r.assignments[known1], r.exposures[known1], r.conversions[known1] = whole("event-1", false)
	r.assignments[erased1], r.exposures[erased1], r.conversions[erased1] = whole("", true)
	return l, r
}

func change[Row any](rows map[rowKey]Row, key rowKey, how func(row *Row)) {
	row := rows[key]
	how(&row)
	rows[key] = row
}
