package coalesce

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	mabv1 "mab/gen/go/mab/v1"
)

type serverStream = grpc.BidiStreamingServer[mabv1.StreamCallsRequest, mabv1.StreamCallsResponse]

// fakeService answers streams as serve says. Other methods are not there.
type fakeService struct {
	mabv1.UnimplementedAssignmentServiceServer
	streams atomic.Int64 // how many were opened
	serve   func(n int64, stream serverStream) error
}

func (f *fakeService) StreamCalls(stream serverStream) error {
	return f.serve(f.streams.Add(1), stream)
}

// fakeHost is where the service listens; it can be down.
type fakeHost struct {
	t       *testing.T
	service *fakeService

	mu       sync.Mutex
	listener *bufconn.Listener
	server   *grpc.Server
}

func newHost(t *testing.T, serve func(n int64, stream serverStream) error) *fakeHost {
	h := &fakeHost{t: t, service: &fakeService{serve: serve}}
	t.Cleanup(h.down)
	return h
}

func (h *fakeHost) up() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.listener = bufconn.Listen(1 << 20)
	h.server = grpc.NewServer()
	mabv1.RegisterAssignmentServiceServer(h.server, h.service)
	listener, server := h.listener, h.server
	go func() { _ = server.Serve(listener) }()
}

func (h *fakeHost) down() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.server != nil {
		h.server.Stop()
	}
	h.server, h.listener = nil, nil
}

func (h *fakeHost) dial(ctx context.Context, _ string) (net.Conn, error) {
	h.mu.Lock()
	listener := h.listener
	h.mu.Unlock()
	if listener == nil {
		return nil, net.ErrClosed
	}
	return listener.DialContext(ctx)
}

func (h *fakeHost) client(options Options) *Client {
	h.t.Helper()
	conn, err := grpc.NewClient("passthrough:///fake",
		grpc.WithContextDialer(h.dial),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithConnectParams(grpc.ConnectParams{MinConnectTimeout: 5 * time.Second, Backoff: backoff.Config{BaseDelay: time.Millisecond, Multiplier: 1, MaxDelay: 5 * time.Millisecond}}))
	if err != nil {
		h.t.Fatal(err)
	}
	options.ReconnectMin, options.ReconnectMax = time.Millisecond, 5*time.Millisecond
	c := New(mabv1.NewAssignmentServiceClient(conn), options)
	h.t.Cleanup(func() {
		c.Close()
		_ = conn.Close()
	})
	return c
}

// echo answers an assign with the user's id as the variant's key.
func echo(stream serverStream) error {
	for {
		message, err := stream.Recv()
		if err != nil {
			return nil
		}
		if err := stream.Send(echoes(message)); err != nil {
			return err
		}
	}
}

func echoes(message *mabv1.StreamCallsRequest) *mabv1.StreamCallsResponse {
	response := &mabv1.StreamCallsResponse{}
	for _, c := range message.GetCalls() {
		response.Answers = append(response.Answers, &mabv1.StreamAnswer{Id: c.GetId(), Answer: &mabv1.StreamAnswer_Assign{
			Assign: &mabv1.AssignResponse{Variant: &mabv1.AssignedVariant{Key: c.GetAssign().GetUserId()}}}})
	}
	return response
}

func withTimeout(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func assignAs(ctx context.Context, c *Client, user string) error {
	response, err := c.Assign(ctx, &mabv1.AssignRequest{Experiment: "e", UserId: user})
	if err != nil {
		return err
	}
	if got := response.GetVariant().GetKey(); got != user {
		return fmt.Errorf("%s got the answer of %s", user, got)
	}
	return nil
}

// assignMany calls at once for n users and returns all errors.
func assignMany(ctx context.Context, c *Client, n int) <-chan error {
	results := make(chan error, n)
	for i := range n {
		go func() { results <- assignAs(ctx, c, fmt.Sprintf("user-%d", i)) }()
	}
	return results
}

func waitFor(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatalf("never happened: %s", what)
		}
		runtime.Gosched()
	}
}

func reason(err error) string {
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return info.GetReason()
		}
	}
	return ""
}
