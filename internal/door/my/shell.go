package my

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"net/http"

	"breakwater/internal/response/screening"
	"breakwater/internal/words"
)

//go:embed shell
var shellFiles embed.FS

// shell is the page of residents with its style and its script: the same for everybody, in both languages, so that a telephone
// keeps it and asks for nothing more than an answer. It holds nothing of anybody.
type shell struct {
	html  []byte
	tag   string
	files map[string]part
}

type part struct {
	kind string
	body []byte
}

// said is what the page says of a state, for a template.
type said struct {
	State string
	When  string // what the time in the answer means; empty: there is none
	Call  bool   // the number to call is of use
	Place bool   // so is the place where swabs are taken
}

// states lists what the page says of each state.
var states = []said{
	{State: string(screening.MyNone), Call: true}, {State: string(screening.MyNotSampled), Place: true, Call: true}, {State: string(screening.MySampled), When: "taken"},
	{State: string(screening.MyWaiting), When: "since"}, {State: string(screening.MyNegative), When: "taken"}, {State: string(screening.MyAgain), When: "taken", Place: true, Call: true},
	{State: string(screening.MyOwed), When: "taken", Place: true, Call: true}, {State: string(screening.MyStay), When: "taken", Call: true}, {State: string(screening.MyPositive), When: "taken", Call: true},
	{State: string(screening.MySelfTest), When: "made", Call: true}, {State: string(screening.MyExcused)}, {State: string(screening.MyRefused), Place: true, Call: true},
	{State: string(screening.MyAway), Place: true, Call: true}, {State: string(screening.MyMissed), Place: true, Call: true},
}

// shellPage is what the template may ask: sentences, in both languages.
type shellPage struct {
	States []said
	Style  string
	Script string
}

// spoken is a sentence in one language.
type spoken struct {
	Lang words.Lang
	Text string
}

// Both gives a sentence in each language; the page shows one of them.
func (shellPage) Both(key string) (list []spoken, err error) {
	for _, lang := range words.Langs {
		if !words.Has(lang, key) {
			return nil, fmt.Errorf("nobody wrote %s in %s", key, lang)
		}
		list = append(list, spoken{lang, words.Text(lang, key, nil)})
	}
	return list, nil
}

func loadShell() (shell, error) {
	s := shell{files: map[string]part{}}
	page := shellPage{States: states}
	for name, kind := range map[string]string{"my.css": "text/css; charset=utf-8", "my.js": "text/javascript; charset=utf-8"} {
		body, err := shellFiles.ReadFile("shell/" + name)
		if err != nil {
			return s, fmt.Errorf("reading the page of residents: %w", err)
		}
		s.files[name] = part{kind, body}
		sum := sha256.Sum256(body)
		at := "/my/" + name + "?v=" + hex.EncodeToString(sum[:4])
		if name == "my.css" {
			page.Style = at
		} else {
			page.Script = at
		}
	}
	t, err := template.ParseFS(shellFiles, "shell/my.html")
	if err != nil {
		return s, fmt.Errorf("reading the page of residents: %w", err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, page); err != nil {
		return s, fmt.Errorf("writing the page of residents: %w", err)
	}
	s.html = b.Bytes()
	sum := sha256.Sum256(s.html)
	s.tag = `"` + hex.EncodeToString(sum[:8]) + `"`
	return s, nil
}

// page sends the page.
func (s *shell) page(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "public, max-age=300")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Etag", s.tag)
	if r.Header.Get("If-None-Match") == s.tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(s.html) // who left needs no answer
}

// file sends the style or the script; the address in the page changes with what they hold.
func (s *shell) file(w http.ResponseWriter, r *http.Request) bool {
	f, ok := s.files[r.PathValue("file")]
	if !ok {
		return false
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Header().Set("Content-Type", f.kind)
	_, _ = w.Write(f.body) // who left needs no answer
	return true
}
