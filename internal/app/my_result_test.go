package app_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"breakwater/internal/door/my"
	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/lab"
	"breakwater/internal/response/screening"
	"breakwater/internal/store"
)

// residents is a town with the door for residents, and everybody's secret by the place on the roll.
type residents struct {
	*town
	url     string
	secrets []registry.GivenSecret
	ids     []outbreak.PersonID
}

func (w *town) residents() *residents {
	w.t.Helper()
	door, err := my.New(w.h)
	if err != nil {
		w.t.Fatal(err)
	}
	for !w.h.Registry.Secrets().Ready() {
		time.Sleep(5 * time.Millisecond)
	}
	must(w, 0, w.h.Registry.LoadCodes(w.ctx))
	s := httptest.NewServer(door.Handler())
	w.t.Cleanup(s.Close)
	r := &residents{town: w, url: s.URL}
	list, err := w.h.Registry.GiveSecrets(w.ctx, root, registry.GiveSecrets{Most: 100})
	if must(w, list, err); len(list) != len(w.people) {
		w.t.Fatalf("%d secrets for %d people", len(list), len(w.people))
	}
	r.secrets = list
	for _, g := range list {
		r.ids = append(r.ids, g.Person)
	}
	_, err = w.h.Screening.SetLine(w.ctx, root, screening.SetLine{Area: "2201", Phone: "0431 8888 1234", Place: "文化广场南门采样点"})
	must(w, 0, err)
	r.sync()
	return r
}

// sync waits until the picture in memory is of now.
func (r *residents) sync() {
	r.t.Helper()
	r.settle()
	must(r.town, 0, ignore(r.h.Screening.FindRound(r.ctx, root, r.round, "")))
}

// answered is what came back.
type answered struct {
	State, At, Round, Negative, Call, Where, Next string

	status int
	body   string
	header http.Header
}

// same is the answer but for when to ask again.
func (a answered) same() string { return strings.Split(a.body, `,"next":`)[0] }

func (r *residents) send(req *http.Request) (a answered) {
	r.t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	a.status, a.body, a.header = res.StatusCode, string(body), res.Header
	if a.status == http.StatusOK {
		if err := json.Unmarshal(body, &a); err != nil {
			r.t.Fatalf("%v: %s", err, body)
		}
	}
	return a
}

// ask looks the result of somebody up.
func (r *residents) ask(secret string, header ...string) answered {
	r.t.Helper()
	req, err := http.NewRequest(http.MethodGet, r.url+"/my/result", nil)
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+secret)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return r.send(req)
}

func (r *residents) post(path string, form ...string) answered {
	r.t.Helper()
	values := url.Values{}
	for i := 0; i+1 < len(form); i += 2 {
		values.Set(form[i], form[i+1])
	}
	req, err := http.NewRequest(http.MethodPost, r.url+path, strings.NewReader(values.Encode()))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r.send(req)
}

// sees fails unless somebody sees a state, in an answer that is small and names nobody.
func (r *residents) sees(person int, want screening.MyState) answered {
	r.t.Helper()
	a := r.ask(r.secrets[person].Secret)
	if a.status != http.StatusOK || a.State != string(want) {
		r.t.Errorf("person %d sees %d %s instead of %s", person, a.status, a.body, want)
	}
	r.harmless(person, a)
	return a
}

func (r *residents) harmless(person int, a answered) {
	r.t.Helper()
	if len(a.body) >= 300 {
		r.t.Errorf("an answer of %d bytes: %s", len(a.body), a.body)
	}
	g := r.secrets[person]
	for what, text := range map[string]string{"code": g.Code, "secret": g.Secret, "identifier": g.Person.String(), "name": "人"} {
		if strings.Contains(a.body, text) {
			r.t.Errorf("the answer holds a %s: %s", what, a.body)
		}
	}
	if !plainAnswer.MatchString(a.body) {
		r.t.Errorf("the answer holds something else: %s", a.body)
	}
}

// plainAnswer is all an answer may hold: no number and no tube.
var plainAnswer = regexp.MustCompile(`^\{"state":"[a-z_]+"(,"at":"[-:TZ0-9]{20}")?(,"round":"Round 1")?(,"negative":"[-:TZ0-9]{20}")?(,"call":"0431 8888 1234")?(,"where":"文化广场南门采样点")?,"next":"[-:TZ0-9]{20}"\}$`)

