package door_test

import (
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"breakwater/internal/ledger/access"
)

func TestPasskeysNeedAHostNameAndEncryption(t *testing.T) {
	h := house(io.Discard)
	h.Proxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")}
	site := func(name, origin string) access.Site { return access.Site{Name: name, Origin: origin} }
	for _, c := range []struct {
		host, from string
		tls        bool
		forwarded  string
		want       access.Site
	}{
		{"site.example.org", "192.0.2.1:1", true, "", site("site.example.org", "https://site.example.org")},
		{"Site.Example.ORG.:443", "192.0.2.1:1", true, "", site("site.example.org", "https://site.example.org")},
		{"site.example.org:8443", "192.0.2.1:1", true, "", site("site.example.org", "https://site.example.org:8443")},
		{"site.example.org", "192.0.2.1:1", false, "", access.Site{}},
		{"site.example.org", "192.0.2.1:1", false, "https", access.Site{}},
		{"site.example.org", "10.0.0.1:1", false, "https", site("site.example.org", "https://site.example.org")},
		{"192.168.1.20:8080", "192.168.1.7:1", true, "", access.Site{}},
		{"[fd00::1]:8080", "192.168.1.7:1", true, "", access.Site{}},
		{"127.0.0.1:8080", "127.0.0.1:1", false, "", access.Site{}},
		{"1.2.3", "127.0.0.1:1", true, "", access.Site{}},
		{"localhost:8080", "127.0.0.1:1", false, "", site("localhost", "http://localhost:8080")},
		{"localhost", "127.0.0.1:1", true, "", site("localhost", "https://localhost")},
		{"localhost:8080", "192.0.2.1:1", false, "", access.Site{}},
		{"a b.example", "192.0.2.1:1", true, "", access.Site{}},
		{"-a.example", "192.0.2.1:1", true, "", access.Site{}},
		{"a..example", "192.0.2.1:1", true, "", access.Site{}},
		{"", "192.0.2.1:1", true, "", access.Site{}},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host, r.RemoteAddr = c.host, c.from
		if c.tls {
			r.TLS = &tls.ConnectionState{}
		}
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-Proto", c.forwarded)
		}
		if got := h.Site(r); got != c.want || got.Passkeys() != (c.want.Name != "") {
			t.Errorf("%+v: %+v", c, got)
		}
	}
}
