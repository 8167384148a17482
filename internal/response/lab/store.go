package lab

import (
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

const resultColumns = "tube, revision, result, lab, ran_at, recorded_at, message, batch, run, voids"

func scanResult(r store.Row) (x Result, err error) {
	err = r.Scan(&x.Tube, &x.Revision, &x.Result, &x.Lab, &x.RanAt, &x.RecordedAt, &x.Message, &x.Batch, &x.Run, &x.Voids)
	return x, err
}

// resultsOf reads the revisions of tubes of one issuing area, in order.
func resultsOf(tx *store.Tx, area outbreak.AreaID, tubes []outbreak.TubeCode) (map[outbreak.TubeCode][]Result, error) {
	in, args := store.In([]any{area}, tubes)
	list, err := store.List(tx, scanResult, "select "+resultColumns+" from tube_result where area_id = $1 and tube in ("+in+") order by tube, revision", args...)
	found := map[outbreak.TubeCode][]Result{}
	for _, x := range list {
		found[x.Tube] = append(found[x.Tube], x)
	}
	return found, err
}

// LastResult gives what laboratories say of a tube now and when they said it; empty while they have said nothing. It asks for
// no permission: another slice uses it within its own transaction, to decide what somebody is owed.
func (s *Service) LastResult(tx *store.Tx, area outbreak.AreaID, tube outbreak.TubeCode) (outbreak.Result, outbreak.Instant, error) {
	x, _, err := store.One(tx, scanResult, "select "+resultColumns+" from tube_result where area_id = $1 and tube = $2 order by revision desc limit 1", area, tube)
	return x.Result, x.RanAt, err
}

// ReceivedAt gives when a tube was booked in at a laboratory; 0 when it was not. Like LastResult it asks for no permission.
func (s *Service) ReceivedAt(tx *store.Tx, area outbreak.AreaID, tube outbreak.TubeCode) (outbreak.Instant, error) {
	at, _, err := store.One(tx, store.Value[outbreak.Instant], "select at from tube_seen where area_id = $1 and tube = $2 and stage = 'received' order by at limit 1", area, tube)
	return at, err
}

// EachResult calls do for every result and when it was recorded, the revisions of a tube in their order. Like LastResult it asks
// for no permission.
func (s *Service) EachResult(tx *store.Tx, do func(outbreak.TubeCode, outbreak.Result, outbreak.Instant)) error {
	return store.Each(tx, func(r store.Row) error {
		var tube outbreak.TubeCode
		var result outbreak.Result
		var at outbreak.Instant
		err := r.Scan(&tube, &result, &at)
		do(tube, result, at)
		return err
	}, "select tube, result, recorded_at from tube_result order by area_id, tube, revision")
}

// EachReceived calls do for every tube that was booked in. Like LastResult it asks for no permission.
func (s *Service) EachReceived(tx *store.Tx, do func(outbreak.TubeCode, outbreak.Instant)) error {
	return store.Each(tx, func(r store.Row) error {
		var tube outbreak.TubeCode
		var at outbreak.Instant
		err := r.Scan(&tube, &at)
		do(tube, at)
		return err
	}, "select tube, at from tube_seen where stage = 'received'")
}

// Seen is one stage a tube passed.
type Seen struct {
	Stage string           `json:"stage"`
	Lab   outbreak.LabID   `json:"lab"`
	At    outbreak.Instant `json:"at"`
}

func seenOf(tx *store.Tx, area outbreak.AreaID, tube outbreak.TubeCode) ([]Seen, error) {
	return store.List(tx, func(r store.Row) (x Seen, err error) {
		err = r.Scan(&x.Stage, &x.Lab, &x.At)
		return x, err
	}, "select stage, lab, at from tube_seen where area_id = $1 and tube = $2 order by at", area, tube)
}

// Lab is one testing laboratory.
type Lab struct {
	ID     outbreak.LabID  `json:"id"`
	Name   string          `json:"name"`
	AreaID outbreak.AreaID `json:"area_id"`
	Area   outbreak.Path   `json:"area"`
	PerDay int             `json:"per_day"` // tubes it can test in a day
}

const labColumns = "id, name, area_id, area, per_day"

func scanLab(r store.Row) (l Lab, err error) {
	err = r.Scan(&l.ID, &l.Name, &l.AreaID, &l.Area, &l.PerDay)
	return l, err
}

func labByID(tx *store.Tx, id outbreak.LabID) (Lab, error) {
	l, ok, err := store.One(tx, scanLab, "select "+labColumns+" from lab where id = $1", id)
	if err == nil && !ok {
		err = outbreak.Refuse(outbreak.NotFound, "lab.none")
	}
	return l, err
}
