package access_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

var (
	here  = access.Site{Name: "site.example.org", Origin: "https://site.example.org"}
	there = access.Site{Name: "other.example.org", Origin: "https://other.example.org"}
)

// passkey begins and makes a passkey, for a code when one is asked for, and gives the session's new secret.
func (h house) passkey(secret, name, given string) (*testkit.Passkey, string, []string) {
	h.Helper()
	if err := h.BeginPasskey(ctx, h.sessionOf(secret), here, name, given, "192.0.2.1"); err != nil {
		h.Fatal(err)
	}
	offer, err := h.PendingPasskey(ctx, h.sessionOf(secret))
	if err != nil || offer.Name != name {
		h.Fatal(offer.Name, err)
	}
	p, answer, err := testkit.MakePasskey(offer.Options, here.Origin)
	if err != nil {
		h.Fatal(err)
	}
	fresh, codes, err := h.ConfirmPasskey(ctx, h.sessionOf(secret), answer, "192.0.2.1")
	if err != nil {
		h.Fatal(err)
	}
	return p, fresh, codes
}

// asked is the question for a session.
func (h house) asked(secret string) json.RawMessage {
	h.Helper()
	options, err := h.AskPasskey(ctx, h.sessionOf(secret), here)
	if err != nil {
		h.Fatal(err)
	}
	return options
}

func (h house) show(p *testkit.Passkey, options json.RawMessage, origin string) string {
	h.Helper()
	answer, err := p.Show(options, origin)
	if err != nil {
		h.Fatal(err)
	}
	return answer
}

// half is a session whose password alone was shown.
func (h house) half(login string) string {
	h.Helper()
	_, secret := h.signIn(login, password)
	if e := h.sessionOf(secret); e.Step != access.StepFactor {
		h.Fatalf("%q after the password alone", e.Step)
	}
	return secret
}

// happened counts the journal's entries about a user's account that say what.
func (h house) happened(what string) (n int) {
	h.Helper()
	err := h.db.Read(ctx, func(tx *store.Tx) error {
		list, err := journal.List(tx, 0, 1<<60, []string{outbreak.UserChanged{}.Kind()}, 1000)
		for _, e := range list {
			if strings.Contains(string(e.Body), fmt.Sprintf("%q", what)) {
				n++
			}
		}
		return err
	})
	if err != nil {
		h.Fatal(err)
	}
	return n
}

func TestAPasskeyIsASecondFactor(t *testing.T) {
	strong(t, func(h house) {
		_, secret := h.user("names", give(access.Investigator, city, 0))
		_, elsewhere := h.signIn("names", password)
		p, fresh, codes := h.passkey(secret, "key on my ring", "")
		if len(codes) != 10 {
			h.Error("no codes on paper:", codes)
		}
		for _, old := range []string{secret, elsewhere} {
			if _, _, err := h.ActorOfSession(ctx, old); outbreak.KindOf(err) != outbreak.Expired {
				h.Error("a secret from before the second factor still opens:", err)
			}
		}
		by, e, err := h.ActorOfSession(ctx, fresh)
		if err != nil || e.Step != access.StepNone || !access.Anywhere(by, access.PersonIdentity) {
			h.Error(e.Step, by.Grants, err)
		}
		half := h.half("names")
		passed, err := h.PassFactor(ctx, h.sessionOf(half), h.show(p, h.asked(half), here.Origin), "192.0.2.1")
		if err != nil {
			h.Fatal(err)
		}
		if _, _, err := h.ActorOfSession(ctx, half); outbreak.KindOf(err) != outbreak.Expired {
			h.Error("the half-open secret still opens:", err)
		}
		f, err := h.FactorOf(ctx, h.sessionOf(passed))
		if err != nil || f.At != 0 || len(f.Passkeys) != 1 || f.Passkeys[0].Name != "key on my ring" || f.Passkeys[0].UsedAt == 0 || !f.Has() || !f.WorksAt(here) || f.WorksAt(there) || f.WorksAt(access.Site{}) {
			h.Error(f, err)
		}
		if h.happened("passkey_set") != 1 || h.happened("passkey_shown") != 1 {
			h.Error("the journal does not say it")
		}
		half = h.half("names")
		if _, err := h.PassFactor(ctx, h.sessionOf(half), codes[0], ""); err != nil {
			h.Error("a code on paper beside a passkey:", err)
		}
	})
}

