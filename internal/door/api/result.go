package api

import (
	"context"
	"net/http"
	"regexp"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"breakwater/internal/door"
	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
)

var residentTag = []string{"residents"}

// residentRoutes are what staff does for the door of residents; that door itself is no part of this interface.
func residentRoutes(p *plan) {
	secretRoutes(p)
	tellRoutes(p)
	selfTestRoutes(p)
}

const secretsText = "Secrets open people's results and are kept nowhere: print them and destroy the file. Each part that is given out is an entry of the journal."

func secretRoutes(p *plan) {
	route(p, access.SecretIssue, huma.Operation{Method: http.MethodPost, Path: "/result-secrets", Summary: "Give out the result secrets of an area, with the personal codes", Description: secretsText, Tags: residentTag},
		func(ctx context.Context, in *struct {
			Body struct {
				Below outbreak.Path `json:"below" maxLength:"200" pattern:"^((/[0-9A-Za-z._-]+)+/)?$" doc:"The path of an area; empty for all"`
				After int64         `json:"after,omitempty" minimum:"0" doc:"People with numbers after this one"`
				Limit int           `json:"limit,omitempty" minimum:"1" maximum:"1000" default:"1000"`
			}
		}) (*page[registry.GivenSecret], error) {
			b := in.Body
			if b.Limit == 0 {
				b.Limit = 1000
			}
			list, err := p.house.Registry.GiveSecrets(ctx, door.ActorOf(ctx), registry.GiveSecrets{Below: b.Below, After: b.After, Most: b.Limit})
			return paged(list, b.Limit, func(g registry.GivenSecret) string { return strconv.FormatInt(g.No, 10) }), err
		})
	plainRoute(p, access.SecretIssue, huma.Operation{Method: http.MethodGet, Path: "/export/result-secrets", OperationID: "get-export-result-secrets", Tags: residentTag,
		Summary: "The result secrets of an area as CSV to be printed with the personal codes: person, no, code, secret, link", Description: secretsText,
		Responses: map[string]*huma.Response{"200": {Description: "The last line is \"end\" and how many there are; an answer without it is not whole.", Content: map[string]*huma.MediaType{"text/csv": {}}}},
		Parameters: []*huma.Param{query("below", huma.TypeString, "The path of an area; empty: all"),
			query("site", huma.TypeString, "The address residents open, https://...: the column link is then the page with the secret behind #, which browsers send to nobody")}},
		p.secretsFile)
	route(p, access.SecretReissue, huma.Operation{Method: http.MethodPost, Path: "/people/{person}/result-secret", Summary: "Replace, copy or revoke somebody's result secret, after it was made sure who asks", Tags: residentTag},
		func(ctx context.Context, in *struct {
			Keyed
			PersonPath
			Body struct {
				What    string `json:"what" enum:"reissued,copied,revoked" doc:"reissued: the one before opens nothing any more. copied: given once more as it is"`
				Checked string `json:"checked,omitempty" enum:"document,known,called_back" doc:"How it was made sure who asks; not needed to revoke"`
				Proxy   bool   `json:"proxy,omitempty" doc:"It goes to somebody who looks for the person: a child, somebody without a telephone"`
			}
		}) (*reply[registry.GivenSecret], error) {
			b := in.Body
			g, err := p.house.Registry.ChangeSecret(ctx, door.ActorOf(ctx), registry.ChangeSecret{Key: in.Key, Person: in.Person.ID, What: b.What, Checked: b.Checked, Proxy: b.Proxy})
			return &reply[registry.GivenSecret]{g}, err
		})
	route(p, access.UserManage, huma.Operation{Method: http.MethodPost, Path: "/result-secrets/epoch", Summary: "End every result secret of the site, after their key became known; they are printed anew", Tags: residentTag},
		func(ctx context.Context, in *struct {
			Keyed
			Body struct {
				Confirm string `json:"confirm" enum:"end_all" doc:"Every card that was printed stops working"`
			}
		}) (*reply[counted], error) {
			epoch, err := p.house.Registry.NewSecretEpoch(ctx, door.ActorOf(ctx), in.Key)
			return &reply[counted]{counted{int(epoch)}}, err
		})
}

var pathForm = regexp.MustCompile(`^((/[0-9A-Za-z._-]+)+/)?$`)

// secretsFile streams secrets to be printed.
func (p *plan) secretsFile(w http.ResponseWriter, r *http.Request) error {
	if err := knownQuery(r, "below", "site"); err != nil {
		return err
	}
	below, site := r.URL.Query().Get("below"), r.URL.Query().Get("site")
	if len(below) > 200 || !pathForm.MatchString(below) {
		return outbreak.Refuse(outbreak.NotFound, "registry.no_area", "code", "")
	}
	ctx, cancel := atLength(w, r)
	defer cancel()
	begun := false
	err := p.house.WriteSecrets(ctx, door.ActorOf(ctx), outbreak.Path(below), site, w, func() {
		begun = true
		attachment(w, "result-secrets.csv")
	})
	if err != nil && begun {
		p.house.Log.ErrorContext(ctx, "an export broke off", "reference", door.ReferenceOf(ctx), "error", err)
		panic(http.ErrAbortHandler)
	}
	return err
}

