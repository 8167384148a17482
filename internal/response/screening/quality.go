package screening

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"

	"breakwater/internal/engine/pooled"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// SwabQuality is how well the swabs of one sampling point, of one of its devices, or of one sampler were taken, as far as laboratories can tell:
// a swab without enough of a human gene gives no result or a late one.
type SwabQuality struct {
	Booth   Booth   `json:"booth"`
	Device  int64   `json:"device"`  // 0: the whole point, or tubes of no device
	Sampler int64   `json:"sampler"` // 0: of every one, or nobody had signed on
	Name    string  `json:"name"`    // of the sampler, or what people call the device
	Tested  int     `json:"tested"`  // tubes with a result
	Invalid int     `json:"invalid"` // of them
	Share   float64 `json:"share"`
	Lower   float64 `json:"lower"` // of the interval
	Upper   float64 `json:"upper"`
	Wells   int     `json:"wells"` // of released runs that show the human gene or not
	None    int     `json:"none"`  // without it
	Mean    float64 `json:"mean"`  // cycles of the others; 0: there are none
	Poor    string  `json:"poor"`  // invalid, late, or empty

	cycles   int64 // in hundredths, as the tables have them
	spreadOf int64 // wells in squares
	squares  int64 // of the cycles, in hundredths
}

// qualityLimits are what a rule book says of swabs; 0: nothing.
type qualityLimits struct {
	invalid float64 // share of invalid tubes
	cycles  float64 // mean cycles of the human gene
}

func qualityLimitsOf(p outbreak.Protocol) (l qualityLimits) {
	percent, _ := p.Number("swab.invalid_max")
	l.invalid = percent / 100
	l.cycles, _ = p.Number("swab.human_ct_max")
	return l
}

// How many must have been read before anything is said of a hand: a share of few tubes, and a mean of few cycles, are chance.
const (
	fewestTested = 20
	fewestWells  = 30
)

// byChance is how likely it may be that of all hands of a round a single one is named that is no worse than the limit.
const byChance = 0.05

// Why swabs count as poor.
const (
	PoorInvalid = "invalid" // more invalid tubes than chance makes at the limit
	PoorLate    = "late"    // the human gene comes late
)

// judge works the figures out, for one of many hands that are judged together. A hand is named for its invalid tubes only when the
// whole interval lies above the limit, and for late cycles only when the mean is further above it than these spread by chance; both
// intervals are the wider the more hands there are, since one of thousands is always the unluckiest.
func (q SwabQuality) judge(l qualityLimits, hands int) SwabQuality {
	of := func(confidence float64) (pooled.Estimate, bool) {
		return pooled.Prevalence([]pooled.Pools{{Size: 1, Tested: q.Tested, Positive: q.Invalid}}, confidence)
	}
	if e, known := of(confidence); known {
		q.Share, q.Lower, q.Upper = e.P, e.Lower, e.Upper
	}
	sure := 1 - byChance/float64(max(hands, 1))
	n := q.Wells - q.None
	if n > 0 {
		q.Mean = float64(q.cycles) / float64(n) / 100
	}
	switch e, _ := of(sure); {
	case l.invalid > 0 && q.Tested >= fewestTested && e.Lower > l.invalid:
		q.Poor = PoorInvalid
	case l.cycles > 0 && n >= fewestWells && q.Mean-math.Sqrt2*math.Erfinv(sure)*q.spread()/math.Sqrt(float64(n)) > l.cycles:
		q.Poor = PoorLate
	}
	return q
}

// leastSpread is what cycles of equal swabs spread at the least, whatever few of them say.
const leastSpread = 1.0

// spread is how far the cycles lie apart, as a standard deviation.
func (q SwabQuality) spread() float64 {
	if q.spreadOf == 0 {
		return leastSpread
	}
	return math.Sqrt(max(float64(q.squares)/float64(q.spreadOf)/100-q.Mean*q.Mean, leastSpread*leastSpread))
}

// sum adds the figures of a device to those of its point.
func (q SwabQuality) sum(o SwabQuality) SwabQuality {
	q.Tested, q.Invalid, q.Wells, q.None, q.cycles = q.Tested+o.Tested, q.Invalid+o.Invalid, q.Wells+o.Wells, q.None+o.None, q.cycles+o.cycles
	q.spreadOf, q.squares = q.spreadOf+o.spreadOf, q.squares+o.squares
	return q
}

// RoundQuality is the quality of all swabs of a round, the poor ones first.
type RoundQuality struct {
	Round   Round         `json:"round"`
	All     SwabQuality   `json:"all"`
	Rows    []SwabQuality `json:"rows"`
	Poor    int           `json:"poor"`
	Invalid float64       `json:"invalid_max"` // the rule book's limit, a share; 0: it names none
	Cycles  float64       `json:"human_ct_max"`
}

// Whose swabs are told apart.
const (
	QualityByPoint   = "" // of each sampling point
	QualityByDevice  = "device"
	QualityBySampler = "sampler" // wherever in the round they worked
)

