package main

import (
	"context"
	"net"
	"sync"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	mabv1 "mab/gen/go/mab/v1"
)

// fakeServices plays both services in one gRPC server.
type fakeServices struct {
	mabv1.UnimplementedAssignmentServiceServer
	mabv1.UnimplementedExperimentServiceServer
	mabv1.UnimplementedAnalyticsServiceServer
	mabv1.UnimplementedForecastServiceServer
	mabv1.UnimplementedLookupServiceServer
	mabv1.UnimplementedAccountServiceServer
	mabv1.UnimplementedSystemServiceServer
	mabv1.UnimplementedOperationsServiceServer
	mabv1.UnimplementedWebsiteServiceServer

	mu       sync.Mutex
	failure  error       // what every call fails with, where not nil
	failures int         // of how many calls, where above 0
	metadata metadata.MD // of the last unary call
	updated  *mabv1.UpdateExperimentRequest
	created  *mabv1.Experiment
	listed   *mabv1.ListExperimentsRequest
	called   *mabv1.StreamCall        // the last one of a stream
	all      *mabv1.AssignAllResponse // of AssignAll; nil: one assignment
	assigned *mabv1.AssignRequest     // the last one that was no stream's
	checks   map[string]*mabv1.SystemCheck
	serves   uint64        // the fingerprint of the experiments
	hold     chan struct{} // where not nil, GetExperiment says so on it and waits for a second receive
}

// serve listens until the test ends, or until stop is called.
func (f *fakeServices) serve(t testing.TB) (address string, stop func()) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(grpc.UnaryInterceptor(f.intercept))
	mabv1.RegisterAssignmentServiceServer(server, f)
	mabv1.RegisterExperimentServiceServer(server, f)
	mabv1.RegisterAnalyticsServiceServer(server, f)
	mabv1.RegisterForecastServiceServer(server, f)
	mabv1.RegisterLookupServiceServer(server, f)
	mabv1.RegisterAccountServiceServer(server, f)
	mabv1.RegisterSystemServiceServer(server, f)
	mabv1.RegisterOperationsServiceServer(server, f)
	mabv1.RegisterWebsiteServiceServer(server, f)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return listener.Addr().String(), server.Stop
}

func (f *fakeServices) intercept(ctx context.Context, request any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	if info.FullMethod != mabv1.SystemService_GetStatus_FullMethodName {
		md, _ := metadata.FromIncomingContext(ctx)
		f.mu.Lock()
		f.metadata = md
		failure := f.failure
		if f.failures == 1 {
			f.failure = nil
		}
		f.failures = max(0, f.failures-1)
		f.mu.Unlock()
		if failure != nil {
			return nil, failure
		}
	}
	return handler(ctx, request)
}

func (f *fakeServices) failWith(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failure = err
}

// report is what the services say of themselves from now on. They are asked at any time, so `checks` is not to be changed after it.
func (f *fakeServices) report(checks map[string]*mabv1.SystemCheck) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.checks = checks
}

func (f *fakeServices) lastCall() *mabv1.StreamCall {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.called
}

func (f *fakeServices) StreamCalls(stream grpc.BidiStreamingServer[mabv1.StreamCallsRequest, mabv1.StreamCallsResponse]) error {
	for {
		message, err := stream.Recv()
		if err != nil {
			return nil
		}
		response := &mabv1.StreamCallsResponse{}
		for _, call := range message.GetCalls() {
			response.Answers = append(response.Answers, f.answer(call))
		}
		if err := stream.Send(response); err != nil {
			return err
		}
	}
}

func (f *fakeServices) answer(call *mabv1.StreamCall) *mabv1.StreamAnswer {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.called = call
	answer := &mabv1.StreamAnswer{Id: call.GetId()}
	switch request := call.GetCall().(type) {
	case *mabv1.StreamCall_Assign:
		if f.failure != nil {
			answer.Answer = &mabv1.StreamAnswer_Error{Error: status.Convert(f.failure).Proto()}
			break
		}
		response := assignment(request.Assign.GetExperiment())
		response.Counted = request.Assign.Expose == nil || request.Assign.GetExpose()
		answer.Answer = &mabv1.StreamAnswer_Assign{Assign: response}
	case *mabv1.StreamCall_Expose:
		answer.Answer = &mabv1.StreamAnswer_Expose{Expose: &mabv1.ExposeResponse{}}
	case *mabv1.StreamCall_Convert:
		answer.Answer = &mabv1.StreamAnswer_Convert{Convert: &mabv1.ConvertResponse{Recorded: true}}
	case *mabv1.StreamCall_BatchAssign:
		response := &mabv1.BatchAssignResponse{}
		for _, key := range request.BatchAssign.GetExperiments() {
			response.Assignments = append(response.Assignments, assignment(key))
		}
		answer.Answer = &mabv1.StreamAnswer_BatchAssign{BatchAssign: response}
	case *mabv1.StreamCall_BatchExpose:
		answer.Answer = &mabv1.StreamAnswer_BatchExpose{BatchExpose: &mabv1.BatchExposeResponse{}}
	}
	return answer
}

