package api

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"breakwater/internal/door"
	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
)

// RoundPath is embedded in the input of a route about one round.
type RoundPath struct {
	Round Ref[outbreak.RoundID] `path:"round"`
}

// handedTube is a closed tube as a booth hands it in.
type handedTube struct {
	Tube    outbreak.TubeCode `json:"tube"`
	Op      int64             `json:"op,omitempty" doc:"A number the device made for this act; left out: from the content"`
	Taken   outbreak.Instant  `json:"taken,omitempty" doc:"When it was closed; empty: now"`
	Members []handedMember    `json:"members" maxItems:"200"`
}

type handedMember struct {
	No     int64             `json:"no,omitempty" doc:"The number on the roll, or"`
	Person outbreak.PersonID `json:"person,omitempty" doc:"the identifier"`
	After  int               `json:"after,omitempty" doc:"Seconds after the tube was opened"`
	Flags  uint16            `json:"flags,omitempty"`
}

func (h handedTube) tube() screening.HandedTube {
	t := screening.HandedTube{Tube: h.Tube, Op: h.Op, Taken: h.Taken, Members: make([]screening.HandedMember, 0, len(h.Members))}
	for _, m := range h.Members {
		t.Members = append(t.Members, screening.HandedMember(m))
	}
	return t
}

// tubeWithPeople is a tube and who is in it, without names.
type tubeWithPeople struct {
	screening.Tube
	People []registry.Person `json:"people"`
}

func screeningRoutes(p *plan) {
	roundRoutes(p)
	tubeRoutes(p)
	operationsRoute(p)
	recallRoutes(p)
	deviceRoutes(p)
	labelRoutes(p)
	sheetRoutes(p)
	nowRoutes(p)
	searchRoutes(p)
	qualityRoute(p)
	roundPlanRoutes(p)
	missingRoutes(p)
}

var screeningTag = []string{"screening"}

