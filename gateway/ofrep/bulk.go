package ofrep

import (
	"net/http"
	"slices"
	"strings"

	"mab/gateway/api"
	"mab/gateway/exchange"
	"mab/gateway/problem"
	"mab/gateway/ratelimit"
	mabv1 "mab/gen/go/mab/v1"
)

// bulk is the evaluation of every flag.
type bulk struct {
	// Flags has each a flag or a failure, in the order of their keys.
	Flags        []any         `json:"flags"`
	EventStreams []eventStream `json:"eventStreams,omitempty"`
	// Metadata says where flags are missing.
	Metadata *bulkMetadata `json:"metadata,omitempty"`
}

type bulkMetadata struct {
	// Omitted is how many experiments there are beyond those that a bulk evaluation has.
	Omitted uint32 `json:"omitted"`
}

// eventStream is where a client learns that it should evaluate again.
type eventStream struct {
	Type     string        `json:"type"`
	Endpoint eventEndpoint `json:"endpoint"`
}

// eventEndpoint is below the origin by which the client reaches this gateway.
type eventEndpoint struct {
	RequestURI string `json:"requestUri"`
}

// evaluateAll assigns the visitor in every experiment that is served to him. Whether that counts, his API key says.
func (e *evaluator) evaluateAll(w http.ResponseWriter, r *http.Request, _ map[string]string) {
	x := exchange.FromContext(r.Context())
	user, p := targetingKeyOf(x.Body)
	if p != nil {
		problem.Write(w, r, p)
		return
	}
	answer, err := e.assignment.AssignAll(api.WithCredential(r), &mabv1.AssignAllRequest{UserId: user})
	if err != nil {
		refuse(w, r, err)
		return
	}
	e.limits.NoteBulk(r.Context(), ratelimit.Address, x.ClientAddress, len(answer.GetAssignments())+len(answer.GetErrors()))
	if len(answer.GetAssignments()) == 0 && len(answer.GetErrors()) > 0 {
		problem.Write(w, r, problem.New(http.StatusServiceUnavailable, answer.GetErrors()[0].GetCode(), "no flag could be evaluated; try again"))
		return
	}
	body := encode(e.bulkOf(answer))
	h := w.Header()
	h.Set("ETag", etagOf(body))
	h.Set("Cache-Control", "private, no-cache")
	if matches(r.Header.Values("If-None-Match"), h.Get("ETag")) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	write(w, body)
}

func (e *evaluator) bulkOf(answer *mabv1.AssignAllResponse) bulk {
	all := bulk{Flags: flagsOf(answer), EventStreams: e.streams}
	if n := answer.GetOmitted(); n > 0 {
		all.Metadata = &bulkMetadata{n}
	}
	return all
}

// flagsOf puts the flags and the failures in one order.
func flagsOf(answer *mabv1.AssignAllResponse) []any {
	type keyed struct {
		key   string
		entry any
	}
	var entries []keyed
	for _, one := range answer.GetAssignments() {
		entries = append(entries, keyed{one.GetExperimentKey(), flagOf(one.GetExperimentKey(), one)})
	}
	for _, one := range answer.GetErrors() {
		key := one.GetExperimentKey()
		entries = append(entries, keyed{key, failure{key, codeGeneral, "the experiment could not be answered: " + one.GetCode()}})
	}
	slices.SortStableFunc(entries, func(a, b keyed) int { return strings.Compare(a.key, b.key) })
	flags := make([]any, len(entries))
	for i, one := range entries {
		flags[i] = one.entry
	}
	return flags
}
