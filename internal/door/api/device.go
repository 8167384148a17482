package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"breakwater/internal/door"
	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
)

// deviceRoutes are the sampling points: what staff sees of them, and what their devices say. A device enrols by its code at
// POST /booth/enrol, where it has no token yet.
func deviceRoutes(p *plan) {
	route(p, access.RoundRead, huma.Operation{Method: http.MethodGet, Path: "/booths/status", Summary: "How the sampling points work at this moment", Tags: screeningTag},
		func(ctx context.Context, in *struct {
			Limit
			Round Ref[outbreak.RoundID] `query:"round" doc:"Those the round reaches"`
			Show  string                `query:"show" enum:"silent,unsynced" doc:"Of which nothing is heard, or with a device that holds tubes"`
			After Ref[outbreak.BoothID] `query:"after"`
		}) (*page[screening.BoothStatus], error) {
			list, err := p.house.Screening.ListBoothStatus(ctx, door.ActorOf(ctx), screening.BoothFilter{Round: in.Round.ID, Show: in.Show, After: in.After.ID, Most: in.Most})
			return paged(list, in.Most, func(b screening.BoothStatus) string { return b.ID.String() }), err
		})
	route(p, access.RoundRead, huma.Operation{Method: http.MethodGet, Path: "/devices", Summary: "The devices of sampling points, the newest first", Tags: screeningTag},
		func(ctx context.Context, in *struct {
			Limit
			Booth Ref[outbreak.BoothID] `query:"booth"`
		}) (*page[screening.Device], error) {
			list, err := p.house.Screening.ListDevices(ctx, door.ActorOf(ctx), in.Booth.ID, in.Most)
			return whole(list), err
		})
	route(p, access.RoundManage, huma.Operation{Method: http.MethodPost, Path: "/booths/{booth}/devices", Summary: "Make a one-time code by which a device enrols at a sampling point; shown once", Tags: screeningTag, DefaultStatus: http.StatusCreated},
		func(ctx context.Context, in *struct {
			Keyed
			Booth Ref[outbreak.BoothID] `path:"booth"`
			Body  struct {
				Name  string `json:"name,omitempty" maxLength:"60"`
				Hours int    `json:"hours,omitempty" minimum:"0" maximum:"744" doc:"How long the device works; left out: three days"`
			}
		}) (*reply[screening.DeviceCode], error) {
			c, err := p.house.Screening.NewDeviceCode(ctx, door.ActorOf(ctx), screening.NewDeviceCode{Key: in.Key, Booth: in.Booth.ID, Name: in.Body.Name, Hours: in.Body.Hours})
			return &reply[screening.DeviceCode]{c}, err
		})
	route(p, access.RoundManage, huma.Operation{Method: http.MethodPost, Path: "/devices/{device}/revoke", Summary: "End a device that was lost: its token opens nothing any more", Tags: screeningTag},
		func(ctx context.Context, in *struct {
			Keyed
			Device int64 `path:"device" minimum:"1"`
		}) (*reply[screening.Device], error) {
			d, err := p.house.Screening.RevokeDevice(ctx, door.ActorOf(ctx), screening.RevokeDevice{Key: in.Key, Device: in.Device})
			return &reply[screening.Device]{d}, err
		})
	route(p, access.UserManage, huma.Operation{Method: http.MethodPost, Path: "/personal-codes/epochs", Summary: "Begin a new epoch of personal codes after a device was lost; codes from before are read and marked as unproven", Tags: screeningTag, DefaultStatus: http.StatusCreated},
		func(ctx context.Context, in *struct {
			Keyed
			Body struct {
				Confirm string `json:"confirm" enum:"begin_anew" doc:"Every code that was printed is unproven from then on"`
			}
		}) (*reply[codeEpoch], error) {
			n, err := p.house.Registry.NewCodeEpoch(ctx, door.ActorOf(ctx), in.Key)
			return &reply[codeEpoch]{codeEpoch{n}}, err
		})
	samplerRoutes(p)
	beatRoutes(p)
}

type codeEpoch struct {
	Epoch int64 `json:"epoch"`
}

