package scenarios

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
)

// play runs a story to its end, or to the first step that does not come out.
func (w *world) play(s story) error {
	files := w.files
	w.files = s.files
	defer func() { w.files = files }()
	for _, st := range s.steps {
		if err := w.do(st); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) do(st step) error {
	line, err := w.filled(st.line)
	if err != nil {
		return fmt.Errorf("%s: %w", st.at, err)
	}
	a, err := w.act(line)
	if err != nil {
		return fmt.Errorf("%s: %s: %w", st.at, st.line, err)
	}
	if a == nil && len(st.clauses) > 0 {
		return fmt.Errorf("%s: nothing is asked in %q, so nothing can be expected of it", st.at, st.line)
	}
	if a != nil && (len(st.clauses) == 0 || !strings.HasPrefix(st.clauses[0].text, "-> ")) {
		return fmt.Errorf("%s: the step does not say with which status it is answered: -> 200", st.at)
	}
	for _, c := range st.clauses {
		text, err := w.filled(c.text)
		if err == nil {
			err = a.check(text, w.vars)
		}
		if err != nil {
			return fmt.Errorf("%s: %s\n\t%w", c.at, st.line, err)
		}
	}
	return nil
}

var (
	name   = regexp.MustCompile(`\{[a-z][a-z0-9_]*\}`)
	moment = regexp.MustCompile(`\{now(?:[+-][0-9hms]+)?\}`)
)

// filled puts kept values in the place of their names, and times in the place of {now}, {now+4h}, {now-30m}.
func (w *world) filled(text string) (string, error) {
	var err error
	text = moment.ReplaceAllStringFunc(text, func(m string) string {
		var d time.Duration
		if by := m[4 : len(m)-1]; by != "" {
			if d, err = time.ParseDuration(by); err != nil {
				return m
			}
		}
		return w.clock.Now().Add(d).String()
	})
	text = name.ReplaceAllStringFunc(text, func(m string) string {
		v, ok := w.vars[m[1:len(m)-1]]
		if !ok && err == nil {
			err = fmt.Errorf("nothing was kept as %s", m)
		}
		return v
	})
	return text, err
}

// act does what a line says; an answer comes from the lines that ask the house.
func (w *world) act(line string) (*answer, error) {
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "get", "post", "put", "patch", "delete":
		return w.call(strings.ToUpper(word), rest)
	case "open":
		return w.open(rest)
	case "clock":
		d, err := time.ParseDuration(strings.TrimPrefix(rest, "+"))
		w.clock.Move(d)
		return nil, err
	case "settle":
		return nil, w.settle()
	case "sign-in":
		return nil, w.signIn(rest)
	case "user":
		return nil, w.user(strings.Fields(rest))
	case "use":
		s, err := read(filepath.Join(w.folder, rest))
		if err != nil {
			return nil, err
		}
		return nil, w.play(s)
	}
	return nil, fmt.Errorf("no such step: %s", word)
}

// call asks the interface for programs: PATH [BODY] as USER [key K] [purpose P] [in LANG] [type T].
func (w *world) call(method, rest string) (*answer, error) {
	q := request{method: method, header: map[string]string{}}
	q.path, rest, _ = strings.Cut(rest, " ")
	var err error
	if q.body, rest, err = w.body(strings.TrimSpace(rest)); err != nil {
		return nil, err
	}
	if q.body != nil {
		q.header["Content-Type"] = "application/json"
	}
	who, words := "", strings.Fields(rest)
	for ; len(words) > 1; words = words[2:] {
		switch v := words[1]; words[0] {
		case "as":
			who = v
		case "key":
			q.header["Idempotency-Key"] = v
		case "purpose":
			q.header["Breakwater-Purpose"] = v
		case "in":
			q.header["Accept-Language"] = v
		case "type":
			q.header["Content-Type"] = v
		default:
			return nil, fmt.Errorf("no such word: %s", words[0])
		}
	}
	if len(words) > 0 {
		return nil, fmt.Errorf("%q stands alone", words[0])
	}
	if who != "nobody" {
		token, ok := w.tokens[who]
		if !ok {
			return nil, fmt.Errorf("who asks? say as USER, or as nobody; %q is not known", who)
		}
		q.header["Authorization"] = "Bearer " + token
	}
	a, err := w.ask(q)
	return &a, err
}

// body takes what is sent off the front of a line: JSON as it stands, or @file, or @file times N.
func (w *world) body(text string) (body []byte, rest string, err error) {
	if strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") {
		d := json.NewDecoder(strings.NewReader(text))
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return nil, "", fmt.Errorf("the body is no JSON (broken JSON goes into a file of the story): %w", err)
		}
		return raw, text[d.InputOffset():], nil
	}
	from, named := strings.CutPrefix(text, "@")
	if !named {
		return nil, text, nil
	}
	from, rest, _ = strings.Cut(from, " ")
	body, ok := w.files[from]
	if !ok {
		return nil, "", fmt.Errorf("the story has no file %s", from)
	}
	filled, err := w.filled(strings.TrimSuffix(string(body), "\n"))
	if err != nil {
		return nil, "", err
	}
	body = []byte(filled)
	if n, often := strings.CutPrefix(rest, "times "); often {
		n, rest, _ = strings.Cut(n, " ")
		times, err := strconv.Atoi(n)
		if err != nil {
			return nil, "", fmt.Errorf("how many times? %w", err)
		}
		body = bytes.Repeat(body, times)
	}
	return body, rest, nil
}

// open looks at a page: PATH as USER, with the session of sign-in.
func (w *world) open(rest string) (*answer, error) {
	path, who, ok := strings.Cut(rest, " as ")
	if !ok || w.cookies[who] == "" {
		return nil, fmt.Errorf("who looks? say as USER, after sign-in USER")
	}
	a, err := w.ask(request{method: http.MethodGet, path: path, header: map[string]string{"Cookie": w.cookies[who]}})
	return &a, err
}

// user adds somebody with a role, an own password and a token: NAME ROLE [in AREA] [for DURATION]. The area is a path, the
// duration the life of the token.
func (w *world) user(words []string) error {
	if len(words) < 2 {
		return fmt.Errorf("say user NAME ROLE")
	}
	login, role, area, lasts := words[0], words[1], "", 300*24*time.Hour
	for words = words[2:]; len(words) > 1; words = words[2:] {
		var err error
		switch words[0] {
		case "in":
			area = words[1]
		case "for":
			lasts, err = time.ParseDuration(words[1])
		default:
			err = fmt.Errorf("no such word: %s", words[0])
		}
		if err != nil {
			return err
		}
	}
	h, root := w.app.House.Access, outbreak.SystemActor("story")
	u, err := h.AddUser(w.ctx, root, access.NewUser{Login: login, Name: login, Lang: "en", Password: "a word for once"}, "")
	if err != nil {
		return err
	}
	if err := h.SetPassword(w.ctx, outbreak.Actor{User: u.ID}, u.ID, "a word for once", secretWord, ""); err != nil {
		return err
	}
	g, err := h.Grant(w.ctx, root, u.ID, outbreak.Grant{Role: role, Area: outbreak.Path(area)}, 0, "")
	if err != nil {
		return err
	}
	u.Grants = []access.Granted{g}
	w.vars[login] = u.ID.String()
	return w.giveToken(login, u, lasts)
}
