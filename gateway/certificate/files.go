// Package certificate reads certificates with their keys, and keeps the one of the gateway as its files have it.
package certificate

import (
	"crypto/tls"
	"log/slog"
	"os"
	"sync"
	"time"
)

// lookEvery is how often, at most, the files are looked at for a change.
const lookEvery = time.Second

// Files are a server's pair. Where they change, new connections get what is in them; those that are open stay. Safe for
// concurrent use.
type Files struct {
	pair   Pair
	now    func() time.Time
	logger *slog.Logger

	mutex   sync.Mutex
	current *tls.Certificate
	version [2]version // of the files when they were read last, readable or not
	looked  time.Time
}

// version tells whether a file was written or replaced.
type version struct {
	modified time.Time
	bytes    int64
}

// Open reads both files. An error is as of Pair.Load.
func Open(pair Pair, now func() time.Time, logger *slog.Logger) (*Files, error) {
	f := &Files{pair: pair, now: now, logger: logger}
	f.version = f.look()
	read, err := pair.Load()
	if err != nil {
		return nil, err
	}
	f.current, f.looked = read, now()
	return f, nil
}

// Config is for a server: TLS 1.2 or newer, with Go's own choice of ciphers. It names HTTP/2, for a http.Server that begins
// with a plain listener sets HTTP/2 up only where its configuration has it, and would offer it all the same.
func (f *Files) Config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: f.get, NextProtos: []string{"h2", "http/1.1"}}
}

// get returns the certificate for a new connection. Where the files have changed and can't be used, such as between the
// writing of the one and of the other, it stays the last one that could.
func (f *Files) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	now := f.now()
	if now.Sub(f.looked) < lookEvery {
		return f.current, nil
	}
	f.looked = now
	found := f.look()
	if found == f.version {
		return f.current, nil
	}
	f.version = found
	read, err := f.pair.Load()
	if err != nil {
		f.logger.Warn("the TLS certificate has changed and can't be used: the last one stays", "error", err)
		return f.current, nil
	}
	f.current = read
	f.logger.Info("the TLS certificate is a new one", "expires", read.Leaf.NotAfter)
	return f.current, nil
}

func (f *Files) look() (found [2]version) {
	for i, name := range []string{f.pair.Certificate.Path, f.pair.Key.Path} {
		if info, err := os.Stat(name); err == nil {
			found[i] = version{info.ModTime(), info.Size()}
		}
	}
	return found
}
