package door

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/words"
)

// policy is the content security policy of every answer: nothing from elsewhere, no script or style in a page's text.
const policy = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; report-uri /csp"

// Body is how much a request may send, unless its route says otherwise.
const Body = 1 << 20

// Chain says how a door differs from the other.
type Chain struct {
	Door     string                                                  // "web" or "api", for the log
	Browser  bool                                                    // requests of other sites' pages are refused
	Body     int64                                                   // the most any route of this door takes; 0: Body
	Patience time.Duration                                           // a request is given up after so long; 0: never, for streams
	Refuse   func(w http.ResponseWriter, r *http.Request, err error) // writes a refusal as this door does
	Lang     func(r *http.Request) words.Lang                        // nil: the address, else Accept-Language
	Stream   string                                                  // path of the live stream, which lasts and is counted apart
}

// Wrap puts a door's handler behind what every request passes: log, reference, recovery, headers, encryption, origin and
// the size of its body.
func (h House) Wrap(c Chain, next http.Handler) http.Handler {
	if c.Body == 0 {
		c.Body = Body
	}
	if c.Lang == nil {
		c.Lang = languageOf
	}
	origin := http.NewCrossOriginProtection()
	if c.Browser && h.PlainHTTP {
		h.Log.Warn("sign-in over unencrypted HTTP is allowed: whoever is on the network can read passwords and take over sessions")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := h.Wall.Now()
		took := outbreak.Stopwatch()
		call := &call{reference: h.referenceOf(r), lang: c.Lang(r), log: h.Log}
		ctx := context.WithValue(r.Context(), callKey{}, call)
		if c.Patience > 0 {
			var done context.CancelFunc
			ctx, done = context.WithTimeout(ctx, c.Patience)
			defer done()
		}
		r = r.WithContext(ctx)
		answer := &answer{ResponseWriter: w}
		defer func() {
			h.note(c, r, answer, began)
			h.count(c.Door, r, answer.status, took())
		}()
		defer h.recover(c, r, answer)
		h.headers(answer.Header(), r, call)
		if err := h.admit(c, origin, r); err != nil {
			c.Refuse(answer, r, err)
			return
		}
		body := c.Body
		if e := entranceOf(ctx); e != nil {
			leave, err := e.enter(r, h.Address(r), c.Stream != "" && r.URL.Path == c.Stream)
			if err != nil {
				c.Refuse(answer, r, err)
				return
			}
			defer leave()
			if e.Body > 0 {
				body = min(body, e.Body)
			}
		}
		r.Body = http.MaxBytesReader(answer, r.Body, body)
		next.ServeHTTP(answer, r)
	})
}

// Front puts what every answer carries before everything else, so that not even a mux that answers by itself forgets it. A
// request sent in chunks is the last of its connection: one that also tells a length could hide another behind its end from a
// proxy that believes the length.
func (h House) Front(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.standing(w.Header(), r)
		if len(r.TransferEncoding) > 0 {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

func (h House) headers(header http.Header, r *http.Request, c *call) {
	if header["Content-Security-Policy"] == nil { // Front was not passed
		h.standing(header, r)
	}
	header.Set("Request-Id", c.reference)
}

// standing are headers of every answer, made once: residents ask tens of thousands of times a second.
var standing = []struct {
	name  string
	value []string // nobody changes it: setting a header puts another in its place
}{
	{"Content-Security-Policy", []string{policy}},
	{"X-Content-Type-Options", []string{"nosniff"}},
	{"Referrer-Policy", []string{"same-origin"}},
	{"Cross-Origin-Opener-Policy", []string{"same-origin"}},
	{"Permissions-Policy", []string{"camera=(), microphone=(), geolocation=()"}}, // a scan page sets its own
	{"Cache-Control", []string{"no-store"}},
}

// standing sets the headers of every answer.
func (h House) standing(header http.Header, r *http.Request) {
	for _, x := range standing {
		header[x.name] = x.value
	}
	if h.encrypted(r) && !h.OwnAuthority {
		header.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

func (h House) admit(c Chain, origin *http.CrossOriginProtection, r *http.Request) error {
	if !h.PlainHTTP && !h.encrypted(r) && !peerOf(r).IsLoopback() {
		return outbreak.Refuse(outbreak.Forbidden, "door.plain_http")
	}
	if !c.Browser {
		return nil
	}
	if err := origin.Check(r); err != nil {
		return outbreak.Refuse(outbreak.Forbidden, "door.other_site").Because(err)
	}
	return nil
}

func (h House) recover(c Chain, r *http.Request, w *answer) {
	fault := recover()
	if fault == nil {
		return
	}
	if fault == http.ErrAbortHandler {
		panic(fault)
	}
	err := fmt.Errorf("panic: %v\n%s", fault, debug.Stack())
	if w.status != 0 { // half an answer is out: only the connection can still say that something is wrong
		h.Log.ErrorContext(r.Context(), "a request failed half-way", "reference", ReferenceOf(r.Context()), "error", err)
		panic(http.ErrAbortHandler)
	}
	c.Refuse(w, r, err)
}

func nameOf(ctx context.Context) string {
	if e := entranceOf(ctx); e != nil {
		return e.Name
	}
	return ""
}

// note logs a request: the pattern of its route, never its path or query, which name people.
func (h House) note(c Chain, r *http.Request, w *answer, began outbreak.Instant) {
	level := slog.LevelDebug
	if w.status >= 400 {
		level = slog.LevelInfo
	}
	h.Log.LogAttrs(r.Context(), level, "request", slog.String("door", c.Door), slog.String("method", r.Method), slog.String("route", r.Pattern),
		slog.String("entrance", nameOf(r.Context())), slog.Int("status", w.status), slog.Int64("bytes", w.bytes), slog.Int64("ms", int64(h.Wall.Now()-began)), slog.String("reference", ReferenceOf(r.Context())))
}

// answer counts what goes out.
type answer struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (a *answer) WriteHeader(status int) {
	if a.status == 0 && status >= 200 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	n, err := a.ResponseWriter.Write(b)
	a.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController flush and set deadlines, which streams need.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
