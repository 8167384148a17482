package app_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"breakwater/internal/app"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
)

var sessionAttacks = []attack{
	{"a cookie planted before", "gives the victim a session cookie of the attacker's choice, and uses it once the victim has signed in",
		"signing in gives another cookie; the planted one opens nothing", func(v *target) error {
			v.user("lab", access.Laboratory)
			planted := cookies("__Host-bw=" + strings.Repeat("A", 43))
			r := v.ask("POST", "/login", planted, url.Values{"login": {"lab"}, "password": {secretWord}})
			if r.given() == "" || r.given() == planted || v.inside(planted) {
				return errors.New("the planted cookie is in use")
			}
			return nil
		}},
	{"a cookie kept after signing out", "signs in, keeps the cookie, signs out, and uses it", "it opens nothing", func(v *target) error {
		v.user("lab", access.Laboratory)
		c := v.in("lab")
		if !v.inside(c) {
			return errors.New("nobody gets in at all")
		}
		v.ask("POST", "/logout", c, url.Values{})
		if v.inside(c) {
			return errors.New("the session goes on")
		}
		return nil
	}},
	{"an old cookie", "uses a cookie after an hour of rest, and one in constant use after half a day", "both are over", func(v *target) error {
		v.user("lab", access.Laboratory)
		c := v.in("lab")
		v.wall.Move(61 * time.Minute)
		if v.inside(c) {
			return errors.New("an hour of rest ends nothing")
		}
		c = v.in("lab")
		for range 15 {
			v.wall.Move(50 * time.Minute)
			v.inside(c)
		}
		if v.inside(c) {
			return errors.New("a session never ends while it is used")
		}
		return nil
	}},
	{"the sessions of somebody else", "ends a session by its number, and revokes a token by its number, that belong to another user",
		"both stay; the answer is that there is none", func(v *target) error {
			victim := v.user("lab", access.Laboratory)
			v.user("thief", access.Laboratory)
			c, thief := v.in("lab"), v.in("thief")
			list, err := v.House.Access.ListSessions(context.Background(), outbreak.Actor{User: victim, Grants: []outbreak.Grant{{Role: string(access.Laboratory)}}})
			if err != nil || len(list) == 0 {
				return fmt.Errorf("the victim has no session: %w", err)
			}
			_, token := v.token(victim, access.Laboratory, time.Hour)
			for _, path := range []string{"/account/sessions/" + list[0].ID.String() + "/end", "/account/tokens/" + token.ID.String() + "/revoke"} {
				if r := v.ask("POST", path, thief, url.Values{}); r.status != http.StatusNotFound {
					return fmt.Errorf("%s: %d", path, r.status)
				}
			}
			if !v.inside(c) {
				return errors.New("the victim is out")
			}
			return nil
		}},
	{"sessions after a changed password", "keeps a stolen session while its owner changes the password", "every session of his ends", func(v *target) error {
		v.user("lab", access.Laboratory)
		stolen, own := v.in("lab"), v.in("lab")
		r := v.ask("POST", "/account/password", own, url.Values{"old": {secretWord}, "password": {secretWord + " now"}, "again": {secretWord + " now"}})
		if r.status != http.StatusSeeOther || v.inside(stolen) || v.inside(own) {
			return fmt.Errorf("%d, the stolen session is in: %t", r.status, v.inside(stolen))
		}
		return nil
	}},
	{"a changed password without the old one", "uses a stolen session to set a password, and to give himself rights", "neither is done", func(v *target) error {
		id := v.user("lab", access.Laboratory)
		c := v.in("lab")
		r := v.ask("POST", "/account/password", c, url.Values{"old": {"guess"}, "password": {"mine from now on"}, "again": {"mine from now on"}})
		if r.status == http.StatusSeeOther {
			return errors.New("the password is changed")
		}
		for _, path := range []string{"/users/" + id.String() + "/grants", "/users/" + id.String() + "/password", "/users/" + id.String() + "/factor/resets"} {
			if r := v.ask("POST", path, c, url.Values{"role": {"administrator"}, "password": {"mine from now on"}}); r.status != http.StatusForbidden {
				return fmt.Errorf("%s: %d", path, r.status)
			}
		}
		return nil
	}},
	{"what the cookie says of itself", "reads the cookie by script, over plain HTTP, or from another site",
		"HttpOnly, Secure, SameSite, bound to this host", func(v *target) error {
			v.user("lab", access.Laboratory)
			for _, c := range (&http.Response{Header: v.login("lab", secretWord).header}).Cookies() {
				if !c.HttpOnly || !c.Secure || c.SameSite == http.SameSiteNoneMode || c.SameSite == 0 || c.Domain != "" || c.Path != "/" || !strings.HasPrefix(c.Name, "__Host-") {
					return fmt.Errorf("%s", c)
				}
			}
			return nil
		}},
	{"the first administrator of somebody else's house", "visits a fresh house over the network, or through a proxy on its machine, and sets himself up", "asked for the code that the server printed", func(v *target) error {
		fresh, err := app.New(context.Background(), app.Config{Data: filepath.Join(v.TempDir(), "data"), PlainHTTP: true, Cost: access.Cost{Time: 1, Memory: 64, Threads: 1}})
		if err != nil {
			return err
		}
		defer func() { _ = fresh.Stop(context.Background()) }()
		set := func(from, forwarded, code string) int {
			r := httptest.NewRequest(http.MethodPost, "/setup", strings.NewReader(url.Values{"login": {"evil"}, "password": {"mine from now on"}, "again": {"mine from now on"}, "code": {code}}.Encode()))
			r.RemoteAddr = from
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if forwarded != "" {
				r.Header.Set("X-Forwarded-For", forwarded)
			}
			w := httptest.NewRecorder()
			fresh.Handler().ServeHTTP(w, r)
			return w.Code
		}
		for _, got := range []int{set("203.0.113.9:1", "", ""), set("203.0.113.9:1", "", "AAAA-AAAA-AAAA-AAAA"), set("127.0.0.1:1", "203.0.113.9", ""), set("203.0.113.9:1", "127.0.0.1", "")} {
			if got == http.StatusSeeOther {
				return errors.New("a stranger is the administrator")
			}
		}
		if got := set("203.0.113.9:1", "", strings.ToLower(fresh.House.SetupCode)); got != http.StatusSeeOther {
			return fmt.Errorf("with the code: %d", got)
		}
		return nil
	}},
	{"the first administrator again", "sends the set-up form to a house that has users", "nobody is made", func(v *target) error {
		r := v.ask("POST", "/setup", "", url.Values{"login": {"evil"}, "password": {"mine from now on"}, "again": {"mine from now on"}})
		if r.given() != "" || v.login("evil", "mine from now on").given() != "" {
			return fmt.Errorf("%d", r.status)
		}
		return nil
	}},
}