func (r *residents) receive(codes ...outbreak.TubeCode) {
	r.t.Helper()
	t, err := r.h.Lab.ReceiveTubes(r.ctx, root, lab.ReceiveTubes{Lab: r.lab, Tubes: codes})
	must(r.town, t, err)
	r.sync()
}

func (r *residents) says(code string, result outbreak.Result) {
	r.t.Helper()
	r.clock.Move(time.Second)
	r.report(code, result)
	r.sync()
}

func (r *residents) telling() []screening.Telling {
	r.t.Helper()
	list, err := r.h.Screening.ListTelling(r.ctx, root, screening.Mark{}, 100)
	return must(r.town, list, err)
}

func (r *residents) open(what task.What) int {
	r.t.Helper()
	list, err := r.h.Tasks.ListTasks(r.ctx, root, task.Filter{What: what, Most: 100})
	return len(must(r.town, list, err))
}

// TestEveryStateAsAResidentSeesIt walks people through everything that can become of a swab.
func TestEveryStateAsAResidentSeesIt(t *testing.T) {
	engines(t, func(w *town) {
		r := w.residents()
		for i := range 6 {
			if a := r.sees(i, screening.MyNotSampled); a.Round != "Round 1" || a.Where != "文化广场南门采样点" || a.Call != "0431 8888 1234" || a.At != "" {
				t.Errorf("%s", a.body)
			}
		}

		// What was recorded by hand.
		var items []screening.OutcomeOf
		for i, o := range []outbreak.Outcome{outbreak.Excused, outbreak.Refused, outbreak.Away, outbreak.Unreachable} {
			items = append(items, screening.OutcomeOf{No: w.people[1+i], Outcome: o})
		}
		_, err := w.h.Screening.RecordOutcomes(w.ctx, root, screening.RecordOutcomes{Round: w.round, Items: items})
		must(w, 0, err)
		r.sync()
		for i, want := range []screening.MyState{screening.MyExcused, screening.MyRefused, screening.MyAway, screening.MyMissed} {
			r.sees(1+i, want)
		}

		// A pool: on the way, at the laboratory, negative.
		w.clock.Move(time.Minute)
		taken := w.clock.Now()
		w.close("T0001", 5, 6)
		r.sync()
		if a := r.sees(5, screening.MySampled); a.At != taken.Time().Format(time.RFC3339) {
			t.Errorf("%s", a.body)
		}
		w.clock.Move(time.Hour)
		arrived := w.clock.Now()
		r.receive("T0001")
		if a := r.sees(6, screening.MyWaiting); a.At != arrived.Time().Format(time.RFC3339) {
			t.Errorf("%s", a.body)
		}
		r.says("T0001", outbreak.Negative)
		if a := r.sees(5, screening.MyNegative); a.At != taken.Time().Format(time.RFC3339) {
			t.Errorf("%s", a.body)
		}

		// A lost tube.
		w.close("T0002", 7, 8)
		_, err = w.h.Screening.SpoilTube(w.ctx, root, screening.SpoilTube{Tube: "T0002", Reason: "lost"})
		must(w, 0, err)
		r.sync()
		if a := r.sees(7, screening.MyAgain); a.Where == "" {
			t.Errorf("%s", a.body)
		}
		w.close("T0012", 8)
		r.sync()
		r.sees(8, screening.MySampled)
		r.sees(7, screening.MyAgain)

		// A positive pool is nobody's result. An invalid one is to be taken again.
		w.close("T0003", 9, 10, 11)
		r.says("T0003", outbreak.Positive)
		for _, p := range []int{9, 10, 11} {
			if a := r.sees(p, screening.MyStay); strings.Contains(a.body, "positive") {
				t.Errorf("a member of a pool is called positive: %s", a.body)
			}
		}
		w.close("T0013", 18, 19)
		r.says("T0013", outbreak.InvalidResult)
		r.sees(18, screening.MyAgain)

		// The own swabs: one negative, one positive. Nothing of the second shows before somebody called.
		w.clock.Move(time.Minute)
		w.close("T0004", 9)
		w.close("T0005", 10)
		r.sync()
		r.sees(9, screening.MyStay)
		before := r.sees(10, screening.MyStay)
		r.says("T0004", outbreak.Negative)
		r.says("T0005", outbreak.Positive)
		r.sees(9, screening.MyNegative)
		if after := r.sees(10, screening.MyStay); after.same() != before.same() || after.header.Get("Cache-Control") != before.header.Get("Cache-Control") || after.header.Get("Etag") != before.header.Get("Etag") {
			t.Errorf("a positive that nobody told shows in the answer: %s, before %s", after.body, before.body)
		}
		r.sees(11, screening.MyStay)
		list := r.telling()
		if len(list) != 1 || list[0].Person != r.ids[10] || list[0].ShowsAt.Sub(w.clock.Now()) > time.Hour || r.open(task.TellPositive) != 1 {
			t.Fatalf("%+v", list)
		}
		told := screening.TellPositive{Tube: list[0].Tube, Person: list[0].Person, Key: "told"}
		for range 2 {
			_, err = w.h.Screening.TellPositive(w.ctx, root, told)
			must(w, 0, err)
		}
		r.sync()
		if a := r.sees(10, screening.MyPositive); a.Call == "" {
			t.Errorf("%s", a.body)
		}
		told.Key = ""
		if _, err := w.h.Screening.TellPositive(w.ctx, root, told); outbreak.KindOf(err) != outbreak.Conflict {
			t.Errorf("told twice: %v", err)
		}
		if len(r.telling()) != 0 || r.open(task.TellPositive) != 0 {
			t.Error("somebody who was told waits to be told")
		}

		// Nobody called: after an hour it shows by itself, and stays on the list.
		w.close("T0006", 12)
		r.sync()
		before = r.sees(12, screening.MySampled)
		r.says("T0006", outbreak.Positive)
		if after := r.sees(12, screening.MySampled); after.same() != before.same() {
			t.Errorf("%s, before %s", after.body, before.body)
		}
		w.clock.Move(59 * time.Minute)
		r.sees(12, screening.MySampled)
		w.clock.Move(time.Minute)
		r.sees(12, screening.MyPositive)
		if waiting, shown, err := w.h.Screening.CountTelling(w.ctx, root); err != nil || waiting != 1 || shown != 1 {
			t.Errorf("%d wait, %d show by themselves: %v", waiting, shown, err)
		}

		// The laboratory takes a positive back.
		w.close("T0008", 14)
		r.says("T0008", outbreak.Positive)
		r.says("T0008", outbreak.Negative)
		r.sees(14, screening.MyNegative)
		if list := r.telling(); len(list) != 1 || list[0].Person != r.ids[12] {
			t.Errorf("%+v", list)
		}

		// The request to stay ends by itself; the swab is still owed.
		w.clock.Move(13 * time.Hour)
		must(w, 0, w.h.Screening.Tick(w.ctx))
		r.sync()
		if a := r.sees(11, screening.MyOwed); a.Where == "" || strings.Contains(a.body, "positive") {
			t.Errorf("%s", a.body)
		}

		// A self-test is no result, and asks for one.
		if a := r.post("/my/self-tests", "secret", r.secrets[15].Secret, "result", "positive", "lot", "ab 12", "key", "k1"); a.status != http.StatusOK {
			t.Fatal(a.status, a.body)
		}
		if a := r.post("/my/self-tests", "secret", r.secrets[15].Secret, "result", "positive", "lot", "ab 12", "key", "k1"); a.status != http.StatusOK {
			t.Fatal(a.status, a.body)
		}
		if a := r.post("/my/self-tests", "secret", r.secrets[16].Secret, "result", "negative", "key", "k1"); a.status != http.StatusOK {
			t.Fatal(a.status, a.body)
		}
		outcomes := w.outcomes()
		_, err = w.h.Screening.RecordSelfTest(w.ctx, root, screening.RecordSelfTest{Outbreak: w.outbreak, Person: r.ids[17], Result: outbreak.Positive})
		must(w, 0, err)
		_, err = w.h.Screening.HandOutKits(w.ctx, root, screening.HandOutKits{Outbreak: w.outbreak, Area: "2201-A", Count: 50, Lot: "AB 12"})
		must(w, 0, err)
		r.sync()
		r.sees(15, screening.MySelfTest)
		r.sees(16, screening.MyNotSampled)
		r.sees(17, screening.MySelfTest)
		if now := w.outcomes(); fmt.Sprint(now) != fmt.Sprint(outcomes) {
			t.Errorf("self-tests changed the outcomes: %v, before %v", now, outcomes)
		}
		figures, err := w.h.Screening.CountSelfTests(w.ctx, root)
		if must(w, figures, err); len(figures) != 1 || figures[0] != (screening.SelfTestFigures{Area: "/22/2201/2201-A/", Kits: 50, Negative: 1, Positive: 2, Owed: 2}) {
			t.Errorf("%+v", figures)
		}
		if r.open(task.SelfTestSwab) != 2 {
			t.Error("a positive self-test asks for no swab")
		}
		w.clock.Move(time.Minute)
		w.close("T0009", 15)    // alone
		w.close("T0010", 17, 0) // with somebody else: that settles nothing
		r.sync()
		r.sees(15, screening.MySampled)
		if n := r.open(task.SelfTestSwab); n != 1 {
			t.Errorf("%d swabs are owed after self-tests", n)
		}
		owed, err := w.h.Screening.ListSelfTestsOwed(w.ctx, root, screening.Mark{}, 10)
		if must(w, owed, err); len(owed) != 1 || owed[0].Person != r.ids[17] {
			t.Errorf("%+v", owed)
		}
		for i := range 7 {
			a := r.post("/my/self-tests", "secret", r.secrets[20].Secret, "result", "negative", "key", fmt.Sprint(i))
			if i < 6 && a.status != http.StatusOK || i == 6 && a.status != http.StatusTooManyRequests {
				t.Errorf("report %d of a day: %d %s", i, a.status, a.body)
			}
		}

		// A restart reads the same picture.
		var seen []string
		for i := range r.secrets {
			m, err := w.h.Screening.Coverage().MyResult(w.people[i], w.clock.Now())
			must(w, m, err)
			seen = append(seen, fmt.Sprintf("%+v", m))
		}
		again := screening.New(w.h.DB, w.h.Journal, w.h.IDs, w.h.Registry, w.h.Tasks, w.h.Lab).Coverage()
		if _, err := again.MyResult(w.people[0], w.clock.Now()); outbreak.KindOf(err) != outbreak.Busy {
			t.Errorf("answered before the tables were read: %v", err)
		}
		must(w, 0, again.CatchUp(w.ctx))
		for i := range r.secrets {
			m, err := again.MyResult(w.people[i], w.clock.Now())
			if must(w, m, err); fmt.Sprintf("%+v", m) != seen[i] {
				t.Errorf("after a restart person %d sees %+v, before %s", i, m, seen[i])
			}
		}
	})
}

