package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"breakwater/internal/door"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/words"
)

// me is who acts, and what he may do.
type me struct {
	User        access.User      `json:"user"`
	Holds       []outbreak.Grant `json:"holds" doc:"What this token may do: the part of it that its user still holds"`
	Permissions []allowed        `json:"permissions"`
}

// allowed is one permission with its sentence.
type allowed struct {
	Permission access.Permission `json:"permission"`
	Sentence   string            `json:"sentence"`
}

// UserPath is embedded in the input of a route about one user.
type UserPath struct {
	User Ref[outbreak.UserID] `path:"user"`
}

// madeToken is a token with its secret.
type madeToken struct {
	Token  access.Token `json:"token"`
	Secret string       `json:"secret" doc:"Shown this once and stored nowhere"`
}

type newUser struct {
	Keyed
	Body struct {
		Login    string        `json:"login" maxLength:"64"`
		Name     string        `json:"name" maxLength:"100"`
		Lang     words.Lang    `json:"lang,omitempty" enum:"zh,en"`
		Area     outbreak.Path `json:"area,omitempty" maxLength:"200" doc:"The office he belongs to; empty for the whole house"`
		Password string        `json:"password" maxLength:"1024" doc:"A one-time password"`
	}
}

type newGrant struct {
	Keyed
	UserPath
	Body struct {
		Role     access.Role         `json:"role" maxLength:"40"`
		Area     outbreak.Path       `json:"area,omitempty" maxLength:"200" doc:"Empty: everywhere"`
		Outbreak outbreak.OutbreakID `json:"outbreak,omitempty" doc:"Empty: every outbreak"`
		Until    outbreak.Instant    `json:"until,omitempty" doc:"Empty: until revoked"`
	}
}

type newToken struct {
	Keyed
	Body struct {
		Name   string           `json:"name" maxLength:"100"`
		Until  outbreak.Instant `json:"until" doc:"At most 366 days from now"`
		Grants []outbreak.Grant `json:"grants,omitempty" maxItems:"50" doc:"What it may do at most; left out: what its maker may do now"`
	}
}

type ownPassword struct {
	Keyed
	Body struct {
		Old string `json:"old" maxLength:"1024"`
		New string `json:"new" maxLength:"1024"`
	}
}

type ownLanguage struct {
	Keyed
	Body struct {
		Lang words.Lang `json:"lang" enum:"zh,en"`
	}
}

type oneTimePassword struct {
	Keyed
	UserPath
	Body struct {
		Password string `json:"password" maxLength:"1024"`
	}
}