var tokenAttacks = []attack{
	{"tokens that are none", "sends no token, an invented one, one cut short, in other letters, or doubled", "401, whatever the route", func(v *target) error {
		secret, _ := v.token(v.user("lab", access.Laboratory), access.Laboratory, time.Hour)
		if r := v.bearer(secret, "GET", "/api/v1/rounds"); r.status != http.StatusOK {
			return fmt.Errorf("the right one: %d", r.status)
		}
		for _, wrong := range []string{"", "bw_" + strings.Repeat("A", 43), secret[:len(secret)-1], strings.ToUpper(secret), secret + secret, " ", "bw_' or 1=1 --", strings.Repeat("x", 8000)} {
			if r := v.bearer(wrong, "GET", "/api/v1/rounds"); r.status != http.StatusUnauthorized {
				return fmt.Errorf("%.20q: %d", wrong, r.status)
			}
		}
		return nil
	}},
	{"tokens that are over", "uses a token past its end, one revoked, and one of a user who was disabled", "all are over", func(v *target) error {
		user := v.user("lab", access.Laboratory)
		short, _ := v.token(user, access.Laboratory, time.Minute)
		gone, kept := v.token(user, access.Laboratory, time.Hour)
		last, _ := v.token(user, access.Laboratory, 24*time.Hour)
		v.wall.Move(2 * time.Minute)
		if err := v.House.Access.RevokeToken(context.Background(), v.root, kept.ID, ""); err != nil {
			return err
		}
		for _, secret := range []string{short, gone} {
			if r := v.bearer(secret, "GET", "/api/v1/rounds"); r.status != http.StatusUnauthorized {
				return fmt.Errorf("%d", r.status)
			}
		}
		if err := v.House.Access.Disable(context.Background(), v.root, user, ""); err != nil {
			return err
		}
		if r := v.bearer(last, "GET", "/api/v1/rounds"); r.status != http.StatusUnauthorized {
			return fmt.Errorf("of a disabled user: %d", r.status)
		}
		return nil
	}},
	{"a token in the wrong place", "sends a token as cookie, in the address and in a form, and a cookie as token", "neither opens what the other does", func(v *target) error {
		secret, _ := v.token(v.user("lab", access.Laboratory), access.Laboratory, time.Hour)
		c := v.in("lab")
		_, session, _ := strings.Cut(string(c), "=")
		for what, r := range map[string]reply{
			"token as cookie":   v.ask("GET", "/", cookies("__Host-bw="+secret), nil),
			"token in address":  v.ask("GET", "/api/v1/rounds?token="+secret+"&access_token="+secret, "", nil),
			"cookie as token":   v.bearer(session, "GET", "/api/v1/rounds"),
			"cookie at the API": v.ask("GET", "/api/v1/rounds", c, nil),
			"token for a page":  v.bearer(secret, "GET", "/rounds"),
		} {
			if r.status == http.StatusOK {
				return errors.New(what)
			}
		}
		return nil
	}},
	{"a token that grows", "makes with a token another that lasts longer, or holds more", "both are refused", func(v *target) error {
		secret, _ := v.token(v.user("lab", access.Laboratory), access.Laboratory, time.Hour)
		for _, body := range []string{
			fmt.Sprintf(`{"name":"n","until":%q}`, v.wall.Now().Add(48*time.Hour).Time().Format(time.RFC3339)),
			fmt.Sprintf(`{"name":"n","until":%q,"grants":[{"role":"administrator","area":"","outbreak":""}]}`, v.wall.Now().Add(time.Minute).Time().Format(time.RFC3339)),
		} {
			req, err := http.NewRequest(http.MethodPost, v.url+"/api/v1/tokens", strings.NewReader(body))
			if err != nil {
				return err
			}
			req.Header.Set("Authorization", "Bearer "+secret)
			req.Header.Set("Content-Type", "application/json")
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				return err
			}
			_ = res.Body.Close()
			if res.StatusCode != http.StatusForbidden {
				return fmt.Errorf("%s: %d", body, res.StatusCode)
			}
		}
		return nil
	}},
}

