package ratelimit

import (
	"context"
	"fmt"
	"testing"

	"google.golang.org/grpc"

	mabv1 "mab/gen/go/mab/v1"
)

// answering has one experiment, "hero" of id "id-1".
type answering struct{ mabv1.AssignmentServiceClient }

func (answering) Assign(context.Context, *mabv1.AssignRequest, ...grpc.CallOption) (*mabv1.AssignResponse, error) {
	return &mabv1.AssignResponse{ExperimentId: "id-1", ExperimentKey: "hero"}, nil
}

func (answering) Convert(context.Context, *mabv1.ConvertRequest, ...grpc.CallOption) (*mabv1.ConvertResponse, error) {
	return &mabv1.ConvertResponse{}, nil
}

func (answering) BatchAssign(context.Context, *mabv1.BatchAssignRequest, ...grpc.CallOption) (*mabv1.BatchAssignResponse, error) {
	return &mabv1.BatchAssignResponse{Assignments: []*mabv1.AssignResponse{{ExperimentId: "id-1", ExperimentKey: "hero"}}}, nil
}

func TestAnExperimentsIdAndKeyAreOneLimit(t *testing.T) {
	for _, first := range []string{"assign", "batch"} {
		client := Assignments(answering{}, New(options(&fakeClock{}), nil)) // a burst of three
		ctx := context.Background()
		assign := func(name string) error {
			_, err := client.Assign(ctx, &mabv1.AssignRequest{Experiment: name})
			return err
		}
		if first == "batch" {
			_, _ = client.BatchAssign(ctx, &mabv1.BatchAssignRequest{Experiments: []string{"hero"}})
		} else {
			_ = assign("hero") // of which the key is learned
		}
		for i, name := range []string{"id-1", "hero"} {
			if err := assign(name); err != nil {
				t.Errorf("%s: call %d by %s: %v", first, i, name, err)
			}
		}
		for _, name := range []string{"hero", "id-1"} {
			if assign(name) == nil {
				t.Errorf("%s: by %s there is a limit of its own", first, name)
			}
			if _, err := client.Convert(ctx, &mabv1.ConvertRequest{Experiment: name}); err == nil {
				t.Errorf("%s: a conversion by %s has a limit of its own", first, name)
			}
		}
	}
}

// The call of which a key is learned is answered, though the id's limit is used up: it is no refusal.
func TestACallOfWhichAKeyIsLearnedIsNoRefusal(t *testing.T) {
	for _, first := range []string{"assign", "batch"} {
		refused := 0
		of := options(&fakeClock{})
		of.Refused = func(Class) { refused++ }
		client := Assignments(answering{}, New(of, nil)) // a burst of three
		ctx := context.Background()
		convert := func(name string) error {
			_, err := client.Convert(ctx, &mabv1.ConvertRequest{Experiment: name}) // of which no key is learned
			return err
		}
		for range 3 {
			if err := convert("id-1"); err != nil {
				t.Fatal(err)
			}
		}
		var err error
		if first == "batch" {
			_, err = client.BatchAssign(ctx, &mabv1.BatchAssignRequest{Experiments: []string{"hero"}})
		} else {
			_, err = client.Assign(ctx, &mabv1.AssignRequest{Experiment: "hero"})
		}
		if err != nil || refused != 0 {
			t.Errorf("%s: %v, %d refusals are counted", first, err, refused)
		}
		if convert("hero") == nil || refused != 1 { // the key has the limit of the id
			t.Errorf("%s: after it %d refusals are counted", first, refused)
		}
	}
}

func TestNamesAreBounded(t *testing.T) {
	var n names
	n.learn("", "nobody")
	for i := range 3*namesMax + 1 {
		n.learn(fmt.Sprint("key-", i), fmt.Sprint("id-", i))
		if len(n.ids) > namesMax {
			t.Fatalf("%d names", len(n.ids))
		}
	}
	if got := n.of(fmt.Sprint("key-", 3*namesMax)); got != fmt.Sprint("id-", 3*namesMax) {
		t.Errorf("the last one is %q", got)
	}
	if n.of("key-0") != "key-0" || n.of("") != "" {
		t.Error("a name that is not known is another's")
	}
	n.learn("key-0", "id-x")
	n.learn("key-0", "id-y")
	if n.of("key-0") != "id-y" {
		t.Error("the last word does not stand")
	}
}