func roundRoutes(p *plan) {
	route(p, access.RoundRead, huma.Operation{Method: http.MethodGet, Path: "/booths", Summary: "The sampling points", Tags: screeningTag},
		func(ctx context.Context, _ *struct{}) (*page[screening.Booth], error) {
			list, err := p.house.Screening.ListBooths(ctx, door.ActorOf(ctx))
			return whole(list), err
		})
	route(p, access.RoundManage, huma.Operation{Method: http.MethodPost, Path: "/booths", Summary: "Make a sampling point known", Tags: screeningTag, DefaultStatus: http.StatusCreated},
		func(ctx context.Context, in *struct {
			Keyed
			Body struct {
				Outbreak outbreak.OutbreakID `json:"outbreak"`
				Area     string              `json:"area" maxLength:"40" doc:"Its code"`
				Name     string              `json:"name" maxLength:"200"`
				Kind     string              `json:"kind,omitempty" enum:"community,fever_clinic,contacts,isolation_site" doc:"Whom it is for; left out: the community"`
			}
		}) (*reply[screening.Booth], error) {
			b, err := p.house.Screening.AddBooth(ctx, door.ActorOf(ctx), screening.AddBooth{Key: in.Key, Outbreak: in.Body.Outbreak, Area: in.Body.Area, Name: in.Body.Name, Kind: in.Body.Kind})
			return &reply[screening.Booth]{b}, err
		})
	route(p, access.RoundRead, huma.Operation{Method: http.MethodGet, Path: "/rounds", Summary: "The rounds one may see, the newest first", Tags: screeningTag},
		func(ctx context.Context, _ *struct{}) (*page[screening.Round], error) {
			list, err := p.house.Screening.ListRounds(ctx, door.ActorOf(ctx))
			return whole(list), err
		})
	route(p, access.RoundManage, huma.Operation{Method: http.MethodPost, Path: "/rounds", Summary: "Open a round over areas, or plan it ahead", Tags: screeningTag, DefaultStatus: http.StatusCreated},
		func(ctx context.Context, in *struct {
			Keyed
			Body struct {
				Outbreak outbreak.OutbreakID `json:"outbreak"`
				Name     string              `json:"name" maxLength:"200"`
				Areas    []string            `json:"areas" minItems:"1" maxItems:"1000" doc:"Codes"`
				Pool     int                 `json:"pool,omitempty" doc:"Swabs per tube; left out: the protocol's"`
				Pools    []partPool          `json:"pools,omitempty" maxItems:"1000" doc:"Parts of it with other tubes"`
				Opens    outbreak.Instant    `json:"opens,omitempty" doc:"Empty: now; later than now: the round is planned, and opens then"`
				Closes   outbreak.Instant    `json:"closes,omitempty" doc:"Empty: when the protocol says"`
				Excuse   string              `json:"excuse,omitempty" maxLength:"300" doc:"Why it opens on a version that passed no rehearsal here"`
			}
		}) (*reply[screening.Round], error) {
			b := in.Body
			c := screening.OpenRound{Key: in.Key, Outbreak: b.Outbreak, Name: b.Name, Areas: b.Areas, Pool: b.Pool, Opens: b.Opens, Closes: b.Closes, Excuse: b.Excuse}
			for _, x := range b.Pools {
				c.Pools = append(c.Pools, screening.PoolIn(x))
			}
			r, err := p.house.Screening.OpenRound(ctx, door.ActorOf(ctx), c)
			return &reply[screening.Round]{r}, err
		})
	route(p, access.RoundRead, huma.Operation{Method: http.MethodGet, Path: "/rounds/{round}", Summary: "A round and where everybody on its roll stands", Tags: screeningTag},
		func(ctx context.Context, in *struct {
			RoundPath
			Below
		}) (*reply[screening.RoundStatus], error) {
			st, err := p.house.Screening.FindRound(ctx, door.ActorOf(ctx), in.Round.ID, in.Below.Below)
			return &reply[screening.RoundStatus]{st}, err
		})
	route(p, access.RoundRead, huma.Operation{Method: http.MethodGet, Path: "/rounds/{round}/walk-ins", Summary: "The people in tubes of a round who are not on its roll, by number; of some their device has not said yet who they are", Tags: screeningTag},
		func(ctx context.Context, in *struct {
			RoundPath
			Limit
			After int64 `query:"after" minimum:"0" doc:"The number of the last one read"`
		}) (*page[screening.WalkIn], error) {
			list, err := p.house.Screening.ListWalkIns(ctx, door.ActorOf(ctx), in.Round.ID, in.After, in.Most)
			return paged(list, in.Most, func(w screening.WalkIn) string { return strconv.FormatInt(w.No, 10) }), err
		})
	route(p, access.RoundRead, huma.Operation{Method: http.MethodGet, Path: "/rounds/{round}/spoiled", Summary: "The tubes of a round that give no result", Tags: screeningTag},
		func(ctx context.Context, in *RoundPath) (*page[screening.Tube], error) {
			list, err := p.house.Screening.ListSpoiled(ctx, door.ActorOf(ctx), in.Round.ID)
			for i := range list {
				list[i].Members = some(list[i].Members)
			}
			return whole(list), err
		})
	route(p, access.RoundRead, huma.Operation{Method: http.MethodGet, Path: "/rounds/{round}/communities", Summary: "Where the people of each community stand", Tags: screeningTag},
		func(ctx context.Context, in *RoundPath) (*page[screening.CommunityStatus], error) {
			list, err := p.house.Screening.ListCommunities(ctx, door.ActorOf(ctx), in.Round.ID)
			return whole(list), err
		})
	route(p, access.RoundRead, huma.Operation{Method: http.MethodGet, Path: "/rounds/{round}/people", Summary: "The people who stand in an outcome: the rows behind a figure of the round", Tags: screeningTag},
		func(ctx context.Context, in *struct {
			RoundPath
			Below
			Limit
			Outcome outbreak.Outcome `query:"outcome" required:"true" enum:"valid_result,awaiting,sample_again,excused,refused,away,unreachable,unknown"`
			After   int64            `query:"after" minimum:"0"`
		}) (*page[screening.Standing], error) {
			list, err := p.house.Screening.ListStanding(ctx, door.ActorOf(ctx), in.Round.ID, in.Below.Below, in.Outcome, in.After, in.Most)
			return paged(list, in.Most, func(s screening.Standing) string { return strconv.FormatInt(s.No, 10) }), err
		})
	route(p, access.RoundManage, huma.Operation{Method: http.MethodPost, Path: "/rounds/{round}/close", Summary: "End a round; while anybody is owed something, only as incomplete", Tags: screeningTag},
		func(ctx context.Context, in *struct {
			Keyed
			RoundPath
			Body struct {
				Incomplete bool `json:"incomplete,omitempty"`
			}
		}) (*reply[screening.Round], error) {
			r, err := p.house.Screening.CloseRound(ctx, door.ActorOf(ctx), screening.CloseRound{Key: in.Key, Round: in.Round.ID, Incomplete: in.Body.Incomplete})
			return &reply[screening.Round]{r}, err
		})
	route(p, access.OutcomeRecord, huma.Operation{Method: http.MethodPost, Path: "/rounds/{round}/outcomes", Summary: "Say who is excused, refused, away or not reached", Tags: screeningTag},
		func(ctx context.Context, in *struct {
			Keyed
			RoundPath
			Body struct {
				Items []struct {
					No      int64            `json:"no"`
					Outcome outbreak.Outcome `json:"outcome" enum:"excused,refused,away,unreachable"`
					Reason  string           `json:"reason,omitempty" maxLength:"200"`
					At      outbreak.Instant `json:"at,omitempty" doc:"Empty: now"`
				} `json:"items" minItems:"1" maxItems:"1000"`
			}
		}) (*reply[counted], error) {
			c := screening.RecordOutcomes{Key: in.Key, Round: in.Round.ID}
			for _, i := range in.Body.Items {
				c.Items = append(c.Items, screening.OutcomeOf(i))
			}
			n, err := p.house.Screening.RecordOutcomes(ctx, door.ActorOf(ctx), c)
			return &reply[counted]{counted{n}}, err
		})
}

