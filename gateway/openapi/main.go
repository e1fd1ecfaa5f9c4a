// Command openapi finishes the OpenAPI document that protoc-gen-openapiv2 made of the contract: it adds what the contract
// does not say (extra.json: errors, security, /health) and what the gateway does to every operation. It reads the document
// from standard input and writes it to standard output. Used by gateway/generate.sh.
package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"strings"
)

//go:embed extra.json
var extra []byte

type object = map[string]any

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "openapi:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	var document, added object
	if err := json.NewDecoder(in).Decode(&document); err != nil {
		return fmt.Errorf("the generated document: %w", err)
	}
	if err := json.Unmarshal(extra, &added); err != nil {
		return fmt.Errorf("extra.json: %w", err)
	}
	finish(document, added)
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(document)
}

func finish(document, added object) {
	merge(document, added)
	paths := document["paths"].(object)
	joinPaths(paths)
	for path, item := range paths {
		for _, operation := range item.(object) {
			finishOperation(path, operation.(object))
		}
	}
	dropUnused(document)
}

// merge puts what is in from into into; objects that both have are merged.
func merge(into, from object) {
	for name, value := range from {
		old, oldIsObject := into[name].(object)
		added, newIsObject := value.(object)
		if oldIsObject && newIsObject {
			merge(old, added)
		} else {
			into[name] = value
		}
	}
}

// joinPaths undoes that the generator names a path after the message's field: {experiment.id} is the {id} of the others.
func joinPaths(paths object) {
	for path, item := range maps.Clone(paths) {
		joined := strings.ReplaceAll(path, "{experiment.id}", "{id}")
		if joined == path {
			continue
		}
		for _, operation := range item.(object) {
			for _, parameter := range list(operation.(object)["parameters"]) {
				if parameter.(object)["name"] == "experiment.id" {
					parameter.(object)["name"] = "id"
				}
			}
		}
		delete(paths, path)
		merge(paths, object{joined: item})
	}
}

// isPublic says which operations need no token.
func isPublic(path string, operation object) bool {
	tag := list(operation["tags"])[0]
	return tag == "AssignmentService" || tag == "Operations" || path == "/ofrep/v1/events" || strings.HasPrefix(path, "/api/auth/") && path != "/api/auth/me" && path != "/api/auth/password:change"
}

func finishOperation(path string, operation object) {
	responses := operation["responses"].(object)
	if ok, exists := responses["200"].(object); exists && (ok["description"] == "" || ok["description"] == "A successful response.") {
		ok["description"] = "OK"
	}
	if strings.HasPrefix(path, "/api/") {
		responses["default"] = object{"description": "Any failure.", "schema": object{"$ref": "#/definitions/Problem"}}
	}
	if !isPublic(path, operation) {
		operation["security"] = []any{object{"token": []any{}}}
	}
	if list(operation["tags"])[0] == "AssignmentService" {
		operation["consumes"] = []any{"application/json", "text/plain"}
	}
}

// dropUnused takes away definitions that nothing refers to, such as responses of which only one field is the body.
func dropUnused(document object) {
	definitions := document["definitions"].(object)
	used := map[string]bool{}
	var visit func(value any)
	visit = func(value any) {
		switch v := value.(type) {
		case object:
			if name, ok := v["$ref"].(string); ok {
				name = strings.TrimPrefix(name, "#/definitions/")
				if !used[name] {
					used[name] = true
					visit(definitions[name])
				}
			}
			for _, child := range v {
				visit(child)
			}
		case []any:
			for _, child := range v {
				visit(child)
			}
		}
	}
	visit(document["paths"])
	maps.DeleteFunc(definitions, func(name string, _ any) bool { return !used[name] })
}

// list is the array, or an empty one where there is none.
func list(value any) []any {
	array, _ := value.([]any)
	return array
}
