package web

import (
	"net/url"
	"strconv"

	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
)

// Page of all testing rounds.
type roundsPage struct {
	Rounds []screening.Round
	New    *roundForm
	Told   screening.Rehearsals
	Zones  int // lines of the form for parts with tubes of their own
	Parted bool
}

func (s *Server) readRounds(c *call) (any, error) {
	list, err := s.House.Screening.ListRounds(c.ctx, c.by)
	if err != nil {
		return nil, err
	}
	form, err := s.roundForm(c)
	if err != nil {
		return nil, err
	}
	told, err := s.rehearsed(c)
	return roundsPage{Rounds: list, New: form, Told: told, Zones: c.zonesAsked(), Parted: c.zonesOpen()}, err
}

// roundPage is one round: where everybody on its roll stands, how it moves, and the same area by area.
type roundPage struct {
	Round   screening.RoundStatus
	Parts   []part
	Sampled int
	Valid   int
	Owed    int // people the round still owes something
	Now     roundNow
	stage
}

// part is one outcome's share of the roll, with its place in the bar.
type part struct {
	Outcome outbreak.Outcome
	N       int
	X, W    float64 // of 1000
	Class   string
}

type communityRow struct {
	Area    outbreak.Path
	Roll    int
	Sampled int
	Valid   int
	Again   int
	Unknown int
}

func (s *Server) readRound(c *call) (any, error) {
	id, err := outbreak.ParseID[outbreak.RoundID](c.path("id"))
	if err != nil {
		return nil, err
	}
	st, err := s.House.Screening.FindRound(c.ctx, c.by, id, "")
	if err != nil {
		return nil, err
	}
	c.view.Head = st.AsOf
	p := roundPage{Round: st, Parts: partsOf(st.Outcomes, st.RollNow), Sampled: st.Sampled(), Valid: st.Outcomes[outbreak.ValidResult],
		Owed: st.Outcomes[outbreak.Unknown] + st.Outcomes[outbreak.Awaiting] + st.Outcomes[outbreak.SampleAgain]}
	if p.stage, err = s.stageOf(c, st.Round); err != nil {
		return nil, err
	}
	p.Now, err = s.roundNow(c, st)
	return p, err
}

// partsOf lays the outcomes of a roll side by side; they fill the bar because they sum to the roll.
func partsOf(outcomes map[outbreak.Outcome]int, roll int) []part {
	var parts []part
	x := 0.0
	for i, o := range outbreak.Outcomes {
		p := part{Outcome: o, N: outcomes[o], X: x, Class: "c" + strconv.Itoa(i+1)}
		if roll > 0 {
			p.W = 1000 * float64(p.N) / float64(roll)
		}
		x += p.W
		parts = append(parts, p)
	}
	return parts
}

// standingPage is the people of a round who stand in one outcome.
type standingPage struct {
	Round    screening.RoundStatus
	People   []screening.Standing
	Outcome  outbreak.Outcome
	Outcomes []outbreak.Outcome
	In       outbreak.Path
	More     string
	Sayable  []outbreak.Outcome // what somebody can say of a person who is not sampled
}

func (s *Server) readStanding(c *call) (any, error) {
	id, err := outbreak.ParseID[outbreak.RoundID](c.path("id"))
	if err != nil {
		return nil, err
	}
	p := standingPage{Outcome: outbreak.Outcome(c.query.Get("outcome")), Outcomes: outbreak.Outcomes, Sayable: sayable, In: outbreak.Path(c.query.Get("in"))}
	if p.Outcome == "" {
		p.Outcome = outbreak.Unknown
	}
	if p.Round, err = s.House.Screening.FindRound(c.ctx, c.by, id, p.In); err != nil {
		return nil, err
	}
	c.view.Head = p.Round.AsOf
	after, _ := strconv.ParseInt(c.query.Get("after"), 10, 64) // a number that is none means the first page
	p.People, err = s.House.Screening.ListStanding(c.ctx, c.by, id, p.In, p.Outcome, after, rowsPerPage+1)
	if len(p.People) > rowsPerPage {
		p.People = p.People[:rowsPerPage]
		p.More = c.view.With("after", p.People[rowsPerPage-1].No)
	}
	return p, err
}

// sayable are the outcomes that somebody at the door finds out; every other follows from tubes and results.
var sayable = []outbreak.Outcome{outbreak.Unreachable, outbreak.Away, outbreak.Refused, outbreak.Excused}

// recordOutcome says why one person of a round is not sampled, and comes back to the list it was seen in.
func (s *Server) recordOutcome(c *call) (string, error) {
	id, err := outbreak.ParseID[outbreak.RoundID](c.path("id"))
	if err != nil {
		return "", err
	}
	no, err := strconv.ParseInt(c.form.Get("no"), 10, 64)
	if err != nil {
		return "", outbreak.Refuse(outbreak.Invalid, "web.form.unreadable").Because(err)
	}
	_, err = s.House.Screening.RecordOutcomes(c.ctx, c.by, screening.RecordOutcomes{Key: c.key(), Round: id,
		Items: []screening.OutcomeOf{{No: no, Outcome: outbreak.Outcome(c.form.Get("say"))}}})
	q := url.Values{"done": {"outcome"}, "outcome": {c.form.Get("outcome")}}
	if in := c.form.Get("in"); in != "" {
		q.Set("in", in)
	}
	return "/rounds/" + id.String() + "/people?" + q.Encode(), err
}