// beatRoutes are for a device's own token.
func beatRoutes(p *plan) {
	route(p, access.TubeClose, huma.Operation{Method: http.MethodPost, Path: "/device/beat", Summary: "Tell how the device stands, each minute; answers how it stands with the house", Tags: screeningTag},
		func(ctx context.Context, in *struct {
			Body struct {
				Sent   int64  `json:"sent_ms" doc:"The device's clock"`
				Last   int64  `json:"last" doc:"Counter of the last operation it made"`
				Outbox int64  `json:"outbox" doc:"Operations it holds"`
				Oldest int64  `json:"oldest_ms,omitempty" doc:"When the oldest of them was made"`
				Queue  *int64 `json:"queue,omitempty" doc:"People who wait, as staff counted"`
				Tubes  *int64 `json:"tubes,omitempty" doc:"Empty tubes left"`
				Swabs  *int64 `json:"swabs,omitempty"`
			}
		}) (*reply[screening.DeviceState], error) {
			b := in.Body
			st, err := p.house.Screening.Report(ctx, door.ActorOf(ctx), screening.Beat{Last: b.Last, Outbox: b.Outbox, Oldest: outbreak.Instant(b.Oldest),
				Queue: orUncounted(b.Queue), Tubes: orUncounted(b.Tubes), Swabs: orUncounted(b.Swabs)}, outbreak.Instant(b.Sent))
			return &reply[screening.DeviceState]{st}, err
		})
	route(p, access.TubeClose, huma.Operation{Method: http.MethodPost, Path: "/device/shifts", Summary: "Tell who signed on at this device, or off, before the tubes filled after it; the same again changes nothing", Tags: screeningTag},
		func(ctx context.Context, in *struct {
			Body struct {
				Device int64  `json:"device,omitempty" doc:"Left out: the one that tells; else one of the same point it was before it was enrolled again"`
				N      int64  `json:"n" doc:"Counts them on the device, from 1"`
				From   int64  `json:"from" doc:"Counter of the last operation before"`
				Code   string `json:"code,omitempty" maxLength:"40" doc:"Of the badge that was scanned"`
				Badge  int64  `json:"badge,omitempty" doc:"Its number, typed; with no code, 0: signed off"`
				Pin    string `json:"pin,omitempty" maxLength:"10"`
				At     int64  `json:"at_ms" doc:"By the device's clock"`
				Sent   int64  `json:"sent_ms"`
			}
		}) (*reply[screening.Shift], error) {
			b := in.Body
			x, err := p.house.Screening.SignOn(ctx, door.ActorOf(ctx), screening.SignOn{Device: b.Device, N: b.N, From: b.From, Code: b.Code, Badge: b.Badge, Pin: b.Pin, At: outbreak.Instant(b.At)}, outbreak.Instant(b.Sent))
			return &reply[screening.Shift]{x}, err
		})
	route(p, access.PersonRegister, huma.Operation{Method: http.MethodPost, Path: "/device/walk-ins", Summary: "Register somebody with a number this device gave; the same again changes nothing", Tags: screeningTag},
		func(ctx context.Context, in *struct {
			Keyed
			Body struct {
				No   int64  `json:"no"`
				Area string `json:"area" maxLength:"40" doc:"Its code"`
				Name string `json:"name,omitempty" maxLength:"200"`
			}
		}) (*reply[registry.Person], error) {
			n := registry.NewPerson{Area: in.Body.Area, Identity: registry.Identity{Name: in.Body.Name}}
			who, err := p.house.Screening.RegisterWalkIn(ctx, door.ActorOf(ctx), in.Key, in.Body.No, n)
			return &reply[registry.Person]{who}, err
		})
	route(p, access.TubeClose, huma.Operation{Method: http.MethodPost, Path: "/device/leave", Summary: "Sign the device out; while tubes wait on it, only by giving them up", Tags: screeningTag},
		func(ctx context.Context, in *struct {
			Body struct {
				Last int64 `json:"last"`
				Wipe bool  `json:"wipe,omitempty"`
			}
		}) (*reply[screening.Device], error) {
			d, err := p.house.Screening.Leave(ctx, door.ActorOf(ctx), in.Body.Last, in.Body.Wipe)
			return &reply[screening.Device]{d}, err
		})
}

// orUncounted is a count, -1 when nobody counted.
func orUncounted(n *int64) int64 {
	if n == nil {
		return -1
	}
	return *n
}
