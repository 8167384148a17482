package app_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"breakwater/internal/app"
	"breakwater/internal/door/api"
	"breakwater/internal/door/web"
	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/store"
)

// filled puts something into the names of a pattern.
func filled(pattern string) string {
	return strings.NewReplacer("{$}", "", "{id}", "0", "{code}", "1", "{step}", "x", "{stay}", "0", "{grant}", "0", "{reset}", "0", "{consumer}", "x", "{seq}", "1").Replace(pattern)
}

var siteAttacks = []attack{
	{"a form on another site", "lets the victim's browser send every form of the house from another site, and from a page without an origin",
		"403, and nothing is written", func(v *target) error {
			v.user("lab", access.Laboratory)
			c := v.in("lab")
			before := head(v)
			for _, from := range [][]string{{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, {"Sec-Fetch-Site", "same-site", "Origin", "https://other.example.org"},
				{"Sec-Fetch-Site", "cross-site", "Origin", "null"}} {
				for _, r := range web.Routes {
					if r.Method != http.MethodPost {
						continue
					}
					if got := v.ask("POST", filled(r.Path), c, url.Values{"login": {"root"}, "password": {secretWord}}, from...); got.status != http.StatusForbidden {
						return fmt.Errorf("%s from %s: %d", r.Path, from[1], got.status)
					}
				}
			}
			if after := head(v); after != before {
				return fmt.Errorf("the journal went from %d to %d", before, after)
			}
			return nil
		}},
	{"a link that does something", "makes the victim follow every address of a command as a link, with and without a header that names another method",
		"nothing is written", func(v *target) error {
			v.user("lab", access.Laboratory)
			c := v.in("lab")
			before := head(v)
			for _, r := range web.Routes {
				if r.Method == http.MethodPost && r.Path != "/logout" {
					v.ask("GET", filled(r.Path)+"?_method=POST&name=x", c, nil, "X-Http-Method-Override", "POST")
				}
			}
			v.ask("GET", "/logout", c, nil)
			if after := head(v); after != before {
				return fmt.Errorf("the journal went from %d to %d", before, after)
			}
			if !v.inside(c) {
				return errors.New("a link signs the victim out")
			}
			return nil
		}},
	{"a page in a frame, a script from elsewhere", "shows the house in a frame and puts scripts into it", "every answer of every route forbids it", func(v *target) error {
		check := func(what string, r reply) error {
			for name, want := range map[string]string{"Content-Security-Policy": "frame-ancestors 'none'", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
				"Cross-Origin-Opener-Policy": "same-origin", "Permissions-Policy": "geolocation=()"} {
				if !strings.Contains(r.header.Get(name), want) {
					return fmt.Errorf("%s answers %s: %q", what, name, r.header.Get(name))
				}
			}
			if p := r.header.Get("Content-Security-Policy"); strings.Contains(p, "unsafe") || !strings.Contains(p, "default-src 'self'") || !strings.Contains(p, "form-action 'self'") {
				return fmt.Errorf("%s has the policy %q", what, p)
			}
			if r.header.Get("Server") != "" || r.header.Get("X-Powered-By") != "" {
				return fmt.Errorf("%s tells what it runs on", what)
			}
			return nil
		}
		_, c := v.enrol()
		secret, _ := v.token(v.root.User, access.Administrator, time.Hour)
		for _, r := range web.Routes {
			for who, c := range map[string]cookies{"a stranger": "", "the administrator": c} {
				if r.Path == "/logout" && c != "" {
					continue
				}
				var form url.Values
				if r.Method == http.MethodPost {
					form = url.Values{}
				}
				if err := check(r.Method+" "+r.Path+" to "+who, v.ask(r.Method, filled(r.Path), c, form)); err != nil {
					return err
				}
			}
		}
		for _, r := range api.Routes() {
			path := strings.NewReplacer("{", "", "}", "").Replace(r.Path)
			for _, got := range []reply{v.ask(r.Method, path, "", nil), v.bearer(secret, r.Method, path)} {
				if err := check(r.Method+" "+r.Path, got); err != nil {
					return err
				}
				if got.header.Get("Cache-Control") != "no-store" || got.header.Get("Request-Id") == "" {
					return fmt.Errorf("%s %s may be kept, or has no reference", r.Method, r.Path)
				}
			}
		}
		for _, path := range []string{"/no-such", "//no-such", "/api/v1/no-such", "/static/no-such", "/static/..", "/api//v1/rounds", "/favicon.ico", "/healthz", "/live"} {
			if err := check(path, v.ask("GET", path, "", nil)); err != nil {
				return err
			}
		}
		return nil
	}},
}

func head(v *target) (seq int64) {
	v.Helper()
	err := v.House.DB.Read(context.Background(), func(tx *store.Tx) (err error) {
		seq, err = journal.Head(tx)
		return err
	})
	if err != nil {
		v.Fatal(err)
	}
	return seq
}

// elsewhere tells whether a browser on this house would leave it for an address.
func elsewhere(location string) bool {
	if location == "" {
		return false
	}
	folded := strings.ReplaceAll(strings.TrimLeft(location, " \t\r\n"), `\`, "/")
	u, err := url.Parse(folded)
	return err != nil || u.Host != "" || u.Scheme != "" || strings.HasPrefix(folded, "//") || strings.ContainsAny(location, "\r\n\t")
}

var pathAttacks = []attack{
	{"a link that leads elsewhere after signing in", "sends the victim a link to the sign-in page that ends at another site", "he stays in the house", func(v *target) error {
		v.user("lab", access.Laboratory)
		c := v.in("lab")
		for _, next := range []string{"https://evil.example/", "//evil.example/", `/\evil.example/`, `\/evil.example`, "/\t/evil.example", "/%09/evil.example", "javascript:alert(1)", "///evil.example",
			"/login/../..//evil.example", "https:evil.example", " //evil.example", "/\r\nLocation: https://evil.example", "http://127.0.0.1@evil.example/", "/.//evil.example", "data:text/html,x"} {
			for what, r := range map[string]reply{
				"a visitor inside":     v.ask("GET", "/login?next="+url.QueryEscape(next), c, nil),
				"the form":             v.ask("POST", "/login", "", url.Values{"login": {"lab"}, "password": {secretWord}, "next": {next}}),
				"the language switch":  v.ask("GET", "/login?lang=en&next="+url.QueryEscape(next), c, nil),
				"the second factor":    v.ask("GET", "/login/factor?next="+url.QueryEscape(next), c, nil),
				"the office directory": v.ask("GET", "/login/directory?next="+url.QueryEscape(next), "", nil),
			} {
				if elsewhere(r.to()) {
					return fmt.Errorf("%s with %q goes to %q", what, next, r.to())
				}
			}
		}
		return nil
	}},
	{"a path out of the house", "asks for files and pages with dots, doubled and encoded slashes, NUL bytes and long names",
		"no file, no page of others, no fault of ours", func(v *target) error {
			v.user("lab", access.Laboratory)
			c := v.in("lab")
			for _, path := range []string{"/static/../../../etc/passwd", "/static/..%2f..%2f..%2fetc%2fpasswd", "/static/%2e%2e/%2e%2e/etc/passwd", "/static/....//....//etc/passwd", `/static/..\..\etc\passwd`,
				"/static//etc/passwd", "/static/app.css%00.png", "/static/", "/cases/../users", "/cases/%2e%2e/users", "/cases/..%2fusers", "//users", "/%2fusers", "/users/", "/users%2f", "/USERS",
				"/api/v1/../../users", "/api/../users", "/api/v1/rounds/../users", "/api/v1/rounds/%2e%2e/users", "/.git/config", "/breakwater.db", "/data.key", "/debug/pprof/", "/metrics", "/server-status",
				"/tubes/%00", "/tubes/%ff%fe", "/tubes/" + strings.Repeat("9", 3000), "/people/" + strings.Repeat("%2e%2e%2f", 200), "/rounds/1;drop%20table%20users", "/*", "/{$}", "/%7Bid%7D"} {
				r := v.ask("GET", path, c, nil)
				if r.status >= 500 || strings.Contains(r.body, "root:x:0") || strings.Contains(r.body, "goroutine ") || elsewhere(r.to()) {
					return fmt.Errorf("%.60s: %d to %q", path, r.status, r.to())
				}
				if r.status == http.StatusOK && strings.Contains(strings.ToLower(path), "users") {
					return fmt.Errorf("%s opens the users to a laboratory", path)
				}
			}
			return nil
		}},
	{"staff's routes at the address of sampling points", "asks the booths' address for everything else, by detours too", "404, or the detour's own refusal", func(v *target) error {
		secret, _ := v.token(v.root.User, access.Administrator, time.Hour)
		for _, r := range api.Routes() {
			path := strings.NewReplacer("{", "", "}", "").Replace(r.Path)
			got := v.askAt(v.URLOf("booth"), r.Method, path, "", nil, "Authorization", "Bearer "+secret)
			open := false
			for _, p := range app.BoothRoutes {
				open = open || p == r.Method+" "+r.Path
			}
			if (got.status == http.StatusNotFound && strings.Contains(got.body, "not open to this work")) == open {
				return fmt.Errorf("%s %s: %d", r.Method, r.Path, got.status)
			}
		}
		for _, path := range []string{"/api/v1/rounds/../users", "/api/v1/rounds/%2e%2e/users", "/api/v1/rounds/..%2fusers", "//api/v1/users", "/api/v1//users", "/login", "/", "/api/v1/rounds/x/../../users"} {
			got := v.askAt(v.URLOf("booth"), "GET", path, "", nil, "Authorization", "Bearer "+secret)
			if got.status == http.StatusOK {
				return fmt.Errorf("%s: %d", path, got.status)
			}
		}
		return nil
	}},
	{"another name for the house", "names another host in Host, X-Forwarded-Host and X-Original-Url", "no address in an answer follows it", func(v *target) error {
		v.user("lab", access.Laboratory)
		c := v.in("lab")
		for _, path := range []string{"/", "/login", "/users", "/no-such", "//x", "/favicon.ico", "/login/directory"} {
			r := v.ask("GET", path, c, nil, "Host", "evil.example", "X-Forwarded-Host", "evil.example", "X-Original-Url", "/users", "X-Rewrite-Url", "/users", "Forwarded", "host=evil.example")
			if strings.Contains(r.body, "evil.example") || strings.Contains(r.to(), "evil.example") || path == "/" && r.status != http.StatusOK {
				return fmt.Errorf("%s: %d to %q", path, r.status, r.to())
			}
		}
		return nil
	}},
	{"a claim to be encrypted", "signs in over plain HTTP from another machine, saying X-Forwarded-Proto: https, or to be this machine", "403: a stranger is not believed", func(v *target) error {
		for _, header := range [][]string{{}, {"X-Forwarded-Proto", "https"}, {"X-Forwarded-For", "127.0.0.1"}, {"Forwarded", "for=127.0.0.1;proto=https"}, {"X-Forwarded-Proto", "https", "X-Forwarded-For", "127.0.0.1"}} {
			r := httptest.NewRequest(http.MethodPost, "/login", strings.NewReader(url.Values{"login": {"root"}, "password": {secretWord}}.Encode()))
			r.RemoteAddr = "203.0.113.9:40000"
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			for i := 0; i+1 < len(header); i += 2 {
				r.Header.Set(header[i], header[i+1])
			}
			w := httptest.NewRecorder()
			v.Handler().ServeHTTP(w, r)
			if w.Code != http.StatusForbidden || len(w.Result().Cookies()) > 0 {
				return fmt.Errorf("%v: %d", header, w.Code)
			}
		}
		return nil
	}},
	{"a script in what is typed", "puts markup into the login, the next page and the search", "it comes back as text", func(v *target) error {
		v.user("lab", access.Laboratory)
		c := v.in("lab")
		const evil = `"><script>alert(1)</script><img src=x onerror=alert(1) hx-get=/users>`
		for _, r := range []reply{v.login(evil, "x"), v.ask("GET", "/login?next="+url.QueryEscape("/"+evil), "", nil), v.ask("GET", "/tubes?code="+url.QueryEscape(evil), c, nil),
			v.ask("GET", "/tubes/"+url.PathEscape(evil), c, nil), v.ask("GET", "/"+url.PathEscape(evil), c, nil), v.ask("GET", "/waiting?step="+url.QueryEscape(evil)+"&in="+url.QueryEscape(evil), c, nil)} {
			if strings.Contains(r.body, "<script>alert") || strings.Contains(r.body, "<img src=x") {
				return fmt.Errorf("%d", r.status)
			}
		}
		return nil
	}},
}