var lockOutAttacks = []attack{
	{"guessing a password", "tries many passwords for one account, the right one among them at last", "the account waits after five; the right one is refused as well", func(v *target) error {
		v.user("lab", access.Laboratory)
		for range 8 {
			v.try()
			v.login("lab", "a guess")
		}
		v.try()
		if r := v.login("lab", secretWord); r.status != http.StatusTooManyRequests || r.header.Get("Retry-After") == "" {
			return fmt.Errorf("guessing goes on: %d", r.status)
		}
		return nil
	}},
	{"one password for many accounts", "tries one password for a hundred accounts from one address", "the address waits after thirty", func(v *target) error {
		for i := range 100 {
			if v.login(fmt.Sprint("user", i), "Spring2026!").status == http.StatusTooManyRequests {
				return nil
			}
		}
		return errors.New("nobody counts")
	}},
	{"another address for every guess", "names another address in X-Forwarded-For with every guess", "it is not believed: the address waits after thirty", func(v *target) error {
		for i := range 60 {
			r := v.login(fmt.Sprint("user", i), "Spring2026!", "X-Forwarded-For", fmt.Sprintf("203.0.113.%d", i+1), "X-Real-Ip", fmt.Sprintf("203.0.113.%d", i+1), "Forwarded", "for=203.0.113.1")
			if r.status == http.StatusTooManyRequests {
				return nil
			}
		}
		return errors.New("a header is enough to be somebody else")
	}},
	{"who has an account here, by words", "compares the answers for an account that is there, one that is not, and one that is disabled", "the same status, the same words", func(v *target) error {
		v.user("lab", access.Laboratory)
		if err := v.House.Access.Disable(context.Background(), v.root, v.user("gone", access.Laboratory), ""); err != nil {
			return err
		}
		alert := func(login string) string {
			r := v.login(login, "a guess")
			_, after, _ := strings.Cut(r.body, `id="fault"`)
			said, _, _ := strings.Cut(after, "<form")
			return fmt.Sprint(r.status, said)
		}
		if a, b, c := alert("lab"), alert("nobody"), alert("gone"); a != b || b != c || len(a) < 20 {
			return fmt.Errorf("%q, %q, %q", a, b, c)
		}
		return nil
	}},
	{"who has an account here, by time", "measures how long a wrong password takes for an account that is there, and for one that is not", "the same work is done", func(v *target) error {
		v.user("lab", access.Laboratory)
		took := func(login string) []time.Duration {
			var list []time.Duration
			for range 15 {
				v.wall.Move(2 * time.Hour) // forgets the failures
				watch := outbreak.Stopwatch()
				v.login(login, "a guess")
				list = append(list, watch())
			}
			slices.Sort(list)
			return list[:5]
		}
		there, none := took("lab"), took("nobody")
		// The quickest of many tries, of which the network and the neighbours took least. A hash left out makes a factor of
		// five or more.
		if r := float64(there[0]) / float64(none[0]); r > 2.5 || r < 0.4 {
			return fmt.Errorf("%v against %v", there[0], none[0])
		}
		return nil
	}},
}