// ListSwabQuality tells how well the swabs of each sampling point of a round the actor sees were taken, or of each device or sampler:
// these are people, and for those alone who run the round there.
func (s *Service) ListSwabQuality(ctx context.Context, by outbreak.Actor, id outbreak.RoundID, of string) (q RoundQuality, err error) {
	may := access.RoundRead
	if of != QualityByPoint {
		may = access.RoundManage
	}
	if err := access.RequireAnywhere(by, may); err != nil {
		return q, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		if q.Round, err = roundByID(tx, id); err != nil {
			return err
		}
		if !sees(by, q.Round) {
			return outbreak.Refuse(outbreak.NotFound, "screening.no_round")
		}
		p, err := s.registry.ProtocolOf(tx, q.Round.Outbreak)
		if err != nil {
			return err
		}
		limits := qualityLimitsOf(p)
		q.Invalid, q.Cycles = limits.invalid, limits.cycles
		cond, args := access.Within(by, may, "b.", []any{id})
		rows, err := store.List(tx, func(r store.Row) (x SwabQuality, err error) {
			b := &x.Booth
			var device, sampler string
			err = r.Scan(&b.ID, &b.Outbreak, &b.AreaID, &b.Area, &b.Name, &x.Device, &device, &x.Sampler, &sampler, &x.Tested, &x.Invalid, &x.Wells, &x.None, &x.cycles, &x.spreadOf, &x.squares)
			if x.Name = device; of == QualityBySampler {
				x.Name = sampler
			}
			return x, err
		}, `select b.id, b.outbreak, b.area_id, b.area, b.name, q.device, coalesce(d.name, ''), q.sampler, coalesce(p.name, ''), q.tested, q.invalid, q.wells, q.none, q.cycles, q.spread_of, q.squares
			from swab_quality q join booth b on b.id = q.booth left join device d on d.id = q.device left join sampler p on p.id = q.sampler where q.round = $1 and `+cond, args...)
		q.arrange(rows, of, limits)
		return err
	})
	return q, err
}

// hand is whose swabs are judged together.
type hand struct {
	booth           outbreak.BoothID
	device, sampler int64
}

// handOf gives whose the swabs of a row are, and the row of that hand without figures. A sampler who worked at several points is one
// hand; the swabs for which nobody had signed on are the point's.
func (q SwabQuality) handOf(of string) (hand, SwabQuality) {
	x := SwabQuality{Booth: q.Booth}
	switch {
	case of == QualityByDevice:
		x.Device, x.Name = q.Device, q.Name
	case of == QualityBySampler && q.Sampler != 0:
		x.Sampler, x.Name = q.Sampler, q.Name
		return hand{sampler: q.Sampler}, x
	}
	return hand{booth: q.Booth.ID, device: x.Device}, x
}

// arrange sums the rows of each hand and judges them.
func (q *RoundQuality) arrange(rows []SwabQuality, of string, l qualityLimits) {
	hands := map[hand]SwabQuality{}
	for _, r := range rows {
		q.All = q.All.sum(r)
		h, empty := r.handOf(of)
		x, known := hands[h]
		if !known {
			x = empty
		} else if x.Booth.ID != r.Booth.ID {
			x.Booth = Booth{} // several
		}
		hands[h] = x.sum(r)
	}
	for _, x := range hands {
		q.Rows = append(q.Rows, x)
	}
	many := 0
	for _, r := range q.Rows {
		many += one(r.Tested >= fewestTested || r.Wells-r.None >= fewestWells)
	}
	for i, r := range q.Rows {
		q.Rows[i] = r.judge(l, many)
	}
	q.All = q.All.judge(qualityLimits{}, 1)
	slices.SortFunc(q.Rows, func(a, b SwabQuality) int {
		return cmp.Or(cmp.Compare(b.Poor, a.Poor), cmp.Compare(b.Lower, a.Lower), cmp.Compare(b.Mean, a.Mean), cmp.Compare(a.Booth.Name, b.Booth.Name), cmp.Compare(a.Device, b.Device), cmp.Compare(a.Sampler, b.Sampler))
	})
	for _, r := range q.Rows {
		q.Poor += one(r.Poor != "")
	}
}

// ListInvalid lists the tubes of a sampling point in a round of which the last result is invalid, in the order they came in.
func (s *Service) ListInvalid(ctx context.Context, by outbreak.Actor, id outbreak.RoundID, booth outbreak.BoothID) (tubes []Tube, err error) {
	if err := access.RequireAnywhere(by, access.RoundRead); err != nil {
		return nil, err
	}
	if _, err := s.coverage.need(ctx, id); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		for part := range slices.Chunk(s.coverage.thatSaid(id, outbreak.InvalidResult), 400) {
			in, args := store.In([]any{booth}, part)
			rows, err := store.List(tx, scanTubeRow, "select "+tubeColumns+tubeFrom+"where t.booth = $1 and t.seq in ("+in+") order by t.seq", args...)
			if err != nil {
				return err
			}
			if rows, err = placed(tx, rows); err != nil {
				return err
			}
			for _, r := range rows {
				if access.Can(by, access.RoundRead, r.Scope()) {
					tubes = append(tubes, r.Tube)
				}
			}
		}
		return nil
	})
	return tubes, err
}

