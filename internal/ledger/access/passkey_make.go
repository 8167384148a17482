package access

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// The kinds of signature we take: ECDSA on P-256, Ed25519, RSA. Every device makes one of them.
var signatures = []webauthncose.COSEAlgorithmIdentifier{webauthncose.AlgES256, webauthncose.AlgEdDSA, webauthncose.AlgRS256}

// PasskeyOffer is a passkey that is being made: what its owner calls it, and what his browser has to be told.
type PasskeyOffer struct {
	Name    string
	Options json.RawMessage
}

// BeginPasskey begins to make a passkey. A user who has a second factor shows it first: given is a code of his telephone, one
// on paper, or the answer of a passkey he has.
func (s *Service) BeginPasskey(ctx context.Context, session Session, site Site, name, given, address string) error {
	if !site.Passkeys() {
		return outbreak.Refuse(outbreak.Invalid, "access.passkey_no_site")
	}
	name, err := checkPasskeyName(name)
	if err != nil {
		return err
	}
	has, err := s.ownFactor(ctx, session)
	if err != nil {
		return err
	}
	var x shown
	now := s.wall.Now()
	if has {
		if x, err = s.weigh(ctx, session, given, address, now); err != nil {
			return err
		}
	}
	asked := challenge{session: session.ID, kind: toMake, bytes: random(challengeBytes), site: site, name: name, until: now.Add(challengeTime)}
	return s.db.Write(ctx, func(tx *store.Tx) error {
		list, err := passkeysOf(tx, session.User)
		if err != nil {
			return err
		}
		if len(list) >= mostPasskeys {
			return outbreak.Refuse(outbreak.Conflict, "access.passkey_many", "most", mostPasskeys)
		}
		if has {
			if err := s.spend(tx, session.User, x, address, now); err != nil {
				return err
			}
		}
		return putChallenge(tx, asked, now)
	})
}

// PendingPasskey gives what the browser has to be told to make the passkey that was begun; Invalid when none was, or too long
// ago.
func (s *Service) PendingPasskey(ctx context.Context, session Session) (PasskeyOffer, error) {
	if _, err := s.ownFactor(ctx, session); err != nil {
		return PasskeyOffer{}, err
	}
	now := s.wall.Now()
	var asked challenge
	var had []keptPasskey
	err := s.db.Read(ctx, func(tx *store.Tx) (err error) {
		if asked, err = challengeOf(tx, session.ID, toMake, now); err != nil {
			return err
		}
		had, err = passkeysOf(tx, session.User)
		return err
	})
	if err != nil {
		return PasskeyOffer{}, err
	}
	type kind struct {
		Type string `json:"type"`
		Alg  int    `json:"alg"`
	}
	var kinds []kind
	for _, alg := range signatures {
		kinds = append(kinds, kind{"public-key", int(alg)})
	}
	options, err := json.Marshal(map[string]any{"challenge": base64url.EncodeToString(asked.bytes), "rp": map[string]string{"id": asked.site.Name, "name": "Breakwater"},
		"user":             map[string]string{"id": base64url.EncodeToString(handle(session.User)), "name": session.Login, "displayName": session.Name},
		"pubKeyCredParams": kinds, "excludeCredentials": credentialNames(had, asked.site.Name), "attestation": "none", "timeout": challengeTime.Milliseconds(),
		"authenticatorSelection": map[string]string{"residentKey": "preferred", "userVerification": "preferred"}})
	return PasskeyOffer{Name: asked.name, Options: options}, err
}

