package app_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

// passkeyHost is the address at which the house has passkeys, reached through a proxy that encrypts.
const passkeyHost = "localhost"

var offered = regexp.MustCompile(`data-passkey-options="([^"]*)"`)

// named asks as a browser does that opened the house by its host name on this machine.
func (v *target) named(method, path string, c cookies, form url.Values) reply {
	v.Helper()
	return v.ask(method, path, c, form, "Host", passkeyHost+":8080")
}

const passkeyOrigin = "http://" + passkeyHost + ":8080"

// passkey makes one for somebody whose role needs no second factor.
func (v *target) passkey(login string) *testkit.Passkey {
	v.Helper()
	c := v.in(login)
	v.named("POST", "/account/factor/passkeys/begin", c, url.Values{"name": {"mine"}})
	found := offered.FindStringSubmatch(v.named("GET", "/account/factor", c, nil).body)
	if found == nil {
		v.Fatal("no passkey is offered")
	}
	p, answer, err := testkit.MakePasskey([]byte(html.UnescapeString(found[1])), passkeyOrigin)
	if err != nil {
		v.Fatal(err)
	}
	if r := v.named("POST", "/account/factor/passkeys", c, url.Values{"passkey": {answer}}); r.given() == "" {
		v.Fatal("no passkey:", r.status, r.body)
	}
	return p
}

// question gives what the browser of a half-open session is asked to sign.
func (v *target) question(half cookies) []byte {
	v.Helper()
	r := v.named("POST", "/login/factor/challenge", half, url.Values{})
	if r.status != http.StatusOK {
		v.Fatal("no question:", r.status, r.body)
	}
	return []byte(r.body)
}

// answer gives the passkey's answer as a page at origin would get it.
func (v *target) answer(p *testkit.Passkey, question []byte, origin string) url.Values {
	v.Helper()
	answer, err := p.Show(question, origin)
	if err != nil {
		v.Fatal(err)
	}
	var q struct {
		Challenge string `json:"challenge"`
	}
	if err = json.Unmarshal(question, &q); err == nil {
		v.asked, err = base64.RawURLEncoding.DecodeString(q.Challenge)
	}
	if err != nil {
		v.Fatal(err)
	}
	return url.Values{"passkey": {answer}}
}

// askAgain is a house that asks everybody what was asked last, and forgets the counts of devices.
func (v *target) askAgain() {
	v.Helper()
	err := v.House.DB.Write(context.Background(), func(tx *store.Tx) error {
		if _, err := tx.Exec("update user_passkey set sign_count = 0"); err != nil {
			return err
		}
		_, err := tx.Exec("update passkey_challenge set challenge = $1", v.asked)
		return err
	})
	if err != nil {
		v.Fatal(err)
	}
}

// opens tells whether an answer lets a half-open session in.
func (v *target) opens(half cookies, form url.Values) bool {
	v.Helper()
	r := v.named("POST", "/login/factor", half, form)
	return r.status == http.StatusSeeOther && r.given() != "" && v.inside(r.given())
}

func (v *target) half(login string) cookies {
	v.Helper()
	v.wall.Move(2 * time.Minute)
	r := v.login(login, secretWord)
	if !strings.HasPrefix(r.to(), "/login/factor") {
		v.Fatal("the password alone is enough:", r.status, r.to())
	}
	return r.given()
}

var passkeyAttacks = []attack{
	{"an answer sent again", "records what a passkey answered, and sends it again: to the same session, to a new one, and to a new question", "one answer counts once", func(v *target) error {
		v.user("lab", "laboratory")
		p := v.passkey("lab")
		half := v.half("lab")
		recorded := v.answer(p, v.question(half), passkeyOrigin)
		if !v.opens(half, recorded) {
			return errors.New("nobody gets in at all")
		}
		again := v.half("lab")
		if v.opens(again, recorded) {
			return errors.New("a new session opens without a question")
		}
		v.question(again)
		v.try()
		if v.opens(again, recorded) {
			return errors.New("a new question takes an old answer")
		}
		return nil
	}},
	{"the question of another user", "has a passkey of his own and the victim's password, and answers the victim's question, or makes the victim sign his own", "question, session, user and passkey belong together", func(v *target) error {
		v.user("lab", "laboratory")
		v.user("thief", "laboratory")
		victim, own := v.passkey("lab"), v.passkey("thief")
		half := v.half("lab")
		if v.opens(half, v.answer(own, v.question(half), passkeyOrigin)) {
			return errors.New("the passkey of somebody else opens")
		}
		half = v.half("lab")
		v.question(half)
		signed := v.answer(victim, v.question(v.half("thief")), passkeyOrigin)
		v.try()
		if v.opens(half, signed) {
			return errors.New("a question for another session counts")
		}
		half, other := v.half("lab"), v.half("lab")
		v.question(half)
		if v.opens(half, v.answer(victim, v.question(other), passkeyOrigin)) {
			return errors.New("a question for another session of the same user counts")
		}
		half = v.half("lab")
		if !v.opens(half, v.answer(victim, v.question(half), passkeyOrigin)) {
			return errors.New("the victim is out")
		}
		return nil
	}},
	{"a false page before the house", "puts a page of his own before the house, hands the question on and the answer back", "the address that the browser signed is not the house's", func(v *target) error {
		v.user("lab", "laboratory")
		p := v.passkey("lab")
		for _, origin := range []string{"https://evil.example", "https://" + passkeyHost + ".evil.example", "http://" + passkeyHost, "https://" + passkeyHost + ":8080", "null", ""} {
			v.wall.Move(2 * time.Hour)
			half := v.half("lab")
			if v.opens(half, v.answer(p, v.question(half), origin)) {
				return fmt.Errorf("an answer from %q opens", origin)
			}
		}
		v.wall.Move(2 * time.Hour)
		half := v.half("lab")
		p.Site = "evil.example"
		if v.opens(half, v.answer(p, v.question(half), passkeyOrigin)) {
			return errors.New("a passkey that answers for another name opens")
		}
		p.Site = passkeyHost
		if r := v.ask("POST", "/login/factor/challenge", v.half("lab"), url.Values{}, "Host", "evil.example"); r.status == http.StatusOK {
			return errors.New("the house asks in the name of another")
		}
		return nil
	}},
	{"a copied passkey", "copied a device once, and answers with its count of then", "refused, and in the journal", func(v *target) error {
		v.user("lab", "laboratory")
		p := v.passkey("lab")
		half := v.half("lab")
		p.Count = 10
		if !v.opens(half, v.answer(p, v.question(half), passkeyOrigin)) {
			return errors.New("nobody gets in at all")
		}
		before := head(v)
		half = v.half("lab")
		signedIn := head(v)
		p.Count = 4
		signed := v.answer(p, v.question(half), passkeyOrigin)
		v.try()
		if v.opens(half, signed) {
			return errors.New("the copy opens")
		}
		if head(v) == signedIn || signedIn == before {
			return errors.New("the journal does not know")
		}
		return nil
	}},
}
