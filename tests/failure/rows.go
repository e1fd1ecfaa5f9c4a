package failure

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"mab/tests/harness"
)

// rows are the event tables, as they are in PostgreSQL.
type rows struct {
	assignments map[rowKey]assignmentRow
	exposures   map[rowKey]exposureRow
	conversions map[rowKey]conversionRow
}

// rowKey is a table's: the experiment's key and the user's hash in hexadecimal.
type rowKey struct{ experiment, hash string }

type assignmentRow struct {
	assigned
	erased bool
}

type exposureRow struct {
	variant string
	at      time.Time
	erased  bool
}

type conversionRow struct {
	converted
	value   string // as PostgreSQL prints it; "" is none
	eventID string
	erased  bool
}

// Times come as microseconds, which is all that PostgreSQL has of them.
const (
	assignmentsSQL = `SELECT experiment_id, encode(user_hash, 'hex'), variant_index, version, propensity,
		(extract(epoch FROM assigned_at) * 1000000)::bigint, erased FROM mab.assignments`
	exposuresSQL = `SELECT experiment_id, encode(user_hash, 'hex'), variant_index,
		(extract(epoch FROM exposed_at) * 1000000)::bigint, erased FROM mab.exposures`
	conversionsSQL = `SELECT experiment_id, encode(user_hash, 'hex'), variant_index,
		(extract(epoch FROM converted_at) * 1000000)::bigint, credited, value, event_id, erased FROM mab.conversions`
)

// readRows reads all events of these experiments, past any proxy.
func readRows(t testing.TB, postgres *harness.Postgres, experiments []harness.Experiment) *rows {
	t.Helper()
	names := newNames(experiments)
	r := &rows{map[rowKey]assignmentRow{}, map[rowKey]exposureRow{}, map[rowKey]conversionRow{}}
	for _, column := range postgres.Query(t, assignmentsSQL) {
		r.assignments[names.key(column)] = assignmentRow{
			assigned{names.variant(column), parse(column[3]), parseFloat(column[4]), parseTime(column[5])}, column[6] == "t"}
	}
	for _, column := range postgres.Query(t, exposuresSQL) {
		r.exposures[names.key(column)] = exposureRow{names.variant(column), parseTime(column[3]), column[4] == "t"}
	}
	for _, column := range postgres.Query(t, conversionsSQL) {
		r.conversions[names.key(column)] = conversionRow{
			converted{names.variant(column), parseTime(column[3]), column[4] == "t"}, column[5], column[6], column[7] == "t"}
	}
	return r
}

// names of experiments and variants, by what the tables call them.
type names struct {
	keys     map[string]string
	variants map[string][]string
}

func newNames(experiments []harness.Experiment) names {
	n := names{map[string]string{}, map[string][]string{}}
	for _, experiment := range experiments {
		n.keys[experiment.ID] = experiment.Key
		for _, variant := range experiment.Variants {
			n.variants[experiment.ID] = append(n.variants[experiment.ID], variant.Key)
		}
	}
	return n
}

func (n names) key(column []string) rowKey { return rowKey{n.keys[column[0]], column[1]} }

func (n names) variant(column []string) string {
	index, all := parse(column[2]), n.variants[column[0]]
	if index < 0 || index >= int64(len(all)) {
		return fmt.Sprintf("variant number %d", index)
	}
	return all[index]
}

// What PostgreSQL prints of a number can be read.
func parse(text string) int64 {
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		panic(err)
	}
	return value
}

func parseFloat(text string) float64 {
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		panic(err)
	}
	return value
}

func parseTime(micros string) time.Time { return time.UnixMicro(parse(micros)).UTC() }
