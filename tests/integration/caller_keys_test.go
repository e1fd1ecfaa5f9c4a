package integration

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	mabv1 "mab/gen/go/mab/v1"
	"mab/tests/harness"
)

// knownWithin bounds how long a key's beginning and end take to reach the assignment service.
const knownWithin = 5 * time.Second

// assignWith assigns over gRPC with this metadata.
func assignWith(t *testing.T, stack *harness.Stack, experiment, user string, pairs ...string) (*mabv1.AssignResponse, error) {
	t.Helper()
	return mabv1.NewAssignmentServiceClient(dial(t, stack.AssignmentAddress)).
		Assign(callContext(t, pairs...), &mabv1.AssignRequest{Experiment: experiment, UserId: user})
}

// awaitCode waits until the assignment service answers the key so.
func awaitCode(t *testing.T, stack *harness.Stack, secret string, want codes.Code) {
	t.Helper()
	took := harness.Await(t, knownWithin, func() (bool, string) {
		_, err := assignWith(t, stack, "no-such-experiment", "anybody", "authorization", "Bearer "+secret)
		return status.Code(err) == want, fmt.Sprint(err)
	})
	t.Logf("%v after %v", want, took)
}

// newAssignKey is known to the assignment service.
func newAssignKey(t *testing.T, stack *harness.Stack) issuedKey {
	t.Helper()
	key := newKey(t, stack, "assigns", "ASSIGN")
	awaitCode(t, stack, key.Secret, codes.NotFound)
	return key
}

func TestCallersOfTheAssignmentServiceShowWhoTheyAre(t *testing.T) {
	stack := shared(t)
	experiment := stack.StartExperiment(t, nil)
	key := newAssignKey(t, stack)
	reads := newKey(t, stack, "reads and writes", "READ", "WRITE")
	for name, pairs := range map[string][]string{
		"nothing":                      nil,
		"a wrong internal secret":      {"mab-internal-secret", strings.Repeat("x", len(harness.InternalSecret))},
		"the internal secret as token": {"authorization", "Bearer " + harness.InternalSecret},
		"an administrator's token":     {"authorization", "Bearer " + stack.Token(t)},
		"a key without ASSIGN":         {"authorization", "Bearer " + reads.Secret},
		"a truncated key":              {"authorization", "Bearer " + key.Secret[:46]},
		"a key as internal secret":     {"mab-internal-secret", key.Secret},
		"a key's hint":                 {"authorization", "Bearer " + key.Key.Hint},
		"a client's address alone":     {"mab-client-address", "127.0.0.1"},
	} {
		connection := dial(t, stack.AssignmentAddress)
		for _, method := range []string{"AssignmentService/Assign", "AssignmentService/Expose", "AssignmentService/Convert", "AssignmentService/BatchAssign",
			"AssignmentService/BatchExpose", "ErasureService/EraseUser", "ErasureService/GetErasureProgress"} {
			err := connection.Invoke(callContext(t, pairs...), "/mab.v1."+method, &emptypb.Empty{}, &emptypb.Empty{})
			if status.Code(err) != codes.Unauthenticated {
				t.Errorf("%s with %s: %v", method, name, err)
			}
		}
		stream, err := mabv1.NewAssignmentServiceClient(connection).StreamCalls(callContext(t, pairs...))
		check(t, err)
		if _, err := stream.Recv(); status.Code(err) != codes.Unauthenticated {
			t.Errorf("a stream with %s: %v", name, err)
		}
	}
	with := []string{"authorization", "Bearer " + key.Secret}
	assigned, err := assignWith(t, stack, experiment.Key, "caller", with...)
	check(t, err)
	if viaJSON := stack.Assign(t, experiment.Key, "caller"); viaJSON.Variant.Key != assigned.Variant.Key || !viaJSON.Returning {
		t.Errorf("gRPC says %v, JSON %+v", assigned, viaJSON)
	}
	connection := dial(t, stack.AssignmentAddress)
	if _, err := mabv1.NewErasureServiceClient(connection).EraseUser(callContext(t, with...), &mabv1.EraseUserRequest{UserId: "caller"}); status.Code(err) != codes.Unauthenticated {
		t.Errorf("a key erases: %v", err)
	}
	if _, err := mabv1.NewSystemServiceClient(connection).GetStatus(callContext(t), &mabv1.GetStatusRequest{}); err != nil {
		t.Errorf("how it is: %v", err)
	}
	// A key that assigns does nothing else, and what a page may call takes none.
	if response := stack.Call(t, "GET", "/api/experiments", key.Secret, nil); response.Status != 403 {
		t.Errorf("a key for assigning reads: %d %s", response.Status, response.Body)
	}
	if response := stack.Call(t, "POST", "/api/experiments/"+experiment.Key+"/assign", "mab_nobody's", map[string]any{"user_id": "caller"}); response.Status != 200 {
		t.Errorf("a public call with a wrong key: %d %s", response.Status, response.Body)
	}
	harness.Await(t, startedWithin, func() (bool, string) {
		var known apiKey
		stack.Private(t, "GET", "/api/keys/"+key.Key.ID, nil, &known)
		return known.LastUseTime != nil, "no use is on record"
	})
}