func TestAnAnswerCountsOnceForItsSessionAtItsSite(t *testing.T) {
	strong(t, func(h house) {
		_, secret := h.user("names", give(access.Investigator, city, 0))
		p, _, _ := h.passkey(secret, "mine", "")
		_, secret = h.user("thief", give(access.Investigator, city, 0))
		own, _, _ := h.passkey(secret, "thief's", "")
		refused := func(what string, session string, answer, msgKey string) {
			h.Helper()
			_, err := h.PassFactor(ctx, h.sessionOf(session), answer, "")
			if msg(err) != msgKey {
				h.Errorf("%s: %v instead of %s", what, err, msgKey)
			}
		}
		half := h.half("names")
		answer := h.show(p, h.asked(half), here.Origin)
		if _, err := h.PassFactor(ctx, h.sessionOf(half), answer, ""); err != nil {
			h.Fatal(err)
		}
		half = h.half("names")
		refused("an answer without a question", half, answer, "access.passkey_late")
		h.asked(half)
		refused("an answer of before to a new question", half, answer, "access.passkey_wrong")
		refused("a second try at one question", half, h.show(p, h.asked(h.half("names")), here.Origin), "access.passkey_late")

		h.clock.Move(2 * time.Hour) // failures are forgotten
		half = h.half("names")
		refused("at another address", half, h.show(p, h.asked(half), "https://evil.example"), "access.passkey_wrong")
		refused("over plain HTTP", half, h.show(p, h.asked(half), "http://site.example.org"), "access.passkey_wrong")
		p.Site = "evil.example"
		refused("made for another site", half, h.show(p, h.asked(half), here.Origin), "access.passkey_wrong")
		p.Site = here.Name
		refused("the passkey of somebody else", half, h.show(own, h.asked(half), here.Origin), "access.passkey_wrong")
		h.clock.Move(2 * time.Hour)
		half = h.half("names")
		theirs := h.asked(h.half("thief"))
		refused("the question of somebody else, asking nothing himself", half, h.show(p, theirs, here.Origin), "access.passkey_late")
		mine := h.asked(half)
		refused("the question of somebody else", half, h.show(p, theirs, here.Origin), "access.passkey_wrong")
		refused("a question that was answered", half, h.show(p, mine, here.Origin), "access.passkey_late")
		h.clock.Move(2 * time.Hour)
		half = h.half("names")
		old := h.asked(half)
		h.clock.Move(6 * time.Minute)
		refused("after five minutes", half, h.show(p, old, here.Origin), "access.passkey_late")
		for _, broken := range []string{"{", "{}", `{"id":"` + strings.Repeat("A", 40_000) + `"}`, `{"id":"AA","rawId":"AA","type":"public-key","response":{}}`} {
			h.clock.Move(2 * time.Hour)
			half = h.half("names")
			h.asked(half)
			refused("broken", half, broken, "access.passkey_wrong")
		}
		h.clock.Move(2 * time.Hour)
		half = h.half("names")
		_, err := h.AskPasskey(ctx, h.sessionOf(half), there)
		h.refused(err, outbreak.Invalid, "access.passkey_none")
		_, err = h.AskPasskey(ctx, h.sessionOf(half), access.Site{})
		h.refused(err, outbreak.Invalid, "access.passkey_no_site")
	})
}

func TestACountThatGoesBackIsRefusedAndJournalled(t *testing.T) {
	strong(t, func(h house) {
		_, secret := h.user("names", give(access.Investigator, city, 0))
		p, _, _ := h.passkey(secret, "mine", "")
		show := func() error {
			half := h.half("names")
			_, err := h.PassFactor(ctx, h.sessionOf(half), h.show(p, h.asked(half), here.Origin), "")
			return err
		}
		p.Count = 41
		if err := show(); err != nil {
			h.Fatal(err)
		}
		for _, last := range []uint32{41, 10, ^uint32(0)} { // told again, an older one, none at all
			p.Count = last
			if err := show(); msg(err) != "access.passkey_copied" {
				h.Errorf("after %d: %v", last, err)
			}
		}
		if n := h.happened("passkey_copied"); n != 3 {
			h.Errorf("%d entries say that it may have been copied", n)
		}
		p.Count = 42
		if err := show(); err != nil {
			h.Error("the owner is kept out:", err)
		}
		_, secret = h.user("silent", give(access.Investigator, city, 0))
		silent, _, _ := h.passkey(secret, "counts nothing", "")
		for range 3 {
			silent.Count = ^uint32(0)
			half := h.half("silent")
			if _, err := h.PassFactor(ctx, h.sessionOf(half), h.show(silent, h.asked(half), here.Origin), ""); err != nil {
				h.Error("a device that counts nothing:", err)
			}
		}
	})
}