// say sends bytes as they are, and gives everything that came back before the connection was closed or fell silent.
func (v *target) say(text string) string {
	v.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(v.url, "http://"))
	if err != nil {
		v.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(700 * time.Millisecond))
	if _, err := io.WriteString(conn, text); err != nil {
		return ""
	}
	all, _ := io.ReadAll(conn) // ends with the connection or the deadline
	return string(all)
}

func answersIn(text string) int {
	n := 0
	for line := range strings.SplitSeq(text, "\n") {
		if strings.HasPrefix(line, "HTTP/1.") {
			n++
		}
	}
	return n
}

var wireAttacks = []attack{
	{"a request hidden in another", "sends two lengths, a length and chunks, or broken chunks, with a second request behind what one of them calls the end",
		"the second one is never answered", func(v *target) error {
			const hidden = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
			for name, text := range map[string]string{
				"a length and chunks":    "POST /csp HTTP/1.1\r\nHost: x\r\nContent-Length: " + fmt.Sprint(5+len(hidden)) + "\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden,
				"two lengths":            "POST /csp HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: " + fmt.Sprint(len(hidden)) + "\r\n\r\n" + hidden,
				"a list of lengths":      "POST /csp HTTP/1.1\r\nHost: x\r\nContent-Length: 0, " + fmt.Sprint(len(hidden)) + "\r\n\r\n" + hidden,
				"a signed length":        "POST /csp HTTP/1.1\r\nHost: x\r\nContent-Length: +0\r\n\r\n" + hidden,
				"a coding with a tab":    "POST /csp HTTP/1.1\r\nHost: x\r\nContent-Length: " + fmt.Sprint(len(hidden)) + "\r\nTransfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n" + hidden,
				"an unknown coding":      "POST /csp HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + hidden,
				"two codings":            "POST /csp HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + hidden,
				"a space before a colon": "POST /csp HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\nContent-Length: 0\r\n\r\n" + hidden,
				"a folded header":        "POST /csp HTTP/1.1\r\nHost: x\r\nX: y\r\n Transfer-Encoding: chunked\r\nContent-Length: " + fmt.Sprint(5+len(hidden)) + "\r\n\r\n0\r\n\r\n" + hidden,
				"broken chunks":          "POST /csp HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n" + hidden,
				"a line feed in a chunk": "POST /csp HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\nab\n0\n\n" + hidden,
			} {
				if got := v.say(text); answersIn(got) > 1 || strings.Contains(got, "alive") {
					return fmt.Errorf("%s: %d answers\n%s", name, answersIn(got), got)
				}
			}
			return nil
		}},
	{"heads that are none", "sends two hosts, none, a NUL in a header, a head without end, and something that is no HTTP", "400 or 431 or silence, and the house goes on", func(v *target) error {
		for name, text := range map[string]string{
			"two hosts":     "GET /login HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
			"no host":       "GET /login HTTP/1.1\r\n\r\n",
			"a NUL":         "GET /login HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n",
			"a huge head":   "GET /login HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("a", 200<<10) + "\r\n\r\n",
			"a TLS hello":   "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03",
			"another proto": "GET /login HTTP/9.9\r\nHost: x\r\n\r\n",
			"CONNECT":       "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n",
			"an absolute":   "GET http://evil.example/users HTTP/1.1\r\nHost: x\r\n\r\n",
		} {
			got := v.say(text)
			if strings.HasPrefix(got, "HTTP/1.1 2") || strings.HasPrefix(got, "HTTP/1.1 5") && !strings.HasPrefix(got, "HTTP/1.1 505") {
				return fmt.Errorf("%s: %.60q", name, got)
			}
		}
		if r := v.ask("GET", "/healthz", "", nil); r.status != http.StatusOK {
			return fmt.Errorf("afterwards: %d", r.status)
		}
		return nil
	}},
	{"a line in a header", "puts line breaks into what answers repeat in headers: the next page, the language, the request id", "no header of the attacker's", func(v *target) error {
		v.user("lab", access.Laboratory)
		c := v.in("lab")
		for _, evil := range []string{"%0d%0aX-Evil:%201", "%0aX-Evil:%201", "%E5%98%8A%E5%98%8DX-Evil:1", "%00X-Evil:1"} {
			for _, path := range []string{"/login?next=/" + evil, "/login?lang=" + evil, "/files?done=" + evil, "/login?lang=en" + evil, "/" + evil, "//" + evil} {
				got := v.say("GET " + path + " HTTP/1.1\r\nHost: x\r\nCookie: " + string(c) + "\r\nConnection: close\r\n\r\n")
				h, err := textproto.NewReader(bufio.NewReader(strings.NewReader(after(got, "\r\n")))).ReadMIMEHeader()
				if got == "" || err != nil && !errors.Is(err, io.EOF) || h.Get("X-Evil") != "" {
					return fmt.Errorf("%s: %.200q", path, got)
				}
			}
		}
		r := v.ask("GET", "/login", "", nil, "X-Request-Id", "chosen-by-a-stranger", "Request-Id", "chosen-by-a-stranger")
		if strings.Contains(r.header.Get("Request-Id"), "chosen") {
			return errors.New("a stranger names requests in the log")
		}
		return nil
	}},
	{"a sender who never ends", "opens connections and sends a head one byte at a time", "he is cut off; others are answered meanwhile", func(v *target) error {
		var held []net.Conn
		defer func() {
			for _, c := range held {
				_ = c.Close()
			}
		}()
		for range 50 {
			c, err := net.Dial("tcp", strings.TrimPrefix(v.url, "http://"))
			if err != nil {
				return err
			}
			held = append(held, c)
			if _, err := io.WriteString(c, "GET /login HTTP/1.1\r\nHost: x\r\nX-Slow: "); err != nil {
				return err
			}
		}
		if r := v.ask("GET", "/healthz", "", nil); r.status != http.StatusOK {
			return fmt.Errorf("others wait: %d", r.status)
		}
		_ = held[0].SetReadDeadline(time.Now().Add(10 * time.Second))
		if _, err := io.ReadAll(held[0]); errors.Is(err, os.ErrDeadlineExceeded) {
			return errors.New("a head may take for ever")
		}
		return nil
	}},
}

