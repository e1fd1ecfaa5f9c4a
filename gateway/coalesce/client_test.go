package coalesce

import (
	"context"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	rpcstatus "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	mabv1 "mab/gen/go/mab/v1"
)

func TestShowsItsSecretWithEachStream(t *testing.T) {
	secrets := make(chan []string, 8)
	host := newHost(t, func(n int64, stream serverStream) error {
		md, _ := metadata.FromIncomingContext(stream.Context())
		secrets <- md.Get("mab-internal-secret")
		if n == 1 {
			return status.Error(codes.Unavailable, "away")
		}
		return echo(stream)
	})
	host.up()
	c, ctx := host.client(Options{Streams: 1, Secret: "s3cret"}), withTimeout(t)
	if _, err := c.Assign(ctx, &mabv1.AssignRequest{}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if shown := <-secrets; len(shown) != 1 || shown[0] != "s3cret" {
			t.Errorf("shown: %v", shown)
		}
	}
}

func TestEveryMethodGetsItsOwnAnswer(t *testing.T) {
	host := newHost(t, func(_ int64, stream serverStream) error {
		for {
			message, err := stream.Recv()
			if err != nil {
				return nil
			}
			for _, c := range message.GetCalls() {
				a := &mabv1.StreamAnswer{Id: c.GetId()}
				switch c.GetCall().(type) {
				case *mabv1.StreamCall_Assign:
					a.Answer = &mabv1.StreamAnswer_Assign{Assign: &mabv1.AssignResponse{Counted: true}}
				case *mabv1.StreamCall_Expose:
					a.Answer = &mabv1.StreamAnswer_Expose{Expose: &mabv1.ExposeResponse{Counted: true}}
				case *mabv1.StreamCall_Convert:
					a.Answer = &mabv1.StreamAnswer_Convert{Convert: &mabv1.ConvertResponse{Credited: true}}
				case *mabv1.StreamCall_BatchAssign:
					a.Answer = &mabv1.StreamAnswer_BatchAssign{BatchAssign: &mabv1.BatchAssignResponse{Errors: []*mabv1.BatchError{{Code: "X"}}}}
				case *mabv1.StreamCall_BatchExpose:
					a.Answer = &mabv1.StreamAnswer_BatchExpose{BatchExpose: &mabv1.BatchExposeResponse{Errors: []*mabv1.BatchError{{Code: "Y"}}}}
				}
				_ = stream.Send(&mabv1.StreamCallsResponse{Answers: []*mabv1.StreamAnswer{a}})
			}
		}
	})
	host.up()
	c, ctx := host.client(Options{}), withTimeout(t)

	if r, err := c.Assign(ctx, &mabv1.AssignRequest{}); err != nil || !r.GetCounted() {
		t.Errorf("assign: %v %v", r, err)
	}
	if r, err := c.Expose(ctx, &mabv1.ExposeRequest{}); err != nil || !r.GetCounted() {
		t.Errorf("expose: %v %v", r, err)
	}
	if r, err := c.Convert(ctx, &mabv1.ConvertRequest{}); err != nil || !r.GetCredited() {
		t.Errorf("convert: %v %v", r, err)
	}
	if r, err := c.BatchAssign(ctx, &mabv1.BatchAssignRequest{}); err != nil || r.GetErrors()[0].GetCode() != "X" {
		t.Errorf("batch assign: %v %v", r, err)
	}
	if r, err := c.BatchExpose(ctx, &mabv1.BatchExposeRequest{}); err != nil || r.GetErrors()[0].GetCode() != "Y" {
		t.Errorf("batch expose: %v %v", r, err)
	}
}

func TestAnErrorComesThroughWhole(t *testing.T) {
	failure, err := status.New(codes.NotFound, "no such experiment").WithDetails(&errdetails.ErrorInfo{Reason: "EXPERIMENT_NOT_FOUND"})
	if err != nil {
		t.Fatal(err)
	}
	host := newHost(t, func(_ int64, stream serverStream) error {
		message, err := stream.Recv()
		if err != nil {
			return nil
		}
		_ = stream.Send(&mabv1.StreamCallsResponse{Answers: []*mabv1.StreamAnswer{
			{Id: message.GetCalls()[0].GetId(), Answer: &mabv1.StreamAnswer_Error{Error: (*rpcstatus.Status)(failure.Proto())}}}})
		return echo(stream)
	})
	host.up()
	c, ctx := host.client(Options{}), withTimeout(t)

	got := assignAs(ctx, c, "u")
	if status.Code(got) != codes.NotFound || reason(got) != "EXPERIMENT_NOT_FOUND" || status.Convert(got).Message() != "no such experiment" {
		t.Errorf("got %v", got)
	}
}

