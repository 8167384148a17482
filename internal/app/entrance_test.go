package app_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"breakwater/internal/app"
	"breakwater/internal/door"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/testkit"
)

// served is a house that listens, with a token of its administrator.
type served struct {
	*testing.T
	*app.App
	token string
}

func serving(t *testing.T, c app.Config) served {
	t.Helper()
	c.Data = testkit.Folder(t, app.Owners())
	if c.Addr == "" {
		c.Addr = "127.0.0.1:0"
	}
	c.Clock, c.Cost = outbreak.NewHandClock(testkit.Start), access.Cost{Time: 1, Memory: 64, Threads: 1}
	a, err := app.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		soon, stop := context.WithTimeout(context.Background(), 10*time.Second)
		defer stop()
		if err := a.Stop(soon); err != nil {
			t.Error(err)
		}
	})
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	u, err := a.House.Access.Bootstrap(t.Context(), "root", "the harbour stays open", "")
	if err != nil {
		t.Fatal(err)
	}
	by := outbreak.Actor{User: u.ID, Grants: []outbreak.Grant{{Role: string(access.Administrator)}}}
	token, _, err := a.House.Access.MakeToken(t.Context(), by, access.NewToken{Name: "test", Until: outbreak.WallClock{}.Now().Add(time.Hour)}, "")
	if err != nil {
		t.Fatal(err)
	}
	return served{t, a, token}
}

// ask sends a request with the token and gives status and body; client nil is one that trusts nothing in particular.
func (s served) ask(client *http.Client, method, url string) (int, string) {
	s.Helper()
	if client == nil {
		client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Timeout: 20 * time.Second}
	}
	req, err := http.NewRequest(method, url, nil)
	if err != nil {
		s.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	req.Header.Set("Accept-Language", "en")
	res, err := client.Do(req)
	if err != nil {
		s.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		s.Fatal(err)
	}
	return res.StatusCode, string(body)
}

func TestEachEntranceAnswersItsOwnRoutesAlone(t *testing.T) {
	s := serving(t, app.Config{BoothAddr: "127.0.0.1:0", PublicAddr: "127.0.0.1:0"})
	for _, x := range []struct {
		entrance, method, path string
		status                 int
	}{
		{"staff", "GET", "/api/v1/users", 200}, {"staff", "GET", "/login", 200}, {"staff", "GET", "/healthz", 200},
		{"booth", "GET", "/api/v1/rounds", 200}, {"booth", "GET", "/healthz", 200},
		{"booth", "GET", "/api/v1/users", 404}, {"booth", "POST", "/api/v1/rounds", 404}, {"booth", "GET", "/api/v1/cases", 404},
		{"booth", "GET", "/login", 404}, {"booth", "GET", "/api/v1/rounds/../users", 307}, {"booth", "POST", "/api/v1/people/find", 404},
		{"public", "GET", "/healthz", 200}, {"public", "GET", "/api/v1/rounds", 404}, {"public", "GET", "/login", 404}, {"public", "GET", "/", 404},
		{"public", "GET", "/my", 200}, {"public", "GET", "/my/my.js", 200}, {"public", "GET", "/my/result", 401}, {"staff", "GET", "/my", 200}, {"booth", "GET", "/my", 404},
		{"public", "GET", "/positives", 404}, {"public", "POST", "/api/v1/result-secrets", 404},
	} {
		status, body := s.ask(nil, x.method, s.URLOf(x.entrance)+x.path)
		if status != x.status && !(x.status == 307 && status >= 300 && status < 400) {
			t.Errorf("%s %s %s: %d instead of %d: %s", x.entrance, x.method, x.path, status, x.status, body)
		}
		if x.status == 404 && !strings.Contains(body, "not open to this work") {
			t.Errorf("%s %s says nothing of use: %s", x.entrance, x.path, body)
		}
	}
}

