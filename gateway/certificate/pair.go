package certificate

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
)

// File is a PEM file, and the variable that names it.
type File struct{ Variable, Path string }

func (f File) String() string { return f.Variable + ": " + f.Path }

// Pair is a certificate, with its chain, and its key.
type Pair struct{ Certificate, Key File }

// Load reads both files. An error names the variable and the file that is of no use, and never has anything of the key.
func (p Pair) Load() (*tls.Certificate, error) {
	certificate, err := os.ReadFile(p.Certificate.Path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.Certificate.Variable, err)
	}
	if err := checkCertificate(certificate); err != nil {
		return nil, fmt.Errorf("%v: %w", p.Certificate, err)
	}
	key, err := os.ReadFile(p.Key.Path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.Key.Variable, err)
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil { // the certificate by itself is good
		return nil, fmt.Errorf("%v, for %v: %w", p.Key, p.Certificate, err)
	}
	return &pair, nil
}

// checkCertificate asks of the first certificate, which is the one that the key has to fit, that it can be read.
func checkCertificate(content []byte) error {
	for block, rest := pem.Decode(content); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			_, err := x509.ParseCertificate(block.Bytes)
			return err
		}
	}
	return errors.New("there is no certificate in it")
}
