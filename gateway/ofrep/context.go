package ofrep

import (
	"bytes"
	"encoding/json"
	"net/http"
	"unicode/utf8"

	"mab/gateway/problem"
)

// Codes of OpenFeature's errors.
const (
	codeParseError          = "PARSE_ERROR"
	codeInvalidContext      = "INVALID_CONTEXT"
	codeTargetingKeyMissing = "TARGETING_KEY_MISSING"
	codeFlagNotFound        = "FLAG_NOT_FOUND"
	codeGeneral             = "GENERAL"
)

// targetingKeyBytesMax is what the services take of a user id.
const targetingKeyBytesMax = 256

// targetingKeyOf is the user for whom the body asks. The rest of the context is not looked at.
func targetingKeyOf(body []byte) (string, *problem.Problem) {
	if len(bytes.TrimSpace(body)) == 0 {
		return "", targetingKeyMissing()
	}
	// Maps, because the names of a struct's fields have no case.
	var request, context map[string]json.RawMessage
	if !utf8.Valid(body) || json.Unmarshal(body, &request) != nil || request == nil {
		return "", badContext(codeParseError, "the body must be a JSON object with a context, in UTF-8")
	}
	if isNull(request["context"]) {
		return "", targetingKeyMissing()
	}
	if json.Unmarshal(request["context"], &context) != nil {
		return "", badContext(codeInvalidContext, "context must be an object")
	}
	if isNull(context["targetingKey"]) {
		return "", targetingKeyMissing()
	}
	var key string
	if json.Unmarshal(context["targetingKey"], &key) != nil {
		return "", badContext(codeInvalidContext, "context.targetingKey must be a string")
	}
	switch {
	case key == "":
		return "", targetingKeyMissing()
	case len(key) > targetingKeyBytesMax:
		return "", badContext(codeInvalidContext, "context.targetingKey must be 1 to 256 bytes")
	}
	return key, nil
}

func isNull(value json.RawMessage) bool { return len(value) == 0 || string(value) == "null" }

func targetingKeyMissing() *problem.Problem {
	return badContext(codeTargetingKeyMissing, "context.targetingKey must name the visitor: 1 to 256 bytes")
}

func badContext(code, detail string) *problem.Problem {
	return problem.New(http.StatusBadRequest, code, detail)
}
