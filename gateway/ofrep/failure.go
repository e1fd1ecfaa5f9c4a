package ofrep

import (
	"net/http"

	"mab/gateway/problem"
)

// failure is a failure as the protocol has it. Of a single flag it bears the flag's key.
type failure struct {
	Key          string `json:"key,omitempty"`
	ErrorCode    string `json:"errorCode"`
	ErrorDetails string `json:"errorDetails"`
}

func failureOfFlag(params map[string]string, status int, code, detail string) any {
	return failure{Key: params["key"], ErrorCode: errorCode(status, code), ErrorDetails: detail}
}

func failureOfAll(_ map[string]string, status int, code, detail string) any {
	return failure{ErrorCode: errorCode(status, code), ErrorDetails: detail}
}

// errorCode is OpenFeature's code of a failure. Another 400 than these is of a body that can't be read.
func errorCode(status int, code string) string {
	switch {
	case code == codeParseError, code == codeInvalidContext, code == codeTargetingKeyMissing:
		return code
	case status == http.StatusBadRequest:
		return codeParseError
	case status == http.StatusNotFound:
		return codeFlagNotFound
	default:
		return codeGeneral
	}
}

func flagNotFound() *problem.Problem {
	return problem.New(http.StatusNotFound, "EXPERIMENT_NOT_FOUND", "there is no such flag: no experiment that was started and is not archived has this key")
}
