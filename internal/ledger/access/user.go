package access

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"breakwater/internal/outbreak"
	"breakwater/internal/words"
)

type (
	grantKind   struct{}
	tokenKind   struct{}
	sessionKind struct{}
)

// The identifiers of this room.
type (
	GrantID   = outbreak.ID[grantKind]
	TokenID   = outbreak.ID[tokenKind]
	SessionID = outbreak.ID[sessionKind]
)

// User is somebody who signs in.
type User struct {
	ID         outbreak.UserID  `json:"id"`
	Login      string           `json:"login"`
	Name       string           `json:"name"`
	Lang       words.Lang       `json:"lang"`
	Area       outbreak.Path    `json:"area"`        // the office he belongs to: who manages users there manages him
	Once       bool             `json:"once"`        // the password is a one-time one and has to be changed
	CreatedAt  outbreak.Instant `json:"created_at"`  // wall clock
	DisabledAt outbreak.Instant `json:"disabled_at"` // 0: may sign in
	Grants     []Granted        `json:"grants"`
}

// Granted is a role a user holds, and how he came to it.
type Granted struct {
	ID       GrantID             `json:"id"`
	Role     Role                `json:"role"`
	Area     outbreak.Path       `json:"area"`     // empty: everywhere
	Outbreak outbreak.OutbreakID `json:"outbreak"` // none: every outbreak
	By       string              `json:"by"`       // the actor who gave it
	At       outbreak.Instant    `json:"at"`
	Until    outbreak.Instant    `json:"until"` // 0: until revoked
}

func (g Granted) grant() outbreak.Grant {
	return outbreak.Grant{Role: string(g.Role), Area: g.Area, Outbreak: g.Outbreak}
}

func plain(granted []Granted) []outbreak.Grant {
	var list []outbreak.Grant
	for _, g := range granted {
		list = append(list, g.grant())
	}
	return list
}

// NewUser is what an administrator fills in. The password is a one-time one.
type NewUser struct {
	Login    string
	Name     string
	Lang     words.Lang
	Area     outbreak.Path
	Password string
}

// foldLogin makes one account of what people type in different ways.
func foldLogin(login string) string {
	return strings.ToLower(norm.NFKC.String(strings.TrimSpace(login)))
}

var (
	loginForm = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}._@-]{1,63}$`)
	pathForm  = regexp.MustCompile(`^((/[0-9A-Za-z._-]+)+/)?$`)
)

func (n *NewUser) check() error {
	n.Login, n.Name = foldLogin(n.Login), strings.TrimSpace(n.Name)
	if n.Lang == "" {
		n.Lang = words.Langs[0]
	}
	switch {
	case !loginForm.MatchString(n.Login):
		return outbreak.Refuse(outbreak.Invalid, "access.login_wrong")
	case n.Name == "" || utf8.RuneCountInString(n.Name) > 100:
		return outbreak.Refuse(outbreak.Invalid, "access.name_wrong")
	case n.Lang != words.Chinese && n.Lang != words.English:
		return outbreak.Refuse(outbreak.Invalid, "access.language_wrong")
	case !pathForm.MatchString(string(n.Area)):
		return outbreak.Refuse(outbreak.Invalid, "access.area_wrong")
	}
	return checkPassword(n.Login, n.Password)
}

const (
	shortest = 10   // characters
	longest  = 1024 // bytes
	variety  = 5    // different characters
)

// common are the long ones among the passwords everybody tries first.
var common = map[string]bool{"1234567890": true, "0123456789": true, "12345678910": true, "qwertyuiop": true, "password123": true,
	"password1234": true, "passw0rd123": true, "1q2w3e4r5t": true, "1qaz2wsx3edc": true, "q1w2e3r4t5": true, "qwerty12345": true,
	"abcd123456": true, "abc1234567": true, "admin123456": true, "administrator": true, "woaini1314": true, "woaini520": true,
	"iloveyou123": true, "breakwater": true, "breakwater1": true, "letmein1234": true, "welcome123": true, "changeme123": true}

// checkPassword asks for length and for not being the first thing somebody tries; nothing else helps.
func checkPassword(login, password string) error {
	p := strings.ToLower(norm.NFC.String(password))
	seen := map[rune]bool{}
	for _, r := range p {
		seen[r] = true
	}
	if len(password) > longest || utf8.RuneCountInString(p) < shortest {
		return outbreak.Refuse(outbreak.Invalid, "access.password_length", "least", shortest)
	}
	if len(seen) < variety || common[p] || p == login || strings.Contains(p, login) && len(p)-len(login) < variety {
		return outbreak.Refuse(outbreak.Invalid, "access.password_easy")
	}
	return nil
}
