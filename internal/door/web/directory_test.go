package web_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"breakwater/internal/app"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
)

// issuer is an office's directory: it vouches for whomever the test says, and checks what it is sent.
type issuer struct {
	testing.TB
	*httptest.Server
	key *ecdsa.PrivateKey

	mu     sync.Mutex
	asked  url.Values     // what the browser brought
	claims map[string]any // what the next word says, over what is right
}

func newIssuer(t testing.TB) *issuer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	i := &issuer{TB: t, key: key}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		i.give(w, map[string]any{"issuer": i.URL, "authorization_endpoint": i.URL + "/authorize", "token_endpoint": i.URL + "/token", "jwks_uri": i.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"ES256"}, "response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"}})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		i.give(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "1", Algorithm: "ES256", Use: "sig"}}})
	})
	mux.HandleFunc("POST /token", i.token)
	i.Server = httptest.NewServer(mux)
	t.Cleanup(i.Close)
	return i
}

func (i *issuer) give(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		i.Error(err)
	}
}

func (i *issuer) token(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	id, secret, _ := r.BasicAuth()
	if base64.RawURLEncoding.EncodeToString(sum[:]) != i.asked.Get("code_challenge") || r.PostFormValue("redirect_uri") != i.asked.Get("redirect_uri") ||
		r.PostFormValue("code") != "the-code" || id != "breakwater" || secret != "shared" {
		http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
		return
	}
	now := time.Now()
	claims := map[string]any{"iss": i.URL, "sub": "s-1", "aud": "breakwater", "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(), "nonce": i.asked.Get("nonce")}
	maps.Copy(claims, i.claims)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: i.key, KeyID: "1"}}, nil)
	if err != nil {
		i.Error(err)
		return
	}
	body, err := json.Marshal(claims)
	if err != nil {
		i.Error(err)
		return
	}
	word, err := signer.Sign(body)
	if err != nil {
		i.Error(err)
		return
	}
	compact, err := word.CompactSerialize()
	if err != nil {
		i.Error(err)
		return
	}
	i.give(w, map[string]any{"access_token": "a", "token_type": "Bearer", "expires_in": 60, "id_token": compact})
}

// vouch walks a browser to the directory and gives the address with its answer.
func (i *issuer) vouch(b *browser, next string, claims map[string]any) string {
	i.Helper()
	a := b.get("/login/directory?next=" + url.QueryEscape(next))
	to, err := url.Parse(a.Header.Get("Location"))
	if err != nil || a.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to.String(), i.URL+"/authorize?") {
		i.Fatal(a.StatusCode, a.Header.Get("Location"), a.body)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.asked, i.claims = to.Query(), claims
	for _, want := range []string{"state", "nonce", "code_challenge"} {
		if len(to.Query().Get(want)) < 20 {
			i.Errorf("the question has no %s: %s", want, to)
		}
	}
	if to.Query().Get("code_challenge_method") != "S256" || to.Query().Get("redirect_uri") != b.url+"/login/directory/done" {
		i.Errorf("the question is %s", to)
	}
	return "/login/directory/done?code=the-code&state=" + url.QueryEscape(to.Query().Get("state"))
}

func TestSignInThroughTheOfficesDirectory(t *testing.T) {
	dir := newIssuer(t)
	s, _ := strict(t, func(c *app.Config) {
		c.Wall = outbreak.WallClock{}
		c.Directory = app.DirectoryConfig{Issuer: dir.URL, Client: "breakwater", Secret: "shared"}
	})
	if a := s.browser("en").get("/login"); !strings.Contains(a.body, "/login/directory") {
		t.Error("the sign-in page does not offer it")
	}
	b := s.browser("en")
	if a := b.get(dir.vouch(b, "/cases", nil)); a.StatusCode != http.StatusForbidden || !strings.Contains(a.body, "s-1") {
		t.Error("somebody nobody linked:", a.StatusCode, a.body)
	}
	if a := b.get("/cases"); a.StatusCode != http.StatusSeeOther {
		t.Error("and he is in:", a.StatusCode)
	}
	u, err := s.house.Access.FindUserByLogin(ctx, s.root, s.user(access.Investigator))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.house.Access.LinkUser(ctx, s.root, u.ID, dir.URL, "s-1", ""); err != nil {
		t.Fatal(err)
	}
	strong := map[string]any{"amr": []string{"pwd", "mfa"}}
	if a := b.get(dir.vouch(b, "/cases", nil)); a.Header.Get("Location") != "/account/factor" {
		t.Error("a password at the directory is no second factor:", a.StatusCode, a.Header.Get("Location"))
	}
	b = s.browser("en")
	if a := b.get(dir.vouch(b, "/cases", strong)); a.Header.Get("Location") != "/cases" {
		t.Fatal(a.StatusCode, a.body)
	}
	if a := b.get("/cases"); a.StatusCode != http.StatusOK {
		t.Error(a.StatusCode)
	}

	for name, claims := range map[string]map[string]any{"another nonce": {"nonce": "x"}, "for another site": {"aud": "other"}, "long over": {"exp": 1000},
		"of another issuer": {"iss": "https://evil.example"}} {
		b := s.browser("en")
		maps.Copy(claims, strong)
		if a := b.get(dir.vouch(b, "/", claims)); a.StatusCode != http.StatusForbidden {
			t.Errorf("a word %s: %d", name, a.StatusCode)
		}
	}
	b = s.browser("en")
	answer := dir.vouch(b, "/", strong)
	if a := s.browser("en").get(answer); a.StatusCode != http.StatusForbidden {
		t.Error("the answer works in another browser:", a.StatusCode)
	}
	if a := b.get(answer + "x"); a.StatusCode != http.StatusForbidden {
		t.Error("another state:", a.StatusCode)
	}
	if a := b.get(answer); a.StatusCode != http.StatusForbidden {
		t.Error("an answer is good for one try, right or wrong:", a.StatusCode)
	}
	if a := b.get(dir.vouch(b, "//evil.example/", strong)); a.Header.Get("Location") != "/" {
		t.Error("sent elsewhere:", a.Header.Get("Location"))
	}
	dir.Close()
	down := newIssuer(t)
	s, _ = strict(t, func(c *app.Config) {
		c.Directory = app.DirectoryConfig{Issuer: down.URL, Client: "breakwater", Secret: "shared"}
	})
	down.Close()
	if a := s.browser("en").get("/login/directory"); a.StatusCode != http.StatusServiceUnavailable || !strings.Contains(a.body, "password") {
		t.Error("a directory that is down:", a.StatusCode)
	}
}
