package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

const generated = `{
  "swagger": "2.0", "info": {"title": "generated"}, "tags": [{"name": "X"}],
  "paths": {
    "/api/experiments/{id}": {"get": {"tags": ["ExperimentService"], "responses": {"200": {"description": "", "schema": {"$ref": "#/definitions/Experiment"}}}}},
    "/api/experiments/{experiment.id}": {"patch": {"tags": ["ExperimentService"], "responses": {"200": {}}, "parameters": [{"name": "experiment.id", "in": "path"}]}},
    "/api/assign": {"post": {"tags": ["AssignmentService"], "responses": {"200": {}}}},
    "/api/auth/login": {"post": {"tags": ["AccountService"], "responses": {"200": {}}}},
    "/api/auth/me": {"get": {"tags": ["AccountService"], "responses": {"200": {}}}}
  },
  "definitions": {"Experiment": {"properties": {"state": {"$ref": "#/definitions/State"}}}, "State": {}, "GetExperimentResponse": {}}
}`

func TestTheDocumentIsFinished(t *testing.T) {
	var out bytes.Buffer
	if err := run(strings.NewReader(generated), &out); err != nil {
		t.Fatal(err)
	}
	var document object
	if err := json.Unmarshal(out.Bytes(), &document); err != nil {
		t.Fatal(err)
	}
	paths, definitions := document["paths"].(object), document["definitions"].(object)
	experiment := paths["/api/experiments/{id}"].(object)
	patch, patched := experiment["patch"].(object)
	if !patched || experiment["get"] == nil || patch["parameters"].([]any)[0].(object)["name"] != "id" || paths["/api/experiments/{experiment.id}"] != nil {
		t.Errorf("the paths of one experiment are not one: %v", paths)
	}
	for path, secured := range map[string]bool{"/api/assign": false, "/api/auth/login": false, "/api/auth/me": true, "/api/experiments/{id}": true, "/health": false,
		"/ofrep/v1/evaluate/flags": true, "/ofrep/v1/evaluate/flags/{key}": true, "/ofrep/v1/events": false} {
		if len(paths[path].(object)) == 0 {
			t.Errorf("%s is not there", path)
		}
		for method, operation := range paths[path].(object) {
			if got := operation.(object)["security"] != nil; got != secured {
				t.Errorf("%s %s: secured %v", method, path, got)
			}
			if hasDefault := operation.(object)["responses"].(object)["default"] != nil; hasDefault != (strings.HasPrefix(path, "/api/") || strings.HasPrefix(path, "/ofrep/v1/evaluate")) {
				t.Errorf("%s %s: default response %v", method, path, hasDefault)
			}
		}
	}
	for name, want := range map[string]bool{"Experiment": true, "State": true, "Problem": true, "ProblemField": true, "Health": true, "GetExperimentResponse": false} {
		if _, got := definitions[name]; got != want {
			t.Errorf("definition %s: %v", name, got)
		}
	}
	if document["info"].(object)["title"] != "MAB System API" || document["swagger"] != "2.0" {
		t.Errorf("got %v", document["info"])
	}
}

func TestABrokenDocumentIsAnError(t *testing.T) {
	if err := run(strings.NewReader("{"), &bytes.Buffer{}); err == nil {
		t.Error("it was taken")
	}
}
