package door

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

	"breakwater/internal/ledger/access"
)

// Site is the house as the browser of a request sees it, for passkeys: a host name over an encrypted connection, or localhost
// on the machine itself. Browsers make passkeys for neither an IP address nor an unencrypted connection; the site is the zero
// value then. A name that somebody made up in the request opens nothing: a passkey works only at the name it was made for, and
// the browser signs the address it really is at.
func (h House) Site(r *http.Request) access.Site {
	host, port, err := net.SplitHostPort(r.Host)
	if err != nil {
		host, port = r.Host, ""
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if !hostName(host) {
		return access.Site{}
	}
	scheme, usual := "https", "443"
	if !h.encrypted(r) {
		if host != "localhost" && !strings.HasSuffix(host, ".localhost") || !peerOf(r).IsLoopback() {
			return access.Site{}
		}
		scheme, usual = "http", "80"
	}
	origin := scheme + "://" + host
	if port != "" && port != usual {
		origin += ":" + port
	}
	return access.Site{Name: host, Origin: origin}
}

// hostName tells whether a host is a name that a browser takes for passkeys: letters, digits, hyphens and dots, no address.
func hostName(host string) bool {
	if host == "" || len(host) > 253 || strings.Trim(host, "0123456789.") == "" {
		return false
	}
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return false
	}
	for part := range strings.SplitSeq(host, ".") {
		if part == "" || len(part) > 63 || strings.Trim(part, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || part[0] == '-' || part[len(part)-1] == '-' {
			return false
		}
	}
	return true
}