// TestALookUpWritesNothing asks a thousand times and looks at the journal and the answers that are kept.
func TestALookUpWritesNothing(t *testing.T) {
	engines(t, func(w *town) {
		r := w.residents()
		head := func() (n int64) {
			must(w, 0, w.h.DB.Read(w.ctx, func(tx *store.Tx) (err error) {
				n, err = journal.Head(tx)
				return err
			}))
			return n
		}
		before := head()
		tag := ""
		for i := range 300 {
			a := r.ask(r.secrets[i%20].Secret)
			if a.status != http.StatusOK {
				t.Fatal(a.status, a.body)
			}
			tag = a.header.Get("Etag")
		}
		if a := r.ask(r.secrets[19].Secret, "If-None-Match", tag); a.status != http.StatusNotModified || a.body != "" || a.header.Get("Cache-Control") == "" {
			t.Errorf("%d %s", a.status, a.body)
		}
		w.close("T0001", 19)
		r.sync()
		changed := head()
		if a := r.ask(r.secrets[19].Secret, "If-None-Match", tag); a.status != http.StatusOK || a.State != "sampled" || a.header.Get("Vary") != "Authorization" {
			t.Errorf("%d %s", a.status, a.body)
		}
		if a := r.post("/my/result", "secret", strings.ToLower(r.secrets[19].Secret)); a.State != "sampled" {
			t.Errorf("asked by a form: %d %s", a.status, a.body)
		}
		if now := head(); now != changed || changed == before {
			t.Errorf("looking up made %d entries", now-changed)
		}
	})
}

