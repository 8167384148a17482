package screening

import (
	"context"
	"fmt"
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// SearchRead is a search with everything the house knows around its pool: what may have been mixed up with what.
type SearchRead struct {
	Search
	Steps    []SearchStep   `json:"steps"`
	Open     []string       `json:"open"` // steps nobody has taken
	Pool     Tube           `json:"pool"`
	Members  []RecallMember `json:"members"`
	Before   []NearTube     `json:"before"` // filled before it at the same device, the nearest first
	After    []NearTube     `json:"after"`
	Doubles  []Doubled      `json:"doubles"`   // members who were in another tube before the pool came back
	Oddities []Anomaly      `json:"anomalies"` // of the pool and the tubes around it
}

// NearTube is a tube filled beside another.
type NearTube struct {
	Tube    outbreak.TubeCode `json:"tube"`
	Device  int64             `json:"device"` // 0: none made the operation
	Booth   outbreak.BoothID  `json:"booth"`
	Taken   outbreak.Instant  `json:"taken"`
	Members int               `json:"members"`
	Result  outbreak.Result   `json:"result"`

	area outbreak.AreaID
}

// Doubled is a member of the pool who was in another tube of the round as well, by code.
type Doubled struct {
	No     int64             `json:"no"`
	Person outbreak.PersonID `json:"person"`
	Tube   outbreak.TubeCode `json:"tube"` // the other one
	Taken  outbreak.Instant  `json:"taken"`
	Result outbreak.Result   `json:"result"`
}

const (
	nearTubes = 3       // on each side
	nearRows  = 100_000 // of the table of tubes that are looked through on each side: a busy province's ten minutes
)

// FindSearch gives a search with what lies around its pool. People are named by their codes.
func (s *Service) FindSearch(ctx context.Context, by outbreak.Actor, id outbreak.SearchID) (x SearchRead, err error) {
	if err := access.RequireAnywhere(by, access.RoundRead); err != nil {
		return x, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) (err error) {
		if x.Search, err = searchFor(tx, by, id, access.RoundRead); err != nil {
			return err
		}
		if x.Steps, err = stepsOf(tx, id); err != nil {
			return err
		}
		x.Open = openSteps(x.Steps)
		tubes, err := tubesByCode(tx, x.AreaID, []outbreak.TubeCode{x.Search.Tube})
		if err != nil {
			return err
		}
		x.Pool = tubes[x.Search.Tube]
		if x.Members, err = membersOf(tx, x.AreaID, x.Search.Tube); err != nil {
			return err
		}
		if x.Before, x.After, err = s.besides(tx, by, x.Pool); err != nil {
			return err
		}
		x.Oddities, err = odditiesOf(tx, by, x)
		return err
	})
	if err != nil {
		return x, err
	}
	x.Doubles, err = s.doubles(ctx, x)
	return x, err
}

// besides lists the tubes filled just before and after one at the same device; where no device made it, at the same booth.
func (s *Service) besides(tx *store.Tx, by outbreak.Actor, t Tube) (before, after []NearTube, err error) {
	rows, err := tubeRows(tx, t.AreaID, []outbreak.TubeCode{t.Code})
	if err != nil || len(rows) == 0 {
		return nil, nil, err
	}
	r := rows[0]
	cond, args := "t.booth = $3", []any{r.seq, r.seq - nearRows, r.Booth}
	if d := deviceOf(r.op); d != 0 {
		cond += " and t.op_id >= $4 and t.op_id < $5"
		args = append(args, d<<CounterBits, (d+1)<<CounterBits)
	}
	if before, err = s.near(tx, by, t, "t.seq < $1 and t.seq > $2 and "+cond+" order by t.seq desc", args); err != nil {
		return nil, nil, err
	}
	args[1] = r.seq + nearRows
	after, err = s.near(tx, by, t, "t.seq > $1 and t.seq < $2 and "+cond+" order by t.seq", args)
	return before, after, err
}

func (s *Service) near(tx *store.Tx, by outbreak.Actor, t Tube, cond string, args []any) (list []NearTube, err error) {
	rows, err := store.List(tx, scanTubeRow, "select "+tubeColumns+tubeFrom+"where "+cond+fmt.Sprintf(" limit %d", 4*nearTubes), args...)
	if err != nil {
		return nil, err
	}
	if rows, err = placed(tx, rows); err != nil {
		return nil, err
	}
	for _, r := range rows {
		known := r.Code == t.Code || slices.ContainsFunc(list, func(n NearTube) bool { return n.Tube == r.Code })
		if known || len(list) == nearTubes || !access.Can(by, access.RoundRead, r.Scope()) {
			continue
		}
		n := NearTube{Tube: r.Code, Device: deviceOf(r.op), Booth: r.Booth, Taken: r.Taken, Members: len(r.Members), area: r.AreaID}
		if n.Result, _, err = s.results.LastResult(tx, r.AreaID, r.Code); err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	return list, nil
}

// odditiesOf lists the anomalies of the pool and of the tubes around it, settled or not.
func odditiesOf(tx *store.Tx, by outbreak.Actor, x SearchRead) ([]Anomaly, error) {
	codes := []outbreak.TubeCode{x.Search.Tube}
	for _, n := range append(slices.Clone(x.Before), x.After...) {
		codes = append(codes, n.Tube)
	}
	cond, args := access.Within(by, access.RoundRead, "", nil)
	in, args := store.In(args, codes)
	return store.List(tx, scanAnomaly, "select "+anomalyColumns+" from anomaly where "+cond+" and tube in ("+in+") order by id limit 50", args...)
}

// doubles lists the members of the pool who were in another tube of the round before the pool's result came: whatever is swabbed
// after that is what a recall asks for.
func (s *Service) doubles(ctx context.Context, x SearchRead) (list []Doubled, err error) {
	list = []Doubled{}
	if x.Round == 0 || len(x.Pool.Members) == 0 {
		return list, nil
	}
	if _, err := s.coverage.need(ctx, x.Round); err != nil {
		return nil, err
	}
	var nos []int64
	for _, m := range x.Pool.Members {
		if m.No != 0 {
			nos = append(nos, m.No)
		}
	}
	others := s.coverage.tubesOf(x.Round, nos)
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		people, err := registry.PeopleByNo(tx, nos)
		if err != nil {
			return err
		}
		recall, _, err := recallOf(tx, x.AreaID, x.Search.Tube)
		if err != nil {
			return err
		}
		for _, no := range nos {
			for _, seq := range others[no] {
				r, ok, err := store.One(tx, scanTubeRow, "select "+tubeColumns+tubeFrom+"where t.seq = $1", seq)
				if err != nil {
					return err
				}
				if !ok || r.Code == x.Search.Tube || recall.OpenedAt != 0 && r.Taken >= recall.OpenedAt {
					continue
				}
				d := Doubled{No: no, Person: people[no].ID, Tube: r.Code, Taken: r.Taken}
				if d.Result, _, err = s.results.LastResult(tx, r.AreaID, r.Code); err != nil {
					return err
				}
				list = append(list, d)
			}
		}
		return nil
	})
	return list, err
}

// tubesOf gives the first rows of the tubes people of a round are in.
func (c *Coverage) tubesOf(id outbreak.RoundID, nos []int64) map[int64][]int64 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	found := map[int64][]int64{}
	v := c.rounds[id]
	if v == nil {
		return found
	}
	for _, no := range nos {
		for _, code := range v.codes.of(no) {
			v.eachTube(code, func(t uint32) { found[no] = append(found[no], v.tubes.base+int64(v.tubes.at(t).seq)) })
		}
	}
	return found
}
