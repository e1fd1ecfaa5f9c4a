// Package servicetls is TLS to the services behind the gateway.
package servicetls

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"

	"google.golang.org/grpc/credentials"

	"mab/gateway/certificate"
)

// Files are PEM files. They are read again for each connection, of which there are few.
type Files struct {
	// CA by whose certificates the services are known.
	CA string
	// Certificate and Key of the gateway, for services that ask for one; "" where it has none.
	Certificate, Key string
}

// Enabled says whether there is TLS at all.
func (f Files) Enabled() bool { return f.CA != "" }

// New returns credentials of files that are fit for use now; an error names the variable and the file that are not. A service's
// certificate must be of the CA and name the host that is called.
func New(files Files, logger *slog.Logger) (credentials.TransportCredentials, error) {
	config, err := files.config()
	if err != nil {
		return nil, err
	}
	return &rereading{files: files, logger: logger, current: config}, nil
}

func (f Files) config() (*tls.Config, error) {
	authorities, err := os.ReadFile(f.CA)
	if err != nil {
		return nil, fmt.Errorf("MAB_INTERNAL_TLS_CA_FILE: %w", err)
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: x509.NewCertPool()}
	if !config.RootCAs.AppendCertsFromPEM(authorities) {
		return nil, fmt.Errorf("MAB_INTERNAL_TLS_CA_FILE: %s has no certificate", f.CA)
	}
	if f.Certificate == "" {
		return config, nil
	}
	own, err := certificate.Pair{
		Certificate: certificate.File{Variable: "MAB_INTERNAL_TLS_CERT_FILE", Path: f.Certificate},
		Key:         certificate.File{Variable: "MAB_INTERNAL_TLS_KEY_FILE", Path: f.Key},
	}.Load()
	if err != nil {
		return nil, err
	}
	config.Certificates = []tls.Certificate{*own}
	return config, nil
}

// rereading makes each handshake by what the files have then; where they can't be used, such as between the writing of the one
// and of the other, by what they had last. Safe for concurrent use.
type rereading struct {
	files  Files
	logger *slog.Logger

	mutex   sync.Mutex
	current *tls.Config
	trouble string // what was warned of last; "" since they could be used
}

func (r *rereading) config() *tls.Config {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	read, err := r.files.config()
	if err == nil {
		r.current, r.trouble = read, ""
	} else if trouble := err.Error(); trouble != r.trouble {
		r.trouble = trouble
		r.logger.Warn("the files of TLS to the services have changed and can't be used: the last ones stay", "error", err)
	}
	return r.current
}

// ClientHandshake implements credentials.TransportCredentials.
func (r *rereading) ClientHandshake(ctx context.Context, authority string, conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return credentials.NewTLS(r.config()).ClientHandshake(ctx, authority, conn)
}

// ServerHandshake implements credentials.TransportCredentials.
func (r *rereading) ServerHandshake(net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return nil, nil, errors.New("these are a client's credentials")
}

// Info implements credentials.TransportCredentials.
func (r *rereading) Info() credentials.ProtocolInfo { return credentials.NewTLS(nil).Info() }

// Clone implements credentials.TransportCredentials.
func (r *rereading) Clone() credentials.TransportCredentials { return r }

// OverrideServerName implements credentials.TransportCredentials.
func (r *rereading) OverrideServerName(string) error {
	return errors.New("a service is known by the host that is called")
}
