package access_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// seals seals under one of two keys.
type seals struct{ key int64 }

func (s *seals) gcm(key int64) cipher.AEAD {
	block, err := aes.NewCipher(slices.Repeat([]byte{byte(key)}, 32))
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return aead
}

func (s *seals) SealSecret(about string, plain []byte) ([]byte, int64, error) {
	return s.gcm(s.key).Seal(nil, nil, plain, []byte(about)), s.key, nil
}

func (s *seals) OpenSecret(about string, box []byte, key int64) ([]byte, error) {
	if key == 0 {
		return nil, errors.New("no key")
	}
	return s.gcm(key).Open(nil, nil, box, []byte(about))
}

func (s *seals) SecretKey() int64 { return s.key }

// phone makes codes as a telephone does, written apart from the code it tests.
type phone struct {
	house
	secret []byte
}

func (h house) phone(t access.Telephone) phone {
	h.Helper()
	secret, err := base32.StdEncoding.DecodeString(strings.ReplaceAll(t.Secret, "-", ""))
	if err != nil || !strings.Contains(t.URI, "secret="+strings.ReplaceAll(t.Secret, "-", "")) {
		h.Fatal(t, err)
	}
	return phone{h, secret}
}

func (p phone) code() string { return p.codeAt(p.clock.Now()) }

func (p phone) codeAt(at outbreak.Instant) string {
	mac := hmac.New(sha1.New, p.secret)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(at)/30000))
	sum := mac.Sum(nil)
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[sum[19]&15:])&0x7fffffff)%1000000)
}

func (h house) sessionOf(secret string) access.Session {
	h.Helper()
	_, e, err := h.ActorOfSession(ctx, secret)
	if err != nil {
		h.Fatal(err)
	}
	return e
}

// enrolled is somebody who can open names and has a telephone; his session has shown it.
func (h house) enrolled(login string) (phone, string, []string) {
	h.Helper()
	_, secret := h.user(login, give(access.Investigator, city, 0))
	told, err := h.BeginFactor(ctx, h.sessionOf(secret), "", "192.0.2.1")
	if err != nil {
		h.Fatal(err)
	}
	p := h.phone(told)
	secret, codes, err := h.ConfirmFactor(ctx, h.sessionOf(secret), p.code(), "192.0.2.1")
	if err != nil {
		h.Fatal(err)
	}
	h.clock.Move(time.Minute)
	return p, secret, codes
}

func strong(t *testing.T, do func(h house)) {
	t.Helper()
	both(t, func(h house) {
		h.Factor, h.Seals = access.FactorNames, &seals{key: 1}
		do(h)
	})
}