var factorAttacks = []attack{
	{"going past the second factor", "has the password alone, and goes straight to pages, commands, the live stream, and a token", "everything leads to the step that is missing", func(v *target) error {
		half := v.login("root", secretWord).given()
		for _, path := range []string{"/", "/cases", "/users", "/account", "/about", "/journal", "/files"} {
			if r := v.ask("GET", path, half, nil); r.status == http.StatusOK {
				return fmt.Errorf("%s opens", path)
			}
		}
		for path, form := range map[string]url.Values{
			"/account/password": {"old": {secretWord}, "password": {"mine from now on"}, "again": {"mine from now on"}},
			"/account/tokens":   {"name": {"t"}, "days": {"30"}},
			"/users":            {"login": {"evil"}, "name": {"e"}, "lang": {"en"}, "password": {"mine from now on"}},
		} {
			if r := v.ask("POST", path, half, form); r.status == http.StatusOK || !strings.HasPrefix(r.to(), "/account/factor") {
				return fmt.Errorf("%s: %d to %q", path, r.status, r.to())
			}
		}
		if r := v.ask("GET", "/live?at=/", half, nil); r.status == http.StatusOK {
			return errors.New("the live stream opens")
		}
		return nil
	}},
	{"setting up a telephone of one's own", "has the password of somebody with a second factor, and sets up another telephone", "the old one is asked for first", func(v *target) error {
		v.enrol()
		half := v.login("root", secretWord).given()
		for _, path := range []string{"/account/factor/begin", "/account/factor", "/account/factor/codes"} {
			if r := v.ask("POST", path, half, url.Values{"code": {"123456"}}); r.to() != "/login/factor" {
				return fmt.Errorf("%s: %d to %q", path, r.status, r.to())
			}
		}
		if r := v.ask("GET", "/account/factor/picture", half, nil); r.status == http.StatusOK {
			return errors.New("the picture is shown")
		}
		return nil
	}},
	{"a code seen over a shoulder", "types a code that was typed a moment ago", "it is taken once", func(v *target) error {
		v.enrol()
		code := v.code()
		first := v.ask("POST", "/login/factor", v.login("root", secretWord).given(), url.Values{"code": {code}})
		again := v.ask("POST", "/login/factor", v.login("root", secretWord).given(), url.Values{"code": {code}})
		if first.given() == "" || again.given() != "" {
			return fmt.Errorf("first %d, again %d", first.status, again.status)
		}
		return nil
	}},
	{"guessing a code", "types codes one after the other, with new sessions and at last the right one", "waits after five, whatever the session", func(v *target) error {
		v.enrol()
		half := v.login("root", secretWord).given()
		for i := range 8 {
			v.try()
			if i%3 == 0 || v.weak.during != nil {
				half = v.login("root", secretWord).given()
			}
			v.ask("POST", "/login/factor", half, url.Values{"code": {fmt.Sprintf("%06d", i)}})
		}
		v.try()
		if v.weak.during != nil {
			half = v.login("root", secretWord).given()
		}
		if r := v.ask("POST", "/login/factor", half, url.Values{"code": {v.code()}}); r.status != http.StatusTooManyRequests {
			return fmt.Errorf("guessing goes on: %d", r.status)
		}
		return nil
	}},
	{"the cookie from before the code", "keeps the cookie of the half-open session, and uses it when its owner has typed the code", "it opens nothing", func(v *target) error {
		before, after := v.enrol()
		if v.inside(before) || !v.inside(after) {
			return errors.New("the cookie from before opens the house")
		}
		half := v.login("root", secretWord).given()
		whole := v.ask("POST", "/login/factor", half, url.Values{"code": {v.code()}}).given()
		if v.inside(half) || !v.inside(whole) {
			return errors.New("the half-open cookie opens the house")
		}
		return nil
	}},
	{"one administrator alone", "asks for a second factor to be taken away, and confirms it himself", "another one has to", func(v *target) error {
		ctx := context.Background()
		v.enrol()
		id := v.user("second", access.Administrator)
		one := outbreak.Actor{User: id, Grants: []outbreak.Grant{{Role: string(access.Administrator)}}}
		r, err := v.House.Access.AskFactorReset(ctx, one, v.root.User, "")
		if err != nil {
			return err
		}
		for who, by := range map[string]outbreak.Actor{"the one who asked": one, "the owner": v.root} {
			err := v.House.Access.ConfirmFactorReset(ctx, by, r.ID, "")
			if outbreak.KindOf(err) != outbreak.Forbidden {
				return fmt.Errorf("%s confirms: %w", who, err)
			}
		}
		return nil
	}},
}
