// Package harness runs the whole system for tests: a private PostgreSQL and the three processes of the release build,
// on free ports of 127.0.0.1, in a temporary directory. Tests stop, kill and start each part as they like; nothing is
// left behind, even where a test fails.
//
// A Stack is used by one test at a time; its client calls are safe for concurrent use.
package harness

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
)

// The secrets of every test system.
const (
	JWTSecret      = "integration-tests-jwt-secret-0123456789"
	InternalSecret = "integration-tests-internal-secret-0123456789"
	UserHashKey    = "000102030405060708090a0b0c0d0e0f"
	SetupToken     = "integration-tests-setup-token"
	AdminEmail     = "admin@example.com"
	AdminPassword  = "correct horse battery staple"
)

const startLimit = 60 * time.Second

// Options of a Stack that differ from the usual.
type Options struct {
	// PostgresSettings are "name=value" for the server.
	PostgresSettings []string
	// Environment is "NAME=value" for all three services.
	Environment []string
	// DatabaseURL replaces the URL that the services use to reach PostgreSQL, such as a pooler's.
	DatabaseURL func(stack *Stack) string
	// UnixSockets: the services listen on Unix sockets, and on no port.
	UnixSockets bool
	// ServiceCredentials are how tests reach the services; nil: plain.
	ServiceCredentials credentials.TransportCredentials
	// AssignmentVia replaces the address by which the gateway reaches the assignment service, such as a proxy's.
	AssignmentVia func(stack *Stack) string
}

// Stack is a running system.
type Stack struct {
	Dir      string
	Postgres *Postgres
	// The processes of the system. Each can be stopped, killed and started again.
	Assignment, Admin, Gateway *Process
	// Where they listen: "127.0.0.1:port", or "unix:/path".
	AssignmentAddress, AdminAddress, GatewayAddress string
	// Where they have their /metrics.
	AssignmentMetricsAddress, AdminMetricsAddress, GatewayMetricsAddress string

	*Client
	databaseURL        string
	serviceCredentials credentials.TransportCredentials
}

// Start a system that ends with the test, which fails where a secret is in its logs. It is ready when this returns.
func Start(t testing.TB, options Options) *Stack {
	t.Helper()
	stack, err := Open(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, leak := range stack.Leaks() {
			t.Error(leak)
		}
		stack.TellIfFailed(t)
		stack.Close()
	})
	return stack
}

// Open a system that outlives a test; Close ends it.
func Open(options Options) (*Stack, error) {
	dir, err := os.MkdirTemp("", "mab-it-")
	if err != nil {
		return nil, err
	}
	// The services' user must get in.
	if err := os.Chmod(dir, 0o755); err != nil {
		return nil, err
	}
	stack := &Stack{Dir: dir}
	if err := stack.open(options); err != nil {
		err = fmt.Errorf("%w\n%s", err, stack.Logs())
		stack.Close()
		return nil, err
	}
	return stack, nil
}

func (s *Stack) open(options Options) error {
	var err error
	if s.Postgres, err = newPostgres(s.Dir, options.PostgresSettings); err != nil {
		return err
	}
	if err := s.Postgres.Start(); err != nil {
		return err
	}
	if err := s.Postgres.createDatabase(); err != nil {
		return err
	}
	s.databaseURL = s.Postgres.URL()
	if options.DatabaseURL != nil {
		s.databaseURL = options.DatabaseURL(s)
	}
	if err := s.describeProcesses(options); err != nil {
		return err
	}
	migrate := NewProcess("migrate", s.Dir, s.Admin.command[0], []string{"migrate"},
		append([]string{"DATABASE_URL=" + s.databaseURL, "MAB_ASSIGNMENT_DATABASE_URL=" + s.urlAs("mab_assignment")}, s.Admin.environment...))
	if err := migrate.Run(startLimit); err != nil {
		return err
	}
	for _, process := range []*Process{s.Admin, s.Assignment, s.Gateway} {
		if err := process.Start(); err != nil {
			return err
		}
	}
	return s.AwaitHealthy()
}