func accessRoutes(p *plan) {
	users := func() *access.Service { return p.house.Access }
	tags := []string{"access"}

	route(p, access.SelfManage, huma.Operation{Method: http.MethodGet, Path: "/me", Summary: "Who acts, and what he may do", Tags: tags},
		func(ctx context.Context, _ *struct{}) (*reply[me], error) {
			by := door.ActorOf(ctx)
			u, err := users().FindUser(ctx, by, by.User)
			out := me{User: tidy(u), Holds: some(by.Grants), Permissions: []allowed{}}
			for _, may := range access.Table[access.Administrator] {
				if access.Anywhere(by, may) {
					out.Permissions = append(out.Permissions, allowed{may, words.Text(door.LangOf(ctx), "access.may."+string(may), nil)})
				}
			}
			return &reply[me]{out}, err
		})
	route(p, access.SelfManage, huma.Operation{Method: http.MethodPost, Path: "/me/password", Summary: "Change one's own password; all sessions end", Tags: tags, DefaultStatus: http.StatusNoContent},
		func(ctx context.Context, in *ownPassword) (*Done, error) {
			by := door.ActorOf(ctx)
			return nil, users().SetPassword(ctx, by, by.User, in.Body.Old, in.Body.New, in.Key)
		})
	route(p, access.SelfManage, huma.Operation{Method: http.MethodPost, Path: "/me/language", Summary: "Choose the language of one's own account", Tags: tags, DefaultStatus: http.StatusNoContent},
		func(ctx context.Context, in *ownLanguage) (*Done, error) {
			return nil, users().SetLanguage(ctx, door.ActorOf(ctx), in.Body.Lang, in.Key)
		})
	route(p, access.UserManage, huma.Operation{Method: http.MethodGet, Path: "/users", Summary: "The users one manages, by login name", Tags: tags},
		func(ctx context.Context, in *struct {
			Limit
			After string `query:"after" maxLength:"64"`
		}) (*page[access.User], error) {
			list, err := users().ListUsers(ctx, door.ActorOf(ctx), in.After, in.Most)
			for i := range list {
				list[i] = tidy(list[i])
			}
			return paged(list, in.Most, func(u access.User) string { return u.Login }), err
		})
	route(p, access.UserManage, huma.Operation{Method: http.MethodPost, Path: "/users", Summary: "Add a user, who may do nothing yet", Tags: tags, DefaultStatus: http.StatusCreated},
		func(ctx context.Context, in *newUser) (*reply[access.User], error) {
			b := in.Body
			u, err := users().AddUser(ctx, door.ActorOf(ctx), access.NewUser{Login: b.Login, Name: b.Name, Lang: b.Lang, Area: b.Area, Password: b.Password}, in.Key)
			return &reply[access.User]{tidy(u)}, err
		})
	route(p, access.UserManage, huma.Operation{Method: http.MethodGet, Path: "/users/{user}", Summary: "One user and what he holds", Tags: tags},
		func(ctx context.Context, in *UserPath) (*reply[access.User], error) {
			u, err := users().FindUser(ctx, door.ActorOf(ctx), in.User.ID)
			return &reply[access.User]{tidy(u)}, err
		})
	route(p, access.UserManage, huma.Operation{Method: http.MethodPost, Path: "/users/{user}/password", Summary: "Give a user a one-time password; his sessions and tokens end", Tags: tags, DefaultStatus: http.StatusNoContent},
		func(ctx context.Context, in *oneTimePassword) (*Done, error) {
			return nil, users().SetPassword(ctx, door.ActorOf(ctx), in.User.ID, "", in.Body.Password, in.Key)
		})
	route(p, access.UserManage, huma.Operation{Method: http.MethodPost, Path: "/users/{user}/disable", Summary: "Keep a user out for good", Tags: tags, DefaultStatus: http.StatusNoContent},
		func(ctx context.Context, in *struct {
			Keyed
			UserPath
		}) (*Done, error) {
			return nil, users().Disable(ctx, door.ActorOf(ctx), in.User.ID, in.Key)
		})
	route(p, access.UserManage, huma.Operation{Method: http.MethodPost, Path: "/users/{user}/grants", Summary: "Give a user a role; nobody gives more than he has", Tags: tags, DefaultStatus: http.StatusCreated},
		func(ctx context.Context, in *newGrant) (*reply[access.Granted], error) {
			b := in.Body
			g, err := users().Grant(ctx, door.ActorOf(ctx), in.User.ID, outbreak.Grant{Role: string(b.Role), Area: b.Area, Outbreak: b.Outbreak}, b.Until, in.Key)
			return &reply[access.Granted]{g}, err
		})
	route(p, access.UserManage, huma.Operation{Method: http.MethodDelete, Path: "/grants/{grant}", Summary: "Revoke a grant", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			Grant Ref[access.GrantID] `path:"grant"`
		}) (*Done, error) {
			return nil, users().Revoke(ctx, door.ActorOf(ctx), in.Grant.ID, in.Key)
		})
	route(p, access.UserManage, huma.Operation{Method: http.MethodGet, Path: "/users/{user}/tokens", Summary: "The live tokens of a user", Tags: tags},
		func(ctx context.Context, in *UserPath) (*page[access.Token], error) {
			return tokensOf(ctx, users(), in.User.ID)
		})
	route(p, access.SelfManage, huma.Operation{Method: http.MethodGet, Path: "/tokens", Summary: "One's own live tokens", Tags: tags},
		func(ctx context.Context, _ *struct{}) (*page[access.Token], error) {
			return tokensOf(ctx, users(), door.ActorOf(ctx).User)
		})
	route(p, access.SelfManage, huma.Operation{Method: http.MethodPost, Path: "/tokens", Summary: "Make a token for oneself. The secret is given once: a repeat with the same key makes none and is a conflict", Tags: tags, DefaultStatus: http.StatusCreated},
		func(ctx context.Context, in *newToken) (*reply[madeToken], error) {
			n := access.NewToken{Name: in.Body.Name, Until: in.Body.Until, Grants: in.Body.Grants}
			secret, token, err := users().MakeToken(ctx, door.ActorOf(ctx), n, in.Key)
			return &reply[madeToken]{madeToken{token, secret}}, err
		})
	route(p, access.SelfManage, huma.Operation{Method: http.MethodDelete, Path: "/tokens/{token}", Summary: "Revoke a token: one's own, or that of a user one manages", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			Token Ref[access.TokenID] `path:"token"`
		}) (*Done, error) {
			return nil, users().RevokeToken(ctx, door.ActorOf(ctx), in.Token.ID, in.Key)
		})
}

func tokensOf(ctx context.Context, s *access.Service, user outbreak.UserID) (*page[access.Token], error) {
	list, err := s.ListTokens(ctx, door.ActorOf(ctx), user)
	for i := range list {
		list[i].Grants = some(list[i].Grants)
	}
	return whole(list), err
}

func tidy(u access.User) access.User {
	u.Grants = some(u.Grants)
	return u
}
