package linelist

import (
	"context"
	"time"

	"breakwater/internal/engine/columns"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
)

// rule finds cases of which something cannot be, or is missing that has to be there. Its sentence is the catalogue entry
// "linelist.check.<name>".
type rule struct {
	name   string
	fields []string // that are to blame
	find   func(p picture, set *columns.Set)
}

// rules is the one table of checks: to add one, write its line here and its sentence. What they find is never refused, only shown.
var rules = []rule{
	{"onset_missing", []string{"onset"}, missing(colOnset)},
	{"sex_missing", []string{"sex"}, missing(colSex)},
	{"age_missing", []string{"age"}, missing(colAge)},
	{"diagnosed_missing", []string{"diagnosed"}, func(p picture, set *columns.Set) {
		p.KeepWords(set, colClassification, p.KeepTexts(colClassification, []string{string(outbreak.Confirmed)}))
		p.KeepKnown(set, colDiagnosed, false)
	}},
	{"outcome_undated", []string{"outcome", "outcome_date"}, func(p picture, set *columns.Set) {
		p.KeepWords(set, colOutcome, p.KeepTexts(colOutcome, []string{"recovered", "died"}))
		p.KeepKnown(set, colOutcomeAt, false)
	}},
	{"age_impossible", []string{"age"}, func(p picture, set *columns.Set) { p.KeepBetween(set, colAge, oldest*12+12, 1<<31-1) }},
	{"date_in_future", []string{"onset", "sampled", "positive", "diagnosed", "reported", "hospitalised", "isolated", "outcome_date"}, inFuture},
	{"date_long_ago", []string{"onset", "sampled", "positive", "diagnosed", "reported", "hospitalised", "isolated", "outcome_date"}, longAgo},
	{"onset_after_record", []string{"onset", "recorded"}, before(colRecorded, colOnset)},
	{"positive_before_sample", []string{"positive", "sampled"}, before(colPositive, colSampled)},
	{"outcome_before_onset", []string{"outcome_date", "onset"}, before(colOutcomeAt, colOnset)},
	{"outcome_before_hospital", []string{"outcome_date", "hospitalised"}, before(colOutcomeAt, colHospitalised)},
	{"outcome_before_isolation", []string{"outcome_date", "isolated"}, before(colOutcomeAt, colIsolated)},
	{"before_its_source", []string{"onset"}, beforeSource},
	{"number_twice", []string{"case"}, func(p picture, set *columns.Set) { p.KeepIDs(set, p.beside.twice) }},
}

// oldest is the greatest age in years that somebody can have.
const oldest = 120

// dates are the columns of days that people say.
var dates = []int{colOnset, colSampled, colPositive, colReported, colDiagnosed, colHospitalised, colIsolated, colOutcomeAt}

func missing(col int) func(picture, *columns.Set) {
	return func(p picture, set *columns.Set) { p.KeepKnown(set, col, false) }
}

func before(first, second int) func(picture, *columns.Set) {
	return func(p picture, set *columns.Set) { p.KeepLess(set, first, second) }
}

// anyDate keeps the cases with a day from one to another in any field.
func (p picture) anyDate(set *columns.Set, from, to int64) {
	found := p.None()
	for _, col := range dates {
		some := set.Clone()
		p.KeepBetween(some, col, from, to)
		found.Or(some)
	}
	set.And(found)
}

// inFuture keeps the cases with a day that has not begun anywhere.
func inFuture(p picture, set *columns.Set) {
	now := p.asOf
	if p.knownAt != 0 {
		now = p.knownAt
	}
	p.anyDate(set, int64(now.Add(14*time.Hour))/dayMillis+1, 1<<31-1)
}

// longAgo keeps the cases with a day longer ago than anybody is old: a century that slipped.
func longAgo(p picture, set *columns.Set) {
	p.anyDate(set, -1<<31, int64(p.asOf)/dayMillis-oldest*366)
}