func tellRoutes(p *plan) {
	route(p, access.RoundRead, huma.Operation{Method: http.MethodGet, Path: "/result-lines", Summary: "Whom residents call and where swabs are taken, by area", Tags: residentTag},
		func(ctx context.Context, _ *struct{}) (*page[screening.Line], error) {
			list, err := p.house.Screening.ListLines(ctx, door.ActorOf(ctx))
			return whole(list), err
		})
	route(p, access.RoundManage, huma.Operation{Method: http.MethodPost, Path: "/result-lines", Summary: "Say whom residents of an area call and where swabs are taken", Tags: residentTag},
		func(ctx context.Context, in *struct {
			Keyed
			Body struct {
				Area     string              `json:"area" maxLength:"40" doc:"Its code"`
				Outbreak outbreak.OutbreakID `json:"outbreak,omitempty" doc:"Empty: in every one"`
				Phone    string              `json:"phone" maxLength:"40"`
				Place    string              `json:"place" maxLength:"100"`
			}
		}) (*reply[screening.Line], error) {
			b := in.Body
			l, err := p.house.Screening.SetLine(ctx, door.ActorOf(ctx), screening.SetLine{Key: in.Key, Area: b.Area, Outbreak: b.Outbreak, Phone: b.Phone, Place: b.Place})
			return &reply[screening.Line]{l}, err
		})
	route(p, access.PositiveTell, huma.Operation{Method: http.MethodGet, Path: "/positives", Summary: "The people whose own positive result waits to be told, the oldest first", Tags: residentTag},
		func(ctx context.Context, in *struct {
			Limit
			After string `query:"after" maxLength:"80"`
		}) (*page[screening.Telling], error) {
			after, err := screening.ParseMark(in.After)
			if err != nil {
				return nil, err
			}
			list, err := p.house.Screening.ListTelling(ctx, door.ActorOf(ctx), after, in.Most)
			return paged(list, in.Most, func(t screening.Telling) string { return t.Mark().String() }), err
		})
	route(p, access.PositiveTell, huma.Operation{Method: http.MethodPost, Path: "/positives/{tube}/{person}/told", Summary: "Note that a person was told of the own positive result", Tags: residentTag},
		func(ctx context.Context, in *struct {
			Keyed
			Tube string `path:"tube" maxLength:"40"`
			PersonPath
		}) (*reply[screening.Telling], error) {
			t, err := p.house.Screening.TellPositive(ctx, door.ActorOf(ctx), screening.TellPositive{Key: in.Key, Tube: outbreak.TubeCode(in.Tube), Person: in.Person.ID})
			return &reply[screening.Telling]{t}, err
		})
}

func selfTestRoutes(p *plan) {
	route(p, access.SelfTestRecord, huma.Operation{Method: http.MethodPost, Path: "/self-test-kits", Summary: "Note antigen kits that were handed out, to a person or a community", Tags: residentTag},
		func(ctx context.Context, in *struct {
			Keyed
			Body struct {
				Outbreak outbreak.OutbreakID `json:"outbreak"`
				Area     string              `json:"area,omitempty" maxLength:"40" doc:"Its code; may be left out with a person"`
				Person   outbreak.PersonID   `json:"person,omitempty" doc:"Empty: to the community"`
				Count    int                 `json:"count"`
				Lot      string              `json:"lot" maxLength:"40"`
			}
		}) (*reply[counted], error) {
			b := in.Body
			n, err := p.house.Screening.HandOutKits(ctx, door.ActorOf(ctx), screening.HandOutKits{Key: in.Key, Outbreak: b.Outbreak, Area: b.Area, Person: b.Person, Count: b.Count, Lot: b.Lot})
			return &reply[counted]{counted{n}}, err
		})
	route(p, access.SelfTestRecord, huma.Operation{Method: http.MethodPost, Path: "/self-tests", Summary: "Record what somebody's antigen self-test showed; it is no result of a laboratory", Tags: residentTag},
		func(ctx context.Context, in *struct {
			Keyed
			Body struct {
				Outbreak outbreak.OutbreakID `json:"outbreak"`
				Person   outbreak.PersonID   `json:"person"`
				Result   outbreak.Result     `json:"result" enum:"negative,positive,invalid"`
				Lot      string              `json:"lot,omitempty" maxLength:"40"`
				At       outbreak.Instant    `json:"at,omitempty" doc:"When it was made; empty: now"`
			}
		}) (*reply[screening.SelfTest], error) {
			b := in.Body
			t, err := p.house.Screening.RecordSelfTest(ctx, door.ActorOf(ctx), screening.RecordSelfTest{Key: in.Key, Outbreak: b.Outbreak, Person: b.Person, Result: b.Result, Lot: b.Lot, At: b.At})
			return &reply[screening.SelfTest]{t}, err
		})
	route(p, access.RoundRead, huma.Operation{Method: http.MethodGet, Path: "/self-tests", Summary: "Kits handed out and self-tests reported, by area; in no other figure", Tags: residentTag},
		func(ctx context.Context, _ *struct{}) (*page[screening.SelfTestFigures], error) {
			list, err := p.house.Screening.CountSelfTests(ctx, door.ActorOf(ctx))
			return whole(list), err
		})
	route(p, access.SelfTestRecord, huma.Operation{Method: http.MethodGet, Path: "/self-tests/owed", Summary: "Positive self-tests whose swab for a laboratory was not taken yet, the oldest first", Tags: residentTag},
		func(ctx context.Context, in *struct {
			Limit
			After string `query:"after" maxLength:"80"`
		}) (*page[screening.SelfTest], error) {
			after, err := screening.ParseMark(in.After)
			if err != nil {
				return nil, err
			}
			list, err := p.house.Screening.ListSelfTestsOwed(ctx, door.ActorOf(ctx), after, in.Most)
			return paged(list, in.Most, func(t screening.SelfTest) string { return t.Mark().String() }), err
		})
}