func tubeRoutes(p *plan) {
	route(p, access.TubeClose, huma.Operation{Method: http.MethodPost, Path: "/rounds/{round}/tubes", Summary: "Hand closed tubes in; what does not fit is recorded and raised, never sent away", Tags: screeningTag, MaxBodyBytes: files},
		func(ctx context.Context, in *struct {
			Keyed
			RoundPath
			Body struct {
				Booth outbreak.BoothID `json:"booth"`
				Tubes []handedTube     `json:"tubes" minItems:"1" maxItems:"1000"`
			}
		}) (*reply[screening.Handed], error) {
			c := screening.CloseTubes{Key: in.Key, Round: in.Round.ID, Booth: in.Body.Booth, Tubes: make([]screening.HandedTube, 0, len(in.Body.Tubes))}
			for _, t := range in.Body.Tubes {
				c.Tubes = append(c.Tubes, t.tube())
			}
			h, err := p.house.Screening.CloseTubes(ctx, door.ActorOf(ctx), c)
			return &reply[screening.Handed]{h}, err
		})
	route(p, access.RoundRead, huma.Operation{Method: http.MethodGet, Path: "/rounds/{round}/tubes", Summary: "The tubes of a round, in the order they came in", Tags: screeningTag},
		func(ctx context.Context, in *struct {
			RoundPath
			Limit
			After int64 `query:"after" minimum:"0"`
		}) (*page[screening.Tube], error) {
			list, err := p.house.Screening.ListTubes(ctx, door.ActorOf(ctx), in.Round.ID, in.After, in.Most)
			for i := range list {
				list[i].Members = some(list[i].Members)
			}
			return paged(list, in.Most, func(t screening.Tube) string { return strconv.FormatInt(t.Seq, 10) }), err
		})
	route(p, access.RoundRead, huma.Operation{Method: http.MethodGet, Path: "/tubes/{tube}", Summary: "A tube and who is in it, without names", Tags: screeningTag},
		func(ctx context.Context, in *TubePath) (*reply[tubeWithPeople], error) {
			t, people, err := p.house.Screening.FindTube(ctx, door.ActorOf(ctx), in.Tube)
			out := tubeWithPeople{Tube: t, People: []registry.Person{}}
			out.Members = some(out.Members)
			for _, who := range people {
				out.People = append(out.People, who)
			}
			slices.SortFunc(out.People, func(a, b registry.Person) int { return cmp.Compare(a.No, b.No) })
			return &reply[tubeWithPeople]{out}, err
		})
	route(p, access.TubeSpoil, huma.Operation{Method: http.MethodPost, Path: "/tubes/{tube}/spoil", Summary: "Report a tube lost, leaked or rejected; its people are sampled again", Tags: screeningTag},
		func(ctx context.Context, in *struct {
			Keyed
			TubePath
			Body struct {
				Reason string           `json:"reason" enum:"lost,leaked,rejected"`
				At     outbreak.Instant `json:"at,omitempty" doc:"Empty: now"`
			}
		}) (*reply[screening.Tube], error) {
			t, err := p.house.Screening.SpoilTube(ctx, door.ActorOf(ctx), screening.SpoilTube{Key: in.Key, Tube: in.Tube, Reason: in.Body.Reason, At: in.Body.At})
			t.Members = some(t.Members)
			return &reply[screening.Tube]{t}, err
		})
}