func after(text, mark string) string {
	_, rest, _ := strings.Cut(text, mark)
	return rest
}

// upload sends a file by the page's form.
func (v *target) upload(c cookies, path, name string, body io.Reader) (reply, error) {
	v.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="file"; filename="` + name + `"`}, "Content-Type": {"text/csv"}})
	if err != nil {
		return reply{}, err
	}
	mark := form.Len()
	_ = part
	end := "\r\n--" + w.Boundary() + "--\r\n"
	req, err := http.NewRequest(http.MethodPost, v.url+path, io.MultiReader(bytes.NewReader(form.Bytes()[:mark]), body, strings.NewReader(end)))
	if err != nil {
		return reply{}, err
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	req.Header.Set("Cookie", string(c))
	req.Header.Set("Accept-Language", "en")
	res, err := v.guest.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return reply{res.StatusCode, res.Header, string(text)}, err
}

// endless gives a line that never ends, up to a number of bytes.
type endless struct{ left int64 }

func (e *endless) Read(b []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	n := int(min(int64(len(b)), e.left))
	for i := range n {
		b[i] = 'a'
	}
	e.left -= int64(n)
	return n, nil
}

var fileAttacks = []attack{
	{"a file with a name that is a path", "uploads files whose names climb out of the folder, hold NUL bytes, line breaks and markup", "nothing is written anywhere, nothing breaks", func(v *target) error {
		_, c := v.enrol()
		dir := v.TempDir()
		before, err := filepath.Glob("/tmp/breakwater-*")
		if err != nil {
			return err
		}
		for _, name := range []string{"../../../../../../" + dir + "/evil", dir + "/evil", `..\..\evil`, "evil\x00.csv", "<script>alert(1)</script>.csv", "a%0d%0ab.csv", strings.Repeat("n", 2000), "CON", ".."} {
			r, err := v.upload(c, "/files/areas", name, strings.NewReader("code,name\n\x00,\x00\n=cmd|' /C calc'!A0,x\n"))
			if err != nil || r.status >= 500 || strings.Contains(r.body, "<script>alert") {
				return fmt.Errorf("%.30q: %d %w", name, r.status, err)
			}
		}
		if list, err := os.ReadDir(dir); err != nil || len(list) > 0 {
			return fmt.Errorf("written: %v %w", list, err)
		}
		if now, err := filepath.Glob("/tmp/breakwater-*"); err != nil || len(now) > len(before)+5 {
			return fmt.Errorf("%d files are left behind", len(now)-len(before))
		}
		return nil
	}},
	{"a file without an end", "uploads a line of 64 MB, a million columns, and more than is taken", "refused with a sentence; memory stays as it was", func(v *target) error {
		_, c := v.enrol()
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		r, err := v.upload(c, "/files/areas", "long.csv", &endless{64 << 20})
		if err != nil || r.status >= 500 || r.status == http.StatusOK && !strings.Contains(r.body, "0") {
			return fmt.Errorf("a long line: %d %w", r.status, err)
		}
		if r, err = v.upload(c, "/files/areas", "wide.csv", strings.NewReader(strings.Repeat(",", 1_000_000)+"\n"+strings.Repeat(",", 1_000_000))); err != nil || r.status >= 500 {
			return fmt.Errorf("a wide line: %d %w", r.status, err)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 64<<20 {
			return fmt.Errorf("%d MB stay behind", grown>>20)
		}
		return nil
	}},
	{"more than a request may be", "sends 3 MB to every command that takes a form, and to the interface", "413 or an earlier refusal, never a fault", func(v *target) error {
		_, c := v.enrol()
		secret, _ := v.token(v.root.User, access.Administrator, time.Hour)
		big := url.Values{"login": {strings.Repeat("x", 3<<20)}}
		for _, path := range []string{"/users", "/people", "/login", "/rounds", "/csp", "/account/tokens"} {
			if r := v.ask("POST", path, c, big); r.status >= 500 || r.status < 400 && path != "/csp" {
				return fmt.Errorf("%s: %d", path, r.status)
			}
		}
		for _, r := range api.Routes() {
			if r.Method != http.MethodPost || strings.Contains(r.Path, "/import") {
				continue
			}
			path := strings.NewReplacer("{", "", "}", "").Replace(r.Path)
			got := v.ask("POST", path, "", url.Values{"x": {strings.Repeat("x", 3<<20)}}, "Authorization", "Bearer "+secret, "Content-Type", "application/json")
			if got.status >= 500 || got.status < 400 {
				return fmt.Errorf("%s: %d", path, got.status)
			}
		}
		return nil
	}},
}
