package cli

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"breakwater/internal/app"
	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// password reads the password, or makes one.
func (c userAddCmd) password(r *run) (password string, made bool, err error) {
	var text []byte
	switch c.Password {
	case "":
		return newPassword(), true, nil
	case "-":
		text, err = io.ReadAll(io.LimitReader(r.streams.In, 4096))
	default:
		text, err = os.ReadFile(c.Password)
	}
	if err != nil {
		return "", false, fmt.Errorf("reading the password: %w", err)
	}
	return strings.TrimRight(string(text), "\r\n"), false, nil
}

// newPassword makes a password that can be read aloud.
func newPassword() string {
	t := strings.ToLower(rand.Text())
	return t[:5] + "-" + t[5:10] + "-" + t[10:15]
}

func (c userAddCmd) addFurther(r *run, a *app.App, password string) (access.User, error) {
	by := console("")
	g := outbreak.Grant{}
	if c.Area != "" {
		var ok bool
		var area registry.Area
		err := a.House.DB.Read(r.ctx, func(tx *store.Tx) (err error) {
			area, ok, err = registry.AreaByCode(tx, c.Area)
			return err
		})
		if err != nil {
			return access.User{}, err
		}
		if !ok {
			return access.User{}, outbreak.Refuse(outbreak.Invalid, "registry.no_area", "code", c.Area)
		}
		g.Area = area.Path
	}
	if c.Outbreak != "" {
		id, err := outbreak.ParseID[outbreak.OutbreakID](c.Outbreak)
		if err != nil {
			return access.User{}, err
		}
		g.Outbreak = id
	}
	u, err := a.House.Access.AddUser(r.ctx, by, access.NewUser{Login: c.Login, Name: cmp.Or(c.Name, c.Login), Lang: r.lang, Area: g.Area, Password: password}, "")
	if err != nil {
		return u, err
	}
	for _, role := range c.Role {
		g.Role = role
		if _, err := a.House.Access.Grant(r.ctx, by, u.ID, g, 0, ""); err != nil {
			return u, err
		}
	}
	return u, nil
}

// tokenFor makes a token with everything a user holds, for a month.
func tokenFor(ctx context.Context, a *app.App, u access.User) (string, error) {
	full, err := a.House.Access.FindUser(ctx, console(""), u.ID)
	if err != nil {
		return "", err
	}
	by := outbreak.Actor{User: u.ID}
	for _, g := range full.Grants {
		by.Grants = append(by.Grants, outbreak.Grant{Role: string(g.Role), Area: g.Area, Outbreak: g.Outbreak})
	}
	secret, _, err := a.House.Access.MakeToken(ctx, by, access.NewToken{Name: "console", Until: outbreak.WallClock{}.Now().Add(30 * 24 * time.Hour)}, "")
	return secret, err
}
