// Package website looks at a page of a website for the script and for what it marks.
package website

import (
	"context"
	"net/http"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	mabv1 "mab/gen/go/mab/v1"
)

// atOnce is how many pages are read at a time.
const atOnce = 2

// Reach is which addresses may be looked at.
type Reach string

const (
	// Public addresses of the internet, ports 80 and 443.
	Public Reach = "public"
	// Any address, also of private networks.
	Any Reach = "any"
	// Off means none.
	Off Reach = "off"
)

// client reads pages for those whom the admin service lets. Safe for concurrent use.
type client struct {
	mabv1.WebsiteServiceClient
	reach Reach
	http  *http.Client
	turns chan struct{}
}

// Client returns a client that reads what the admin service, which knows whether the caller may ask, leaves to the gateway.
func Client(admin mabv1.WebsiteServiceClient, reach Reach) mabv1.WebsiteServiceClient {
	return &client{WebsiteServiceClient: admin, reach: reach, http: newHTTPClient(reach == Any), turns: make(chan struct{}, atOnce)}
}

// CheckWebsite implements mabv1.WebsiteServiceClient.
func (c *client) CheckWebsite(ctx context.Context, request *mabv1.CheckWebsiteRequest, options ...grpc.CallOption) (*mabv1.CheckWebsiteResponse, error) {
	if _, err := c.WebsiteServiceClient.CheckWebsite(ctx, request, options...); err != nil {
		return nil, err
	}
	if c.reach == Off {
		return nil, failure(codes.FailedPrecondition, "FAILED_PRECONDITION", "this server looks at no websites: MAB_WEBSITE_CHECK is off")
	}
	address, err := parseURL(request.GetUrl())
	if err != nil {
		return nil, invalid(err)
	}
	select {
	case c.turns <- struct{}{}:
		defer func() { <-c.turns }()
	default:
		return nil, failure(codes.Unavailable, "OVERLOADED", "other websites are being looked at; try again in a moment")
	}
	found, err := fetch(ctx, c.http, address)
	if err != nil {
		return nil, invalid(err)
	}
	return report(found), nil
}

func report(found *document) *mabv1.CheckWebsiteResponse {
	page := read(found.content)
	return &mabv1.CheckWebsiteResponse{
		Url:         found.url.String(),
		Status:      uint32(found.status),
		Scripts:     page.scripts,
		TagManagers: page.containers,
		Experiments: page.experiments,
		Hindrances:  hindrances(append(found.policies, page.policies...), found.url, page.scripts),
		Truncated:   found.truncated,
	}
}

func invalid(err error) error {
	if _, ok := err.(refusal); !ok {
		return status.FromContextError(err).Err()
	}
	violation := &errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{{Field: "url", Description: err.Error()}}}
	withField, detailErr := status.New(codes.InvalidArgument, "url "+err.Error()).WithDetails(&errdetails.ErrorInfo{Reason: "INVALID_ARGUMENT", Domain: "mab"}, violation)
	if detailErr != nil {
		return detailErr
	}
	return withField.Err()
}

func failure(code codes.Code, reason, text string) error {
	withReason, err := status.New(code, text).WithDetails(&errdetails.ErrorInfo{Reason: reason, Domain: "mab"})
	if err != nil {
		return err
	}
	return withReason.Err()
}
