package door

import (
	"crypto/tls"
	"net/http"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

// ACME is a certificate from an authority that proves by itself who holds a name.
type ACME struct {
	manager *autocert.Manager
}

// NewACME asks for certificates of these names and no others. folder keeps account and certificates; directory is the
// address of the authority, empty for Let's Encrypt. Using it accepts the authority's terms.
func NewACME(names []string, email, folder, directory string) ACME {
	m := &autocert.Manager{Prompt: autocert.AcceptTOS, HostPolicy: autocert.HostWhitelist(names...), Cache: autocert.DirCache(folder), Email: email}
	if directory != "" {
		m.Client = &acme.Client{DirectoryURL: directory}
	}
	return ACME{m}
}

// Get gives the certificate for a connection, or the answer to the authority's question.
func (a ACME) Get(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	return a.manager.GetCertificate(hello)
}

// TLSConfig is the house's, with the protocol by which the authority asks.
func (a ACME) TLSConfig() *tls.Config {
	c := TLSConfig(a.Get)
	c.NextProtos = append(c.NextProtos, acme.ALPNProto)
	return c
}

// Handler answers the authority over plain HTTP and sends everybody else to the encrypted address.
func (a ACME) Handler() http.Handler { return a.manager.HTTPHandler(nil) }
