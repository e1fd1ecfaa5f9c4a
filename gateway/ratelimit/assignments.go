package ratelimit

import (
	"context"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	mabv1 "mab/gen/go/mab/v1"
)

const (
	// reason of a call that is over a limit, as clients see it.
	reason = "RATE_LIMITED"
	// experimentsMax of a batch: the service refuses more, so they are not counted.
	experimentsMax = 100
)

// assignments counts the calls of each experiment, and refuses those over the limit.
type assignments struct {
	mabv1.AssignmentServiceClient
	limits *Limits
	names  names
}

// Assignments returns the client itself where experiments have no limit.
func Assignments(client mabv1.AssignmentServiceClient, limits *Limits) mabv1.AssignmentServiceClient {
	if !limits.Limited(Experiment) {
		return client
	}
	return &assignments{AssignmentServiceClient: client, limits: limits}
}

// take counts a call of the experiment that the request names.
func (a *assignments) take(ctx context.Context, r interface{ GetExperiment() string }) (wait time.Duration) {
	return a.limits.TakeExperiment(ctx, a.names.of(r.GetExperiment()))
}

// learn whose keys they are that the answers name. The call of which a key is learned was counted by the key.
func (a *assignments) learn(ctx context.Context, answers ...*mabv1.AssignResponse) {
	for _, answer := range answers {
		if a.names.learn(answer.GetExperimentKey(), answer.GetExperimentId()) {
			a.limits.NoteExperiment(ctx, answer.GetExperimentId())
		}
	}
}

func (a *assignments) Assign(ctx context.Context, r *mabv1.AssignRequest, options ...grpc.CallOption) (*mabv1.AssignResponse, error) {
	if wait := a.take(ctx, r); wait > 0 {
		return nil, refusal(wait)
	}
	response, err := a.AssignmentServiceClient.Assign(ctx, r, options...)
	a.learn(ctx, response)
	return response, err
}

func (a *assignments) Expose(ctx context.Context, r *mabv1.ExposeRequest, options ...grpc.CallOption) (*mabv1.ExposeResponse, error) {
	if wait := a.take(ctx, r); wait > 0 {
		return nil, refusal(wait)
	}
	return a.AssignmentServiceClient.Expose(ctx, r, options...)
}

func (a *assignments) Convert(ctx context.Context, r *mabv1.ConvertRequest, options ...grpc.CallOption) (*mabv1.ConvertResponse, error) {
	if wait := a.take(ctx, r); wait > 0 {
		return nil, refusal(wait)
	}
	return a.AssignmentServiceClient.Convert(ctx, r, options...)
}

func (a *assignments) BatchAssign(ctx context.Context, r *mabv1.BatchAssignRequest, options ...grpc.CallOption) (*mabv1.BatchAssignResponse, error) {
	kept, errors, refused := a.split(ctx, r.GetExperiments())
	if refused != nil {
		return nil, refused
	}
	if len(errors) > 0 {
		r = proto.CloneOf(r)
		r.Experiments = kept
		for _, e := range errors {
			delete(r.Force, e.GetExperimentKey())
		}
	}
	response, err := a.AssignmentServiceClient.BatchAssign(ctx, r, options...)
	a.learn(ctx, response.GetAssignments()...)
	if err == nil {
		response.Errors = append(response.Errors, errors...)
	}
	return response, err
}

func (a *assignments) BatchExpose(ctx context.Context, r *mabv1.BatchExposeRequest, options ...grpc.CallOption) (*mabv1.BatchExposeResponse, error) {
	kept, errors, refused := a.split(ctx, r.GetExperiments())
	if refused != nil {
		return nil, refused
	}
	if len(errors) > 0 {
		r = proto.CloneOf(r)
		r.Experiments = kept
	}
	response, err := a.AssignmentServiceClient.BatchExpose(ctx, r, options...)
	if err == nil {
		response.Errors = append(response.Errors, errors...)
	}
	return response, err
}

// AssignAll is refused nothing: which experiments it is of is known from its answer. It counts in each of them.
func (a *assignments) AssignAll(ctx context.Context, r *mabv1.AssignAllRequest, options ...grpc.CallOption) (*mabv1.AssignAllResponse, error) {
	response, err := a.AssignmentServiceClient.AssignAll(ctx, r, options...)
	ids := make([]string, len(response.GetAssignments()))
	for i, answer := range response.GetAssignments() {
		ids[i] = answer.GetExperimentId()
		a.names.learn(answer.GetExperimentKey(), ids[i])
	}
	a.limits.NoteExperiments(ctx, ids...)
	return response, err
}

// split counts each experiment of a batch: those that may be asked, the errors of the others, and where none may, the
// failure of the whole.
func (a *assignments) split(ctx context.Context, experiments []string) (kept []string, errors []*mabv1.BatchError, refused error) {
	if len(experiments) == 0 || len(experiments) > experimentsMax {
		return experiments, nil, nil
	}
	counted := make([]string, len(experiments))
	for i, name := range experiments {
		counted[i] = a.names.of(name)
	}
	least := time.Duration(0)
	for i, wait := range a.limits.TakeExperiments(ctx, counted...) {
		if wait == 0 {
			kept = append(kept, experiments[i])
			continue
		}
		if least == 0 || wait < least {
			least = wait
		}
		errors = append(errors, &mabv1.BatchError{ExperimentKey: experiments[i], Code: reason})
	}
	if len(kept) == 0 {
		return nil, nil, refusal(least)
	}
	return kept, errors, nil
}

func refusal(wait time.Duration) error {
	s, err := status.New(codes.ResourceExhausted, "too many calls of this experiment; try again").WithDetails(
		&errdetails.ErrorInfo{Reason: reason, Domain: "mab"}, &errdetails.RetryInfo{RetryDelay: durationpb.New(wait)})
	if err != nil { // these details always marshal
		panic(err)
	}
	return s.Err()
}
