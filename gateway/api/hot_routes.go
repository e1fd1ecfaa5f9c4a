package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"mab/gateway/exchange"
	mabv1 "mab/gen/go/mab/v1"
)

const (
	experimentsPrefix = "/api/experiments/"
	batchAssignPath   = "/api/assign"
	assignTemplate    = "/api/experiments/{experiment}/assign"
	convertTemplate   = "/api/experiments/{experiment}/convert"
	experimentParam   = "experiment"
	// plainNameBytesMax is what an experiment's key has at most; its id is shorter.
	plainNameBytesMax = 64
)

// hotRoutes answers the endpoints for which every page view waits (assign, assign of several, convert) as grpc-gateway's generated
// handlers would, under the same rules, without what those do for any message and any route: looking at each pattern in turn,
// metadata that the streams don't carry, reflection. Whatever is not plain goes to the generated handlers.
type hotRoutes struct {
	generated http.Handler
	routes    map[string]hotRoute // by template
}

type hotRoute struct {
	matched route
	serve   runtime.HandlerFunc
}

// newHotRoutes puts the rules around the hot endpoints, as the mux does around its own; the first rule, match, is theirs already.
func newHotRoutes(generated http.Handler, table routeTable, assignment mabv1.AssignmentServiceClient, rules []runtime.Middleware,
	fail runtime.ErrorHandlerFunc) *hotRoutes {
	h := &hotRoutes{generated: generated, routes: map[string]hotRoute{}}
	add := func(template string, serve runtime.HandlerFunc) {
		for i := len(rules) - 1; i >= 0; i-- {
			serve = rules[i](serve)
		}
		h.routes[template] = hotRoute{matched: table[http.MethodPost+" "+template], serve: serve}
	}
	add(assignTemplate, answer(assignment.Assign, nameOfAssign, fail))
	add(convertTemplate, answer(assignment.Convert, nameOfConvert, fail))
	add(batchAssignPath, answer(assignment.BatchAssign, nil, fail))
	return h
}

func (h *hotRoutes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if template, params := hotTemplate(r); template != "" {
		hot := h.routes[template]
		exchange.FromContext(r.Context()).Route = hot.matched.template
		hot.serve(w, r.WithContext(context.WithValue(r.Context(), routeKey{}, hot.matched)), params)
		return
	}
	h.generated.ServeHTTP(w, r)
}

// hotTemplate says which hot endpoint the request is for; "" where it is for none, or its path is not plain.
func hotTemplate(r *http.Request) (template string, params map[string]string) {
	path := r.URL.Path
	if r.Method != http.MethodPost || r.URL.RawPath != "" {
		return "", nil
	}
	if path == batchAssignPath {
		return batchAssignPath, nil
	}
	rest, found := strings.CutPrefix(path, experimentsPrefix)
	if !found {
		return "", nil
	}
	name, verb, _ := strings.Cut(rest, "/")
	if !isPlainName(name) {
		return "", nil
	}
	switch verb {
	case "assign":
		template = assignTemplate
	case "convert":
		template = convertTemplate
	default:
		return "", nil
	}
	return template, map[string]string{experimentParam: name}
}

// isPlainName says whether the name is as an experiment's key or id: nothing that could mean something in a path.
func isPlainName(name string) bool {
	for i := range len(name) {
		c := name[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return name != "" && len(name) <= plainNameBytesMax
}

func nameOfAssign(request *mabv1.AssignRequest, name string)   { request.Experiment = name }
func nameOfConvert(request *mabv1.ConvertRequest, name string) { request.Experiment = name }

// answer decodes the body, calls, and encodes. name, where given, puts the path's experiment into the request.
func answer[Request, Response any, RequestPtr interface {
	*Request
	proto.Message
}, ResponsePtr interface {
	*Response
	proto.Message
}](call func(context.Context, RequestPtr, ...grpc.CallOption) (ResponsePtr, error), name func(RequestPtr, string),
	fail runtime.ErrorHandlerFunc) runtime.HandlerFunc {
	c := newCodec()
	return func(w http.ResponseWriter, r *http.Request, params map[string]string) {
		ctx := r.Context()
		request := RequestPtr(new(Request))
		if err := c.decodeBody(exchange.FromContext(ctx).Body, request); err != nil {
			fail(ctx, nil, c, w, r, status.Error(codes.InvalidArgument, err.Error()))
			return
		}
		if name != nil {
			name(request, params[experimentParam])
		}
		response, err := call(ctx, request)
		if err != nil {
			fail(ctx, nil, c, w, r, err)
			return
		}
		text, err := c.Marshal(response)
		if err != nil {
			fail(ctx, nil, c, w, r, err)
			return
		}
		header := w.Header()
		header.Set("Content-Type", c.ContentType(response))
		header.Set("Cache-Control", "no-store")
		header.Set("Content-Length", strconv.Itoa(len(text)))
		_, _ = w.Write(text) // who does not read any more left
	}
}
