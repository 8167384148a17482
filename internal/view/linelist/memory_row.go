package linelist

import (
	"time"

	"breakwater/internal/engine/columns"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// caseRow is a case as the tables keep it.
type caseRow struct {
	id                                                                                        outbreak.CaseID
	outbreak                                                                                  outbreak.OutbreakID
	person                                                                                    outbreak.PersonID
	area                                                                                      outbreak.Path
	classification, severity, state, via, sex, occupation, hospital, origin, cluster, outcome string
	age                                                                                       int64
	onset, sampled, positive, reported, diagnosed, hospitalised, isolated, ended              outbreak.Instant
	followed                                                                                  int64
	batch                                                                                     outbreak.BatchID
	recorded                                                                                  outbreak.Instant
	changed                                                                                   int64
}

const caseColumns = `id, outbreak, person, area, classification, severity, state, via, sex, occupation, hospital, origin, cluster, outcome, age_months,
	onset_at, sampled_at, positive_at, reported_at, diagnosed_at, hospitalised_at, isolated_at, outcome_at, followed, batch, recorded_at, changed`

func scanCase(r store.Row) (c caseRow, err error) {
	err = r.Scan(&c.id, &c.outbreak, &c.person, &c.area, &c.classification, &c.severity, &c.state, &c.via, &c.sex, &c.occupation, &c.hospital, &c.origin,
		&c.cluster, &c.outcome, &c.age, &c.onset, &c.sampled, &c.positive, &c.reported, &c.diagnosed, &c.hospitalised, &c.isolated, &c.ended, &c.followed,
		&c.batch, &c.recorded, &c.changed)
	return c, err
}

// put takes a case in.
func (m *Memory) put(t *columns.Table, c caseRow) {
	row, _ := t.Put(int64(c.id))
	for col, text := range [...]string{colOutbreak: c.outbreak.String(), colArea: string(c.area), colClassification: c.classification, colSeverity: c.severity,
		colState: c.state, colVia: c.via, colSex: known(c.sex), colOccupation: c.occupation, colHospital: c.hospital, colOrigin: known(c.origin),
		colCluster: c.cluster, colOutcome: known(c.outcome), colBatch: c.batch.String(), colFollowed: map[bool]string{true: "yes", false: "no"}[c.followed != 0]} {
		t.SetWord(row, col, text)
	}
	age := int32(columns.Missing)
	if c.age >= 0 {
		age = int32(min(c.age, 1<<30))
	}
	t.SetNumber(row, colAge, age)
	z := m.zones.of(c.area)
	for i, at := range [...]outbreak.Instant{c.onset, c.sampled, c.positive, c.reported, c.diagnosed, c.hospitalised, c.isolated, c.ended, c.recorded} {
		t.SetNumber(row, colOnset+i, z.day(at))
	}
	t.SetLong(row, colPerson, int64(c.person))
	t.SetLong(row, colRecordedAt, int64(c.recorded))
	derive(t, row)
}

// derive works out what follows from other fields.
func derive(t *columns.Table, row int) {
	t.SetWord(row, colAgeGroup, ageGroup(t.Number(row, colAge)))
	day, by := int32(columns.Missing), ""
	for _, d := range []struct {
		col int
		by  string
	}{{colOnset, ByOnset}, {colSampled, BySample}, {colPositive, ByPositive}} {
		if v := t.Number(row, d.col); v != columns.Missing {
			day, by = v, d.by
			break
		}
	}
	t.SetNumber(row, colDated, day)
	t.SetWord(row, colDatedBy, by)
}

// zone turns instants into days of an area. It remembers the offset of the span it looked up last.
type zone struct {
	at          *time.Location
	from, until int64 // milliseconds in which offset holds
	offset      int64
}

func (z *zone) day(at outbreak.Instant) int32 {
	if at == 0 {
		return columns.Missing
	}
	ms := int64(at)
	if ms < z.from || ms >= z.until {
		begin, end := at.Time().In(z.at).ZoneBounds()
		_, seconds := at.Time().In(z.at).Zone()
		z.from, z.until, z.offset = -1<<62, 1<<62, int64(seconds)*1000
		if !begin.IsZero() {
			z.from = begin.UnixMilli()
		}
		if !end.IsZero() {
			z.until = end.UnixMilli()
		}
	}
	ms += z.offset
	day := ms / dayMillis
	if ms < 0 && ms%dayMillis != 0 {
		day--
	}
	return int32(max(min(day, 1<<30), -1<<30))
}

// zones are the time zones of areas.
type zones map[outbreak.Path]*zone

func (z zones) of(area outbreak.Path) *zone {
	if found := z[area]; found != nil {
		return found
	}
	return &zone{at: time.UTC}
}

// readAll takes the zones of all areas.
func (z zones) readAll(tx *store.Tx) error {
	same := map[string]*time.Location{}
	return store.Each(tx, func(r store.Row) error {
		var path outbreak.Path
		var name string
		if err := r.Scan(&path, &name); err != nil || name == "" {
			return err
		}
		at := same[name]
		if at == nil {
			var err error
			if at, err = time.LoadLocation(name); err != nil {
				return nil // as registry.LocationOf: the next area up says it
			}
			same[name] = at
		}
		z[path] = &zone{at: at}
		return nil
	}, "select path, time_zone from area")
}

// read takes the zones of areas that are new.
func (z zones) read(tx *store.Tx, rows []caseRow) error {
	for _, r := range rows {
		if z[r.area] != nil {
			continue
		}
		at, err := registry.LocationOf(tx, r.area)
		if err != nil {
			return err
		}
		z[r.area] = &zone{at: at}
	}
	return nil
}