// TestWhatOpensNoResult tries everything that is not the secret. Each gets the same answer, to the byte.
func TestWhatOpensNoResult(t *testing.T) {
	engines(t, func(w *town) {
		r := w.residents()
		g := r.secrets[0]
		old := g.Secret
		_, err := w.h.Registry.ChangeSecret(w.ctx, root, registry.ChangeSecret{Person: g.Person, What: registry.SecretReissued, Checked: "document"})
		must(w, 0, err)
		user := outbreak.Actor{User: 3, Grants: []outbreak.Grant{{Role: string(access.Administrator)}}}
		token, _, err := w.h.Access.MakeToken(w.ctx, user, access.NewToken{Name: "t", Until: outbreak.WallClock{}.Now().Add(time.Hour)}, "")
		if err != nil {
			token = "no-token"
		}
		flipped := []byte(r.secrets[1].Secret)
		flipped[20] ^= 1
		var first answered
		for i, x := range []struct{ what, secret string }{
			{"nothing", ""}, {"the secret before", old}, {"the code of the sampling point", g.Code}, {"the number", fmt.Sprint(g.No)}, {"the identifier", g.Person.String()},
			{"a slip", string(flipped)}, {"a token of staff", token}, {"the secret of another site", "04000-G0000-0ABCD-EFGHJ-KMNPQ"}, {"much", strings.Repeat("0", 3000)}, {"a quote", `"' or 1=1 --`},
		} {
			a := r.ask(x.secret)
			if a.status != http.StatusUnauthorized {
				t.Errorf("%s: %d %s", x.what, a.status, a.body)
			}
			if i == 0 {
				first = a
			} else if a.body != first.body {
				t.Errorf("%s is told apart: %s", x.what, a.body)
			}
		}
		// In the address it is not looked at.
		for _, at := range []string{"?secret=", "?Authorization=Bearer%20", "?"} {
			req, err := http.NewRequest(http.MethodGet, r.url+"/my/result"+at+r.secrets[1].Secret, nil)
			if err != nil {
				t.Fatal(err)
			}
			if a := r.send(req); a.status != http.StatusUnauthorized {
				t.Errorf("a secret in the address opens something: %d", a.status)
			}
		}
		// Guessing is slowed down, and keeps nobody else behind the same address out.
		slowed := 0
		for i := range 60 {
			if a := r.ask(fmt.Sprintf("04000-G0000-0ABCD-EFGHJ-KMN%02d", i)); a.status == http.StatusTooManyRequests {
				slowed++
				if a.header.Get("Retry-After") == "" {
					t.Error("nobody says when to come back")
				}
			} else if a.status != http.StatusUnauthorized {
				t.Errorf("a guess gives %d %s", a.status, a.body)
			}
		}
		if slowed < 20 {
			t.Errorf("%d of 60 guesses were slowed down", slowed)
		}
		r.sees(1, screening.MyNotSampled)
		// One secret that is asked for without end is slowed down.
		slowed = 0
		for range 40 {
			if a := r.ask(r.secrets[2].Secret); a.status == http.StatusTooManyRequests {
				slowed++
			}
		}
		if slowed < 10 || slowed > 25 {
			t.Errorf("%d of 40 look-ups with one secret were slowed down", slowed)
		}
		r.sees(3, screening.MyNotSampled)
	})
}

