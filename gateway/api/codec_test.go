package api

import (
	"errors"
	"io"
	"strings"
	"testing"

	mabv1 "mab/gen/go/mab/v1"
)

func newBatchAssign() *mabv1.BatchAssignRequest { return &mabv1.BatchAssignRequest{} }

func TestTheCodecReadsABodyIntoAFieldOfTheMessage(t *testing.T) {
	var request mabv1.UpdateExperimentRequest
	if err := newCodec().NewDecoder(strings.NewReader(`{"name": "n"}`)).Decode(&request.Experiment); err != nil || request.GetExperiment().GetName() != "n" {
		t.Errorf("got %v, %v", request.GetExperiment(), err)
	}
	if err := newCodec().NewDecoder(strings.NewReader(" \n")).Decode(&request.Experiment); !errors.Is(err, io.EOF) {
		t.Errorf("got %v", err)
	}
	var wrong int
	if err := newCodec().NewDecoder(strings.NewReader(`1`)).Decode(&wrong); err == nil {
		t.Error("a number is no message")
	}
}

func TestRoutesKnowTheirCallers(t *testing.T) {
	table, err := newRouteTable(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		method, pattern string
		want            kind
	}{
		{"POST", "/api/experiments/{experiment=*}/assign", public},
		{"POST", "/api/expose", public},
		{"POST", "/api/auth/login", session},
		{"POST", "/api/auth/refresh", session},
		{"POST", "/api/auth/logout", session},
		{"POST", "/api/auth/setup", session},
		{"GET", "/api/auth/me", private},
		{"GET", "/api/experiments", private},
		{"PATCH", "/api/experiments/{experiment.id=*}", private},
		{"POST", "/api/experiments/{id=*}/variants/{key=*}:disable", private},
	} {
		got := table.find(test.method, test.pattern)
		if _, known := table[test.method+" "+got.template]; !known || got.kind != test.want {
			t.Errorf("%s %s: got %+v", test.method, test.pattern, got)
		}
	}
}
