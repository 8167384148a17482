package access_test

import (
	"strings"
	"testing"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/words"
)

func TestALoginNoDatabaseKeepsIsCountedLikeAnyOther(t *testing.T) {
	both(t, func(h house) {
		for _, login := range []string{"ro\x00ot", "ro\xffot"} {
			for i := range 6 {
				_, _, err := h.SignIn(ctx, login, "a guess", "", "test\x00\xff")
				want := "access.sign_in_wrong"
				if i == 5 {
					want = "access.locked"
				}
				if msg(err) != want {
					h.Errorf("%q, try %d: %v instead of %s", login, i+1, err, want)
				}
			}
		}
		for i := range 18 {
			if _, _, err := h.SignIn(ctx, "\x00"+strings.Repeat("a", i), "a guess", "192.0.2.9", ""); msg(err) != "access.sign_in_wrong" {
				h.Fatal(i, err)
			}
		}
		for i := range 13 {
			_, _, err := h.SignIn(ctx, "\xff"+strings.Repeat("a", i), "a guess", "192.0.2.9", "")
			if locked := msg(err) == "access.locked"; locked != (i == 12) {
				h.Error("of the address:", i, err)
			}
		}
	})
}

func TestRevokingATokenTakesWhatWasMadeWithIt(t *testing.T) {
	both(t, func(h house) {
		make := func(by outbreak.Actor, name string) (outbreak.Actor, string, access.Token) {
			h.Helper()
			secret, token, err := h.MakeToken(ctx, by, access.NewToken{Name: name, Until: h.clock.Now().Add(time.Hour)}, "")
			if err != nil {
				h.Fatal(err)
			}
			actor, _, err := h.ActorOfToken(ctx, secret)
			if err != nil {
				h.Fatal(err)
			}
			return actor, secret, token
		}
		first, one, token := make(h.root, "first")
		child, two, _ := make(first, "child")
		_, three, _ := make(child, "grandchild")
		_, other, _ := make(h.root, "other")
		if err := h.RevokeToken(ctx, h.root, token.ID, ""); err != nil {
			h.Fatal(err)
		}
		for _, secret := range []string{one, two, three} {
			if _, _, err := h.ActorOfToken(ctx, secret); outbreak.KindOf(err) != outbreak.Expired {
				h.Error("a token lives on:", err)
			}
		}
		if _, _, err := h.ActorOfToken(ctx, other); err != nil {
			h.Error("a token of another origin:", err)
		}
		if a, b := h.happened("token_revoked"), h.happened("token_revoked_with"); a != 1 || b != 2 {
			h.Errorf("%d and %d entries", a, b)
		}
		if _, _, err := h.MakeToken(ctx, child, access.NewToken{Name: "late", Until: h.clock.Now().Add(time.Hour)}, ""); msg(err) != "access.token_over" {
			h.Error("somebody who still remembers a revoked token makes another with it:", err)
		}
		if err := h.RevokeToken(ctx, h.root, token.ID, ""); err != nil || h.happened("token_revoked") != 1 {
			h.Error("revoked again:", err)
		}
	})
}

// answers is everything that is kept of answers.
func (h house) answers() string {
	h.Helper()
	var all []string
	err := h.db.Read(ctx, func(tx *store.Tx) (err error) {
		all, err = store.List(tx, store.Value[string], "select digest || ' ' || answer from answer")
		return err
	})
	if err != nil {
		h.Fatal(err)
	}
	return strings.Join(all, "\n")
}

func TestARepeatedKeyMakesOneTokenAndKeepsNoSecret(t *testing.T) {
	both(t, func(h house) {
		n := access.NewToken{Name: "gate", Until: h.clock.Now().Add(time.Hour)}
		secret, token, err := h.MakeToken(ctx, h.root, n, "k")
		if err != nil {
			h.Fatal(err)
		}
		again, _, err := h.MakeToken(ctx, h.root, n, "k")
		if msg(err) != "access.secret_once" || again != "" {
			h.Error("a repeat:", again, err)
		}
		n.Name = "another"
		if _, _, err := h.MakeToken(ctx, h.root, n, "k"); msg(err) != "store.key_reused" {
			h.Error("the key for another request:", err)
		}
		if list, err := h.ListTokens(ctx, h.root, h.root.User); err != nil || len(list) != 1 || list[0].ID != token.ID {
			h.Error(list, err)
		}
		if kept := h.answers(); strings.Contains(kept, secret) || !strings.Contains(kept, "gate") {
			h.Error("kept of the answer:", kept)
		}
	})
}

