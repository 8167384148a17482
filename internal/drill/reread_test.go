package drill_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"breakwater/internal/cli"
	"breakwater/internal/drill"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/testkit"
)

// served is a server process of its own.
type served struct {
	t    *testing.T
	cmd  *exec.Cmd
	addr string
	c    *drill.Client
	mu   sync.Mutex
	said bytes.Buffer
}

func (s *served) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.said.Write(b)
}

// hears waits until the server has said a sentence so often.
func (s *served) hears(sentence string, times int) {
	s.t.Helper()
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		s.mu.Lock()
		said := s.said.String()
		s.mu.Unlock()
		if strings.Count(said, sentence) >= times {
			return
		}
		if time.Since(began) > 20*time.Second {
			s.t.Fatalf("%q was not said %d times: %s", sentence, times, said)
		}
	}
}

// hangUp sends SIGHUP.
func (s *served) hangUp() {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		s.t.Fatal(err)
	}
}

// shows gives the number of the certificate a new connection sees.
func (s *served) shows() string {
	s.t.Helper()
	c, err := tls.Dial("tcp", s.addr, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		s.t.Fatal(err)
	}
	defer c.Close()
	return c.ConnectionState().PeerCertificates[0].SerialNumber.String()
}

// certify writes a certificate with a number, and its key.
func certify(t *testing.T, cert, key string, number int64) {
	t.Helper()
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{SerialNumber: big.NewInt(number), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, about, about, &secret.PublicKey, secret)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTwoServersReadTheirFilesAgain lets two server processes on one database, with one key file and one certificate, live through
// rotations of all keys, a foreign key file and a new certificate.
func TestTwoServersReadTheirFilesAgain(t *testing.T) {
	if testing.Short() {
		t.Skip("starts two server processes")
	}
	ctx, dir := context.Background(), t.TempDir()
	key, cert, private := filepath.Join(dir, "site.key"), filepath.Join(dir, "cert.pem"), filepath.Join(dir, "cert.key")
	certify(t, cert, private, 1)
	db := testkit.PostgreSQL(t)
	command := func(into any, words ...string) string {
		t.Helper()
		var out, said bytes.Buffer
		if code := cli.Main(ctx, append(append([]string{"--lang", "en"}, words...), "--db", db, "--key", key), cli.Streams{In: strings.NewReader(""), Out: &out, Err: &said}); code != 0 {
			t.Fatalf("%v: %d %s%s", words, code, out.String(), said.String())
		}
		if into != nil {
			if err := json.Unmarshal(out.Bytes(), into); err != nil {
				t.Fatal(err)
			}
		}
		return out.String()
	}
	var admin struct{ Token string }
	command(&admin, "user", "add", "root", "--token", "--json")
	areas := filepath.Join(dir, "areas.csv")
	if err := os.WriteFile(areas, []byte("code,name\n22,province\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	command(nil, "import", "areas", areas)
	var servers [2]*served
	for i := range servers {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		s := &served{t: t, addr: l.Addr().String()}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		s.cmd = exec.Command(os.Args[0], "serve", "--lang", "en", "--addr", s.addr, "--db", db, "--key", key, "--cert", cert, "--key-file", private)
		s.cmd.Stderr = s
		if err := s.cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.cmd.Process.Kill(); _ = s.cmd.Wait() })
		s.c = drill.NewClient("https://"+s.addr, admin.Token)
		s.c.HTTP.Transport = careful{&http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
		servers[i] = s
	}
	for _, s := range servers {
		s.hears("https://"+s.addr, 1)
	}

	var people []registry.Person
	add := func(s *served) {
		t.Helper()
		n := len(people)
		var who registry.Person
		if err := s.c.Post(ctx, "/people", fmt.Sprint("add ", n), aPerson(n), &who); err != nil {
			t.Fatal(err)
		}
		people = append(people, who)
	}
	sound := func(when string) {
		t.Helper()
		for _, s := range servers {
			add(s)
		}
		for i, s := range servers {
			for n, p := range people {
				var name registry.Identity
				if err := s.c.Post(ctx, "/people/"+p.ID.String()+"/identity", "", struct{}{}, &name); err != nil || name.Name != fmt.Sprint("王小", n) {
					t.Fatalf("%s server %d opens person %d: %q %v", when, i, n, name.Name, err)
				}
				var found registry.Person
				if err := s.c.Post(ctx, "/people/find", "", map[string]any{"kind": "other", "number": fmt.Sprintf("DOC%07d", n)}, &found); err != nil || found.ID != p.ID {
					t.Fatalf("%s server %d finds person %d: %v %v", when, i, n, found.ID, err)
				}
			}
		}
		again := people[0]
		if err := servers[1].c.Post(ctx, "/people", "add 0", aPerson(0), &again); err != nil || again.ID != people[0].ID {
			t.Fatalf("%s the other server does not know a repeat: %v %v", when, again.ID, err)
		}
	}
	sound("at first")
	command(nil, "key", "rotate")
	sound("before anybody is told of a new master key")
	for _, s := range servers {
		s.hangUp()
		s.hears("The key file was read again.", 1)
	}
	sound("with a new master key")
	command(nil, "key", "rotate", "--index")
	sound("before anybody is told of a new index key")
	command(nil, "key", "forget", "1", "--even-so")
	sound("without the old master key")
	var turn struct{ Signer, Before string }
	command(&turn, "key", "rotate", "--sign", "--json")
	for i, s := range servers {
		var r registry.Receipt
		if err := s.c.Post(ctx, "/people/"+people[len(people)-1-i].ID.String()+"/erase", "", map[string]any{"reason": "asked", "basis": "b"}, &r); err != nil || r.Signer != turn.Signer || !r.Genuine() {
			t.Errorf("server %d signs with %s instead of %s: %v", i, r.Signer, turn.Signer, err)
		}
	}
	people = people[:len(people)-2]

	ours, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := registry.OpenKeyFile(filepath.Join(dir, "other.key")); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, "other.key"), key); err != nil {
		t.Fatal(err)
	}
	certify(t, cert, private, 2)
	for _, s := range servers {
		s.hangUp()
		s.hears("The certificate was read again.", 2)
		s.hears("does not belong to this database", 1)
		if got := s.shows(); got != "2" {
			t.Errorf("new connections see certificate %s", got)
		}
	}
	for i, s := range servers { // as if nothing had happened
		var name registry.Identity
		if err := s.c.Post(ctx, "/people/"+people[0].ID.String()+"/identity", "", struct{}{}, &name); err != nil || name.Name != "王小0" {
			t.Errorf("server %d with a foreign key file: %q %v", i, name.Name, err)
		}
	}
	if err := os.WriteFile(key, ours, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, s := range servers {
		if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if err := s.cmd.Wait(); err != nil {
			t.Errorf("a server that was told to stop: %v", err)
		}
	}
	command(nil, "journal", "verify", "--head", filepath.Join(dir, "site.heads"))
	command(nil, "key", "check")
}

// careful says for what records are opened.
type careful struct{ http.RoundTripper }

func (c careful) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Breakwater-Purpose", "care")
	res, err := c.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, errors.Join(err)
	}
	return res, nil
}

// aPerson is somebody as the interface takes one.
func aPerson(n int) map[string]any {
	return map[string]any{"area": "22", "name": fmt.Sprint("王小", n), "document_kind": "other", "document": fmt.Sprintf("DOC%07d", n), "phone": fmt.Sprint(13900000000 + n)}
}
