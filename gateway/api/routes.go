package api

import (
	"fmt"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	mabv1 "mab/gen/go/mab/v1"
)

// kind says what a route's callers are, and so which rules hold for it.
type kind int

const (
	// private routes are for signed-in people and API keys.
	private kind = iota
	// public routes are called by any website's pages.
	public
	// session routes set or read the refresh token's cookie.
	session
)

type route struct {
	kind kind
	// template is the path as the contract writes it: "/api/experiments/{id}:start".
	template string
	// noQuery: the request takes no query parameters, and the generated handler does not look whether it has any.
	noQuery bool
	// exposes: the call may make a visitor a trial of an experiment.
	exposes bool
	// refreshes: the call has no other credential than the session's refresh token.
	refreshes bool
	// keyed, endless and failure are an Endpoint's.
	keyed, endless bool
	failure        func(params map[string]string, status int, code, detail string) any
}

// routeTable has the contract's routes by method and template.
type routeTable map[string]route

// sessionMethods are the RPCs that carry a refresh token one way or the other.
var sessionMethods = map[protoreflect.Name]bool{"Login": true, "RefreshSession": true, "Logout": true, "SetUp": true, "SetPassword": true}

// newRouteTable reads the google.api.http annotations of the services that the gateway serves, and adds the endpoints.
func newRouteTable(endpoints []Endpoint) (routeTable, error) {
	table := routeTable{}
	for _, endpoint := range endpoints {
		table[endpoint.Method+" "+endpoint.Template] = endpoint.route()
	}
	for _, file := range []protoreflect.FileDescriptor{
		mabv1.File_mab_v1_assignment_service_proto,
		mabv1.File_mab_v1_experiment_service_proto,
		mabv1.File_mab_v1_analytics_service_proto,
		mabv1.File_mab_v1_forecast_service_proto,
		mabv1.File_mab_v1_lookup_service_proto,
		mabv1.File_mab_v1_visitor_service_proto,
		mabv1.File_mab_v1_operations_service_proto,
		mabv1.File_mab_v1_website_service_proto,
		mabv1.File_mab_v1_audit_service_proto,
		mabv1.File_mab_v1_account_service_proto,
		mabv1.File_mab_v1_api_key_service_proto,
		mabv1.File_mab_v1_session_service_proto,
	} {
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				if err := table.add(methods.Get(j)); err != nil {
					return nil, err
				}
			}
		}
	}
	return table, nil
}

func (t routeTable) add(method protoreflect.MethodDescriptor) error {
	rule, ok := proto.GetExtension(method.Options(), annotations.E_Http).(*annotations.HttpRule)
	if !ok || rule == nil {
		return nil // not served over HTTP
	}
	r := route{}
	switch {
	case method.Parent().Name() == "AssignmentService":
		r.kind = public
		r.exposes = method.Name() != "Convert"
	case method.Parent().Name() == "AccountService" && sessionMethods[method.Name()]:
		r.kind = session
		r.refreshes = method.Name() == "RefreshSession"
	}
	var verb string
	switch pattern := rule.GetPattern().(type) {
	case *annotations.HttpRule_Get:
		verb, r.template = "GET", pattern.Get
	case *annotations.HttpRule_Post:
		verb, r.template = "POST", pattern.Post
	case *annotations.HttpRule_Patch:
		verb, r.template = "PATCH", pattern.Patch
	case *annotations.HttpRule_Put:
		verb, r.template = "PUT", pattern.Put
	case *annotations.HttpRule_Delete:
		verb, r.template = "DELETE", pattern.Delete
	default:
		return fmt.Errorf("%s: a pattern that the gateway does not know", method.FullName())
	}
	// The body of the others has, or could have, all fields that are not in the path.
	if verb == "GET" || verb == "DELETE" {
		r.noQuery = method.Input().Fields().Len() <= strings.Count(r.template, "{")
	}
	t[verb+" "+r.template] = r
	return nil
}

// find returns the route of a grpc-gateway pattern, which writes a parameter as "{id=*}".
func (t routeTable) find(method, pattern string) route {
	template := strings.ReplaceAll(pattern, "=*}", "}")
	if r, ok := t[method+" "+template]; ok {
		return r
	}
	return route{template: template}
}