// beforeSource keeps the cases that began before one they are said to have it from.
func beforeSource(p picture, set *columns.Set) {
	found := p.None()
	for _, pair := range p.beside.pairs {
		of, ok := p.Row(int64(pair[0]))
		source, there := p.Row(int64(pair[1]))
		if !ok || !there {
			continue
		}
		if a, b := p.Number(of, colOnset), p.Number(source, colOnset); a != columns.Missing && b != columns.Missing && a < b {
			found.Put(of)
		}
	}
	set.And(found)
}

func checkNames() (names []string) {
	return []string{"onset_missing", "sex_missing", "age_missing", "diagnosed_missing", "outcome_undated", "age_impossible", "date_in_future", "date_long_ago", "onset_after_record",
		"positive_before_sample", "outcome_before_onset", "outcome_before_hospital", "outcome_before_isolation", "before_its_source", "number_twice"}
}

// found cuts a set to the cases a rule finds; those that are no cases are none of its business.
func (p picture) found(set *columns.Set, r rule) {
	p.KeepWords(set, colState, p.KeepTexts(colState, []string{string(cases.Discarded)}).Not())
	r.find(p, set)
}

// keepFound cuts a set by a condition on what the rules find.
func (p picture) keepFound(set *columns.Set, c Condition) {
	found := p.None()
	for _, r := range rules {
		for _, name := range c.Values {
			if name == r.name {
				some := set.Clone()
				p.found(some, r)
				found.Or(some)
			}
		}
	}
	join(set, found, c.Op)
}

// Finding is what a rule found.
type Finding struct {
	Check    string   `json:"check"`
	Fields   []string `json:"fields"`
	Cases    int      `json:"cases"`
	ByArea   []Count  `json:"by_area"`
	BySource []Count  `json:"by_source"` // by how the cases were found
	Query    Query    `json:"-"`         // of the cases it found
	Address  string   `json:"query"`     // the same, as the parameters of a list's address
}

// Quality is what the rules found in a list.
type Quality struct {
	Cases    int              `json:"cases"` // looked at
	Findings []Finding        `json:"findings"`
	Seq      int64            `json:"seq"`
	AsOf     outbreak.Instant `json:"as_of"`
}

// Quality checks the cases of a query by every rule. Each figure is a query of its own.
func (s *Service) Quality(ctx context.Context, by outbreak.Actor, q Query) (Quality, error) {
	if err := access.RequireAnywhere(by, access.CaseRead); err != nil {
		return Quality{}, err
	}
	q, err := s.prepare(ctx, by, q.With())
	if err != nil {
		return Quality{}, err
	}
	if err := s.memory.lookBeside(ctx, s.rooms.Links); err != nil {
		return Quality{}, err
	}
	var all Quality
	err = s.memory.look(ctx, q.KnownAt, func(p picture) error {
		set, err := p.choose(by, q, access.CaseRead)
		if err != nil {
			return err
		}
		all = Quality{Cases: set.Count(), Seq: p.seq, AsOf: p.asOf}
		sources, err := p.group(q, "via", "")
		if err != nil {
			return err
		}
		areas := p.areas(q)
		for _, r := range rules {
			some := set.Clone()
			p.found(some, r)
			f := Finding{Check: r.name, Fields: r.fields, Cases: some.Count(), Query: q.With(Condition{"quality", In, []string{r.name}})}
			f.Address = f.Query.Values().Encode()
			f.ByArea, f.BySource = p.counts(some, areas), p.counts(some, sources)
			all.Findings = append(all.Findings, f)
		}
		return nil
	})
	return all, err
}

// counts lists how many cases of a set are in each group, where there are any.
func (p picture) counts(set *columns.Set, g grouping) (list []Count) {
	for i, n := range p.Count(set, g.Group) {
		if n > 0 {
			list = append(list, Count{g.values[i], n})
		}
	}
	return list
}
