package failure

// erasedRows are the assignments whose visitors were erased. Nothing in them says whose they were, so they are compared
// by what they have.
type erasedRows struct {
	// left are the rows that no erased life has claimed yet.
	left map[erasedKey][]string // to the random hashes
	rows *rows
	// maybe counts by experiment the erased lives that may have left a row that nobody was told of.
	maybe map[string]int
}

type erasedKey struct {
	experiment string
	assigned   assigned
}

func newErasedRows(r *rows) *erasedRows {
	e := &erasedRows{left: map[erasedKey][]string{}, rows: r, maybe: map[string]int{}}
	for key, row := range r.assignments {
		if row.erased {
			at := erasedKey{key.experiment, row.assigned}
			e.left[at] = append(e.left[at], key.hash)
		}
	}
	return e
}

// claim the rows of a visitor's erased lives.
func (e *erasedRows) claim(l *ledger, who *visitor, experiment string) {
	attempted := false
	for _, one := range who.lives[:len(who.lives)-1] {
		r := one.records[experiment]
		attempted = attempted || r != nil && r.assignAttempts > 0
		if r == nil || r.assigned == nil {
			if attempted {
				e.maybe[experiment]++
			}
			continue
		}
		e.claimOne(l, who, erasedKey{experiment, *r.assigned}, r)
	}
}

// claimOne takes the row that fits the life. Two visitors may have been assigned the same at the same microsecond, so the
// row with the life's conversion comes first.
func (e *erasedRows) claimOne(l *ledger, who *visitor, at erasedKey, r *record) {
	for i, hash := range e.left[at] {
		if !e.fits(rowKey{at.experiment, hash}, r) {
			continue
		}
		e.left[at] = append(e.left[at][:i:i], e.left[at][i+1:]...)
		return
	}
	l.find("LOST: %s was assigned %v in %s, converted %+v, and was erased: of %d rows with that assignment, none has the rest",
		who.id, at.assigned, at.experiment, r.converted, len(e.left[at]))
}

// fits says whether the rows under that random hash are those of this life.
func (e *erasedRows) fits(key rowKey, r *record) bool {
	exposure, exposed := e.rows.exposures[key]
	if r.exposed && !exposed || !r.exposedAt.IsZero() && !exposure.at.Equal(r.exposedAt) {
		return false
	}
	conversion, there := e.rows.conversions[key]
	if r.converted == nil {
		return !there || len(r.claims) > 0
	}
	return there && conversion.converted == *r.converted && (r.first == "" || hasValue(r.claims[r.first], conversion.value))
}

// report event ids that are left, which may name the visitor, and rows that are left: as many as there were lives that may have left one.
func (e *erasedRows) report(l *ledger) {
	extra := map[string]int{}
	for at, hashes := range e.left {
		extra[at.experiment] += len(hashes)
	}
	for key, row := range e.rows.conversions {
		if row.erased && row.eventID != "" {
			l.find("an erased conversion has an event id: %v %+v", key, row)
		}
	}
	for experiment, n := range extra {
		if n > e.maybe[experiment] {
			l.find("%d erased assignments in %s that nobody was told of, of at most %d", n, experiment, e.maybe[experiment])
		}
	}
}