// describeProcesses chooses ports and says how each process is run.
func (s *Stack) describeProcesses(options Options) error {
	ports, err := freePorts(6)
	if err != nil {
		return err
	}
	address := func(i int) string { return fmt.Sprintf("127.0.0.1:%d", ports[i]) }
	s.GatewayAddress, s.AssignmentAddress, s.AdminAddress = address(0), address(1), address(2)
	s.AssignmentMetricsAddress, s.AdminMetricsAddress, s.GatewayMetricsAddress = address(3), address(4), address(5)
	s.serviceCredentials = options.ServiceCredentials
	if s.serviceCredentials == nil {
		s.serviceCredentials = insecure.NewCredentials()
	}
	s.Client = NewClient("http://" + s.GatewayAddress)

	root, err := repositoryRoot()
	if err != nil {
		return err
	}
	migrations := filepath.Join(s.Dir, "migrations")
	if err := os.CopyFS(migrations, os.DirFS(filepath.Join(root, "migrations"))); err != nil {
		return err
	}
	data := filepath.Join(s.Dir, "data")
	if err := makeOwnedDir(data); err != nil {
		return err
	}
	if options.UnixSockets { // in a directory of the services' user
		s.AssignmentAddress, s.AdminAddress = "unix:"+filepath.Join(data, "assignment.sock"), "unix:"+filepath.Join(data, "admin.sock")
	}
	assignment := s.AssignmentAddress
	if options.AssignmentVia != nil {
		assignment = options.AssignmentVia(s)
	}
	common := append([]string{
		"ENV=development", "LOG_LEVEL=info", "MAB_INTERNAL_SECRET=" + InternalSecret,
		"MAB_ASSIGNMENT_ADDRESS=" + assignment, "MAB_ADMIN_ADDRESS=" + s.AdminAddress,
	}, options.Environment...)
	with := func(more ...string) []string { return slices.Concat(more, common) }

	binaries, err := stagedBinaries()
	if err != nil {
		return err
	}
	s.Assignment = NewProcess("assignment", s.Dir, filepath.Join(binaries, "mab-assignment"), nil, with(
		"MAB_ASSIGNMENT_LISTEN="+s.AssignmentAddress, "MAB_ASSIGNMENT_METRICS_LISTEN="+s.AssignmentMetricsAddress,
		"MAB_USER_HASH_KEY="+UserHashKey, "MAB_DATA_DIR="+data, "MAB_ASSIGNMENT_DATABASE_URL="+s.urlAs("mab_assignment")))
	s.Admin = NewProcess("admin", s.Dir, filepath.Join(binaries, "mab-admin"), []string{"serve"}, with(
		"MAB_ADMIN_LISTEN="+s.AdminAddress, "MAB_ADMIN_METRICS_LISTEN="+s.AdminMetricsAddress, "JWT_SECRET="+JWTSecret,
		"MAB_USER_HASH_KEY="+UserHashKey, "MAB_ADMIN_DATABASE_URL="+s.urlAs("mab_admin"),
		"MAB_SETUP_TOKEN="+SetupToken, "MAB_BCRYPT_COST=10", "MAB_MIGRATIONS_DIR="+migrations))
	s.Gateway = NewProcess("gateway", s.Dir, filepath.Join(binaries, "mab-gateway"), nil, with(
		"MAB_HOST=127.0.0.1", fmt.Sprintf("PORT=%d", ports[0]), "MAB_GATEWAY_METRICS_LISTEN="+s.GatewayMetricsAddress))
	return nil
}

// urlAs is the database's URL for one of the services' roles.
func (s *Stack) urlAs(role string) string {
	return strings.Replace(s.databaseURL, "postgresql://mab@", "postgresql://"+role+"@", 1)
}

// RunAdmin runs a command of the admin service's program on the system's database: what it printed, and its exit status.
func (s *Stack) RunAdmin(arguments ...string) (output string, code int, err error) {
	binaries, err := stagedBinaries()
	if err != nil {
		return "", 0, err
	}
	command := exec.Command(filepath.Join(binaries, "mab-admin"), arguments...)
	command.Env = append(os.Environ(), "DATABASE_URL="+s.databaseURL)
	text, err := command.CombinedOutput()
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		return string(text), ended.ExitCode(), nil
	}
	return string(text), 0, err
}

// AwaitHealthy waits until both services and the whole system say that they are well.
func (s *Stack) AwaitHealthy() error {
	deadline := time.Now().Add(startLimit)
	for {
		// The gateway's word may be a second old, so the services are asked too.
		err := errors.Join(s.serving(s.AdminAddress), s.serving(s.AssignmentAddress), s.healthy())
		if err == nil {
			return nil
		}
		for _, process := range []*Process{s.Assignment, s.Admin, s.Gateway} {
			if ended, how := process.Ended(); ended {
				return fmt.Errorf("%s ended: %s", process.Name, how)
			}
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("not healthy after %v: %w", startLimit, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// serving asks a service's gRPC health.
func (s *Stack) serving(address string) error {
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(s.serviceCredentials))
	if err != nil {
		return err
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	answer, err := healthv1.NewHealthClient(connection).Check(ctx, &healthv1.HealthCheckRequest{})
	if err == nil && answer.Status != healthv1.HealthCheckResponse_SERVING {
		err = fmt.Errorf("%s is %v", address, answer.Status)
	}
	return err
}

// healthy asks the gateway how all of it is.
func (s *Stack) healthy() error {
	response, err := s.Try("GET", "/health", "", nil)
	if err == nil && (response.Status != http.StatusOK || !response.healthy()) {
		err = fmt.Errorf("/health: %d %s", response.Status, response.Body)
	}
	return err
}

// TellIfFailed prints the ends of all logs where the test failed.
func (s *Stack) TellIfFailed(t testing.TB) {
	if t.Failed() {
		t.Log(s.Logs())
	}
}

// Logs are the last lines of each process.
func (s *Stack) Logs() string {
	var text strings.Builder
	for _, name := range []string{"postgres", "migrate", "assignment", "admin", "gateway"} {
		file := filepath.Join(s.Dir, name+".log")
		content, _ := os.ReadFile(file)
		lines := strings.Split(strings.TrimSpace(string(content)), "\n")
		fmt.Fprintf(&text, "--- %s\n%s\n", filepath.Base(file), strings.Join(lines[max(0, len(lines)-15):], "\n"))
	}
	return text.String()
}

// Close ends everything and removes the directory.
func (s *Stack) Close() {
	for _, process := range []*Process{s.Gateway, s.Assignment, s.Admin} {
		if process != nil {
			process.Kill()
		}
	}
	if s.Postgres != nil {
		s.Postgres.Kill()
	}
	os.RemoveAll(s.Dir)
}

// freePorts that nobody listens on now.
func freePorts(n int) ([]int, error) {
	var ports []int
	for range n {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer listener.Close()
		ports = append(ports, listener.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}