func assignment(key string) *mabv1.AssignResponse {
	payload, _ := structpb.NewValue(map[string]any{"text": "Ship today"})
	return &mabv1.AssignResponse{
		ExperimentId: "0198", ExperimentKey: key, Propensity: 0.4182, Version: 1795392000123,
		Reason:     mabv1.AssignResponse_DRAWN,
		Variant:    &mabv1.AssignedVariant{Id: "0199", Key: "b", Name: "Short headline", Payload: payload},
		AssignedAt: &timestamppb.Timestamp{Seconds: 1795392000, Nanos: 123000000},
	}
}

func (f *fakeServices) Assign(_ context.Context, r *mabv1.AssignRequest) (*mabv1.AssignResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.assigned = r
	return assignment(r.GetExperiment()), nil
}

func (f *fakeServices) AssignAll(context.Context, *mabv1.AssignAllRequest) (*mabv1.AssignAllResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.all != nil {
		return f.all, nil
	}
	return &mabv1.AssignAllResponse{Assignments: []*mabv1.AssignResponse{assignment("hero-title")}}, nil
}

// serve other experiments from now on.
func (f *fakeServices) change(all *mabv1.AssignAllResponse, fingerprint uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all, f.serves = all, fingerprint
}

// lastMetadata is that of the last unary call.
func (f *fakeServices) lastMetadata() metadata.MD {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.metadata
}

func (f *fakeServices) CreateExperiment(_ context.Context, r *mabv1.CreateExperimentRequest) (*mabv1.CreateExperimentResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.created = r.GetExperiment()
	return &mabv1.CreateExperimentResponse{Experiment: r.GetExperiment()}, nil
}

func (f *fakeServices) GetExperiment(_ context.Context, r *mabv1.GetExperimentRequest) (*mabv1.GetExperimentResponse, error) {
	if f.hold != nil {
		f.hold <- struct{}{}
		f.hold <- struct{}{}
	}
	return &mabv1.GetExperimentResponse{Experiment: &mabv1.Experiment{Id: r.GetId(), State: mabv1.Experiment_DRAFT}}, nil
}

func (f *fakeServices) ListExperiments(_ context.Context, r *mabv1.ListExperimentsRequest) (*mabv1.ListExperimentsResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.listed = r
	return &mabv1.ListExperimentsResponse{}, nil
}

func (f *fakeServices) UpdateExperiment(_ context.Context, r *mabv1.UpdateExperimentRequest) (*mabv1.UpdateExperimentResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.updated = r
	return &mabv1.UpdateExperimentResponse{Experiment: r.GetExperiment()}, nil
}

func (f *fakeServices) StartExperiment(_ context.Context, r *mabv1.StartExperimentRequest) (*mabv1.StartExperimentResponse, error) {
	return &mabv1.StartExperimentResponse{Experiment: &mabv1.Experiment{Id: r.GetId(), State: mabv1.Experiment_RUNNING}}, nil
}

func (f *fakeServices) Login(ctx context.Context, _ *mabv1.LoginRequest) (*mabv1.LoginResponse, error) {
	return &mabv1.LoginResponse{AccessToken: "access", TokenType: "Bearer", ExpiresIn: 900}, grpc.SetHeader(ctx, metadata.Pairs("mab-refresh-token", "first", "secret", "hidden"))
}

func (f *fakeServices) RefreshSession(ctx context.Context, _ *mabv1.RefreshSessionRequest) (*mabv1.RefreshSessionResponse, error) {
	return &mabv1.RefreshSessionResponse{}, grpc.SetHeader(ctx, metadata.Pairs("mab-refresh-token", "second"))
}

func (f *fakeServices) Logout(context.Context, *mabv1.LogoutRequest) (*mabv1.LogoutResponse, error) {
	return &mabv1.LogoutResponse{}, nil
}

func (f *fakeServices) GetCurrentAccount(context.Context, *mabv1.GetCurrentAccountRequest) (*mabv1.GetCurrentAccountResponse, error) {
	return &mabv1.GetCurrentAccountResponse{Account: &mabv1.Account{Email: "a@b.example", Role: mabv1.Account_ADMIN}}, nil
}

func (f *fakeServices) GetStatus(context.Context, *mabv1.GetStatusRequest) (*mabv1.GetStatusResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return &mabv1.GetStatusResponse{Version: "1", Checks: f.checks, ExperimentsFingerprint: f.serves}, nil
}

func (f *fakeServices) GetSystem(context.Context, *mabv1.GetSystemRequest) (*mabv1.GetSystemResponse, error) {
	return &mabv1.GetSystemResponse{Experiments: &mabv1.ExperimentCounts{Running: 3}}, nil
}

// failure is an error as the services send it.
func failure(code codes.Code, reason, message string, fields ...string) error {
	s := status.New(code, message)
	s, err := s.WithDetails(&errdetails.ErrorInfo{Reason: reason, Domain: "mab"})
	if err != nil {
		panic(err)
	}
	if len(fields) > 0 {
		bad := &errdetails.BadRequest{}
		for _, field := range fields {
			bad.FieldViolations = append(bad.FieldViolations, &errdetails.BadRequest_FieldViolation{Field: field, Description: "is wrong"})
		}
		if s, err = s.WithDetails(bad); err != nil {
			panic(err)
		}
	}
	return s.Err()
}
