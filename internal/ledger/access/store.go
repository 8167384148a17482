package access

import (
	"fmt"
	"slices"
	"strings"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/words"
)

const userColumns = "id, login, name, lang, area, once, created_at, disabled_at"

func scanUser(r store.Row) (u User, err error) {
	var lang, area string
	var once int64
	err = r.Scan(&u.ID, &u.Login, &u.Name, &lang, &area, &once, &u.CreatedAt, &u.DisabledAt)
	u.Lang, u.Area, u.Once = words.Lang(lang), outbreak.Path(area), once != 0
	return u, err
}

func userByID(tx *store.Tx, id outbreak.UserID, now outbreak.Instant) (User, error) {
	u, ok, err := store.One(tx, scanUser, "select "+userColumns+" from users where id = $1", id)
	if err != nil {
		return u, fmt.Errorf("reading a user: %w", err)
	}
	if !ok {
		return u, outbreak.Refuse(outbreak.NotFound, "access.no_user")
	}
	u.Grants, err = grantsOf(tx, id, now)
	return u, err
}

// grantsOf reads what a user holds at an instant.
func grantsOf(tx *store.Tx, user outbreak.UserID, now outbreak.Instant) ([]Granted, error) {
	list, err := store.List(tx, scanGrant, `select id, role, area, outbreak, given_by, at, until from user_grant
		where user_id = $1 and revoked_at = 0 and (until = 0 or until > $2) order by id`, user, now)
	if err != nil {
		return nil, fmt.Errorf("reading what a user holds: %w", err)
	}
	return list, nil
}

func scanGrant(r store.Row) (g Granted, err error) {
	err = r.Scan(&g.ID, &g.Role, &g.Area, &g.Outbreak, &g.By, &g.At, &g.Until)
	return g, err
}

func insertUser(tx *store.Tx, u User, hash string) error {
	n, err := tx.Exec("insert into users ("+userColumns+", pass_hash) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (login) do nothing",
		u.ID, u.Login, u.Name, u.Lang, u.Area, flag(u.Once), u.CreatedAt, u.DisabledAt, hash)
	if err != nil {
		return fmt.Errorf("adding a user: %w", err)
	}
	if n == 0 {
		return outbreak.Refuse(outbreak.Conflict, "access.login_taken")
	}
	return nil
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func insertGrant(tx *store.Tx, user outbreak.UserID, g Granted) error {
	if err := tx.Must(`insert into user_grant (id, user_id, role, area, outbreak, given_by, at, until, revoked_at, retention)
		values ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9)`, g.ID, user, g.Role, g.Area, g.Outbreak, g.By, g.At, g.Until, outbreak.RetainOperation); err != nil {
		return fmt.Errorf("granting: %w", err)
	}
	return nil
}

func ownerOfGrant(tx *store.Tx, grant GrantID) (outbreak.UserID, error) {
	user, ok, err := store.One(tx, store.Value[outbreak.UserID], "select user_id from user_grant where id = $1", grant)
	if err != nil {
		return 0, fmt.Errorf("finding a grant: %w", err)
	}
	if !ok {
		return 0, outbreak.Refuse(outbreak.NotFound, "access.no_grant")
	}
	return user, nil
}

// keepAdministrator refuses to take away the last grant by which somebody can manage the whole house.
func keepAdministrator(tx *store.Tx, taken ...Granted) error {
	whole := outbreak.Grant{Role: string(Administrator)}
	if !slices.ContainsFunc(taken, func(g Granted) bool { return g.grant() == whole && g.Until == 0 }) {
		return nil
	}
	n, err := store.Count(tx, `select count(*) from user_grant g join users u on u.id = g.user_id
		where g.role = $1 and g.area = '' and g.outbreak = 0 and g.revoked_at = 0 and g.until = 0 and u.disabled_at = 0`, Administrator)
	if err != nil {
		return fmt.Errorf("counting administrators: %w", err)
	}
	if n == 0 {
		return outbreak.Refuse(outbreak.Conflict, "access.last_administrator")
	}
	return nil
}

func endSessions(tx *store.Tx, user outbreak.UserID) error {
	if _, err := tx.Exec("delete from user_session where user_id = $1", user); err != nil {
		return fmt.Errorf("ending sessions: %w", err)
	}
	return nil
}

// endOtherSessions ends every session of a user but one.
func endOtherSessions(tx *store.Tx, kept Session) error {
	if _, err := tx.Exec("delete from user_session where user_id = $1 and id <> $2", kept.User, kept.ID); err != nil {
		return fmt.Errorf("ending the other sessions: %w", err)
	}
	return nil
}

func revokeTokens(tx *store.Tx, user outbreak.UserID, now outbreak.Instant) error {
	if _, err := tx.Exec("update user_token set revoked_at = $1 where user_id = $2 and revoked_at = 0", now, user); err != nil {
		return fmt.Errorf("revoking tokens: %w", err)
	}
	return nil
}

func listUsers(tx *store.Tx, reach []outbreak.Scope, after string, most int) ([]User, error) {
	args := []any{after}
	var areas []string
	for _, s := range reach {
		args = append(args, s.Area, s.Area.Upto())
		areas = append(areas, fmt.Sprintf("area >= $%d and area < $%d", len(args)-1, len(args)))
	}
	args = append(args, most)
	list, err := store.List(tx, scanUser, fmt.Sprintf("select %s from users where login > $1 and device = 0 and (%s) order by login limit $%d",
		userColumns, strings.Join(areas, " or "), len(args)), args...)
	if err != nil {
		return nil, fmt.Errorf("listing users: %w", err)
	}
	return list, nil
}