func TestARepeatedKeySetsOnePassword(t *testing.T) {
	both(t, func(h house) {
		by, secret := h.user("lab", give(access.Laboratory, city, 0))
		const fresh = "the second harbour word"
		for range 7 { // more than lock-out forgives
			if err := h.SetPassword(ctx, by, by.User, password, fresh, "k"); err != nil {
				h.Fatal("a repeat asks for the old password:", err)
			}
		}
		if _, _, err := h.ActorOfSession(ctx, secret); outbreak.KindOf(err) != outbreak.Expired {
			h.Error("the session goes on")
		}
		_, later := h.signIn("lab", fresh)
		if err := h.SetPassword(ctx, by, by.User, "no old word", "a third harbour word", "k"); err != nil {
			h.Error(err)
		}
		if _, _, err := h.ActorOfSession(ctx, later); err != nil {
			h.Error("a repeat ends later sessions:", err)
		}
		h.refused(h.SetPassword(ctx, h.root, by.User, "", "short", "k"), outbreak.Invalid, "access.password_length")
		if n := h.happened("password"); n != 2 { // the first was that of h.user
			h.Errorf("%d entries", n)
		}
		if kept := h.answers(); strings.Contains(kept, fresh) || strings.Contains(kept, "argon2") {
			h.Error("kept of the answer:", kept)
		}
	})
}

func TestASessionEndedTwiceWithOneKey(t *testing.T) {
	both(t, func(h house) {
		by, secret := h.user("lab", give(access.Laboratory, city, 0))
		id := h.sessionOf(secret).ID
		for range 2 {
			if err := h.EndSession(ctx, by, id, "k"); err != nil {
				h.Error(err)
			}
		}
		h.refused(h.EndSession(ctx, by, id, "another"), outbreak.NotFound, "access.no_session")
		if n := h.happened("signed_out"); n != 1 {
			h.Errorf("%d entries", n)
		}
	})
}

func TestTheLanguageStaysWithTheAccount(t *testing.T) {
	both(t, func(h house) {
		by, secret := h.user("lab", give(access.Laboratory, city, 0))
		for _, l := range []words.Lang{words.English, words.Chinese, words.English} {
			if err := h.SetLanguage(ctx, by, l, ""); err != nil {
				h.Fatal(err)
			}
			if e := h.sessionOf(secret); e.Lang != l {
				h.Errorf("%s after choosing %s", e.Lang, l)
			}
		}
		if _, elsewhere := h.signIn("lab", password); h.sessionOf(elsewhere).Lang != words.English {
			h.Error("another device does not know it")
		}
		h.refused(h.SetLanguage(ctx, by, "fr", ""), outbreak.Invalid, "access.language_wrong")
	})
}

func TestAProgramSetsATelephoneUp(t *testing.T) {
	strong(t, func(h house) {
		h.Factor = access.FactorNone
		by, secret := h.user("lab", give(access.Investigator, city, 0))
		_, err := h.BeginOwnFactor(ctx, by, access.Proof{Password: "a guess"})
		h.refused(err, outbreak.Invalid, "access.sign_in_wrong")
		told, err := h.BeginOwnFactor(ctx, by, access.Proof{Password: password})
		if err != nil {
			h.Fatal(err)
		}
		p := h.phone(told)
		codes, err := h.ConfirmOwnFactor(ctx, by, p.code())
		if err != nil || len(codes) != 10 {
			h.Fatal(codes, err)
		}
		if _, _, err := h.ActorOfSession(ctx, secret); outbreak.KindOf(err) != outbreak.Expired {
			h.Error("a session without a second factor goes on")
		}
		h.clock.Move(time.Minute)
		_, err = h.BeginOwnFactor(ctx, by, access.Proof{Password: password})
		h.refused(err, outbreak.Invalid, "access.factor_wrong")
		if codes, err = h.RenewOwnCodes(ctx, by, p.code()); err != nil {
			h.Fatal(err)
		}
		h.Factor = access.FactorNames
		if f, must, err := h.OwnFactor(ctx, by); err != nil || !must || f.Codes != 10 || f.At == 0 {
			h.Error(f, must, err)
		}
		if f, must, err := h.FactorOfUser(ctx, h.root, by.User); err == nil && (!must || f.At == 0) {
			h.Error(f, must)
		}
		h.refused(h.RemoveOwnTelephone(ctx, by, codes[0], "k"), outbreak.Conflict, "access.last_factor")
		h.Factor = access.FactorNone
		for range 2 {
			if err := h.RemoveOwnTelephone(ctx, by, codes[1], "k"); err != nil {
				h.Error(err)
			}
		}
		h.refused(h.RemoveOwnPasskey(ctx, by, 1, codes[2], ""), outbreak.NotFound, "access.no_factor")
	})
}
