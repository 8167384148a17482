package access

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// longestAnswer is more than any device sends.
const longestAnswer = 32 << 10

// isAnswer tells whether what was given as second factor is the answer of a browser with a passkey, and not a typed code.
func isAnswer(given string) bool { return strings.HasPrefix(strings.TrimSpace(given), "{") }

// credentialName is how a browser is told of a passkey.
type credentialName struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

func credentialNames(list []keptPasskey, site string) []credentialName {
	names := []credentialName{}
	for _, p := range list {
		if p.Site == site {
			names = append(names, credentialName{"public-key", p.credential})
		}
	}
	return names
}

// AskPasskey gives what the browser of a session has to be told to show one of the user's passkeys. The question is kept for
// five minutes, for this session alone, and one answer to it is looked at; a newer question replaces it.
func (s *Service) AskPasskey(ctx context.Context, session Session, site Site) (json.RawMessage, error) {
	if !site.Passkeys() {
		return nil, outbreak.Refuse(outbreak.Invalid, "access.passkey_no_site")
	}
	now := s.wall.Now()
	asked := challenge{session: session.ID, kind: toShow, bytes: random(challengeBytes), site: site, until: now.Add(challengeTime)}
	var names []credentialName
	err := s.db.Write(ctx, func(tx *store.Tx) error {
		if err := barred(tx, []subject{ofFactor(session.User)}, now); err != nil {
			return err
		}
		list, err := passkeysOf(tx, session.User)
		if err != nil {
			return err
		}
		if names = credentialNames(list, site.Name); len(names) == 0 {
			return outbreak.Refuse(outbreak.Invalid, "access.passkey_none")
		}
		return putChallenge(tx, asked, now)
	})
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]any{"challenge": base64url.EncodeToString(asked.bytes), "rpId": site.Name, "allowCredentials": names,
		"userVerification": "preferred", "timeout": challengeTime.Milliseconds()})
}

// lookPasskey tells whether the answer of a browser is one of the user's passkeys to what was asked. A device whose count went
// back is refused and journalled: somebody may have copied it.
func (s *Service) lookPasskey(ctx context.Context, user outbreak.UserID, asked challenge, given string) (shown, error) {
	wrong := outbreak.Refuse(outbreak.Invalid, "access.passkey_wrong")
	if len(given) > longestAnswer {
		return shown{}, wrong
	}
	answer, err := protocol.ParseCredentialRequestResponseBytes([]byte(strings.TrimSpace(given)))
	if err != nil {
		return shown{}, wrong.Because(err)
	}
	if h := answer.Response.UserHandle; len(h) > 0 && !bytes.Equal(h, handle(user)) {
		return shown{}, wrong
	}
	p, err := s.passkeyNamed(ctx, user, asked.site.Name, base64url.EncodeToString(answer.RawID))
	if err != nil {
		return shown{}, err
	}
	if err := answer.Verify(base64url.EncodeToString(asked.bytes), asked.site.Name, "", []string{asked.site.Origin}, nil, nil,
		protocol.TopOriginExplicitVerificationMode, false, false, true, p.public, protocol.SignaturePolicy{}); err != nil {
		return shown{}, wrong.Because(err)
	}
	if answer.Response.AuthenticatorData.Flags.HasBackupEligible() != p.backed {
		return shown{}, wrong
	}
	x := shown{passkey: p.ID, count: int64(answer.Response.AuthenticatorData.Counter)}
	if wentBack(p.count, x.count) {
		return shown{}, s.copied(ctx, user)
	}
	return x, nil
}

// wentBack tells whether a device's count is not newer than the last. Devices that count nothing say 0 each time.
func wentBack(last, now int64) bool { return now <= last && (now != 0 || last != 0) }

// copied journals a passkey that may have been copied, and gives the refusal.
func (s *Service) copied(ctx context.Context, user outbreak.UserID) error {
	now := s.wall.Now()
	err := s.db.Write(ctx, func(tx *store.Tx) error {
		u, err := userByID(tx, user, now)
		if err != nil {
			return err
		}
		return s.changed(tx, outbreak.SystemActor("access"), u, "passkey_copied", outbreak.Grant{})
	})
	if err != nil {
		return err
	}
	return outbreak.Refuse(outbreak.Invalid, "access.passkey_copied")
}

func (s *Service) passkeyNamed(ctx context.Context, user outbreak.UserID, site, credential string) (keptPasskey, error) {
	var p keptPasskey
	err := s.db.Read(ctx, func(tx *store.Tx) error {
		found, ok, err := store.One(tx, scanPasskey, "select "+passkeyColumns+" from user_passkey where user_id = $1 and rp = $2 and credential = $3", user, site, credential)
		if err != nil {
			return fmt.Errorf("looking for a passkey: %w", err)
		}
		if p = found; !ok {
			return outbreak.Refuse(outbreak.Invalid, "access.passkey_wrong")
		}
		return nil
	})
	return p, err
}

// spendPasskey notes the count of a passkey that was shown; it refuses when another answer with that count came meanwhile.
func spendPasskey(tx *store.Tx, user outbreak.UserID, x shown, now outbreak.Instant) (int64, error) {
	newer := "sign_count < $1"
	if x.count == 0 {
		newer = "sign_count = $1"
	}
	return tx.Exec("update user_passkey set sign_count = $1, used_at = $2 where id = $3 and user_id = $4 and "+newer, x.count, now, x.passkey, user)
}
