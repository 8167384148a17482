package my

import (
	"hash/fnv"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
)

// mostRound is how many bytes of a round's name an answer holds.
const mostRound = 45

// busyFor is when somebody who is sent away comes back.
const busyFor = 10 * time.Second

// enter takes a turn, unless the house has more urgent work.
func (s *Server) enter() (leave func(), err error) {
	if s.house.Screening.Intake().Pressed() {
		return nil, busy()
	}
	select {
	case s.turns <- struct{}{}:
		return func() { <-s.turns }, nil
	default:
		return nil, busy()
	}
}

func busy() error {
	e := outbreak.Refuse(outbreak.Busy, "my.busy")
	e.RetryAfter = busyFor
	return e
}

// who finds whose secret a request carries. Every reason why it opens nothing gets the same refusal.
func (s *Server) who(r *http.Request, text string) (no int64, err error) {
	if !s.house.Registry.Secrets().Ready() {
		return 0, busy()
	}
	secret := registry.TidyCode(text)
	no, ok := s.house.Registry.Secrets().Read([]byte(secret))
	if !ok {
		if err := s.wrong.Take(s.house.Address(r)); err != nil {
			return 0, err
		}
		return 0, outbreak.Refuse(outbreak.Expired, "my.secret_wrong")
	}
	return no, s.secrets.Take(secret)
}

// carried gives the secret of a request: in the header, or in the body of a form. What an address holds is not looked at.
func carried(r *http.Request) (secret string, form url.Values, err error) {
	if r.Method == http.MethodPost {
		kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")) // none is a form without one
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return "", nil, err
		}
		form = url.Values{"secret": {strings.TrimSpace(string(body))}}
		if kind == "application/x-www-form-urlencoded" {
			if form, err = url.ParseQuery(string(body)); err != nil {
				return "", nil, outbreak.Refuse(outbreak.Invalid, "web.form.unreadable").Because(err)
			}
		}
	}
	if scheme, rest, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "Bearer") {
		return rest, form, nil
	}
	return form.Get("secret"), form, nil
}

// admit lets somebody in who carries a secret, and gives the number it opens; leave ends the visit.
func (s *Server) admit(r *http.Request) (secret string, no int64, leave func(), err error) {
	if leave, err = s.enter(); err != nil {
		return "", 0, nil, err
	}
	if secret, _, err = carried(r); err == nil {
		no, err = s.who(r, secret)
	}
	if err != nil {
		leave()
		return "", 0, nil, err
	}
	return secret, no, leave, nil
}

// result answers "what is my result?".
func (s *Server) result(w http.ResponseWriter, r *http.Request) error {
	_, no, leave, err := s.admit(r)
	if err != nil {
		return err
	}
	defer leave()
	now := s.house.Clock.Now()
	m, err := s.house.Screening.Coverage().MyResult(no, now)
	if err != nil {
		return err
	}
	var few [320]byte
	body := appendMine(few[:0], m)
	tag := tagOf(body)
	h := w.Header()
	h.Set("Etag", tag)
	h.Set("Vary", "Authorization") // one telephone, several people
	h.Set("Cache-Control", "private, max-age="+strconv.Itoa(int(max(m.Next.Sub(now), 0)/time.Second)))
	if r.Method == http.MethodGet && r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	body = append(body, `,"next":"`...)
	body = append(appendTime(body, m.Next), `"}`...)
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // who left needs no answer
	return nil
}

// tagOf names an answer by what it says; when to ask again is not a part of that.
func tagOf(said []byte) string {
	sum := fnv.New64a()
	_, _ = sum.Write(said) // it takes everything
	return `"` + strconv.FormatUint(sum.Sum64(), 36) + `"`
}

// appendMine writes an answer but for its end.
func appendMine(b []byte, m screening.Mine) []byte {
	b = append(append(append(b, `{"state":"`...), m.State...), '"')
	if m.At != 0 {
		b = append(appendTime(append(b, `,"at":"`...), m.At), '"')
	}
	if m.Round != "" {
		b = append(appendName(append(b, `,"round":"`...), m.Round), '"')
	}
	if m.Negative != 0 {
		b = append(appendTime(append(b, `,"negative":"`...), m.Negative), '"')
	}
	if m.Phone != "" {
		b = append(append(append(b, `,"call":"`...), m.Phone...), '"')
	}
	if m.Place != "" {
		b = append(append(append(b, `,"where":"`...), m.Place...), '"')
	}
	return b
}

func appendTime(b []byte, i outbreak.Instant) []byte {
	return i.Time().AppendFormat(b, "2006-01-02T15:04:05Z")
}

// appendName writes as much of a name as fits, without what would have to be escaped.
func appendName(b []byte, name string) []byte {
	room := mostRound
	for _, r := range name {
		if r < ' ' || r == '"' || r == '\\' || r == utf8.RuneError {
			r = ' '
		}
		if room -= utf8.RuneLen(r); room < 0 {
			break
		}
		b = utf8.AppendRune(b, r)
	}
	return b
}

// selfTest takes what a resident reports about the own self-test.
func (s *Server) selfTest(w http.ResponseWriter, r *http.Request) error {
	leave, err := s.enter()
	if err != nil {
		return err
	}
	defer leave()
	secret, form, err := carried(r)
	if err != nil {
		return err
	}
	no, err := s.who(r, secret)
	if err != nil {
		return err
	}
	if err := s.reports.Take(strconv.FormatInt(no, 10)); err != nil {
		return err
	}
	key := form.Get("key")
	if len(key) > 60 {
		key = key[:60]
	}
	t, err := s.house.Screening.ReportOwnSelfTest(r.Context(), screening.OwnSelfTest{Key: key, No: no, Result: outbreak.Result(form.Get("result")), Lot: form.Get("lot")})
	if err != nil {
		return err
	}
	b := append(append([]byte(`{"reported":"`), t.Result...), `","at":"`...)
	b = append(appendTime(b, t.At), `"}`...)
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(b) // who left needs no answer
	return nil
}