func TestAnotherPasskeyTakesAFactorOneHas(t *testing.T) {
	strong(t, func(h house) {
		phone, secret, _ := h.enrolled("names")
		begin := func(name, given string) error {
			return h.BeginPasskey(ctx, h.sessionOf(secret), here, name, given, "")
		}
		if err := begin("mine", ""); msg(err) != "access.factor_wrong" {
			h.Error("a stolen session makes a passkey of its own:", err)
		}
		if err := h.BeginPasskey(ctx, h.sessionOf(h.half("names")), here, "mine", phone.code(), ""); msg(err) != "access.factor_first" {
			h.Error("a thief of the password makes one:", err)
		}
		if err := begin(" ", phone.code()); msg(err) != "access.passkey_name" {
			h.Error(err)
		}
		if err := h.BeginPasskey(ctx, h.sessionOf(secret), access.Site{}, "mine", phone.code(), ""); msg(err) != "access.passkey_no_site" {
			h.Error(err)
		}
		p, fresh, codes := h.passkey(secret, "first", phone.code())
		if codes != nil {
			h.Error("the codes on paper of before are worth nothing now")
		}
		secret = fresh
		_, other, _ := h.passkey(secret, "second", h.show(p, h.asked(secret), here.Origin))
		secret = other
		if err := begin("third", h.show(p, h.asked(secret), here.Origin)); err != nil {
			h.Fatal(err)
		}
		offer, err := h.PendingPasskey(ctx, h.sessionOf(secret))
		if err != nil || strings.Count(string(offer.Options), `"public-key","id"`) != 2 {
			h.Error("the browser is not told what there is:", string(offer.Options), err)
		}
		for _, wrong := range []string{"https://evil.example", "http://site.example.org"} {
			_, answer, err := testkit.MakePasskey(offer.Options, wrong)
			if err != nil {
				h.Fatal(err)
			}
			_, _, err = h.ConfirmPasskey(ctx, h.sessionOf(secret), answer, "")
			if m := msg(err); m != "access.passkey_not_made" && m != "access.passkey_late" { // the first took the question
				h.Error(wrong, err)
			}
		}
		h.clock.Move(time.Minute)
		if _, err := h.BeginFactor(ctx, h.sessionOf(secret), h.show(p, h.asked(secret), here.Origin), ""); err != nil {
			h.Error("another telephone for a passkey:", err)
		}
		if more, err := h.RenewCodes(ctx, h.sessionOf(secret), h.show(p, h.asked(secret), here.Origin), ""); err != nil || len(more) != 10 {
			h.Error(more, err)
		}
	})
}

func TestTheLastFactorOfWhoHasToHaveOneStays(t *testing.T) {
	strong(t, func(h house) {
		phone, secret, _ := h.enrolled("names")
		p, secret, _ := h.passkey(secret, "mine", phone.code())
		proof := func() string { return h.show(p, h.asked(secret), here.Origin) }
		f, err := h.FactorOf(ctx, h.sessionOf(secret))
		if err != nil {
			h.Fatal(err)
		}
		key := f.Passkeys[0].ID
		if err := h.RemoveTelephone(ctx, h.sessionOf(secret), "000000", "", ""); msg(err) != "access.factor_wrong" {
			h.Error(err)
		}
		if err := h.RemovePasskey(ctx, h.sessionOf(secret), 1, proof(), "", ""); msg(err) != "access.no_factor" {
			h.Error("one that is nobody's:", err)
		}
		if err := h.RemoveTelephone(ctx, h.sessionOf(secret), proof(), "", ""); err != nil {
			h.Fatal(err)
		}
		h.refused(h.RemovePasskey(ctx, h.sessionOf(secret), key, proof(), "", ""), outbreak.Conflict, "access.last_factor")
		if half := h.half("names"); half == "" {
			h.Error("gone after all")
		}
		h.Factor = access.FactorNone
		if err := h.RemovePasskey(ctx, h.sessionOf(secret), key, proof(), "", ""); err != nil {
			h.Error(err)
		}
		if _, fresh := h.signIn("names", password); h.sessionOf(fresh).Step != access.StepNone {
			h.Error("codes on paper alone are asked for")
		}
		if h.happened("telephone_removed") != 1 || h.happened("passkey_removed") != 1 {
			h.Error("the journal does not say it")
		}
	})
}

func TestAResetTakesPasskeysToo(t *testing.T) {
	strong(t, func(h house) {
		_, secret := h.user("names", give(access.Investigator, city, 0))
		p, fresh, _ := h.passkey(secret, "mine", "")
		user := h.sessionOf(fresh).User
		h.Factor = access.FactorNone
		one, _ := h.user("one", give(access.Administrator, "", 0))
		two, _ := h.user("two", give(access.Administrator, "", 0))
		h.Factor = access.FactorNames
		if list, err := h.ListFactors(ctx, one, []access.User{{ID: user}}); err != nil || len(list[user].Passkeys) != 1 {
			h.Error(list, err)
		}
		half := h.half("names")
		asked := h.asked(half)
		r, err := h.AskFactorReset(ctx, one, user, "")
		if err != nil {
			h.Fatal(err)
		}
		if err := h.ConfirmFactorReset(ctx, two, r.ID, ""); err != nil {
			h.Fatal(err)
		}
		_, half = h.signIn("names", password)
		if e := h.sessionOf(half); e.Step != access.StepEnrol {
			h.Errorf("%q after the reset", e.Step)
		}
		if _, err := h.PassFactor(ctx, h.sessionOf(half), h.show(p, asked, here.Origin), ""); err == nil {
			h.Error("the lost passkey still opens")
		}
	})
}
