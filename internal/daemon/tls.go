package daemon

import (
	"crypto/tls"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"wsexchange/internal/tlsreload"
)

// OpenTLS serves a certificate and its key from files, which it follows until
// the certificates are closed. The logger hears of new ones. Without a
// certificate file everything is nil.
func OpenTLS(certificate, key string, logger *slog.Logger) (*tlsreload.Certificates, *tls.Config, error) {
	if certificate == "" {
		return nil, nil, nil
	}
	files, err := tlsreload.New(certificate, key)
	if err != nil {
		return nil, nil, err
	}
	files.OnReload(func(err error) {
		if err != nil {
			logger.Error("the certificate from before stays", "error", err)
			return
		}
		logger.Info("new certificate", "file", certificate, "expires", files.Expiry())
	})
	return files, &tls.Config{GetCertificate: files.GetCertificate, MinVersion: tls.VersionTLS12}, nil
}

// NewCertificateGauge makes the metric of the end of a certificate. The prefix
// begins its name.
func NewCertificateGauge(prefix string, expiry func() time.Time) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: prefix + "_certificate_expiry_timestamp_seconds", Help: "When the certificate of the program's doors ends, if they have one.",
	}, func() float64 { return float64(expiry().Unix()) })
}
