package harness

import (
	"net/url"
	"path/filepath"
	"testing"
)

// NewStandby copies a running server and follows it by streaming replication, in that directory. It answers what only
// reads, and ends with the test.
func (p *Postgres) NewStandby(t testing.TB, dir string) *Postgres {
	t.Helper()
	data, socket := filepath.Join(dir, "standby"), filepath.Join(dir, "standby-socket")
	for _, folder := range []string{data, socket} {
		if err := makeOwnedDir(folder); err != nil {
			t.Fatal(err)
		}
	}
	copying := NewProcess("basebackup", dir, postgresBin+"pg_basebackup", []string{"-D", data, "-h", p.SocketDir, "-U", "mab",
		"--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast", "--no-sync"}, nil)
	if err := copying.Run(startLimit); err != nil {
		t.Fatal(err)
	}
	standby := servedFrom("standby", dir, data, socket, nil)
	if err := standby.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(standby.Kill)
	return standby
}

// StopReceiving lets a standby fall behind: it takes nothing from its primary any more.
func (p *Postgres) StopReceiving(t testing.TB) {
	t.Helper()
	p.Query(t, "ALTER SYSTEM SET primary_conninfo = ''")
	p.Query(t, "SELECT pg_reload_conf()")
	Await(t, startLimit, func() (bool, string) {
		receivers := p.Value(t, "SELECT count(*) FROM pg_stat_wal_receiver")
		return receivers == "0", receivers + " receivers"
	})
}

// Promote a standby: it takes writes when this returns.
func (p *Postgres) Promote(t testing.TB) {
	t.Helper()
	if p.Value(t, "SELECT pg_promote(true, 60)") != "t" {
		t.Fatal("the standby is not promoted after a minute")
	}
}

// URLWith is the database's URL with two servers, of which the one that takes writes is used.
func (p *Postgres) URLWith(other *Postgres) string {
	return p.URLThrough(p.SocketDir+","+other.SocketDir) + "&target_session_attrs=" + url.QueryEscape("read-write")
}
