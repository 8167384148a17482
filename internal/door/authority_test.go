package door_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"breakwater/internal/door"
	"breakwater/internal/outbreak"
	"breakwater/internal/testkit"
)

func authority(t *testing.T) (*door.Authority, *outbreak.HandClock, string) {
	t.Helper()
	folder, clock := filepath.Join(t.TempDir(), "data.ca"), outbreak.NewHandClock(testkit.Start)
	a, err := door.OpenAuthority(folder, clock)
	if err != nil {
		t.Fatal(err)
	}
	return a, clock, folder
}

func leaf(t *testing.T, a *door.Authority) *x509.Certificate {
	t.Helper()
	c, err := a.Get(nil)
	if err != nil {
		t.Fatal(err)
	}
	return c.Leaf
}

func TestThePhoneTrustsTheHouseAndNoOtherSite(t *testing.T) {
	a, clock, folder := authority(t)
	root, err := x509.ParseCertificate(a.Certificate())
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(root)
	for _, name := range []string{"localhost", "127.0.0.1", "::1"} {
		if _, err := leaf(t, a).Verify(x509.VerifyOptions{Roots: pool, DNSName: name, CurrentTime: clock.Now().Time()}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	info, err := os.Stat(filepath.Join(folder, "authority-key.pem"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others can read the authority's key: %v %v", info.Mode(), err)
	}
	if !root.PermittedDNSDomainsCritical || len(root.PermittedIPRanges) == 0 || !root.MaxPathLenZero {
		t.Error("the authority can speak for sites of the Internet")
	}
	again, err := door.OpenAuthority(folder, clock)
	if err != nil || again.Fingerprint() != a.Fingerprint() {
		t.Errorf("another authority after a restart: %v", err)
	}
}

func TestTheCertificateRenewsItself(t *testing.T) {
	a, clock, _ := authority(t)
	first := leaf(t, a)
	clock.Move(59 * 24 * time.Hour)
	if leaf(t, a).SerialNumber.Cmp(first.SerialNumber) != 0 {
		t.Error("a certificate that is still good was made anew")
	}
	clock.Move(2 * 24 * time.Hour)
	second := leaf(t, a)
	if second.SerialNumber.Cmp(first.SerialNumber) == 0 || !second.NotAfter.After(first.NotAfter) {
		t.Error("the certificate runs out")
	}
}

func TestTheAuthoritysPageGivesTheCertificateAndNothingElse(t *testing.T) {
	a, _, _ := authority(t)
	page, err := a.Page([]string{"https://192.168.1.5:8300"})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(method, path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		page.ServeHTTP(w, httptest.NewRequest(method, path, nil))
		return w
	}
	w := ask("GET", "/")
	body := w.Body.String()
	if w.Code != 200 || strings.Contains(body, "door.") || !strings.Contains(body, "192.168.1.5") || !strings.Contains(body, "指纹") || !strings.Contains(body, "fingerprint") ||
		!strings.Contains(strings.NewReplacer("<code>", "", "</code>", "", " ", "").Replace(body), strings.ReplaceAll(a.Fingerprint(), ":", "")) {
		t.Errorf("%d %s", w.Code, body)
	}
	if strings.Contains(body, `href="http`) {
		t.Error("an unencrypted page leads somewhere")
	}
	w = ask("GET", "/breakwater-authority.crt")
	if !bytes.Equal(w.Body.Bytes(), a.Certificate()) || w.Header().Get("Content-Type") != "application/x-x509-ca-cert" {
		t.Error("this is not the certificate")
	}
	for _, other := range []string{"/login", "/api/v1/rounds", "/authority-key.pem", "/page/authority.html"} {
		if w := ask("GET", other); w.Code != 404 {
			t.Errorf("%s: %d", other, w.Code)
		}
	}
	if w := ask("POST", "/"); w.Code < 400 {
		t.Errorf("it takes something in: %d", w.Code)
	}
}

// files writes the certificate an authority gives, as an operator's files.
func files(t *testing.T, dir string, c *tls.Certificate) (cert, key string) {
	t.Helper()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: c.Certificate[0]}, key: {Type: "PRIVATE KEY", Bytes: der}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

func TestNewCertificateFilesAreTakenUp(t *testing.T) {
	a, clock, _ := authority(t)
	other, _, _ := authority(t)
	one, err := a.Get(nil)
	if err != nil {
		t.Fatal(err)
	}
	two, err := other.Get(nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key := files(t, dir, one)
	var failed error
	f, err := door.OpenCertificate(cert, key, clock, func(err error) { failed = err })
	if err != nil {
		t.Fatal(err)
	}
	now := func() string {
		clock.Move(time.Minute)
		c, err := f.Get(nil)
		if err != nil {
			t.Fatal(err)
		}
		return c.Leaf.SerialNumber.String()
	}
	if now() != one.Leaf.SerialNumber.String() {
		t.Fatal("another certificate than that of the files")
	}
	soon := time.Now().Add(time.Hour)
	if err := os.WriteFile(cert, []byte("half a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	if now() != one.Leaf.SerialNumber.String() || failed == nil {
		t.Error("a broken file took the site down, or nobody heard of it")
	}
	files(t, dir, two)
	if err := os.Chtimes(cert, soon, soon); err != nil {
		t.Fatal(err)
	}
	if now() != two.Leaf.SerialNumber.String() {
		t.Error("the new certificate is not in use")
	}
	if _, err := door.OpenCertificate(filepath.Join(dir, "none"), key, clock, nil); err == nil {
		t.Error("a missing file is no fault")
	}
}

func TestTheAuthoritysFolderIsNotReplacedWhenBroken(t *testing.T) {
	_, clock, folder := authority(t)
	if err := os.WriteFile(filepath.Join(folder, "authority.pem"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := door.OpenAuthority(folder, clock); err == nil {
		t.Error("phones would lose their trust without a word")
	}
}

func TestAReferenceIsTakenFromATrustedProxyAlone(t *testing.T) {
	h := house(io.Discard)
	for from, named := range map[string]struct {
		sent string
		kept bool
	}{"10.0.0.1:1": {"trace-12345678", true}, "10.0.0.2:1": {"a\tb line", false}, "192.0.2.9:1": {"trace-12345678", false}} {
		h.Proxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")}
		h.PlainHTTP = true
		r := get()
		r.RemoteAddr = from
		r.Header.Set("X-Request-Id", named.sent)
		w := knock(h, door.Chain{}, r, func(http.ResponseWriter, *http.Request) {})
		if got := w.Header().Get("Request-Id"); (got == named.sent) != named.kept || got == "" {
			t.Errorf("%s: %q", from, got)
		}
	}
}