// thatSaid gives the first rows of the tubes of a round with a result.
func (c *Coverage) thatSaid(id outbreak.RoundID, result outbreak.Result) (rows []int64) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	v := c.rounds[id]
	if v == nil {
		return nil
	}
	for _, t := range v.tubes.all() {
		if t.result() == result {
			rows = append(rows, v.tubes.base+int64(t.seq))
		}
	}
	return rows
}

// qualityKey is whose swabs a tube holds.
type qualityKey struct {
	round   outbreak.RoundID
	booth   outbreak.BoothID
	device  int64
	sampler int64
}

// qualities gathers what one entry of the journal says of swabs.
type qualities map[qualityKey]SwabQuality

func (q qualities) add(t Tube, by shifts, more SwabQuality) {
	k := qualityKey{t.Round, t.Booth, t.device, by.of(t)}
	q[k] = q[k].sum(more)
}

// keep writes what was gathered, in one order everywhere, so that two writers never wait for each other.
func (q qualities) keep(tx *store.Tx) error {
	order := slices.SortedFunc(maps.Keys(q), func(a, b qualityKey) int {
		return cmp.Or(cmp.Compare(a.round, b.round), cmp.Compare(a.booth, b.booth), cmp.Compare(a.device, b.device), cmp.Compare(a.sampler, b.sampler))
	})
	for _, k := range order {
		x := q[k]
		if _, err := tx.Exec(`insert into swab_quality (round, booth, device, sampler, tested, invalid, wells, none, cycles, spread_of, squares) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
			on conflict (round, booth, device, sampler) do update set tested = swab_quality.tested + excluded.tested, invalid = swab_quality.invalid + excluded.invalid,
			wells = swab_quality.wells + excluded.wells, none = swab_quality.none + excluded.none, cycles = swab_quality.cycles + excluded.cycles,
			spread_of = swab_quality.spread_of + excluded.spread_of, squares = swab_quality.squares + excluded.squares`,
			k.round, k.booth, k.device, k.sampler, x.Tested, x.Invalid, x.Wells, x.None, x.cycles, x.spreadOf, x.squares); err != nil {
			return err
		}
	}
	return nil
}

// noteNegatives counts first negatives of known tubes.
func noteNegatives(tx *store.Tx, codes []outbreak.TubeCode, tubes map[outbreak.TubeCode]Tube) error {
	by, err := shiftsOf(tx, slices.Collect(maps.Values(tubes)))
	if err != nil {
		return err
	}
	q := qualities{}
	for _, c := range codes {
		if t, known := tubes[c]; known {
			q.add(t, by, SwabQuality{Tested: 1})
		}
	}
	return q.keep(tx)
}

// noteResult counts a result of a known tube, the first or one that revises another.
func noteResult(tx *store.Tx, t Tube, now, was outbreak.Result) error {
	more := SwabQuality{Tested: one(was == ""), Invalid: one(now == outbreak.InvalidResult) - one(was == outbreak.InvalidResult)}
	by, err := shiftsOf(tx, []Tube{t})
	if err != nil {
		return err
	}
	q := qualities{}
	q.add(t, by, more)
	return q.keep(tx)
}

// followRun takes the human gene's cycles of a run that counts in, or of one that counts no more out.
func (s *Service) followRun(tx *store.Tx, run outbreak.RunID, sign int) error {
	type well struct {
		code   outbreak.TubeCode
		cycles int64
	}
	wells := map[outbreak.AreaID][]well{}
	if err := s.results.EachHuman(tx, run, func(area outbreak.AreaID, code outbreak.TubeCode, cycles int64) {
		wells[area] = append(wells[area], well{code, cycles})
	}); err != nil {
		return err
	}
	q := qualities{}
	for area, list := range wells {
		codes := make([]outbreak.TubeCode, len(list))
		for i, w := range list {
			codes[i] = w.code
		}
		tubes, err := tubesByCode(tx, area, codes)
		if err != nil {
			return err
		}
		by, err := shiftsOf(tx, slices.Collect(maps.Values(tubes)))
		if err != nil {
			return err
		}
		for _, w := range list {
			if t, known := tubes[w.code]; known {
				seen := int64(sign * one(w.cycles != 0))
				q.add(t, by, SwabQuality{Wells: sign, None: sign * one(w.cycles == 0), cycles: int64(sign) * w.cycles, spreadOf: seen, squares: seen * w.cycles * w.cycles / 100})
			}
		}
	}
	return q.keep(tx)
}