func TestARevokedKeyEndsItsStreamsAndCalls(t *testing.T) {
	stack := shared(t)
	experiment := stack.StartExperiment(t, nil)
	key := newAssignKey(t, stack)
	other := newAssignKey(t, stack)
	open := func(secret string) mabv1.AssignmentService_StreamCallsClient {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		t.Cleanup(cancel)
		stream, err := mabv1.NewAssignmentServiceClient(dial(t, stack.AssignmentAddress)).
			StreamCalls(metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+secret))
		check(t, err)
		return stream
	}
	answers := func(stream mabv1.AssignmentService_StreamCallsClient) {
		t.Helper()
		check(t, stream.Send(&mabv1.StreamCallsRequest{Calls: []*mabv1.StreamCall{
			{Id: 1, Call: &mabv1.StreamCall_Assign{Assign: &mabv1.AssignRequest{Experiment: experiment.Key, UserId: "streamed"}}}}}))
		if answer, err := stream.Recv(); err != nil || answer.Answers[0].GetAssign().GetVariant() == nil {
			t.Fatalf("%v %v", answer, err)
		}
	}
	ending, staying := open(key.Secret), open(other.Secret)
	answers(ending)
	answers(staying)
	began := time.Now()
	revoke(t, stack, key.Key.ID)
	if answer, err := ending.Recv(); status.Code(err) != codes.Unauthenticated || time.Since(began) > knownWithin {
		t.Errorf("after %v: %v %v", time.Since(began), answer, err)
	}
	t.Logf("the stream ended after %v", time.Since(began))
	awaitCode(t, stack, key.Secret, codes.Unauthenticated)
	answers(staying)
}

// With admin and PostgreSQL away the assignment service starts, and still knows its callers.
func TestKeysAreKnownWithoutAdmin(t *testing.T) {
	stack := harness.Start(t, harness.Options{})
	experiment := stack.StartExperiment(t, nil)
	key := newAssignKey(t, stack)
	stack.Assign(t, experiment.Key, "before") // the map is complete
	check(t, stack.Admin.Stop())
	check(t, stack.Assignment.Stop())
	check(t, stack.Assignment.Start())
	harness.Await(t, startedWithin, func() (bool, string) {
		_, err := assignWith(t, stack, experiment.Key, "cold", "authorization", "Bearer "+key.Secret)
		return err == nil, fmt.Sprint(err)
	})
	if _, err := assignWith(t, stack, experiment.Key, "cold"); status.Code(err) != codes.Unauthenticated {
		t.Errorf("nobody is let in: %v", err)
	}
}
