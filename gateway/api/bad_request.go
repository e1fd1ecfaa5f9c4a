package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"mab/gateway/problem"
)

// maxFieldName is how much of a field's name a problem repeats, in bytes.
const maxFieldName = 200

var (
	// What protojson says, for example: (line 1:13): invalid value for string field userId: 12. The words before the
	// position change from build to build; these do not, and a test holds them.
	jsonErrorPattern  = regexp.MustCompile(`\(line (\d+):(\d+)\): (.*)$`)
	wrongValuePattern = regexp.MustCompile(`^invalid value for (\w+) (?:field|key)(?: \S+: (.*))?`)
	queryErrorPattern = regexp.MustCompile(`(?s)^query parameter ("(?:[^"\\]|\\.)*") (.*)$`)
)

// wrongValue says what a field of each kind takes.
var wrongValue = map[string]string{
	"string": "must be a string",
	"bool":   "must be true or false",
	"double": "must be a number",
	"uint32": "must be a whole number, 0 or more",
	"enum":   "is not one of the known values",
}

// explainValue says what a field of this kind takes, of a value that it could not take. The services know the limits of
// each field; a number that is whole and does not fit the field's bits is above all of them.
func explainValue(kind, value string) (string, bool) {
	description, known := wrongValue[kind]
	if kind == "uint32" {
		number, _ := strconv.ParseFloat(strings.Trim(value, `"`), 64)
		if number > math.MaxUint32 && number == math.Trunc(number) {
			return "is too large", true
		}
	}
	return description, known
}

// badRequest explains why a request could not be decoded. message is what the decoder said about body, or what
// queryError said about the address.
func badRequest(body []byte, message string) *problem.Problem {
	if m := queryErrorPattern.FindStringSubmatch(message); m != nil {
		if name, err := strconv.Unquote(m[1]); err == nil {
			return badField(name, m[2])
		}
	}
	if m := jsonErrorPattern.FindStringSubmatch(message); m != nil {
		line, _ := strconv.Atoi(m[1])
		column, _ := strconv.Atoi(m[2])
		return badJSON(body, line, column, m[3])
	}
	if !json.Valid(body) {
		return malformed("the body is not valid JSON: it ends too early")
	}
	return malformed("the request is malformed")
}

func badJSON(body []byte, line, column int, reason string) *problem.Problem {
	path := jsonPath(body, offsetOf(body, line, column))
	if m := wrongValuePattern.FindStringSubmatch(reason); m != nil {
		if description, ok := explainValue(m[1], m[2]); ok {
			return badField(path, description)
		}
		return badField(path, "has the wrong type")
	}
	switch {
	case strings.Contains(reason, "invalid UTF-8"):
		return badField(path, "is not valid UTF-8")
	case strings.HasPrefix(reason, "unknown field"):
		return badField(path, "is not a known field")
	case strings.HasPrefix(reason, "duplicate"):
		return badField(path, "is given twice")
	case !json.Valid(body):
		p := malformed(fmt.Sprintf("the body is not valid JSON: line %d, column %d", line, column))
		if path != "" {
			p.Errors = []problem.Field{{Name: shorten(path), Description: "is not valid JSON"}}
		}
		return p
	case path == "":
		return malformed("the body must be a JSON object")
	default:
		return badField(path, "has the wrong type")
	}
}

func badField(name, description string) *problem.Problem {
	return problem.InvalidFields(problem.Field{Name: shorten(name), Description: description})
}

func malformed(detail string) *problem.Problem {
	return problem.New(http.StatusBadRequest, problem.CodeInvalidArgument, detail)
}

// shorten returns at most maxFieldName bytes of the name. What is not UTF-8, which an address may have, is replaced.
func shorten(name string) string {
	name = strings.ToValidUTF8(name, "\uFFFD")
	if len(name) <= maxFieldName {
		return name
	}
	end := maxFieldName
	for !utf8.RuneStart(name[end]) {
		end--
	}
	return name[:end] + "…"
}

// offsetOf turns a line and a column, both counted from 1 and the column in characters, into an offset in bytes.
func offsetOf(text []byte, line, column int) int {
	offset := 0
	for ; line > 1; line-- {
		next := bytes.IndexByte(text[offset:], '\n')
		if next < 0 {
			return len(text)
		}
		offset += next + 1
	}
	for ; column > 1 && offset < len(text); column-- {
		_, size := utf8.DecodeRune(text[offset:])
		offset += size
	}
	return offset
}