// TestTheOwnCodeOpensNothing gives residents their codes for sampling points, each by the own secret alone, and as often as a person
// needs it.
func TestTheOwnCodeOpensNothing(t *testing.T) {
	engines(t, func(w *town) {
		t := w.t
		r := w.residents()
		own := func(secret string) (code string, a answered) {
			req, err := http.NewRequest(http.MethodPost, r.url+"/my/code", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+secret)
			a = r.send(req)
			var said struct{ Code, Path string }
			if a.status == http.StatusOK {
				if err := json.Unmarshal([]byte(a.body), &said); err != nil || said.Path == "" {
					t.Fatal(a.body, err)
				}
			}
			return registry.TidyCode(said.Code), a
		}
		for _, g := range r.secrets[:2] {
			code, a := own(g.Secret)
			no, proven := w.h.Registry.ReadCode([]byte(code))
			if no != g.No || !proven || a.header.Get("Cache-Control") != "no-store" {
				t.Errorf("number %d is given the code of %d, proven %t, %v", g.No, no, proven, a.header)
			}
			if b := r.ask(code); b.status != http.StatusUnauthorized {
				t.Errorf("the code opens the result: %d %s", b.status, b.body)
			}
			if _, b := own(code); b.status != http.StatusUnauthorized {
				t.Errorf("the code opens itself: %d", b.status)
			}
		}
		last := 0
		for range 20 {
			_, a := own(r.secrets[2].Secret)
			last = a.status
		}
		if last != http.StatusTooManyRequests && last != http.StatusServiceUnavailable {
			t.Errorf("asked twenty times in a row the house still answers %d", last)
		}
		if _, a := own(r.secrets[3].Secret); a.status != http.StatusOK {
			t.Errorf("somebody else is kept out: %d", a.status)
		}
	})
}
