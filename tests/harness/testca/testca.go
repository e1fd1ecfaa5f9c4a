// Package testca makes certificates for tests of TLS.
package testca

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// CA signs certificates. Its files are in Dir: ca.pem, and NAME.pem and NAME.key of each certificate.
type CA struct {
	Dir string

	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// New makes a CA in a directory of its own.
func New(t testing.TB) *CA {
	t.Helper()
	ca := &CA{Dir: openDir(t), key: newKey(t)}
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "a CA of tests"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &ca.key.PublicKey, ca.key)
	if err == nil {
		ca.certificate, err = x509.ParseCertificate(der)
	}
	if err != nil {
		t.Fatal(err)
	}
	ca.write(t, "ca.pem", "CERTIFICATE", der)
	return ca
}

// File is the path of a file of the CA's.
func (c *CA) File(name string) string { return filepath.Join(c.Dir, name) }

// Issue writes NAME.pem and NAME.key: for servers and clients, and for these hosts or addresses. Again: in their place.
func (c *CA) Issue(t testing.TB, name string, hosts ...string) {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	for _, host := range hosts {
		if address := net.ParseIP(host); address != nil {
			template.IPAddresses = append(template.IPAddresses, address)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	key := newKey(t)
	der, err := x509.CreateCertificate(rand.Reader, template, c.certificate, &key.PublicKey, c.key)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	c.write(t, name+".key", "PRIVATE KEY", raw)
	c.write(t, name+".pem", "CERTIFICATE", der)
}

// Client is a configuration that trusts this CA, and shows a certificate of that name where it is not "".
func (c *CA) Client(t testing.TB, name string) *tls.Config {
	t.Helper()
	config := &tls.Config{RootCAs: x509.NewCertPool()}
	config.RootCAs.AddCert(c.certificate)
	if name == "" {
		return config
	}
	own, err := tls.LoadX509KeyPair(c.File(name+".pem"), c.File(name+".key"))
	if err != nil {
		t.Fatal(err)
	}
	config.Certificates = []tls.Certificate{own}
	return config
}

// openDir is one that the services' user can read.
func openDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "mab-ca-")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// write replaces the file at once, as whoever renews certificates should. These are keys of nothing: anybody may read them.
func (c *CA) write(t testing.TB, name, kind string, der []byte) {
	t.Helper()
	path := c.File(name)
	if err := os.WriteFile(path+".new", pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}
