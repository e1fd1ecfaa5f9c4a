// Package ofrep is OpenFeature's remote evaluation protocol (OFREP 0.3): experiments are flags, and their variants' payloads
// are the flags' values. Its endpoints are public ones that show an API key; the key goes on to the assignment service, which
// alone knows what it opens.
package ofrep

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"

	"google.golang.org/grpc/status"

	"mab/gateway/api"
	"mab/gateway/problem"
	"mab/gateway/ratelimit"
	mabv1 "mab/gen/go/mab/v1"
)

const (
	flagPath = "/ofrep/v1/evaluate/flags/{key}"
	bulkPath = "/ofrep/v1/evaluate/flags"
	// EventsPath is where this gateway has the stream of changes.
	EventsPath = "/ofrep/v1/events"
)

// Options of the endpoints.
type Options struct {
	// Assignment is asked with the caller's own key, call by call.
	Assignment mabv1.AssignmentServiceClient
	// Limits learn what a bulk evaluation cost.
	Limits *ratelimit.Limits
	// Events tell clients when to evaluate again.
	Events *Events
	// EventsPath is where clients find them, as they see this gateway; "": they are told of none.
	EventsPath string
}

type evaluator struct {
	assignment mabv1.AssignmentServiceClient
	limits     *ratelimit.Limits
	streams    []eventStream
}

// Endpoints returns the protocol's endpoints.
func Endpoints(options Options) []api.Endpoint {
	e := &evaluator{assignment: options.Assignment, limits: options.Limits}
	if options.EventsPath != "" {
		e.streams = []eventStream{{Type: "sse", Endpoint: eventEndpoint{options.EventsPath}}}
	}
	return []api.Endpoint{
		{Method: http.MethodPost, Template: flagPath, Keyed: true, Exposes: true, Failure: failureOfFlag, Handle: e.evaluateFlag},
		{Method: http.MethodPost, Template: bulkPath, Keyed: true, Exposes: true, Failure: failureOfAll, Handle: e.evaluateAll},
		{Method: http.MethodGet, Template: EventsPath, Endless: true, Handle: options.Events.serve},
	}
}

// refuse answers what the assignment service failed with.
func refuse(w http.ResponseWriter, r *http.Request, err error) {
	p := problem.FromStatus(status.Convert(err))
	if p.Code == "EXPERIMENT_NOT_RUNNING" || p.Code == "EXPERIMENT_NOT_FOUND" { // drafts and archived experiments are no flags
		p = flagNotFound()
	}
	problem.Write(w, r, p)
}

// encode returns the value's JSON: the same bytes for the same value.
func encode(value any) []byte {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil { // what came as JSON goes as JSON
		panic(err)
	}
	return bytes.TrimSuffix(body.Bytes(), []byte("\n"))
}

func write(w http.ResponseWriter, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(body) // the client may be gone
}
