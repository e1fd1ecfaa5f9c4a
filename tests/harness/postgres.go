package harness

import (
	"bytes"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const postgresBin = "/usr/lib/postgresql/15/bin/"

// Postgres is a private server, reached by a Unix socket.
type Postgres struct {
	*Process
	// SocketDir is where its socket is.
	SocketDir string

	paused *pause
}

func newPostgres(dir string, settings []string) (*Postgres, error) {
	data, socket := filepath.Join(dir, "postgres"), filepath.Join(dir, "socket")
	for _, folder := range []string{data, socket} {
		if err := makeOwnedDir(folder); err != nil {
			return nil, err
		}
	}
	// `trust` among those who reach the socket: its folder is private.
	initdb := NewProcess("initdb", dir, postgresBin+"initdb", []string{"-D", data, "-U", "mab", "--encoding=UTF8",
		"--locale=C.UTF-8", "--no-sync", "--auth-local=trust", "--auth-host=reject"}, nil)
	if err := initdb.Run(startLimit); err != nil {
		return nil, err
	}
	return servedFrom("postgres", dir, data, socket, settings), nil
}

// servedFrom describes the server of a data directory.
func servedFrom(name, dir, data, socket string, settings []string) *Postgres {
	arguments := []string{"-D", data, "-c", "listen_addresses=", "-c", "unix_socket_directories=" + socket,
		"-c", "log_destination=stderr", "-c", "timezone=UTC"}
	for _, setting := range settings {
		arguments = append(arguments, "-c", setting)
	}
	return &Postgres{Process: NewProcess(name, dir, postgresBin+"postgres", arguments, nil), SocketDir: socket}
}

// URL of the database, for libpq.
func (p *Postgres) URL() string { return p.URLThrough(p.SocketDir) }

// URLThrough is the database's URL where another's socket, in that folder, stands before the server's.
func (p *Postgres) URLThrough(socketDir string) string {
	return "postgresql://mab@/mab?host=" + url.QueryEscape(socketDir)
}

// Start the server, and wait until it takes queries.
func (p *Postgres) Start() error {
	if err := p.Process.Start(); err != nil {
		return err
	}
	deadline := time.Now().Add(startLimit)
	for {
		_, err := p.query("postgres", "SELECT 1")
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("PostgreSQL does not answer: %w", err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Stop the server as its operator would: fast, cleanly.
func (p *Postgres) Stop() error { return p.end(syscall.SIGINT, "exit status 0") }

// Kill the server and all its sessions, as a power cut would.
func (p *Postgres) Kill() {
	_ = p.Resume()
	_ = p.end(syscall.SIGQUIT, "")
}

func (p *Postgres) createDatabase() error {
	for _, sql := range []string{"CREATE ROLE mab_admin LOGIN", "CREATE ROLE mab_assignment LOGIN", "CREATE DATABASE mab"} {
		if _, err := p.query("postgres", sql); err != nil {
			return err
		}
	}
	return nil
}

// Query returns the rows of a query, each column as text.
func (p *Postgres) Query(t testing.TB, sql string) [][]string {
	t.Helper()
	rows, err := p.query("mab", sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return rows
}

// Value returns the one value of a query.
func (p *Postgres) Value(t testing.TB, sql string) string {
	t.Helper()
	return p.In(t, "mab", sql)
}

// In returns the one value of a query in that database.
func (p *Postgres) In(t testing.TB, database, sql string) string {
	t.Helper()
	rows, err := p.query(database, sql)
	if err != nil || len(rows) != 1 || len(rows[0]) != 1 {
		t.Fatalf("%s: not one value, but %v, %v", sql, rows, err)
	}
	return rows[0][0]
}

func (p *Postgres) query(database, sql string) ([][]string, error) {
	command := p.session(database, sql)
	var errors bytes.Buffer
	command.Stderr = &errors
	output, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, errors.String())
	}
	var rows [][]string
	for line := range strings.Lines(string(output)) {
		rows = append(rows, strings.Split(strings.TrimSuffix(line, "\n"), "\x1f"))
	}
	return rows, nil
}

// session is a psql that runs one command.
func (p *Postgres) session(database, sql string) *exec.Cmd {
	command := exec.Command(postgresBin+"psql", "-X", "-q", "-At", "-F", "\x1f", "-v", "ON_ERROR_STOP=1",
		"-h", p.SocketDir, "-U", "mab", "-d", database, "-c", sql)
	command.Env = append(os.Environ(), "LANG=C.UTF-8")
	return command
}