// ConfirmPasskey keeps the passkey a browser made. It gives the session's new secret and, when it is the user's first second
// factor, the recovery codes, which are shown once and stored nowhere; every other session of the user ends then.
func (s *Service) ConfirmPasskey(ctx context.Context, session Session, answer, address string) (secret string, codes []string, err error) {
	if _, err := s.ownFactor(ctx, session); err != nil {
		return "", nil, err
	}
	now := s.wall.Now()
	asked, err := s.takeMake(ctx, session, address, now)
	if err != nil {
		return "", nil, err
	}
	made, err := s.made(session, asked, answer)
	if err != nil {
		return "", nil, err
	}
	made.At, secret, codes = now, newSecret(""), newCodes()
	by := outbreak.Actor{User: session.User}
	first, err := store.Do(ctx, s.db, store.By{Actor: by, Route: "access.ConfirmPasskey"}, nil, func(tx *store.Tx) (bool, error) {
		had, err := factorCount(tx, session.User)
		if err != nil {
			return false, err
		}
		if had > 0 && session.PassedAt == 0 {
			return false, outbreak.Refuse(outbreak.Forbidden, "access.factor_first")
		}
		made.ID = outbreak.New[PasskeyID](s.ids)
		if err := insertPasskey(tx, made); err != nil {
			return false, err
		}
		if had == 0 {
			if err := s.startFactors(tx, session, codes); err != nil {
				return false, err
			}
		}
		if err := forgiveFactor(tx, session.User, address); err != nil {
			return false, err
		}
		return had == 0, s.pass(tx, session, secret, "passkey_set", now)
	})
	s.known.forget(session.User)
	if err != nil {
		return "", nil, err
	}
	if !first {
		codes = nil
	}
	return secret, codes, nil
}

// startFactors is what comes with a first second factor: codes on paper, and the end of sessions that never showed one.
func (s *Service) startFactors(tx *store.Tx, session Session, codes []string) error {
	if err := s.putCodes(tx, session.User, codes); err != nil {
		return err
	}
	return endOtherSessions(tx, session)
}

// takeMake takes the challenge of a passkey that is being made, whatever its answer turns out to be.
func (s *Service) takeMake(ctx context.Context, session Session, address string, now outbreak.Instant) (asked challenge, err error) {
	who := factorSubjects(session.User, address)
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if err := barred(tx, who, now); err != nil {
			return err
		}
		if asked, err = takeChallenge(tx, session.ID, toMake, now); err != nil {
			return err
		}
		_, err = count(tx, who, now)
		return err
	})
	return asked, err
}

// made looks at a new passkey. What its maker says of the device is not looked at: nobody asked for it, and no maker is
// preferred.
func (s *Service) made(session Session, asked challenge, answer string) (keptPasskey, error) {
	wrong := outbreak.Refuse(outbreak.Invalid, "access.passkey_not_made")
	if len(answer) > longestAnswer {
		return keptPasskey{}, wrong
	}
	a, err := protocol.ParseCredentialCreationResponseBytes([]byte(strings.TrimSpace(answer)))
	if err != nil {
		return keptPasskey{}, wrong.Because(err)
	}
	if err := a.Response.CollectedClientData.Verify(base64url.EncodeToString(asked.bytes), protocol.CreateCeremony, []string{asked.site.Origin}, nil, nil,
		protocol.TopOriginExplicitVerificationMode, false); err != nil {
		return keptPasskey{}, wrong.Because(err)
	}
	data := a.Response.AttestationObject.AuthData
	if err := data.Verify(siteHash(asked.site.Name), nil, false, true); err != nil {
		return keptPasskey{}, wrong.Because(err)
	}
	if !bytes.Equal(a.RawID, data.AttData.CredentialID) || len(a.RawID) == 0 || len(a.RawID) > 1023 {
		return keptPasskey{}, wrong
	}
	var public webauthncose.PublicKeyData
	if err := webauthncbor.Unmarshal(data.AttData.CredentialPublicKey, &public); err != nil {
		return keptPasskey{}, wrong.Because(err)
	}
	if !slices.Contains(signatures, webauthncose.COSEAlgorithmIdentifier(public.Algorithm)) {
		return keptPasskey{}, wrong
	}
	if _, err := webauthncose.ParsePublicKey(data.AttData.CredentialPublicKey); err != nil {
		return keptPasskey{}, wrong.Because(err)
	}
	return keptPasskey{Passkey: Passkey{User: session.User, Name: asked.name, Site: asked.site.Name}, credential: base64url.EncodeToString(a.RawID),
		public: data.AttData.CredentialPublicKey, count: int64(data.Counter), backed: data.Flags.HasBackupEligible()}, nil
}

func insertPasskey(tx *store.Tx, p keptPasskey) error {
	n, err := tx.Exec("insert into user_passkey ("+passkeyColumns+") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0) on conflict (rp, credential) do nothing",
		p.ID, p.User, p.Name, p.Site, p.credential, p.public, p.count, flag(p.backed), p.At)
	if err != nil {
		return fmt.Errorf("keeping a passkey: %w", err)
	}
	if n == 0 {
		return outbreak.Refuse(outbreak.Conflict, "access.passkey_known")
	}
	return nil
}
