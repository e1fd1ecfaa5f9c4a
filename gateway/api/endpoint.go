package api

import (
	"net/http"
	"slices"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
)

// Endpoint is a public route that no annotation of the contract has. The rules of public routes hold for it.
type Endpoint struct {
	// Method and Template are as an annotation would have them.
	Method, Template string
	// Keyed: the call shows an API key, in Authorization or in X-API-Key. Whether it is good, the service knows.
	Keyed bool
	// Exposes: the call may make a visitor a trial of an experiment.
	Exposes bool
	// Endless: the answer goes on until one of the two leaves. Its template has no parameters.
	Endless bool
	// Failure, where given, is the body of a failure in the endpoint's own protocol; elsewhere it is a problem.
	Failure func(params map[string]string, status int, code, detail string) any
	// Handle answers what the rules let through. The exchange has the body.
	Handle func(w http.ResponseWriter, r *http.Request, params map[string]string)
}

func (e Endpoint) route() route {
	return route{kind: public, template: e.Template, exposes: e.Exposes, keyed: e.Keyed, endless: e.Endless, failure: e.Failure}
}

func handle(mux *runtime.ServeMux, endpoints []Endpoint) error {
	for _, endpoint := range endpoints {
		if err := mux.HandlePath(endpoint.Method, endpoint.Template, endpoint.Handle); err != nil {
			return err
		}
	}
	return nil
}

// isEndless says whether the path is that of an endless answer.
func isEndless(endpoints []Endpoint, path string) bool {
	return slices.ContainsFunc(endpoints, func(e Endpoint) bool { return e.Endless && e.Template == path })
}
