package integration

import (
	"context"
	"fmt"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	mabv1 "mab/gen/go/mab/v1"
	"mab/tests/harness"
)

const callsAMessage = 1000

func dial(t testing.TB, address string, options ...grpc.DialOption) *grpc.ClientConn {
	t.Helper()
	connection, err := grpc.NewClient(address, append(options, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64<<20)))...)
	check(t, err)
	t.Cleanup(func() { connection.Close() })
	return connection
}

// streamCalls sends n calls in messages of a thousand, on one stream, as the gateway does, and hands each answer to
// `answered`.
func streamCalls(t testing.TB, stack *harness.Stack, n int, call func(i int) *mabv1.StreamCall, answered func(i int, answer *mabv1.StreamAnswer)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	stream, err := mabv1.NewAssignmentServiceClient(dial(t, stack.AssignmentAddress, harness.Internally()...)).StreamCalls(ctx)
	check(t, err)
	for start := 0; start < n; start += callsAMessage {
		request := &mabv1.StreamCallsRequest{}
		for i := start; i < min(start+callsAMessage, n); i++ {
			one := call(i)
			one.Id = uint64(i)
			request.Calls = append(request.Calls, one)
		}
		check(t, stream.Send(request))
		for waiting := len(request.Calls); waiting > 0; {
			response, err := stream.Recv()
			check(t, err)
			for _, answer := range response.Answers {
				if failure := answer.GetError(); failure != nil {
					t.Fatalf("call %d: %v", answer.Id, failure)
				}
				answered(int(answer.Id), answer)
				waiting--
			}
		}
	}
	check(t, stream.CloseSend())
}

func assignCall(experiment, user string, expose bool) *mabv1.StreamCall {
	return &mabv1.StreamCall{Call: &mabv1.StreamCall_Assign{Assign: &mabv1.AssignRequest{Experiment: experiment, UserId: user, Expose: &expose}}}
}

func exposeCall(experiment, user string) *mabv1.StreamCall {
	return &mabv1.StreamCall{Call: &mabv1.StreamCall_Expose{Expose: &mabv1.ExposeRequest{Experiment: experiment, UserId: user}}}
}

func convertCall(experiment, user string) *mabv1.StreamCall {
	return &mabv1.StreamCall{Call: &mabv1.StreamCall_Convert{Convert: &mabv1.ConvertRequest{Experiment: experiment, UserId: user}}}
}

// drawUnexposed assigns users who are not exposed, and returns how many got each variant. All must be drawn at `version`.
func drawUnexposed(t testing.TB, stack *harness.Stack, experiment string, users int, version float64) map[string]int {
	t.Helper()
	served := map[string]int{}
	call := func(i int) *mabv1.StreamCall { return assignCall(experiment, "unexposed-"+user(i), false) }
	streamCalls(t, stack, users, call, func(i int, answer *mabv1.StreamAnswer) {
		assigned := answer.GetAssign()
		if assigned.Version != version || assigned.Counted {
			t.Fatalf("%s was drawn at version %v, counted: %v", user(i), assigned.Version, assigned.Counted)
		}
		served[assigned.Variant.Key]++
	})
	return served
}

// awaitQuietVersion waits until the version that new users are drawn from is the one that the analytics tell, and has
// stayed so for longer than a refresh takes.
func awaitQuietVersion(t testing.TB, stack *harness.Stack, experiment string) float64 {
	t.Helper()
	const quiet = 2 * time.Second
	var version float64
	since := time.Now()
	probe := 0
	next := time.NewTicker(100 * time.Millisecond)
	defer next.Stop()
	harness.Await(t, 30*time.Second, func() (bool, string) {
		<-next.C
		probe++
		var drawn harness.Assignment
		// Not exposed, so that the probe itself moves nothing.
		stack.Post(t, "/api/experiments/"+experiment+"/assign", map[string]any{"user_id": fmt.Sprintf("probe-%d-%d", since.UnixNano(), probe), "expose": false}, &drawn)
		if drawn.Version != version {
			version, since = drawn.Version, time.Now()
		}
		return time.Since(since) > quiet && stack.Analytics(t, experiment).Version == version, "the version keeps changing"
	})
	return version
}
