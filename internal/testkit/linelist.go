package testkit

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// LineList makes cases as a large outbreak leaves them, straight into the tables, many a second, on either database: for
// benchmarks and for tests of lists. The same seed makes the same cases.
//
// Three waves over Days days. Of the cases 86 of 100 have an onset, 92 a sampling; they are recorded 0 to 20 days after the onset
// (three and a half in the mean), by delays that are told by Delay. 3 of 100 are discarded, 12 suspected, 15 probable, the rest confirmed. A
// tenth come with two open extra fields, half with a number of a laboratory, a twentieth had a field changed later. One in 500
// has dates that cannot be.
type LineList struct {
	Cases    int
	Outbreak outbreak.OutbreakID
	Areas    []outbreak.Path // where they lie, the first most often
	Zone     *time.Location  // of the areas; nil: UTC
	From     time.Time       // first day; zero: 1 March 2022
	Days     int             // 0: 120
	Seed     uint64
	FirstID  int64 // identifiers rise from here; 0: as if made on the first day
}

// Occupations of generated cases.
var Occupations = []string{"farmer", "teacher", "nurse", "driver", "student", "retired", "shop assistant", "courier", "cook", "office worker", "worker", "doctor", "child at home", "police", "cleaner"}

type generated struct {
	LineList
	r       *rand.Rand
	changed int64
	id      int64
}

var lineColumns = []string{"id", "outbreak", "edition", "person", "area", "severity", "classification", "via", "state", "live", "tube", "positive_at", "onset_at", "reason", "retention", "recorded_at",
	"sex", "age_months", "occupation", "hospital", "origin", "cluster", "sampled_at", "reported_at", "diagnosed_at", "hospitalised_at", "isolated_at", "outcome", "outcome_at", "followed", "version", "changed", "batch"}

// Write puts the cases into the tables of db.
func (l LineList) Write(ctx context.Context, db *store.DB) error {
	if l.Zone == nil {
		l.Zone = time.UTC
	}
	if l.From.IsZero() {
		l.From = time.Date(2022, 3, 1, 0, 0, 0, 0, l.Zone)
	}
	if l.Days == 0 {
		l.Days = 120
	}
	g := &generated{LineList: l, r: rand.New(rand.NewPCG(l.Seed, 11))}
	if g.id = l.FirstID; g.id == 0 {
		g.id = (l.From.UnixMilli() - 1577836800000) << 21
	}
	if err := db.Read(ctx, func(tx *store.Tx) (err error) {
		g.changed, err = store.Count(tx, "select coalesce(max(changed), 0) from case_file")
		return err
	}); err != nil {
		return err
	}
	recorded := make([]int, l.Cases) // hours after the first day; rows are recorded in their order
	for i := range recorded {
		recorded[i] = g.hour()
	}
	slices.Sort(recorded)
	for part := range slices.Chunk(recorded, 20_000) {
		if err := db.Write(ctx, func(tx *store.Tx) error { return g.write(tx, part) }); err != nil {
			return fmt.Errorf("writing generated cases: %w", err)
		}
	}
	if db.Engine() != store.PostgreSQL {
		return nil
	}
	return db.Write(ctx, func(tx *store.Tx) error { // a server does so by itself after a while
		for _, table := range []string{"case_file", "case_extra", "case_external", "case_change"} {
			if _, err := tx.Exec("analyze " + table); err != nil {
				return err
			}
		}
		return nil
	})
}

// hour draws from three waves.
func (g *generated) hour() int {
	for {
		centre := []float64{0.25, 0.55, 0.9}[g.r.IntN(3)] * float64(g.Days)
		if day := centre + g.r.NormFloat64()*float64(g.Days)/14; day >= 0 && day < float64(g.Days) {
			return int(day * 24)
		}
	}
}

