package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"breakwater/internal/door"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
)

// factors are the second factors of a user, without any secret.
type factors struct {
	Required    bool             `json:"required" doc:"A role of his asks for one"`
	TelephoneAt outbreak.Instant `json:"telephone_at" doc:"When the telephone was set up; empty: there is none"`
	CodesLeft   int              `json:"codes_left" doc:"Codes on paper that are left"`
	Passkeys    []passkey        `json:"passkeys" doc:"Made and shown on pages alone, because a browser is needed"`
}

type passkey struct {
	ID     access.PasskeyID `json:"id"`
	Name   string           `json:"name"`
	Site   string           `json:"site" doc:"The host name at which it works"`
	At     outbreak.Instant `json:"at"`
	UsedAt outbreak.Instant `json:"used_at"`
}

func factorsOf(f access.Factor, must bool) *reply[factors] {
	out := factors{Required: must, TelephoneAt: f.At, CodesLeft: f.Codes, Passkeys: []passkey{}}
	for _, k := range f.Passkeys {
		out.Passkeys = append(out.Passkeys, passkey{k.ID, k.Name, k.Site, k.At, k.UsedAt})
	}
	return &reply[factors]{out}
}

// telephone is what a telephone has to be told.
type telephone struct {
	Secret string `json:"secret" doc:"To be typed"`
	URI    string `json:"uri" doc:"To be scanned"`
}

type recoveryCodes struct {
	Codes []string `json:"codes" doc:"Shown this once and stored nowhere"`
}

// reset is a request to take the second factors of a user away.
type reset struct {
	ID    access.ResetID   `json:"id"`
	User  outbreak.UserID  `json:"user"`
	Login string           `json:"login"`
	Asked string           `json:"asked" doc:"The actor who asked"`
	At    outbreak.Instant `json:"at"`
	Until outbreak.Instant `json:"until" doc:"Nobody can confirm it after"`
}

func resetOf(r access.FactorReset) reset {
	return reset{r.ID, r.User, r.Login, r.Asked, r.At, r.Until}
}

type newTelephone struct {
	Body struct {
		Code     string `json:"code,omitempty" maxLength:"40" doc:"Of the telephone one has, or one on paper"`
		Password string `json:"password,omitempty" maxLength:"1024" doc:"While one has no second factor"`
	}
}

// TypedCode is embedded in the input of a route that asks for a second factor.
type TypedCode struct {
	Body struct {
		Code string `json:"code" maxLength:"40"`
	}
}

type removeTelephone struct {
	Keyed
	TypedCode
}

type removePasskey struct {
	Keyed
	Passkey Ref[access.PasskeyID] `path:"passkey"`
	TypedCode
}

