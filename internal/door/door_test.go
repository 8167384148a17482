package door_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"breakwater/internal/door"
	"breakwater/internal/outbreak"
	"breakwater/internal/testkit"
	"breakwater/internal/words"
)

func house(log io.Writer) door.House {
	clock := outbreak.NewHandClock(testkit.Start)
	return door.House{Clock: clock, Wall: clock, Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
}

// knock sends one request from this machine through a chain around do.
func knock(h door.House, c door.Chain, r *http.Request, do http.HandlerFunc) *httptest.ResponseRecorder {
	if c.Refuse == nil {
		c.Refuse = func(w http.ResponseWriter, r *http.Request, err error) {
			no := h.Refuse(r.Context(), err)
			for k := range no.Header {
				w.Header().Set(k, no.Header.Get(k))
			}
			http.Error(w, no.Key+": "+no.Sentence, no.Status)
		}
	}
	if r.RemoteAddr == "192.0.2.1:1234" { // what httptest gives
		r.RemoteAddr = "127.0.0.1:1234"
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/people/{id}", do)
	w := httptest.NewRecorder()
	h.Wrap(c, mux).ServeHTTP(w, r)
	return w
}

func get() *http.Request { return httptest.NewRequest("GET", "/people/4711?name=Li", nil) }

func TestEveryAnswerCarriesTheHeaders(t *testing.T) {
	w := knock(house(io.Discard), door.Chain{}, get(), func(w http.ResponseWriter, r *http.Request) {})
	for name, want := range map[string]string{
		"Content-Security-Policy":   "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; report-uri /csp",
		"X-Content-Type-Options":    "nosniff",
		"Referrer-Policy":           "same-origin",
		"Cache-Control":             "no-store",
		"Strict-Transport-Security": "",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	if w.Header().Get("Request-Id") == "" {
		t.Error("no reference")
	}
}

func TestKindsBecomeStatuses(t *testing.T) {
	h := house(io.Discard)
	for want, err := range map[int]error{
		422: outbreak.Refuse(outbreak.Invalid, "kernel.id_wrong"),
		404: outbreak.Refuse(outbreak.NotFound, "access.no_user"),
		409: outbreak.Refuse(outbreak.Conflict, "access.login_taken"),
		403: outbreak.Refuse(outbreak.Forbidden, "access.not_allowed"),
		401: outbreak.Refuse(outbreak.Expired, "access.session_over"),
		503: outbreak.Refuse(outbreak.Busy, "store.busy"),
		429: outbreak.Refuse(outbreak.Busy, "access.locked"),
		413: &http.MaxBytesError{},
		500: errors.New("disk full at /secret/place"),
	} {
		if got := h.Status(err); got != want {
			t.Errorf("%v: %d", err, got)
		}
		for _, lang := range words.Langs {
			if s := h.Sentence(lang, err); strings.HasPrefix(s, "[") || strings.Contains(s, "secret") {
				t.Error(s)
			}
		}
	}
}

func TestAFaultTellsNothingAndIsLoggedUnderItsReference(t *testing.T) {
	for name, do := range map[string]http.HandlerFunc{
		"panic": func(http.ResponseWriter, *http.Request) { panic("the inside") },
	} {
		var log bytes.Buffer
		w := knock(house(&log), door.Chain{}, get(), do)
		if w.Code != 500 || strings.Contains(w.Body.String(), "inside") {
			t.Error(name, w.Code, w.Body)
		}
		if ref := w.Header().Get("Request-Id"); !strings.Contains(log.String(), "reference="+ref) || !strings.Contains(log.String(), "the inside") {
			t.Error(name, log.String())
		}
	}
}

func TestTheLogNamesNobody(t *testing.T) {
	var log bytes.Buffer
	knock(house(&log), door.Chain{Door: "web"}, get(), func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(404) })
	if s := log.String(); !strings.Contains(s, "route=/people/{id}") || !strings.Contains(s, "status=404") || strings.Contains(s, "4711") || strings.Contains(s, "Li") {
		t.Error(s)
	}
}

func TestUnencryptedConnectionsFromElsewhereAreRefused(t *testing.T) {
	h := house(io.Discard)
	fine := func(w http.ResponseWriter, r *http.Request) {}
	r := get()
	r.RemoteAddr = "10.0.0.7:5000"
	if w := knock(h, door.Chain{}, r, fine); w.Code != 403 || !strings.Contains(w.Body.String(), "door.plain_http") {
		t.Error(w.Code, w.Body)
	}
	r.Header.Set("X-Forwarded-Proto", "https")
	if w := knock(h, door.Chain{}, r, fine); w.Code != 403 {
		t.Error("anybody can say that he is encrypted")
	}
	h.Proxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")}
	if w := knock(h, door.Chain{}, r, fine); w.Code != 200 || w.Header().Get("Strict-Transport-Security") == "" {
		t.Error(w.Code, w.Header())
	}
	h = house(io.Discard)
	h.PlainHTTP = true
	if w := knock(h, door.Chain{}, r, fine); w.Code != 200 {
		t.Error(w.Code)
	}
	if c := h.SessionCookie("x"); c.Secure || c.Name != "bw" {
		t.Error(c)
	}
	if c := house(io.Discard).SessionCookie("x"); !c.Secure || c.Name != "__Host-bw" || !c.HttpOnly || c.Path != "/" || c.Domain != "" {
		t.Error(c)
	}
}

func TestAddressBehindProxies(t *testing.T) {
	h := house(io.Discard)
	h.Proxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")}
	for _, c := range [][3]string{
		{"198.51.100.1:9", "203.0.113.9", "198.51.100.1"},
		{"10.0.0.1:9", "", "10.0.0.1"},
		{"10.0.0.1:9", "6.6.6.6, 203.0.113.9, 10.0.0.2", "203.0.113.9"},
		{"10.0.0.1:9", "not an address", "10.0.0.1"},
		{"[::1]:9", "203.0.113.9", "::1"},
	} {
		r := get()
		r.RemoteAddr = c[0]
		r.Header.Set("X-Forwarded-For", c[1])
		if got := h.Address(r); got != c[2] {
			t.Errorf("%v: %s", c, got)
		}
	}
}

func TestOtherSitesMayNotPost(t *testing.T) {
	h := house(io.Discard)
	for _, c := range []struct {
		site string
		want int
	}{{"same-origin", 200}, {"cross-site", 403}, {"same-site", 403}, {"", 200}} {
		r := httptest.NewRequest("POST", "/people/1", nil)
		if c.site != "" {
			r.Header.Set("Sec-Fetch-Site", c.site)
		}
		if w := knock(h, door.Chain{Browser: true}, r, func(http.ResponseWriter, *http.Request) {}); w.Code != c.want {
			t.Errorf("%q: %d", c.site, w.Code)
		}
	}
}

func TestBodiesHaveALimit(t *testing.T) {
	r := httptest.NewRequest("POST", "/people/1", strings.NewReader(strings.Repeat("x", 101)))
	var got error
	knock(house(io.Discard), door.Chain{Body: 100}, r, func(_ http.ResponseWriter, r *http.Request) { _, got = io.ReadAll(r.Body) })
	if house(io.Discard).Status(got) != http.StatusRequestEntityTooLarge {
		t.Error(got)
	}
}

func TestLanguage(t *testing.T) {
	for _, c := range []struct {
		query, header string
		want          words.Lang
	}{{"", "", "zh"}, {"", "en-GB,en;q=0.8", "en"}, {"", "zh-CN,zh;q=0.9,en;q=0.1", "zh"}, {"", "fr", "en"}, {"lang=en", "zh", "en"}, {"lang=xx", "zh", "zh"}} {
		r := httptest.NewRequest("GET", "/people/1?"+c.query, nil)
		r.Header.Set("Accept-Language", c.header)
		var got words.Lang
		knock(house(io.Discard), door.Chain{}, r, func(_ http.ResponseWriter, r *http.Request) { got = door.LangOf(r.Context()) })
		if got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

func TestStrangersRunOutAndUsersHaveTheirOwnBudget(t *testing.T) {
	h := house(io.Discard)
	clock := h.Wall.(*outbreak.HandClock)
	h.Rates = door.Rates{Stranger: door.Rate{PerSecond: 1, Burst: 3}, User: door.Rate{PerSecond: 1, Burst: 5}}
	gate := h.NewGate()
	unknown := func() (outbreak.Actor, error) {
		return outbreak.Actor{}, outbreak.Refuse(outbreak.Expired, "access.token_over")
	}
	known := func() (outbreak.Actor, error) { return outbreak.Actor{User: 7}, nil }
	for range 3 {
		if _, err := gate.Admit(get(), unknown); h.Status(err) != 401 {
			t.Fatal(err)
		}
	}
	if _, err := gate.Admit(get(), func() (outbreak.Actor, error) { t.Error("asked again"); return unknown() }); h.Status(err) != 429 {
		t.Fatal(err)
	}
	elsewhere := get()
	elsewhere.RemoteAddr = "203.0.113.5:1"
	for range 5 {
		if _, err := gate.Admit(elsewhere, known); err != nil {
			t.Fatal(err)
		}
	}
	_, err := gate.Admit(elsewhere, known)
	if h.Status(err) != 429 || err.(*outbreak.Error).RetryAfter < time.Second {
		t.Fatal(err)
	}
	clock.Move(time.Second)
	if _, err := gate.Admit(elsewhere, known); err != nil {
		t.Fatal(err)
	}
}

func TestReportsAreCounted(t *testing.T) {
	var log bytes.Buffer
	reports := house(&log).NewReports()
	w := httptest.NewRecorder()
	reports.ServeHTTP(w, httptest.NewRequest("POST", "/csp", strings.NewReader(`{"csp-report":{"effective-directive":"script-src-elem","document-uri":"https://x/people/4711"}}`)))
	if w.Code != 204 || reports.Count() != 1 || !strings.Contains(log.String(), "script-src-elem") || strings.Contains(log.String(), "4711") {
		t.Error(w.Code, log.String())
	}
}

func TestASlowRequestIsGivenUp(t *testing.T) {
	w := knock(house(io.Discard), door.Chain{Patience: time.Millisecond, Refuse: nil}, get(), func(w http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		http.Error(w, "", house(io.Discard).Status(r.Context().Err()))
	})
	if w.Code != http.StatusServiceUnavailable {
		t.Error(w.Code)
	}
}
