package access

import (
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

type passkeyKind struct{}

// PasskeyID names a passkey.
type PasskeyID = outbreak.ID[passkeyKind]

// Passkey is a key that a telephone, a computer or a small device keeps for a user. We know its public half alone.
type Passkey struct {
	ID     PasskeyID
	User   outbreak.UserID
	Name   string // what its owner calls it
	Site   string // the host name it was made for; it works there alone
	At     outbreak.Instant
	UsedAt outbreak.Instant // 0: never
}

// Site is the house as a browser sees it. The zero value is a site where passkeys cannot be used: browsers make them for host
// names, not for IP addresses, and over encrypted connections or on the machine itself alone.
type Site struct {
	Name   string // the host name
	Origin string // scheme, host name and port, as the browser writes them
}

// Passkeys tells whether passkeys can be used there.
func (s Site) Passkeys() bool { return s.Name != "" && s.Origin != "" }

// mostPasskeys is how many a user may have.
const mostPasskeys = 20

// keptPasskey is a passkey as its row holds it.
type keptPasskey struct {
	Passkey
	credential string // as the browser names it, base64url
	public     []byte
	count      int64
	backed     bool
}

const passkeyColumns = "id, user_id, name, rp, credential, public_key, sign_count, backed, at, used_at"

func scanPasskey(r store.Row) (p keptPasskey, err error) {
	var backed int64
	err = r.Scan(&p.ID, &p.User, &p.Name, &p.Site, &p.credential, &p.public, &p.count, &backed, &p.At, &p.UsedAt)
	p.backed = backed != 0
	return p, err
}

// passkeysOf reads the passkeys of a user, the oldest first.
func passkeysOf(tx *store.Tx, user outbreak.UserID) ([]keptPasskey, error) {
	list, err := store.List(tx, scanPasskey, "select "+passkeyColumns+" from user_passkey where user_id = $1 order by id", user)
	if err != nil {
		return nil, fmt.Errorf("reading passkeys: %w", err)
	}
	return list, nil
}

// hasFactor tells whether a user has any second factor: a telephone or a passkey.
func hasFactor(tx *store.Tx, user outbreak.UserID) (bool, error) {
	n, err := factorCount(tx, user)
	return n > 0, err
}

func factorCount(tx *store.Tx, user outbreak.UserID) (int64, error) {
	n, err := store.Count(tx, "select (select count(*) from user_factor where user_id = $1 and at > 0) + (select count(*) from user_passkey where user_id = $1)", user)
	if err != nil {
		return 0, fmt.Errorf("counting second factors: %w", err)
	}
	return n, nil
}

func checkPasskeyName(name string) (string, error) {
	name = strings.TrimSpace(name)
	if name == "" || utf8.RuneCountInString(name) > 60 {
		return "", outbreak.Refuse(outbreak.Invalid, "access.passkey_name")
	}
	return name, nil
}

// handle is what a device knows a user by: his number, which tells nothing about him.
func handle(user outbreak.UserID) []byte { return []byte("user " + user.String()) }

// base64url is how browsers write bytes.
var base64url = base64.RawURLEncoding
