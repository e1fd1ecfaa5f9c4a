package certificate

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
)

// Pair is a certificate, with its chain, and its key: PEM files.
type Pair struct {
	// Setting begins the names of the variables that name the files: MAB_TLS is of MAB_TLS_CERT_FILE and MAB_TLS_KEY_FILE.
	Setting          string
	Certificate, Key string
}

// Load reads both files. An error names the variable and the file that is of no use, and never has anything of the key.
func (p Pair) Load() (*tls.Certificate, error) {
	certificateOf, keyOf := p.Setting+"_CERT_FILE", p.Setting+"_KEY_FILE"
	certificate, err := os.ReadFile(p.Certificate)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", certificateOf, err)
	}
	if err := checkCertificate(certificate); err != nil {
		return nil, fmt.Errorf("%s: %s: %w", certificateOf, p.Certificate, err)
	}
	key, err := os.ReadFile(p.Key)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", keyOf, err)
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil { // the certificate by itself is good
		return nil, fmt.Errorf("%s: %s, for %s: %s: %w", keyOf, p.Key, certificateOf, p.Certificate, err)
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