func TestAnAnswerOfAnotherKindIsAnError(t *testing.T) {
	host := newHost(t, func(_ int64, stream serverStream) error { return echo(stream) })
	host.up()
	c, ctx := host.client(Options{}), withTimeout(t)
	if _, err := c.Convert(ctx, &mabv1.ConvertRequest{}); status.Code(err) != codes.Internal {
		t.Errorf("got %v", err)
	}
}

func TestWhatWaitsGoesTogether(t *testing.T) {
	host := newHost(t, func(_ int64, stream serverStream) error { return echo(stream) })
	var mu sync.Mutex
	var batches []int
	c := host.client(Options{Streams: 1, BatchSent: func(n int) {
		mu.Lock()
		defer mu.Unlock()
		batches = append(batches, n)
	}})
	results := assignMany(withTimeout(t), c, 600)
	waitFor(t, "600 calls wait", func() bool { return len(c.queue) == 600 })
	host.up()
	for range 600 {
		if err := <-results; err != nil {
			t.Fatal(err)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if len(batches) != 3 || batches[0] != 256 || batches[1] != 256 || batches[2] != 88 {
		t.Errorf("got messages of %v calls", batches)
	}
}

func TestLargeCallsGoInMessagesThatTheServerTakes(t *testing.T) {
	host := newHost(t, func(_ int64, stream serverStream) error { return echo(stream) })
	c := host.client(Options{Streams: 1})
	ctx := withTimeout(t)
	results := make(chan error, 40)
	large := string(make([]byte, 1<<19))
	for range 40 { // 20 MiB; a gRPC server takes 4 MiB a message
		go func() {
			_, err := c.Assign(ctx, &mabv1.AssignRequest{UserId: "u", Experiment: large})
			results <- err
		}()
	}
	waitFor(t, "40 calls wait", func() bool { return len(c.queue) == 40 })
	host.up()
	for range 40 {
		if err := <-results; err != nil {
			t.Fatal(err)
		}
	}
}

func TestACallThatCantBeEncodedDoesNotStayInTheWay(t *testing.T) {
	host := newHost(t, func(_ int64, stream serverStream) error { return echo(stream) })
	host.up()
	c, ctx := host.client(Options{Streams: 1}), withTimeout(t)
	if err := assignAs(ctx, c, "\xff is no UTF-8"); status.Code(err) != codes.Internal {
		t.Errorf("got %v", err)
	}
	if err := assignAs(ctx, c, "next"); err != nil {
		t.Error(err)
	}
}

func TestTenThousandCallsAtOnce(t *testing.T) {
	host := newHost(t, func(_ int64, stream serverStream) error { return echo(stream) })
	host.up()
	var messages atomic.Int64
	c := host.client(Options{BatchSent: func(int) { messages.Add(1) }})
	results := assignMany(withTimeout(t), c, 10000)
	for range 10000 {
		if err := <-results; err != nil {
			t.Fatal(err)
		}
	}
	if n := c.Pending(); n != 0 {
		t.Errorf("%d calls are still pending", n)
	}
	t.Logf("%d messages", messages.Load())
}

func TestTheDeadlineEndsTheWaitForASlowService(t *testing.T) {
	got := make(chan *mabv1.StreamCallsRequest, 1)
	release := make(chan struct{})
	host := newHost(t, func(_ int64, stream serverStream) error {
		message, _ := stream.Recv()
		got <- message
		<-release
		_ = stream.Send(echoes(message)) // too late: dropped
		return echo(stream)
	})
	host.up()
	c := host.client(Options{Streams: 1})
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := assignAs(ctx, c, "slow"); status.Code(err) != codes.Unavailable || reason(err) != "UNAVAILABLE" {
		t.Errorf("got %v", err)
	}
	if c.Pending() != 0 {
		t.Errorf("%d calls are still pending", c.Pending())
	}
	<-got
	close(release)
	if err := assignAs(withTimeout(t), c, "next"); err != nil {
		t.Error(err)
	}
}

func TestACancelledCallIsNotSent(t *testing.T) {
	users := make(chan string, 10)
	host := newHost(t, func(_ int64, stream serverStream) error {
		for {
			message, err := stream.Recv()
			if err != nil {
				return nil
			}
			for _, c := range message.GetCalls() {
				users <- c.GetAssign().GetUserId()
			}
			_ = stream.Send(echoes(message))
		}
	})
	c := host.client(Options{})
	ctx, cancel := context.WithCancel(context.Background())
	gone := make(chan error, 1)
	go func() { gone <- assignAs(ctx, c, "gone") }()
	waitFor(t, "the call waits", func() bool { return len(c.queue) == 1 })
	cancel()
	if err := <-gone; status.Code(err) != codes.Canceled {
		t.Errorf("got %v", err)
	}
	host.up()
	if err := assignAs(withTimeout(t), c, "here"); err != nil {
		t.Fatal(err)
	}
	if user := <-users; user != "here" || len(users) != 0 {
		t.Errorf("sent %q and %d more", user, len(users))
	}
}

func TestOverTheLimitCallsAreRefusedAtOnce(t *testing.T) {
	host := newHost(t, func(_ int64, stream serverStream) error { return echo(stream) })
	c := host.client(Options{MaxPending: 10})
	ctx, cancel := context.WithCancel(context.Background())
	results := assignMany(ctx, c, 10)
	waitFor(t, "10 calls wait", func() bool { return len(c.queue) == 10 })
	if err := assignAs(withTimeout(t), c, "eleventh"); reason(err) != "OVERLOADED" {
		t.Errorf("got %v", err)
	}
	cancel()
	for range 10 {
		<-results
	}
	// Nobody waits any more, but the queue still has the calls of those who left.
	if err := assignAs(withTimeout(t), c, "twelfth"); reason(err) != "OVERLOADED" || c.Pending() != 0 {
		t.Errorf("got %v with %d pending", err, c.Pending())
	}
	host.up()
	waitFor(t, "the queue is empty", func() bool { return len(c.queue) == 0 })
	if err := assignAs(withTimeout(t), c, "thirteenth"); err != nil {
		t.Error(err)
	}
}

func TestCloseAnswersEverybodyAndLeavesNoGoroutine(t *testing.T) {
	before := runtime.NumGoroutine()
	host := newHost(t, func(_ int64, stream serverStream) error {
		for {
			if _, err := stream.Recv(); err != nil {
				return nil // never answers
			}
		}
	})
	host.up()
	c := host.client(Options{})
	results := assignMany(withTimeout(t), c, 50)
	waitFor(t, "all calls are pending", func() bool { return c.Pending() == 50 })
	c.Close()
	for range 50 {
		if err := <-results; reason(err) != "UNAVAILABLE" {
			t.Errorf("got %v", err)
		}
	}
	if err := assignAs(withTimeout(t), c, "late"); reason(err) != "UNAVAILABLE" {
		t.Errorf("got %v", err)
	}
	host.down()
	// What is left belongs to the connection, which the test closes afterwards: at most a handful.
	waitFor(t, "the goroutines are gone", func() bool { return runtime.NumGoroutine() <= before+6 })
}

func BenchmarkAssign(b *testing.B) {
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer()
	mabv1.RegisterAssignmentServiceServer(server, &fakeService{serve: func(_ int64, stream serverStream) error { return echo(stream) }})
	go func() { _ = server.Serve(listener) }()
	defer server.Stop()
	conn, err := grpc.NewClient("passthrough:///fake",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	var messages atomic.Int64
	c := New(mabv1.NewAssignmentServiceClient(conn), Options{BatchSent: func(int) { messages.Add(1) }})
	defer c.Close()
	b.SetParallelism(128)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := assignAs(context.Background(), c, "user"); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/float64(messages.Load()), "calls/message")
}
