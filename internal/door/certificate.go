package door

import (
	"crypto/tls"
	"fmt"
	"os"
	"sync"
	"time"

	"breakwater/internal/outbreak"
)

// lookEvery is how often certificate files are looked at: whoever renews them restarts nothing.
const lookEvery = 30 * time.Second

// CertificateFiles are a certificate with its chain and its key, in PEM, read again when one of the files has changed.
type CertificateFiles struct {
	cert, key string
	wall      outbreak.Clock
	failed    func(error)

	mu     sync.Mutex
	now    *tls.Certificate
	stamp  [2]fileStamp
	looked outbreak.Instant
}

type fileStamp struct {
	size     int64
	modified time.Time
}

// OpenCertificate reads the files. failed hears of a change that could not be read; the certificate from before stays in
// use.
func OpenCertificate(cert, key string, wall outbreak.Clock, failed func(error)) (*CertificateFiles, error) {
	f := &CertificateFiles{cert: cert, key: key, wall: wall, failed: failed}
	return f, f.read()
}

func (f *CertificateFiles) read() error {
	stamp, err := f.stamps()
	if err != nil {
		return err
	}
	c, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return fmt.Errorf("reading the certificate %s with the key %s: %w", f.cert, f.key, err)
	}
	f.now, f.stamp, f.looked = &c, stamp, f.wall.Now()
	return nil
}

// Reread reads the files now. When they cannot be read the certificate from before stays in use.
func (f *CertificateFiles) Reread() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.read()
}

func (f *CertificateFiles) stamps() (s [2]fileStamp, err error) {
	for i, name := range []string{f.cert, f.key} {
		info, err := os.Stat(name)
		if err != nil {
			return s, fmt.Errorf("looking at a certificate file: %w", err)
		}
		s[i] = fileStamp{info.Size(), info.ModTime()}
	}
	return s, nil
}

// Get gives the certificate for a connection. Two files are never replaced at once: a pair that does not fit is left alone
// and looked at again a moment later.
func (f *CertificateFiles) Get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now := f.wall.Now(); now.Sub(f.looked) >= lookEvery {
		f.looked = now
		stamp, err := f.stamps()
		if err == nil && stamp != f.stamp {
			err = f.read()
		}
		if err != nil {
			f.failed(err)
		}
	}
	return f.now, nil
}

// TLSConfig is how the house speaks to browsers: TLS 1.2 at least, everything else as Go chooses it.
func TLSConfig(get func(*tls.ClientHelloInfo) (*tls.Certificate, error)) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: get, NextProtos: []string{"h2", "http/1.1"}}
}
