package failure

// verification compares the ledger with the rows. What it finds is noted in the ledger.
type verification struct {
	ledger      *ledger
	experiments []string // by key
	rows        *rows
	// owned are the rows of visitors that are known by their hash.
	owned map[rowKey]bool
	// unacknowledged counts rows that nobody was told of, which is allowed: the answer was lost.
	unacknowledged int
}

// verify everybody. The load is over, and PostgreSQL has everything.
func verify(l *ledger, experiments []string, r *rows) *verification {
	v := &verification{ledger: l, experiments: experiments, rows: r, owned: map[rowKey]bool{}}
	erased := newErasedRows(r)
	for _, one := range l.everybody() {
		for _, experiment := range experiments {
			v.present(one, experiment)
			erased.claim(l, one, experiment)
		}
	}
	erased.report(l)
	for key, row := range r.assignments {
		if !row.erased && !v.owned[key] {
			l.find("an assignment of nobody: %v %v", key, row)
		}
	}
	v.belong()
	return v
}

// present compares a visitor's last life with the rows under his hash.
func (v *verification) present(who *visitor, experiment string) {
	key := rowKey{experiment, who.hash}
	v.owned[key] = true
	r := who.lives[len(who.lives)-1].records[experiment]
	if r == nil {
		r = &record{}
	}
	v.assignment(who, key, r)
	v.exposure(who, key, r)
	v.conversion(who, key, r)
}

func (v *verification) assignment(who *visitor, key rowKey, r *record) {
	row, there := v.rows.assignments[key]
	switch {
	case r.assigned != nil && !there:
		v.ledger.find("LOST: %s was assigned %v in %s, and has no row", who.id, *r.assigned, key.experiment)
	case r.assigned != nil && (row.assigned != *r.assigned || row.erased):
		v.ledger.find("CHANGED: %s was assigned %v in %s, and the row has %+v", who.id, *r.assigned, key.experiment, row)
	case r.assigned == nil && there:
		v.unasked(who, key, "assignment", func(r *record) bool { return r.assignAttempts > 0 && !r.outside })
	}
}

func (v *verification) exposure(who *visitor, key rowKey, r *record) {
	row, there := v.rows.exposures[key]
	switch {
	case r.exposed && !there:
		v.ledger.find("LOST: %s was exposed in %s, and has no row", who.id, key.experiment)
	case r.exposed && r.assigned != nil && (row.variant != r.assigned.variant || row.at.Before(r.assigned.at)):
		v.ledger.find("CHANGED: %s was assigned %v in %s, and the exposure has %+v", who.id, *r.assigned, key.experiment, row)
	case !r.exposedAt.IsZero() && !row.at.Equal(r.exposedAt):
		v.ledger.find("CHANGED: %s was exposed at %v in %s, and the row has %+v", who.id, r.exposedAt, key.experiment, row)
	case !r.exposed && there:
		v.unasked(who, key, "exposure", func(r *record) bool { return r.exposeAttempts > 0 })
	}
}

func (v *verification) conversion(who *visitor, key rowKey, r *record) {
	row, there := v.rows.conversions[key]
	switch {
	case r.converted != nil && !there:
		v.ledger.find("LOST: %s converted %+v in %s, and has no row", who.id, *r.converted, key.experiment)
	case r.converted != nil && row.converted != *r.converted:
		v.ledger.find("CHANGED: %s converted %+v in %s, and the row has %+v", who.id, *r.converted, key.experiment, row)
	case r.first != "" && row.eventID != r.first:
		v.ledger.find("CHANGED: %s converted in %s by %s, and the row has %+v", who.id, key.experiment, r.first, row)
	case r.converted == nil && there:
		v.unasked(who, key, "conversion", func(r *record) bool { return len(r.claims) > 0 })
	}
	if there && !v.claimed(who, key.experiment, row) {
		v.ledger.find("%s never asked in %s for the conversion %+v", who.id, key.experiment, row)
	}
}

// unasked: a row that nobody was told of must have been asked for, now or by a call of an earlier life that came late.
func (v *verification) unasked(who *visitor, key rowKey, what string, asked func(r *record) bool) {
	v.unacknowledged++
	for _, one := range who.lives {
		if r := one.records[key.experiment]; r != nil && asked(r) {
			return
		}
	}
	v.ledger.find("%s has an %s in %s that nobody asked for", who.id, what, key.experiment)
}

// claimed says whether the visitor asked for this conversion, with this value.
func (v *verification) claimed(who *visitor, experiment string, row conversionRow) bool {
	for _, one := range who.lives {
		r := one.records[experiment]
		if r == nil {
			continue
		}
		if what, there := r.claims[row.eventID]; there {
			return hasValue(what, row.value)
		}
	}
	return false
}

// hasValue says whether PostgreSQL has the value that was claimed.
func hasValue(what claim, column string) bool {
	if what.value == nil || column == "" {
		return what.value == nil && column == ""
	}
	return parseFloat(column) == *what.value
}

// belong: exposures and conversions belong to the assignment of the same user, known or erased.
func (v *verification) belong() {
	for key, row := range v.rows.exposures {
		if its, there := v.rows.assignments[key]; !there || its.variant != row.variant || its.erased != row.erased {
			v.ledger.find("an exposure without its assignment: %v %+v %+v", key, row, its)
		}
	}
	for key, row := range v.rows.conversions {
		if its, there := v.rows.assignments[key]; !there || its.variant != row.variant || its.erased != row.erased {
			v.ledger.find("a conversion without its assignment: %v %+v %+v", key, row, its)
		}
		if _, exposed := v.rows.exposures[key]; row.credited && !exposed {
			v.ledger.find("a credited conversion without exposure: %v %+v", key, row)
		}
	}
}
