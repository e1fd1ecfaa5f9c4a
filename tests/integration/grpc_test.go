package integration

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1alpha"
	"google.golang.org/grpc/status"

	mabv1 "mab/gen/go/mab/v1"
	"mab/tests/harness"
)

// startedWithin bounds waits for a process to start, stop or notice.
const startedWithin = 20 * time.Second

func callContext(t testing.TB, pairs ...string) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startedWithin)
	t.Cleanup(cancel)
	return metadata.AppendToOutgoingContext(ctx, pairs...)
}

func TestInternalServicesSpeakGRPCDirectly(t *testing.T) {
	stack := shared(t)
	experiment := stack.StartExperiment(t, nil)
	assignment := mabv1.NewAssignmentServiceClient(dial(t, stack.AssignmentAddress, harness.Internally()...))

	assigned, err := assignment.Assign(callContext(t), &mabv1.AssignRequest{Experiment: experiment.Key, UserId: "grpc"})
	check(t, err)
	if viaJSON := stack.Assign(t, experiment.ID, "grpc"); viaJSON.Variant.Key != assigned.Variant.Key || !viaJSON.Returning {
		t.Errorf("gRPC says %v, JSON %+v", assigned, viaJSON)
	}
	converted, err := assignment.Convert(callContext(t), &mabv1.ConvertRequest{Experiment: experiment.Key, UserId: "grpc"})
	check(t, err)
	if !converted.Recorded || !converted.Credited || converted.Variant.Key != assigned.Variant.Key {
		t.Errorf("converted: %v", converted)
	}
	_, err = assignment.Assign(callContext(t), &mabv1.AssignRequest{Experiment: experiment.Key})
	if status.Code(err) != codes.InvalidArgument {
		t.Errorf("without a user: %v", err)
	}

	admin := mabv1.NewExperimentServiceClient(dial(t, stack.AdminAddress))
	if _, err := admin.ListExperiments(callContext(t), &mabv1.ListExperimentsRequest{}); status.Code(err) != codes.Unauthenticated {
		t.Errorf("listing without a token: %v", err)
	}
	signedIn := callContext(t, "authorization", "Bearer "+stack.Token(t))
	if _, err := admin.GetExperiment(signedIn, &mabv1.GetExperimentRequest{Id: experiment.ID}); err != nil {
		t.Errorf("reading with a token: %v", err)
	}
}

func TestSnapshotsAreForOurOwnServices(t *testing.T) {
	stack := shared(t)
	snapshots := mabv1.NewSnapshotServiceClient(dial(t, stack.AdminAddress))
	for name, pairs := range map[string][]string{
		"nothing":         nil,
		"a wrong secret":  {"mab-internal-secret", strings.Repeat("x", len(harness.InternalSecret))},
		"an access token": {"authorization", "Bearer " + stack.Token(t)},
	} {
		stream, err := snapshots.WatchSnapshots(callContext(t, pairs...), &mabv1.WatchSnapshotsRequest{})
		check(t, err)
		if _, err := stream.Recv(); status.Code(err) != codes.Unauthenticated && status.Code(err) != codes.PermissionDenied {
			t.Errorf("with %s: %v", name, err)
		}
	}
	stream, err := snapshots.WatchSnapshots(callContext(t, "mab-internal-secret", harness.InternalSecret), &mabv1.WatchSnapshotsRequest{})
	check(t, err)
	if first, err := stream.Recv(); err != nil || first.Snapshot == nil {
		t.Errorf("with the secret: %v %v", first, err)
	}
	// The gateway lends nobody its metadata.
	response := stack.Call(t, "GET", "/api/experiments", "", nil, "Grpc-Metadata-Authorization", "Bearer "+stack.Token(t))
	if response.Status != 401 {
		t.Errorf("a Grpc-Metadata header was forwarded: %d", response.Status)
	}
}

func TestBothServicesHaveHealthAndReflection(t *testing.T) {
	stack := shared(t)
	for address, want := range map[string]string{stack.AssignmentAddress: "mab.v1.AssignmentService", stack.AdminAddress: "mab.v1.ExperimentService"} {
		connection := dial(t, address)
		for _, service := range []string{"", want} {
			answer, err := healthv1.NewHealthClient(connection).Check(callContext(t), &healthv1.HealthCheckRequest{Service: service})
			if err != nil || answer.Status != healthv1.HealthCheckResponse_SERVING {
				t.Errorf("health of %q at %s: %v %v", service, want, answer, err)
			}
		}
		reflection, err := reflectionv1.NewServerReflectionClient(connection).ServerReflectionInfo(callContext(t))
		check(t, err)
		check(t, reflection.Send(&reflectionv1.ServerReflectionRequest{
			MessageRequest: &reflectionv1.ServerReflectionRequest_ListServices{ListServices: "*"},
		}))
		answer, err := reflection.Recv()
		check(t, err)
		var names []string
		for _, service := range answer.GetListServicesResponse().GetService() {
			names = append(names, service.Name)
		}
		if !slices.Contains(names, want) || !slices.Contains(names, "grpc.health.v1.Health") {
			t.Errorf("reflection lists %v, without %s", names, want)
		}
	}
}

// In production nobody is told what there is to call.
func TestReflectionIsOffInProduction(t *testing.T) {
	stack := harness.Start(t, harness.Options{Environment: []string{"ENV=production"}})
	for _, address := range []string{stack.AssignmentAddress, stack.AdminAddress} {
		reflection, err := reflectionv1.NewServerReflectionClient(dial(t, address)).ServerReflectionInfo(callContext(t))
		check(t, err)
		// The stream may end before this is sent; Recv says why.
		_ = reflection.Send(&reflectionv1.ServerReflectionRequest{
			MessageRequest: &reflectionv1.ServerReflectionRequest_ListServices{ListServices: "*"},
		})
		if _, err := reflection.Recv(); status.Code(err) != codes.Unimplemented {
			t.Errorf("reflection answers: %v", err)
		}
	}
}

// The C++ client that the README shows.
func TestExampleClientAssignsAndConverts(t *testing.T) {
	stack := shared(t)
	experiment := stack.StartExperiment(t, nil)
	command := exec.Command(filepath.Join(harness.BinaryDir(), "assign_client"), stack.AssignmentAddress, experiment.Key, "cpp-user")
	command.Env = append(os.Environ(), "MAB_API_KEY="+newAssignKey(t, stack).Secret)
	output, err := command.CombinedOutput()
	t.Logf("%s", output)
	check(t, err)
	now := stack.Assign(t, experiment.ID, "cpp-user")
	if !now.Returning || !strings.Contains(string(output), now.Variant.Key) {
		t.Errorf("afterwards he gets %+v", now)
	}
}
