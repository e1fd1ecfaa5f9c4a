package servicetls

import (
	"bytes"
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"

	"mab/tests/harness/testca"
)

func TestFilesThatAreOfNoUseAreNamed(t *testing.T) {
	ca := testca.New(t)
	ca.Issue(t, "gateway")
	ca.Issue(t, "other")
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, []byte("no PEM"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		files Files
		wrong string
	}{
		{Files{CA: ca.File("ca.pem")}, ""},
		{Files{CA: ca.File("ca.pem"), Certificate: ca.File("gateway.pem"), Key: ca.File("gateway.key")}, ""},
		{Files{CA: "/nowhere.pem"}, "MAB_INTERNAL_TLS_CA_FILE"},
		{Files{CA: empty}, "MAB_INTERNAL_TLS_CA_FILE: " + empty},
		{Files{CA: ca.File("ca.pem"), Certificate: ca.File("gateway.pem"), Key: ca.File("other.key")}, "MAB_INTERNAL_TLS_KEY_FILE: " + ca.File("other.key")},
		{Files{CA: ca.File("ca.pem"), Certificate: ca.File("gateway.pem"), Key: empty}, "MAB_INTERNAL_TLS_KEY_FILE: " + empty},
		{Files{CA: ca.File("ca.pem"), Certificate: empty, Key: ca.File("gateway.key")}, "MAB_INTERNAL_TLS_CERT_FILE: " + empty},
	} {
		_, err := New(test.files, slog.New(slog.DiscardHandler))
		if (err == nil) != (test.wrong == "") || err != nil && !strings.HasPrefix(err.Error(), test.wrong) {
			t.Errorf("%+v: %v", test.files, err)
		}
	}
}

// serve answers at an address with a certificate of the CA's, and counts calls that bring a secret.
func serve(t *testing.T, ca *testca.CA, name string) (address string, calls *atomic.Int32) {
	t.Helper()
	own, err := tls.LoadX509KeyPair(ca.File(name+".pem"), ca.File(name+".key"))
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	calls = &atomic.Int32{}
	server := grpc.NewServer(grpc.Creds(credentials.NewServerTLSFromCert(&own)), grpc.UnaryInterceptor(
		func(ctx context.Context, request any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
			if len(metadata.ValueFromIncomingContext(ctx, "mab-internal-secret")) != 0 {
				calls.Add(1)
			}
			return next(ctx, request)
		}))
	healthv1.RegisterHealthServer(server, health.NewServer())
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return listener.Addr().String(), calls
}

// call asks by a new connection, with a secret.
func call(t *testing.T, address string, transport credentials.TransportCredentials) error {
	t.Helper()
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(transport), grpc.WithNoProxy())
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(metadata.AppendToOutgoingContext(t.Context(), "mab-internal-secret", "s"), 10*time.Second)
	defer cancel()
	_, err = healthv1.NewHealthClient(connection).Check(ctx, &healthv1.HealthCheckRequest{})
	return err
}

func TestAServiceThatIsNotTheOneCalledGetsNoCall(t *testing.T) {
	ca, stranger := testca.New(t), testca.New(t)
	ca.Issue(t, "right", "127.0.0.1")
	ca.Issue(t, "wrong", "127.0.0.2", "other.example")
	stranger.Issue(t, "right", "127.0.0.1")
	transport, err := New(Files{CA: ca.File("ca.pem")}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	address, calls := serve(t, ca, "right")
	if err := call(t, address, transport); err != nil || calls.Load() != 1 {
		t.Fatalf("the right service: %v, %d calls", err, calls.Load())
	}
	for what, is := range map[string]struct {
		ca   *testca.CA
		name string
	}{"another host's": {ca, "wrong"}, "another CA's": {stranger, "right"}} {
		address, calls := serve(t, is.ca, is.name)
		if err := call(t, address, transport); err == nil || calls.Load() != 0 {
			t.Errorf("with %s certificate: %v, %d calls", what, err, calls.Load())
		}
	}
}

func TestTheLastGoodFilesStayWhileThoseOnDiskAreBroken(t *testing.T) {
	ca, stranger := testca.New(t), testca.New(t)
	ca.Issue(t, "service", "127.0.0.1")
	ca.Issue(t, "gateway")
	stranger.Issue(t, "gateway")
	address, _ := serve(t, ca, "service")
	var log bytes.Buffer
	files := Files{CA: ca.File("ca.pem"), Certificate: ca.File("gateway.pem"), Key: ca.File("gateway.key")}
	transport, err := New(files, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	read := func(name string) string {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	certificate, strange := read(files.Certificate), read(stranger.File("gateway.pem"))
	for what, broken := range map[string]struct{ file, content string }{
		"another key's certificate":    {files.Certificate, strange},
		"a certificate cut short":      {files.Certificate, certificate[:len(certificate)/2]},
		"a key cut short":              {files.Key, read(files.Key)[:40]},
		"garbage in place of the CA's": {files.CA, "garbage"},
	} {
		whole := read(broken.file)
		replace := func(content string) {
			if err := os.WriteFile(broken.file, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		replace(broken.content)
		for range 2 {
			if err := call(t, address, transport); err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
		if got := strings.Count(log.String(), "the last ones stay"); got != 1 {
			t.Errorf("%s: %d warnings\n%s", what, got, &log)
		}
		replace(whole)
		if err := call(t, address, transport); err != nil {
			t.Errorf("after %s: %v", what, err)
		}
		log.Reset()
	}
	// What is whole is taken up: this CA is not the service's.
	if err := os.Rename(stranger.File("ca.pem"), files.CA); err != nil {
		t.Fatal(err)
	}
	if call(t, address, transport) == nil {
		t.Error("another CA is not taken up")
	}
}
