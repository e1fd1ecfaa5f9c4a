package main

import (
	"net"
	"time"

	"mab/gateway/certificate"
	"mab/gateway/config"
)

// useTLS has the public server speak TLS where there is a certificate, and says so where production has none.
func (s *server) useTLS(options config.Config, now func() time.Time) error {
	if options.TLSCertFile == "" {
		if options.Production && options.TrustedHops == 0 {
			s.logger.Warn("production without TLS: give MAB_TLS_CERT_FILE, or MAB_TRUSTED_HOPS where a proxy has the certificate")
		}
		return nil
	}
	pair := certificate.Pair{
		Certificate: certificate.File{Variable: "MAB_TLS_CERT_FILE", Path: options.TLSCertFile},
		Key:         certificate.File{Variable: "MAB_TLS_KEY_FILE", Path: options.TLSKeyFile},
	}
	files, err := certificate.Open(pair, now, s.logger)
	if err != nil {
		return err
	}
	s.public.TLSConfig = files.Config()
	return nil
}

func (s *server) servePublic() error {
	if s.public.TLSConfig == nil {
		return s.public.Serve(s.publicListener)
	}
	return s.public.ServeTLS(s.publicListener, "", "")
}

// tlsPort is where this process speaks TLS; "" where a proxy does, and so at HTTPS's own port.
func tlsPort(options config.Config) string {
	if options.TLSCertFile == "" {
		return ""
	}
	_, port, _ := net.SplitHostPort(options.Listen)
	return port
}
