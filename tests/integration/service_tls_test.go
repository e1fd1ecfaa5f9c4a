package integration

import (
	"context"
	"crypto/tls"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	"mab/tests/harness"
	"mab/tests/harness/testca"
)

// tlsOptions of a system whose processes speak TLS with each other, by certificates of the CA.
func tlsOptions(ca *testca.CA, clients *tls.Config, more ...string) harness.Options {
	return harness.Options{ServiceCredentials: credentials.NewTLS(clients), Environment: append([]string{
		"MAB_INTERNAL_TLS_CA_FILE=" + ca.File("ca.pem"), "MAB_INTERNAL_TLS_CERT_FILE=" + ca.File("service.pem"),
		"MAB_INTERNAL_TLS_KEY_FILE=" + ca.File("service.key")}, more...)}
}

// healthBy asks a service with these credentials.
func healthBy(t *testing.T, address string, transport credentials.TransportCredentials) error {
	t.Helper()
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(transport))
	check(t, err)
	defer connection.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	_, err = healthv1.NewHealthClient(connection).Check(ctx, &healthv1.HealthCheckRequest{})
	return err
}

// goesRound takes a visitor through every connection between the processes: the gateway's to both services, the snapshots
// from admin to assignment, and an erasure from admin to assignment.
func goesRound(t *testing.T, stack *harness.Stack, name string) {
	t.Helper()
	experiment := stack.StartExperiment(t, nil)
	if got := stack.Assign(t, experiment.ID, name); !got.Counted {
		t.Errorf("%s got %+v", name, got)
	}
	stack.AwaitTotals(t, experiment.ID, 1, 0)
	var erased struct {
		ErasureID string `json:"erasure_id"`
	}
	stack.Private(t, "POST", "/api/visitors:erase", map[string]any{"user_id": name}, &erased)
	if erased.ErasureID == "" {
		t.Errorf("%s was not erased", name)
	}
}

func TestAWholeSystemOverUnixSockets(t *testing.T) {
	stack := harness.Start(t, harness.Options{UnixSockets: true})
	goesRound(t, stack, "visitor")
	for _, name := range []string{"assignment.sock", "admin.sock"} {
		if info, err := os.Stat(filepath.Join(stack.Dir, "data", name)); err != nil || info.Mode()&os.ModeSocket == 0 {
			t.Errorf("%s is no socket: %v, %v", name, info, err)
		}
	}
	stack.Assignment.Kill()
	check(t, stack.Assignment.Start())
	check(t, stack.AwaitHealthy())
	goesRound(t, stack, "after a restart")
}

func TestAWholeSystemOverTLS(t *testing.T) {
	ca := testca.New(t)
	ca.Issue(t, "service", "127.0.0.1", "localhost")
	stack := harness.Start(t, tlsOptions(ca, ca.Client(t, "")))
	goesRound(t, stack, "visitor")

	stranger := testca.New(t)
	old := ca.Client(t, "")
	old.MaxVersion = tls.VersionTLS11
	for _, address := range []string{stack.AssignmentAddress, stack.AdminAddress} {
		if err := healthBy(t, address, credentials.NewTLS(ca.Client(t, ""))); err != nil {
			t.Errorf("who trusts the CA: %v", err)
		}
		for who, transport := range map[string]credentials.TransportCredentials{
			"a plain client":         insecure.NewCredentials(),
			"who trusts another CA":  credentials.NewTLS(stranger.Client(t, "")),
			"who speaks old TLS":     credentials.NewTLS(old),
			"who asks another host":  credentials.NewTLS(&tls.Config{RootCAs: ca.Client(t, "").RootCAs, ServerName: "other.example"}),
			"who knows no authority": credentials.NewTLS(&tls.Config{}),
		} {
			if err := healthBy(t, address, transport); err == nil {
				t.Errorf("%s is answered at %s", who, address)
			}
		}
	}

	// A new certificate is taken up by new connections, without a restart.
	before := serialOf(t, stack.AdminAddress, ca.Client(t, ""))
	ca.Issue(t, "service", "127.0.0.1", "localhost")
	for _, address := range []string{stack.AssignmentAddress, stack.AdminAddress} {
		harness.Await(t, 20*time.Second, func() (bool, string) {
			return serialOf(t, address, ca.Client(t, "")) != before, "the certificate is still the old one"
		})
	}
	goesRound(t, stack, "by the new certificate")
}

