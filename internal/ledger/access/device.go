package access

import (
	"fmt"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/words"
)

// Device is the role of a sampling point's device. Nobody is granted it: it comes with an enrolment, reaches the area and the
// outbreak of one booth, and opens no page and no list.
const Device Role = "device"

var deviceRights = []Permission{TubeClose, PersonRegister}

// rightsOf gives what a role may do, that of a device included; nil for a role there is not.
func rightsOf(role Role) []Permission {
	if role == Device {
		return deviceRights
	}
	return Table[role]
}

// DeviceKey is what a device acts with: an account of its own, which nobody can sign in to, and its token.
type DeviceKey struct {
	User   outbreak.UserID
	Secret string // shown to the device once
}

// AdmitDevice gives a device an account and a token in the transaction of the enrolment, so that what it does is in the journal
// as its own, and does not end when whoever enrolled it leaves. It asks for no permission: the slice that enrols has.
func (s *Service) AdmitDevice(tx *store.Tx, number int64, where outbreak.Scope, until outbreak.Instant) (DeviceKey, error) {
	now := s.wall.Now()
	if until <= now || until > now.Add(longestToken) {
		return DeviceKey{}, outbreak.Refuse(outbreak.Invalid, "access.token_expiry")
	}
	name := fmt.Sprintf("device %d", number) // with a space: no login name that somebody could have
	u := User{ID: outbreak.New[outbreak.UserID](s.ids), Login: name, Name: name, Lang: words.Langs[0], Area: where.Area, CreatedAt: now}
	if err := insertUser(tx, u, s.hasher.nobody()); err != nil {
		return DeviceKey{}, err
	}
	if err := tx.Must("update users set device = $1 where id = $2", number, u.ID); err != nil {
		return DeviceKey{}, fmt.Errorf("marking the account of a device: %w", err)
	}
	g := Granted{ID: outbreak.New[GrantID](s.ids), Role: Device, Area: where.Area, Outbreak: where.Outbreak, By: outbreak.SystemActor("enrolment").String(), At: now, Until: until}
	if err := insertGrant(tx, u.ID, g); err != nil {
		return DeviceKey{}, err
	}
	secret := newSecret("bw_")
	t := Token{ID: outbreak.New[TokenID](s.ids), User: u.ID, Name: name, At: now, Until: until, Grants: []outbreak.Grant{g.grant()}}
	return DeviceKey{User: u.ID, Secret: secret}, insertToken(tx, t, digest(secret), 0)
}

// DismissDevice ends a device's account and token in a transaction; ForgetDevice follows once that is committed.
func (s *Service) DismissDevice(tx *store.Tx, user outbreak.UserID) error {
	now := s.wall.Now()
	if err := tx.Must("update users set disabled_at = $1 where id = $2 and device <> 0", now, user); err != nil {
		return fmt.Errorf("ending the account of a device: %w", err)
	}
	return revokeTokens(tx, user, now)
}

// ForgetDevice drops what is remembered of a device's token.
func (s *Service) ForgetDevice(user outbreak.UserID) { s.known.forget(user) }
