package access

import (
	"context"
	"fmt"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// throughout tells whether the grants give the permission in the whole of an area and, for outbreak 0, in every outbreak.
// It is stricter than Can, where outbreak 0 asks for no particular one.
func throughout(grants []outbreak.Grant, p Permission, area outbreak.Path, ob outbreak.OutbreakID) bool {
	for _, g := range grants {
		if holds[Role(g.Role)][p] && g.Area.Contains(area) && (g.Outbreak == 0 || g.Outbreak == ob) {
			return true
		}
	}
	return false
}

// Covers tells whether the actor holds everything a grant would give, everywhere it would give it.
func Covers(by outbreak.Actor, want outbreak.Grant) bool {
	if by.System != "" {
		return true
	}
	for _, p := range rightsOf(Role(want.Role)) {
		if !throughout(by.Grants, p, want.Area, want.Outbreak) {
			return false
		}
	}
	return rightsOf(Role(want.Role)) != nil
}

// mayGrant refuses an actor who would give, or take away, more than he has himself.
func mayGrant(by outbreak.Actor, want outbreak.Grant) error {
	if err := Require(by, UserManage, outbreak.Scope{Area: want.Area, Outbreak: want.Outbreak}); err != nil {
		return err
	}
	if by.System == "" && !throughout(by.Grants, UserManage, want.Area, want.Outbreak) || !Covers(by, want) {
		return outbreak.Refuse(outbreak.Forbidden, "access.more_than_own")
	}
	return nil
}

// mayManage refuses an actor who is not responsible for the user's office, or who holds less than the user: whoever can set
// a password can act as its owner.
func mayManage(by outbreak.Actor, u User) error {
	if err := Require(by, UserManage, outbreak.Scope{Area: u.Area}); err != nil {
		return err
	}
	for _, g := range u.Grants {
		if err := mayGrant(by, g.grant()); err != nil {
			return err
		}
	}
	return nil
}

func checkGrant(g outbreak.Grant) error {
	if Table[Role(g.Role)] == nil {
		return outbreak.Refuse(outbreak.Invalid, "access.role_unknown")
	}
	if !pathForm.MatchString(string(g.Area)) {
		return outbreak.Refuse(outbreak.Invalid, "access.area_wrong")
	}
	return nil
}

// Grant gives a user a role in an area and an outbreak, until an instant (0: until it is revoked).
func (s *Service) Grant(ctx context.Context, by outbreak.Actor, user outbreak.UserID, g outbreak.Grant, until outbreak.Instant, key string) (Granted, error) {
	now := s.wall.Now()
	request := []any{user, g, until}
	made, err := store.Do(ctx, s.db, store.By{Actor: by, Route: "access.Grant", Key: key}, request, func(tx *store.Tx) (Granted, error) {
		if err := mayGrant(by, g); err != nil {
			return Granted{}, err
		}
		if err := checkGrant(g); err != nil {
			return Granted{}, err
		}
		if until != 0 && until <= now {
			return Granted{}, outbreak.Refuse(outbreak.Invalid, "access.expiry_past")
		}
		u, err := userByID(tx, user, now)
		if err != nil {
			return Granted{}, err
		}
		for _, had := range u.Grants {
			if had.grant() == g {
				return Granted{}, outbreak.Refuse(outbreak.Conflict, "access.granted_already")
			}
		}
		given := Granted{ID: outbreak.New[GrantID](s.ids), Role: Role(g.Role), Area: g.Area, Outbreak: g.Outbreak, By: by.String(), At: now, Until: until}
		if err := insertGrant(tx, user, given); err != nil {
			return Granted{}, err
		}
		return given, s.changed(tx, by, u, "granted", g)
	})
	s.known.forget(user)
	return made, err
}

// Revoke ends a grant. The last administrator of the house keeps his.
func (s *Service) Revoke(ctx context.Context, by outbreak.Actor, grant GrantID, key string) error {
	now := s.wall.Now()
	user, err := store.Do(ctx, s.db, store.By{Actor: by, Route: "access.Revoke", Key: key}, grant, func(tx *store.Tx) (outbreak.UserID, error) {
		user, err := ownerOfGrant(tx, grant)
		if err != nil {
			return 0, err
		}
		u, err := userByID(tx, user, now)
		if err != nil {
			return 0, err
		}
		for _, g := range u.Grants {
			if g.ID != grant {
				continue
			}
			if err := mayGrant(by, g.grant()); err != nil {
				return 0, err
			}
			if err := tx.Must("update user_grant set revoked_at = $1 where id = $2 and revoked_at = 0", now, grant); err != nil {
				return 0, fmt.Errorf("revoking a grant: %w", err)
			}
			if err := keepAdministrator(tx, g); err != nil {
				return 0, err
			}
			return user, s.changed(tx, by, u, "revoked", g.grant())
		}
		return 0, outbreak.Refuse(outbreak.NotFound, "access.no_grant")
	})
	s.known.forget(user)
	return err
}