func recallRoutes(p *plan) {
	route(p, access.RoundRead, huma.Operation{Method: http.MethodGet, Path: "/recalls", Summary: "The recalls of tubes, the oldest first", Tags: screeningTag},
		func(ctx context.Context, in *struct {
			Limit
			State string `query:"state" enum:"open,members_unknown,positive_found,none_positive,revised"`
			After string `query:"after" maxLength:"120"`
		}) (*page[screening.Recall], error) {
			after, err := screening.ParseMark(in.After)
			if err != nil {
				return nil, err
			}
			list, err := p.house.Screening.ListRecalls(ctx, door.ActorOf(ctx), in.State, after, in.Most)
			return paged(list, in.Most, func(x screening.Recall) string { return x.Mark().String() }), err
		})
	route(p, access.RoundRead, huma.Operation{Method: http.MethodGet, Path: "/held", Summary: "People held by a recall: those of one tube, or all who still wait", Tags: screeningTag},
		func(ctx context.Context, in *struct {
			Limit
			Tube  outbreak.TubeCode `query:"tube" maxLength:"64"`
			After string            `query:"after" maxLength:"120"`
		}) (*page[screening.RecallMember], error) {
			after, err := screening.ParseMark(in.After)
			if err != nil {
				return nil, err
			}
			list, err := p.house.Screening.ListHeld(ctx, door.ActorOf(ctx), in.Tube, after, in.Most)
			return paged(list, in.Most, func(m screening.RecallMember) string { return m.Mark().String() }), err
		})
	route(p, access.RoundRead, huma.Operation{Method: http.MethodGet, Path: "/sample-again", Summary: "People owed a new swab, the longest first", Tags: screeningTag},
		func(ctx context.Context, in *struct {
			Limit
			After string `query:"after" maxLength:"120"`
		}) (*page[screening.Again], error) {
			after, err := screening.ParseMark(in.After)
			if err != nil {
				return nil, err
			}
			list, err := p.house.Screening.ListAgain(ctx, door.ActorOf(ctx), after, in.Most)
			return paged(list, in.Most, func(a screening.Again) string { return a.Mark().String() }), err
		})
	route(p, access.RoundRead, huma.Operation{Method: http.MethodGet, Path: "/anomalies", Summary: "What does not fit, the oldest first", Tags: screeningTag},
		func(ctx context.Context, in *struct {
			Limit
			What    string                  `query:"what" maxLength:"40"`
			Settled bool                    `query:"settled"`
			After   Ref[outbreak.AnomalyID] `query:"after"`
		}) (*page[screening.Anomaly], error) {
			list, err := p.house.Screening.ListAnomalies(ctx, door.ActorOf(ctx), in.What, in.Settled, in.After.ID, in.Most)
			return paged(list, in.Most, func(a screening.Anomaly) string { return a.ID.String() }), err
		})
	route(p, access.AnomalySettle, huma.Operation{Method: http.MethodPost, Path: "/anomalies/{anomaly}/settle", Summary: "Say what an anomaly turned out to be", Tags: screeningTag},
		func(ctx context.Context, in *struct {
			Keyed
			Anomaly Ref[outbreak.AnomalyID] `path:"anomaly"`
			Body    struct {
				Verdict string `json:"verdict" enum:"explained,corrected,mistake"`
			}
		}) (*reply[screening.Anomaly], error) {
			a, err := p.house.Screening.SettleAnomaly(ctx, door.ActorOf(ctx), screening.SettleAnomaly{Key: in.Key, Anomaly: in.Anomaly.ID, Verdict: in.Body.Verdict})
			return &reply[screening.Anomaly]{a}, err
		})
}
