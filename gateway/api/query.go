package api

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"unicode/utf8"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/grpc-ecosystem/grpc-gateway/v2/utilities"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"mab/gateway/problem"
)

// queryParser reads query parameters as strictly as codec reads bodies: unknown names are refused, and
// repeats where there is no list; the error names the parameter. badRequest turns its errors into problems.
type queryParser struct {
	runtime.DefaultQueryParser
}

// Parse implements runtime.QueryParameterParser.
func (p *queryParser) Parse(message proto.Message, values url.Values, filter *utilities.DoubleArray) error {
	fields := message.ProtoReflect().Descriptor().Fields()
	for _, name := range slices.Sorted(maps.Keys(values)) {
		field := fields.ByName(protoreflect.Name(name))
		if field == nil || filter.HasCommonPrefix([]string{name}) {
			return queryError(name, "is not a known parameter")
		}
		if slices.ContainsFunc(values[name], func(value string) bool { return !utf8.ValidString(value) }) {
			return queryError(name, "is not valid UTF-8")
		}
		if len(values[name]) > 1 && !field.IsList() {
			return queryError(name, "is given twice")
		}
		if err := p.DefaultQueryParser.Parse(message, url.Values{name: values[name]}, filter); err != nil {
			description, ok := explainValue(field.Kind().String(), values.Get(name))
			switch {
			case field.Message() != nil && field.Message().FullName() == "google.protobuf.Timestamp":
				description = "must be a time in RFC 3339, as 2026-11-23T10:00:00Z"
			case !ok:
				description = "has the wrong form"
			}
			return queryError(name, description)
		}
	}
	return nil
}

// refuseQuery answers requests that have query parameters where there are none to be had.
func refuseQuery() runtime.Middleware {
	return func(next runtime.HandlerFunc) runtime.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request, params map[string]string) {
			if !routeOf(r).noQuery || r.URL.RawQuery == "" {
				next(w, r, params)
				return
			}
			values, err := url.ParseQuery(r.URL.RawQuery)
			if err != nil {
				problem.Write(w, r, malformed("the query is malformed"))
				return
			}
			for _, name := range slices.Sorted(maps.Keys(values)) {
				problem.Write(w, r, badField(name, "is not a known parameter"))
				return
			}
			next(w, r, params) // "?&"
		}
	}
}

func queryError(name, description string) error {
	return fmt.Errorf("query parameter %q %s", name, description)
}