func serialOf(t *testing.T, address string, config *tls.Config) string {
	t.Helper()
	config.NextProtos = []string{"h2"}
	connection, err := tls.Dial("tcp", address, config)
	check(t, err)
	defer connection.Close()
	return connection.ConnectionState().PeerCertificates[0].SerialNumber.String()
}

func TestServicesAskTheirCallersForCertificates(t *testing.T) {
	ca, stranger := testca.New(t), testca.New(t)
	ca.Issue(t, "service", "127.0.0.1", "localhost")
	ca.Issue(t, "caller")
	stranger.Issue(t, "caller")
	stack := harness.Start(t, tlsOptions(ca, ca.Client(t, "caller"), "MAB_INTERNAL_TLS_REQUIRE_CLIENT=true"))
	goesRound(t, stack, "visitor")
	forged := stranger.Client(t, "caller")
	forged.RootCAs = ca.Client(t, "").RootCAs
	for _, address := range []string{stack.AssignmentAddress, stack.AdminAddress} {
		if err := healthBy(t, address, credentials.NewTLS(ca.Client(t, "caller"))); err != nil {
			t.Errorf("who has a certificate: %v", err)
		}
		if healthBy(t, address, credentials.NewTLS(ca.Client(t, ""))) == nil {
			t.Errorf("who has none is answered at %s", address)
		}
		if healthBy(t, address, credentials.NewTLS(forged)) == nil {
			t.Errorf("who has one of another CA is answered at %s", address)
		}
	}
}

// A gateway that does not trust the services' CA, or speaks plain, gets nothing of them.
func TestAGatewayThatTrustsAnotherCAGetsNoAnswer(t *testing.T) {
	ca, stranger := testca.New(t), testca.New(t)
	ca.Issue(t, "service", "127.0.0.1")
	stack := harness.Start(t, tlsOptions(ca, ca.Client(t, "")))
	check(t, os.Rename(stranger.File("ca.pem"), ca.File("ca.pem")))
	stack.Gateway.Kill()
	check(t, stack.Gateway.Start())
	harness.Await(t, 20*time.Second, func() (bool, string) {
		response, err := stack.Try("POST", "/api/experiments/e/assign", "", map[string]any{"user_id": "u"})
		return err == nil && response.Status == 503 && strings.Contains(string(response.Body), "UNAVAILABLE"), string(response.Body)
	})
}

// The C++ client that the README shows sends its key by TLS, to the service that it means, or not off this machine.
func TestTheExampleClientKeepsItsKey(t *testing.T) {
	ca, stranger := testca.New(t), testca.New(t)
	ca.Issue(t, "service", "127.0.0.1")
	stack := harness.Start(t, tlsOptions(ca, ca.Client(t, "")))
	experiment := stack.StartExperiment(t, nil)
	key := newKey(t, stack, "assigns", "ASSIGN").Secret
	run := func(address, authorities string) (string, error) {
		command := exec.Command(filepath.Join(harness.BinaryDir(), "assign_client"), address, experiment.Key, "cpp-user")
		command.Env = append(os.Environ(), "MAB_API_KEY="+key, "MAB_CA_FILE="+authorities)
		output, err := command.CombinedOutput()
		return string(output), err
	}
	// It takes the service a moment to know the key.
	harness.Await(t, 10*time.Second, func() (bool, string) {
		output, err := run(stack.AssignmentAddress, ca.File("ca.pem"))
		return err == nil, output
	})
	for _, test := range []struct{ address, authorities, said string }{
		{stack.AssignmentAddress, stranger.File("ca.pem"), "code 14"},
		{stack.AssignmentAddress, "", "code 14"},
		{stack.AssignmentAddress, "/nowhere.pem", "MAB_CA_FILE"},
		{"192.0.2.1:8010", "", "MAB_CA_FILE"},
		{"127.0.0.1.example.com:8010", "", "MAB_CA_FILE"},
	} {
		if output, err := run(test.address, test.authorities); err == nil || !strings.Contains(output, test.said) {
			t.Errorf("%+v: %v, %s", test, err, output)
		}
	}
}