// factorRoutes are the second factors of oneself, and how two administrators take those of somebody else away. What gives a
// secret takes no key: a new secret takes the place of one that nobody has used.
func factorRoutes(p *plan) {
	users := func() *access.Service { return p.house.Access }
	tags := []string{"access"}

	route(p, access.SelfManage, huma.Operation{Method: http.MethodGet, Path: "/me/factors", Summary: "One's own second factors", Tags: tags},
		func(ctx context.Context, _ *struct{}) (*reply[factors], error) {
			f, must, err := users().OwnFactor(ctx, door.ActorOf(ctx))
			return factorsOf(f, must), err
		})
	route(p, access.SelfManage, huma.Operation{Method: http.MethodPost, Path: "/me/factors/telephone", Tags: tags, DefaultStatus: http.StatusCreated,
		Summary: "Begin to set a telephone up, for a code of the second factor one has, or the password while one has none"},
		func(ctx context.Context, in *newTelephone) (*reply[telephone], error) {
			t, err := users().BeginOwnFactor(ctx, door.ActorOf(ctx), access.Proof{Code: in.Body.Code, Password: in.Body.Password})
			return &reply[telephone]{telephone{t.Secret, t.URI}}, err
		})
	route(p, access.SelfManage, huma.Operation{Method: http.MethodPost, Path: "/me/factors/telephone/confirm", Tags: tags,
		Summary: "Type the first code of the telephone within a quarter of an hour; the answer is ten codes on paper, and all sessions end"},
		func(ctx context.Context, in *TypedCode) (*reply[recoveryCodes], error) {
			codes, err := users().ConfirmOwnFactor(ctx, door.ActorOf(ctx), in.Body.Code)
			return &reply[recoveryCodes]{recoveryCodes{some(codes)}}, err
		})
	route(p, access.SelfManage, huma.Operation{Method: http.MethodPost, Path: "/me/factors/telephone/remove", Tags: tags, DefaultStatus: http.StatusNoContent,
		Summary: "Take one's own telephone away for a code; the last second factor of a role that asks for one stays"},
		func(ctx context.Context, in *removeTelephone) (*Done, error) {
			return nil, users().RemoveOwnTelephone(ctx, door.ActorOf(ctx), in.Body.Code, in.Key)
		})
	route(p, access.SelfManage, huma.Operation{Method: http.MethodPost, Path: "/me/factors/passkeys/{passkey}/remove", Tags: tags, DefaultStatus: http.StatusNoContent,
		Summary: "Take a passkey of one's own away for a code; the last second factor of a role that asks for one stays"},
		func(ctx context.Context, in *removePasskey) (*Done, error) {
			return nil, users().RemoveOwnPasskey(ctx, door.ActorOf(ctx), in.Passkey.ID, in.Body.Code, in.Key)
		})
	route(p, access.SelfManage, huma.Operation{Method: http.MethodPost, Path: "/me/factors/codes", Summary: "Make new codes on paper for a code; the old ones are worth nothing then", Tags: tags},
		func(ctx context.Context, in *TypedCode) (*reply[recoveryCodes], error) {
			codes, err := users().RenewOwnCodes(ctx, door.ActorOf(ctx), in.Body.Code)
			return &reply[recoveryCodes]{recoveryCodes{some(codes)}}, err
		})
	route(p, access.UserManage, huma.Operation{Method: http.MethodGet, Path: "/users/{user}/factors", Summary: "The second factors of a user", Tags: tags},
		func(ctx context.Context, in *UserPath) (*reply[factors], error) {
			f, must, err := users().FactorOfUser(ctx, door.ActorOf(ctx), in.User.ID)
			return factorsOf(f, must), err
		})
	route(p, access.UserManage, huma.Operation{Method: http.MethodPost, Path: "/users/{user}/factors/resets", Tags: tags, DefaultStatus: http.StatusCreated,
		Summary: "Ask that a user's second factors be taken away; another administrator has to confirm it within a day"},
		func(ctx context.Context, in *struct {
			Keyed
			UserPath
		}) (*reply[reset], error) {
			r, err := users().AskFactorReset(ctx, door.ActorOf(ctx), in.User.ID, in.Key)
			return &reply[reset]{resetOf(r)}, err
		})
	route(p, access.UserManage, huma.Operation{Method: http.MethodGet, Path: "/factor-resets", Summary: "What waits for a second administrator", Tags: tags},
		func(ctx context.Context, _ *struct{}) (*page[reset], error) {
			list, err := users().ListFactorResets(ctx, door.ActorOf(ctx))
			var out []reset
			for _, r := range list {
				out = append(out, resetOf(r))
			}
			return whole(out), err
		})
	route(p, access.UserManage, huma.Operation{Method: http.MethodPost, Path: "/factor-resets/{reset}/confirm", Tags: tags, DefaultStatus: http.StatusNoContent,
		Summary: "Confirm what another administrator asked: telephone, passkeys, codes on paper and sessions of the user end"},
		func(ctx context.Context, in *struct {
			Keyed
			Reset Ref[access.ResetID] `path:"reset"`
		}) (*Done, error) {
			return nil, users().ConfirmFactorReset(ctx, door.ActorOf(ctx), in.Reset.ID, in.Key)
		})
}
