package health

import (
	"context"
	"maps"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/structpb"

	mabv1 "mab/gen/go/mab/v1"
)

// operations answers what the admin service, which knows whether the caller may ask, leaves to the gateway.
type operations struct {
	mabv1.OperationsServiceClient
	checker *Checker
}

// Operations returns a client that adds the checker's report to the admin service's answers.
func Operations(admin mabv1.OperationsServiceClient, checker *Checker) mabv1.OperationsServiceClient {
	return &operations{OperationsServiceClient: admin, checker: checker}
}

// GetSystem implements mabv1.OperationsServiceClient.
func (o *operations) GetSystem(ctx context.Context, request *mabv1.GetSystemRequest, options ...grpc.CallOption) (*mabv1.GetSystemResponse, error) {
	answer, err := o.OperationsServiceClient.GetSystem(ctx, request, options...)
	if err != nil {
		return nil, err
	}
	return answer, o.checker.Report().describe(answer)
}

// describe fills in what the report has.
func (r *Report) describe(answer *mabv1.GetSystemResponse) error {
	checks := map[string]any{}
	for name, check := range r.Checks {
		values := map[string]any(maps.Clone(check))
		if status, ok := values["status"].(Status); ok {
			values["status"] = string(status)
		}
		checks[name] = values
	}
	delete(checks, "traffic")
	fields, err := structpb.NewStruct(checks)
	if err != nil {
		return err
	}
	answer.Status, answer.Version, answer.UptimeSeconds, answer.Checks = string(r.Status), r.Version, r.UptimeSeconds, fields
	if traffic, ok := r.Checks["traffic"]; ok {
		answer.Traffic = &mabv1.SystemTraffic{
			AssignsPerSecond:     traffic.measured("assigns_per_second"),
			ConversionsPerSecond: traffic.measured("conversions_per_second"),
			ExposuresPerSecond:   traffic.measured("exposures_per_second"),
			WindowSeconds:        traffic.measured("window_seconds"),
		}
	}
	return nil
}

// measured is 0 where it was not.
func (c Check) measured(name string) float64 {
	value, _ := c[name].(float64)
	return value
}