func TestWhoCanOpenNamesSetsAFactorUpFirst(t *testing.T) {
	strong(t, func(h house) {
		by, secret := h.user("names", give(access.Investigator, city, 0))
		if e := h.sessionOf(secret); e.Step != access.StepEnrol || len(by.Grants) != 0 {
			h.Fatalf("%q, holding %v before a second factor", e.Step, by.Grants)
		}
		if _, _, err := h.MakeToken(ctx, by, access.NewToken{Name: "t", Until: h.clock.Now().Add(time.Hour)}, ""); outbreak.KindOf(err) != outbreak.Forbidden {
			h.Error("a token is made around the second factor:", err)
		}
		_, other := h.user("plain", give(access.Laboratory, city, 0))
		if e := h.sessionOf(other); e.Step != access.StepNone {
			h.Errorf("%q of somebody who sees no names", e.Step)
		}
		if _, err := h.PendingTelephone(ctx, h.sessionOf(secret)); msg(err) != "access.factor_not_begun" {
			h.Error(err)
		}
		told, err := h.BeginFactor(ctx, h.sessionOf(secret), "", "")
		if err != nil {
			h.Fatal(err)
		}
		if again, err := h.PendingTelephone(ctx, h.sessionOf(secret)); err != nil || again != told {
			h.Error("the picture changes when it is looked at again:", err)
		}
		p := h.phone(told)
		if _, _, err := h.ConfirmFactor(ctx, h.sessionOf(secret), "000000", ""); msg(err) != "access.factor_wrong" {
			h.Fatal(err)
		}
		_, elsewhere := h.signIn("names", password)
		fresh, codes, err := h.ConfirmFactor(ctx, h.sessionOf(secret), p.code(), "")
		if err != nil || len(codes) != 10 {
			h.Fatal(codes, err)
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
	})
}

func TestACodeIsTakenOnceAndInItsTimeAlone(t *testing.T) {
	strong(t, func(h house) {
		p, _, _ := h.enrolled("names")
		in := func() access.Session {
			_, secret := h.signIn("names", password)
			e := h.sessionOf(secret)
			if e.Step != access.StepFactor {
				h.Fatalf("%q after the password alone", e.Step)
			}
			return e
		}
		now := p.code()
		if _, err := h.PassFactor(ctx, in(), now[:3]+" "+now[3:], ""); err != nil {
			h.Fatal(err)
		}
		if _, err := h.PassFactor(ctx, in(), now, ""); msg(err) != "access.factor_wrong" {
			h.Error("a code was taken twice:", err)
		}
		if _, err := h.PassFactor(ctx, in(), p.codeAt(h.clock.Now().Add(-30*time.Second)), ""); msg(err) != "access.factor_wrong" {
			h.Error("a code older than one that was taken:", err)
		}
		h.clock.Move(5 * time.Minute)
		for apart, taken := range map[time.Duration]bool{-60 * time.Second: false, 60 * time.Second: false, 30 * time.Second: true} {
			_, err := h.PassFactor(ctx, in(), p.codeAt(h.clock.Now().Add(apart)), "")
			if (err == nil) != taken {
				h.Errorf("a code %v apart: %v", apart, err)
			}
			h.clock.Move(5 * time.Minute)
		}
		other, _, _ := h.enrolled("other")
		if _, err := h.PassFactor(ctx, in(), other.code(), ""); msg(err) != "access.factor_wrong" {
			h.Error("the telephone of somebody else:", err)
		}
	})
}

func TestGuessingCodesLocks(t *testing.T) {
	strong(t, func(h house) {
		p, _, codes := h.enrolled("names")
		_, secret := h.signIn("names", password)
		e := h.sessionOf(secret)
		for range 5 {
			if _, err := h.PassFactor(ctx, e, "000000", "192.0.2.7"); msg(err) != "access.factor_wrong" {
				h.Fatal(err)
			}
		}
		for _, right := range []string{p.code(), codes[0]} {
			if _, err := h.PassFactor(ctx, e, right, "198.51.100.1"); msg(err) != "access.locked" {
				h.Error("guessing goes on:", err)
			}
		}
		h.clock.Move(time.Minute)
		if _, err := h.PassFactor(ctx, e, p.code(), "192.0.2.7"); err != nil {
			h.Error("kept out for good:", err)
		}
	})
}

func TestCodesOnPaper(t *testing.T) {
	strong(t, func(h house) {
		p, secret, codes := h.enrolled("names")
		show := func(code string) error {
			_, secret := h.signIn("names", password)
			_, err := h.PassFactor(ctx, h.sessionOf(secret), code, "")
			return err
		}
		if err := show(strings.ToLower(codes[3])); err != nil {
			h.Fatal(err)
		}
		if err := show(codes[3]); msg(err) != "access.factor_wrong" {
			h.Error("a code on paper is taken twice:", err)
		}
		if f, err := h.FactorOf(ctx, h.sessionOf(secret)); err != nil || f.Codes != 9 || f.At == 0 {
			h.Error(f, err)
		}
		more, err := h.RenewCodes(ctx, h.sessionOf(secret), p.code(), "")
		if err != nil {
			h.Fatal(err)
		}
		if err := show(codes[4]); msg(err) != "access.factor_wrong" {
			h.Error("a code of the old sheet:", err)
		}
		if err := show(more[0]); err != nil {
			h.Error(err)
		}
		h.clock.Move(time.Minute)
		if _, err := h.BeginFactor(ctx, h.sessionOf(secret), "", ""); msg(err) != "access.factor_wrong" {
			h.Error("a new telephone without the old one:", err)
		}
		told, err := h.BeginFactor(ctx, h.sessionOf(secret), more[1], "")
		if err != nil {
			h.Fatal(err)
		}
		if err := show(p.code()); err != nil {
			h.Error("the old telephone works until the new one is confirmed:", err)
		}
		h.clock.Move(time.Minute)
		fresh := h.phone(told)
		if _, _, err := h.ConfirmFactor(ctx, h.sessionOf(secret), fresh.code(), ""); err != nil {
			h.Fatal(err)
		}
		h.clock.Move(time.Minute)
		if err := show(p.code()); msg(err) != "access.factor_wrong" {
			h.Error("the old telephone still works:", err)
		}
		_, half := h.signIn("names", password)
		if _, err := h.BeginFactor(ctx, h.sessionOf(half), "", ""); msg(err) != "access.factor_first" {
			h.Error("a thief of the password sets up a telephone of his own:", err)
		}
	})
}

func TestTwoAdministratorsTakeAFactorAway(t *testing.T) {
	strong(t, func(h house) {
		h.Factor = access.FactorNone // administrators here are no part of what is tested
		one, _ := h.user("one", give(access.Administrator, "", 0))
		two, _ := h.user("two", give(access.Administrator, "", 0))
		small, _ := h.user("small", give(access.Administrator, other, 0))
		p, secret, codes := h.enrolled("names")
		user := h.sessionOf(secret).User
		_, err := h.AskFactorReset(ctx, small, user, "")
		if err == nil {
			h.Error("somebody of another area asks")
		}
		_, err = h.AskFactorReset(ctx, one, two.User, "")
		h.refused(err, outbreak.Invalid, "access.reset_none")
		r, err := h.AskFactorReset(ctx, one, user, "k1")
		if err != nil {
			h.Fatal(err)
		}
		h.refused(h.ConfirmFactorReset(ctx, one, r.ID, ""), outbreak.Forbidden, "access.reset_same")
		if err := h.ConfirmFactorReset(ctx, small, r.ID, ""); err == nil {
			h.Error("somebody of another area confirms")
		}
		if list, err := h.ListFactorResets(ctx, two); err != nil || len(list) != 1 || list[0].Login != "names" {
			h.Error(list, err)
		}
		_, half := h.signIn("names", password)
		if h.sessionOf(half).Step != access.StepFactor {
			h.Error("a request alone takes the factor away")
		}
		if err := h.ConfirmFactorReset(ctx, two, r.ID, "k2"); err != nil {
			h.Fatal(err)
		}
		if _, _, err := h.ActorOfSession(ctx, secret); outbreak.KindOf(err) != outbreak.Expired {
			h.Error("the sessions go on")
		}
		_, half = h.signIn("names", password)
		for _, old := range []string{p.code(), codes[0]} {
			if _, err := h.PassFactor(ctx, h.sessionOf(half), old, ""); err == nil {
				h.Error("the lost factor still opens")
			}
		}
		h.refused(h.ConfirmFactorReset(ctx, two, r.ID, ""), outbreak.NotFound, "access.no_reset")

		h.enrolled("late")
		late, err := h.FindUserByLogin(ctx, h.root, "late")
		if err != nil {
			h.Fatal(err)
		}
		r, err = h.AskFactorReset(ctx, one, late.ID, "")
		if err != nil {
			h.Fatal(err)
		}
		h.clock.Move(25 * time.Hour)
		h.refused(h.ConfirmFactorReset(ctx, two, r.ID, ""), outbreak.NotFound, "access.no_reset")
	})
}

func TestTheConsoleIsOneOfTwoWhileThereIsAnother(t *testing.T) {
	strong(t, func(h house) {
		console := outbreak.SystemActor("console")
		_, secret := h.signIn("root", password)
		told, err := h.BeginFactor(ctx, h.sessionOf(secret), "", "")
		if err != nil {
			h.Fatal(err)
		}
		if _, _, err := h.ConfirmFactor(ctx, h.sessionOf(secret), h.phone(told).code(), ""); err != nil {
			h.Fatal(err)
		}
		r, err := h.AskFactorReset(ctx, console, h.root.User, "")
		if err != nil {
			h.Fatal(err)
		}
		if err := h.ConfirmFactorReset(ctx, console, r.ID, ""); err != nil {
			h.Error("the only administrator is kept out for ever:", err)
		}
		h.Factor = access.FactorNone
		h.user("second", give(access.Administrator, "", 0))
		_, secret = h.signIn("root", password)
		if told, err = h.BeginFactor(ctx, h.sessionOf(secret), "", ""); err != nil {
			h.Fatal(err)
		}
		if _, _, err := h.ConfirmFactor(ctx, h.sessionOf(secret), h.phone(told).code(), ""); err != nil {
			h.Fatal(err)
		}
		if r, err = h.AskFactorReset(ctx, console, h.root.User, ""); err != nil {
			h.Fatal(err)
		}
		h.refused(h.ConfirmFactorReset(ctx, console, r.ID, ""), outbreak.Forbidden, "access.reset_same")
	})
}

func TestAFactorIsSealedAndFollowsTheKey(t *testing.T) {
	strong(t, func(h house) {
		p, _, codes := h.enrolled("names")
		stored := func() (all string, by int64) {
			err := h.db.Read(ctx, func(tx *store.Tx) error {
				_, _, err := store.One(tx, func(r store.Row) (struct{}, error) {
					var box []byte
					err := r.Scan(&box, &by)
					all += string(box)
					return struct{}{}, err
				}, "select sealed, sealed_by from user_factor")
				if err != nil {
					return err
				}
				list, err := store.List(tx, store.Value[string], "select code_hash from user_recovery_code")
				all += strings.Join(list, " ")
				return err
			})
			if err != nil {
				h.Fatal(err)
			}
			return all, by
		}
		all, _ := stored()
		if strings.Contains(all, string(p.secret)) || strings.Contains(all, strings.ReplaceAll(codes[0], "-", "")) {
			h.Error("the secret lies open")
		}
		h.Seals.(*seals).key = 2
		if err := h.Reseal(ctx); err != nil {
			h.Fatal(err)
		}
		if _, by := stored(); by != 2 {
			h.Errorf("still under key %d", by)
		}
		_, secret := h.signIn("names", password)
		if _, err := h.PassFactor(ctx, h.sessionOf(secret), p.code(), ""); err != nil {
			h.Error(err)
		}
	})
}

func TestALinkedAccountSignsInAndGetsNoRights(t *testing.T) {
	strong(t, func(h house) {
		const issuer = "https://id.example.org"
		_, _, err := h.SignInLinked(ctx, issuer, "s-1", false, "test")
		h.refused(err, outbreak.Forbidden, "access.not_linked")
		h.Factor = access.FactorNone
		admin, _ := h.user("admin", give(access.Administrator, "", 0))
		small, _ := h.user("small", give(access.Administrator, other, 0))
		by, _ := h.user("names", give(access.Investigator, city, 0))
		h.Factor = access.FactorNames
		if err := h.LinkUser(ctx, small, by.User, issuer, "s-1", ""); err == nil {
			h.Error("linked by somebody of another area")
		}
		if err := h.LinkUser(ctx, by, by.User, issuer, "s-1", ""); err == nil {
			h.Error("linked by himself")
		}
		if err := h.LinkUser(ctx, admin, by.User, issuer, "s-1", ""); err != nil {
			h.Fatal(err)
		}
		h.refused(h.LinkUser(ctx, admin, admin.User, issuer, "s-1", ""), outbreak.Conflict, "access.linked_already")
		for strong, step := range map[bool]access.Step{false: access.StepEnrol, true: access.StepNone} {
			secret, e, err := h.SignInLinked(ctx, issuer, "s-1", strong, "test")
			if err != nil || e.Step != step || h.sessionOf(secret).Step != step {
				h.Errorf("strong %t: %q, %v", strong, e.Step, err)
			}
		}
		if list, err := h.ListLinks(ctx, admin, by.User); err != nil || len(list) != 1 {
			h.Error(list, err)
		}
		if err := h.UnlinkUser(ctx, admin, by.User, issuer, "s-1", ""); err != nil {
			h.Fatal(err)
		}
		_, _, err = h.SignInLinked(ctx, issuer, "s-1", true, "test")
		h.refused(err, outbreak.Forbidden, "access.not_linked")
	})
}

func TestAnOutsideAgencySeesNobodysHealth(t *testing.T) {
	by := outbreak.Actor{User: 1, Grants: []outbreak.Grant{give(access.Agency, "", 0)}}
	allowed := []access.Permission{access.AreaRead, access.BoardRead, access.ProtocolRead, access.SelfManage}
	for _, p := range access.Table[access.Administrator] {
		if access.Anywhere(by, p) != slices.Contains(allowed, p) {
			t.Errorf("an agency and %s", p)
		}
	}
}