func (g *generated) write(tx *store.Tx, hours []int) error {
	var files, extras, numbers, changes [][]any
	for _, hour := range hours {
		g.id += 1 + g.r.Int64N(1<<21)
		g.changed++
		row, day := g.file(hour)
		files = append(files, row)
		if g.r.IntN(10) == 0 {
			extras = append(extras, []any{g.id, "doses", fmt.Sprint(g.r.IntN(4))}, []any{g.id, "school", fmt.Sprintf("school %d", g.r.IntN(900))})
		}
		if g.r.IntN(2) == 0 {
			numbers = append(numbers, []any{g.Outbreak, "laboratory", fmt.Sprintf("L%09d", g.changed), g.id, "", "", 0, "", row[15]})
		}
		if g.r.IntN(20) == 0 {
			at := g.at(day + 1 + g.r.IntN(30))
			changes = append(changes, []any{g.id, "classification", string(outbreak.Suspected), row[6], 2, at, "user:x", 0})
		}
	}
	for _, t := range []struct {
		table   string
		columns []string
		rows    [][]any
	}{{"case_file", lineColumns, files}, {"case_extra", []string{"case_id", "field", "value"}, extras},
		{"case_external", []string{"outbreak", "party", "number", "case_id", "mark", "said", "reported_at", "receipt", "recorded_at"}, numbers},
		{"case_change", []string{"case_id", "field", "was", "became", "version", "at", "actor", "batch"}, changes}} {
		if _, err := tx.Insert(t.table, t.columns, nil, t.rows); err != nil {
			return err
		}
	}
	return nil
}

// at is the beginning of a day.
func (g *generated) at(day int) int64 { return g.From.AddDate(0, 0, day).UnixMilli() }

// Delay draws how many days after its onset a case is recorded.
func Delay(r *rand.Rand) int { return min(int(math.Abs(r.NormFloat64())*2.5+r.ExpFloat64()*1.5), 20) }

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

func (g *generated) file(hour int) (row []any, recordedDay int) {
	r := g.r
	recordedDay = hour / 24
	recorded := g.From.Add(time.Duration(hour) * time.Hour).UnixMilli()
	onset, sampled, positive := recordedDay-Delay(r), recordedDay-r.IntN(3), recordedDay-r.IntN(2)
	day := func(of100, d int) int64 {
		if r.IntN(100) >= of100 {
			return 0
		}
		return g.at(d)
	}
	onsetAt, sampledAt := day(86, onset), day(92, sampled)
	class, state, live := outbreak.Confirmed, "open", int64(1)
	switch n := r.IntN(100); {
	case n < 3:
		class, state, live = outbreak.NotACase, "discarded", g.id
	case n < 15:
		class = outbreak.Suspected
	case n < 30:
		class = outbreak.Probable
	}
	ended, outcomeDay := pick(r, "unknown", "alive", "recovered", "recovered", "recovered"), onset+5+r.IntN(30)
	if r.IntN(60) == 0 {
		ended = "died"
	}
	if r.IntN(500) == 0 {
		outcomeDay = onset - 1 - r.IntN(9) // cannot be
	}
	outcomeAt := int64(0)
	if ended == "died" || ended == "recovered" {
		outcomeAt = g.at(outcomeDay)
	}
	age := int64(-1)
	if r.IntN(40) != 0 {
		age = int64(min(math.Abs(r.NormFloat64()*25+42), 104) * 12)
	}
	area := g.Areas[min(int(r.ExpFloat64()*float64(len(g.Areas))/4), len(g.Areas)-1)]
	severity := pick(r, outbreak.Mild, outbreak.Mild, outbreak.Mild, outbreak.Moderate, outbreak.Asymptomatic, outbreak.Severe)
	return []any{g.id, g.Outbreak, "cn-covid-2021", g.id + 1, string(area), string(severity), string(class), string(pick(r, outbreak.FoundVias...)), state, live, "", g.at(positive) + 9*3_600_000,
		onsetAt, "", string(outbreak.RetainClinical), recorded, pick(r, "female", "male", "female", "male", "unknown"), age, pick(r, append([]string{"", ""}, Occupations...)...),
		fmt.Sprintf("hospital %d", r.IntN(300)), pick(r, "local", "local", "local", "imported", "unknown"), pick(r, "", "", fmt.Sprintf("cluster %d", r.IntN(2000))), sampledAt,
		day(90, recordedDay), day(70, recordedDay), day(30, onset+3), day(60, recordedDay), ended, outcomeAt, 1, 1, g.changed, 0}, recordedDay
}