func TestBoothsGoOnWhileStaffIsOverrun(t *testing.T) {
	narrow := door.StaffLimits
	narrow.AtOnce, narrow.Wait = 4, 50*time.Millisecond
	s := serving(t, app.Config{BoothAddr: "127.0.0.1:0", Limits: map[string]door.Limits{"staff": narrow}})
	// Senders who never end hold every turn of staff's entrance.
	for range narrow.AtOnce {
		body, end := io.Pipe()
		t.Cleanup(func() { _ = end.Close() })
		go func() {
			req, err := http.NewRequest(http.MethodPost, s.URL()+"/login", body)
			if err != nil {
				return
			}
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if res, err := http.DefaultClient.Do(req); err == nil {
				_ = res.Body.Close()
			}
		}()
		if _, err := end.Write([]byte("login=a")); err != nil {
			t.Fatal(err)
		}
	}
	shed := false
	for range 50 {
		status, body := s.ask(nil, http.MethodGet, s.URL()+"/api/v1/rounds")
		if shed = status == http.StatusServiceUnavailable; shed {
			if !strings.Contains(body, "door.crowded") || !strings.Contains(body, "Too many people") {
				t.Errorf("sent away without a sentence: %s", body)
			}
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if !shed {
		t.Fatal("staff's entrance never filled")
	}
	for range 50 {
		if status, body := s.ask(nil, http.MethodGet, s.URLOf("booth")+"/api/v1/rounds"); status != http.StatusOK {
			t.Fatalf("a sampling point is kept out: %d %s", status, body)
		}
	}
}

func TestTheHouseSpeaksTLSWithItsOwnAuthority(t *testing.T) {
	s := serving(t, app.Config{BoothAddr: "127.0.0.1:0", TLS: app.TLS{LocalCA: true, PlainAddr: "127.0.0.1:0"}})
	status, pem := s.ask(nil, http.MethodGet, s.URLOf("plain")+"/breakwater-authority.crt")
	root, err := x509.ParseCertificate([]byte(pem))
	if err != nil || status != http.StatusOK {
		t.Fatal(status, err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(root)
	client := func(most uint16) *http.Client {
		return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MaxVersion: most}, ForceAttemptHTTP2: true}}
	}
	for _, at := range []string{"staff", "booth"} {
		if !strings.HasPrefix(s.URLOf(at), "https://") {
			t.Fatalf("%s is served at %s", at, s.URLOf(at))
		}
		if status, body := s.ask(client(0), http.MethodGet, s.URLOf(at)+"/api/v1/rounds"); status != http.StatusOK {
			t.Errorf("%s: %d %s", at, status, body)
		}
	}
	res, err := client(0).Get(s.URL() + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.ProtoMajor != 2 || res.Header.Get("Strict-Transport-Security") != "" {
		t.Errorf("%s, %q: with an authority of the house's own nobody may be told to insist on it", res.Proto, res.Header.Get("Strict-Transport-Security"))
	}
	if _, err := client(tls.VersionTLS11).Get(s.URL() + "/healthz"); err == nil {
		t.Error("TLS 1.1 is spoken")
	}
	if _, err := http.Get(s.URL() + "/healthz"); err == nil {
		t.Error("a device that does not know the authority is not warned")
	}
}

func TestCertificateFilesBringHSTS(t *testing.T) {
	dir := t.TempDir()
	ca, err := door.OpenAuthority(filepath.Join(dir, "ca"), outbreak.WallClock{})
	if err != nil {
		t.Fatal(err)
	}
	cert, key := writePair(t, dir, ca)
	s := serving(t, app.Config{TLS: app.TLS{Cert: cert, Key: key}})
	root, err := x509.ParseCertificate(ca.Certificate())
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(root)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	res, err := client.Get(s.URL() + "/login")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.Header.Get("Strict-Transport-Security") == "" {
		t.Error("the first unencrypted visit after this one can be listened to")
	}
}

// writePair writes a certificate of an authority as an operator's files.
func writePair(t *testing.T, dir string, ca *door.Authority) (cert, key string) {
	t.Helper()
	c, err := ca.Get(nil)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: c.Certificate[0]}, key: {Type: "PRIVATE KEY", Bytes: der}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

func TestAHouseDoesNotStartUnencryptedInsteadOfEncrypted(t *testing.T) {
	dir := t.TempDir()
	wrong := filepath.Join(dir, "cert.pem")
	if err := os.WriteFile(wrong, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := app.New(t.Context(), app.Config{Data: filepath.Join(dir, "data"), Addr: "127.0.0.1:0", TLS: app.TLS{Cert: wrong, Key: wrong}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Stop(context.Background()) }()
	if err := a.Start(t.Context()); outbreak.KindOf(err) != outbreak.Invalid {
		t.Errorf("%v", err)
	}
}

func TestAHouseWhoseAddressIsTakenSaysSo(t *testing.T) {
	s := serving(t, app.Config{})
	a, err := app.New(t.Context(), app.Config{Data: filepath.Join(t.TempDir(), "data"), Addr: strings.TrimPrefix(s.URL(), "http://")})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Stop(context.Background()) }()
	if err := a.Start(t.Context()); outbreak.KindOf(err) != outbreak.Conflict {
		t.Errorf("%v", err)
	}
}

func TestACMEAsksForTheNamedHostsAlone(t *testing.T) {
	s := door.NewACME([]string{"breakwater.example.org"}, "", filepath.Join(t.TempDir(), "acme"), "http://127.0.0.1:1/directory")
	if _, err := s.Get(&tls.ClientHelloInfo{ServerName: "other.example.org"}); err == nil || !strings.Contains(err.Error(), "host") {
		t.Errorf("a stranger makes the house ask for certificates: %v", err)
	}
}
