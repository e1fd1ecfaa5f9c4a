package ofrep

import (
	"net/http"

	"mab/gateway/api"
	"mab/gateway/exchange"
	"mab/gateway/problem"
	mabv1 "mab/gen/go/mab/v1"
)

// flagKeyBytesMax is what a key of an experiment has at most: no flag has a longer one.
const flagKeyBytesMax = 64

// evaluateFlag assigns the visitor, and counts him as one who sees what he gets: a server evaluates where it shows.
func (e *evaluator) evaluateFlag(w http.ResponseWriter, r *http.Request, params map[string]string) {
	key := params["key"]
	user, p := targetingKeyOf(exchange.FromContext(r.Context()).Body)
	if p == nil && len(key) > flagKeyBytesMax {
		p = flagNotFound()
	}
	if p != nil {
		problem.Write(w, r, p)
		return
	}
	answer, err := e.assignment.Assign(api.NamingByKey(api.WithCredential(r)), &mabv1.AssignRequest{Experiment: key, UserId: user})
	if err != nil {
		refuse(w, r, err)
		return
	}
	evaluated := flagOf(key, answer)
	evaluated.Metadata.Counted, evaluated.Metadata.Returning = &answer.Counted, &answer.Returning
	w.Header().Set("Cache-Control", "no-store")
	write(w, encode(evaluated))
}
