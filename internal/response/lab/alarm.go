package lab

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Kinds of alarms; each has a sentence "lab.alarm.<kind>".
const (
	TooSoon        = "too_soon"        // results sooner after receipt than the assay takes
	MoreThanWells  = "more_than_wells" // more results in a day than the instruments have wells
	PlateTwice     = "plate_twice"     // one plate in two runs, with more samples than wells or others in the same wells
	OddPositivity  = "odd_positivity"  // positives far from those of other laboratories on the same areas
	CountDiffers   = "count_differs"   // tubes handed over and taken over
	SealDiffers    = "seal_differs"    // of a transport box
	CrateLate      = "crate_late"      // tubes of a transport box were booked in nowhere
	StrangerInRun  = "stranger_in_run" // a run has tubes that no laboratory booked in
	ControlsFailed = "controls_failed" // a run gives no results
)

// Alarms lists the kinds.
var Alarms = []string{TooSoon, MoreThanWells, PlateTwice, OddPositivity, CountDiffers, SealDiffers, CrateLate, StrangerInRun, ControlsFailed}

// audits are the alarms about a laboratory's own word: somebody else finds out.
var audits = []string{TooSoon, MoreThanWells, PlateTwice, OddPositivity}

// Alarm is something at a laboratory that cannot be as it is said, or should not be.
type Alarm struct {
	ID        outbreak.AlarmID   `json:"id"`
	What      string             `json:"what"`
	Lab       outbreak.LabID     `json:"lab"`
	Area      outbreak.Path      `json:"area"`
	Run       outbreak.RunID     `json:"run"`
	Crate     outbreak.CrateID   `json:"crate"`
	Tube      outbreak.TubeCode  `json:"tube"`    // one of those it is about
	Figures   map[string]float64 `json:"figures"` // that say why
	At        outbreak.Instant   `json:"at"`
	Verdict   string             `json:"verdict"`
	Note      string             `json:"note"`
	SettledAt outbreak.Instant   `json:"settled_at"`
}

// Audit tells whether the alarm is about a laboratory's own word.
func (a Alarm) Audit() bool { return slices.Contains(audits, a.What) }

func (a Alarm) work() task.What {
	if a.Audit() {
		return task.AuditLab
	}
	return task.LabAlarm
}

// May is the right to settle the alarm.
func (a Alarm) May() access.Permission {
	if a.Audit() {
		return access.LabAudit
	}
	return access.LabSettle
}

func (a Alarm) ref() outbreak.Ref     { return outbreak.Ref{Kind: "lab_alarm", ID: a.ID.String()} }
func (a Alarm) scope() outbreak.Scope { return outbreak.Scope{Area: a.Area} }

const alarmColumns = "id, what, lab, area, run, crate, tube, figures, at, verdict, note, settled_at"

func scanAlarm(r store.Row) (a Alarm, err error) {
	var figures string
	if err = r.Scan(&a.ID, &a.What, &a.Lab, &a.Area, &a.Run, &a.Crate, &a.Tube, &figures, &a.At, &a.Verdict, &a.Note, &a.SettledAt); err != nil {
		return a, err
	}
	if err := json.Unmarshal([]byte(figures), &a.Figures); err != nil {
		return a, fmt.Errorf("reading the figures of alarm %s: %w", a.ID, err)
	}
	return a, nil
}

// raise keeps an alarm once and opens its work; apart tells two of a kind at one laboratory from each other.
func (s *Service) raise(tx *store.Tx, by outbreak.Actor, a Alarm, apart string) error {
	a.ID = outbreak.New[outbreak.AlarmID](s.ids)
	if a.At == 0 {
		a.At = tx.Now
	}
	figures, err := json.Marshal(a.Figures)
	if err != nil {
		return fmt.Errorf("writing the figures of an alarm: %w", err)
	}
	n, err := tx.Exec("insert into lab_alarm ("+alarmColumns+`, ukey, settled_by, recorded_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', '', 0, $10, '', $11)
		on conflict (ukey) do nothing`, a.ID, a.What, a.Lab, a.Area, a.Run, a.Crate, a.Tube, string(figures), a.At, fmt.Sprintf("%s %d %s", a.What, a.Lab, apart), tx.Now)
	if err != nil || n == 0 {
		return err
	}
	if _, err := s.journal.Append(tx, by, outbreak.LabAlarmRaised{Scope: a.scope(), Alarm: a.ID, What: a.What, Lab: a.Lab, At: a.At}); err != nil {
		return err
	}
	return s.tasks.Open(tx, by, task.Work{What: a.work(), Subject: a.ref(), Scope: a.scope(), Clock: outbreak.Deadline{From: a.At}})
}

// ListAlarms lists the alarms of laboratories the actor may see, open ones first, then the newest.
func (s *Service) ListAlarms(ctx context.Context, by outbreak.Actor, of outbreak.LabID, most int) (list []Alarm, err error) {
	if err := access.RequireAnywhere(by, access.LabRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		where, args := ofLab(of)(within(by, access.LabRead, "area", nil))
		args = append(args, most)
		list, err = store.List(tx, scanAlarm, "select "+alarmColumns+" from lab_alarm where "+where+fmt.Sprintf(" order by case when settled_at = 0 then 0 else 1 end, at desc, id desc limit $%d", len(args)), args...)
		return err
	})
	return list, err
}

// Verdicts are the words that settle an alarm.
var Verdicts = []string{"explained", "corrected", "mistake"}

// SettleAlarm is the command of somebody who found out what an alarm is.
type SettleAlarm struct {
	Key     string           `json:"-"`
	Alarm   outbreak.AlarmID `json:"alarm"`
	Verdict string           `json:"verdict"`
	Note    string           `json:"note"`
}

// SettleAlarm ends an alarm with a verdict. One about a laboratory's own word needs the right to audit laboratories.
func (s *Service) SettleAlarm(ctx context.Context, by outbreak.Actor, c SettleAlarm) (Alarm, error) {
	if err := access.RequireAnywhere(by, access.LabSettle); err != nil {
		return Alarm{}, err
	}
	note, err := noteOf(c.Note)
	if err != nil {
		return Alarm{}, err
	}
	if !slices.Contains(Verdicts, c.Verdict) {
		return Alarm{}, outbreak.Refuse(outbreak.Invalid, "lab.verdict_word")
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "lab.SettleAlarm", Key: c.Key}, c, func(tx *store.Tx) (Alarm, error) {
		a, ok, err := store.One(tx, scanAlarm, "select "+alarmColumns+" from lab_alarm where id = $1", c.Alarm)
		if err != nil {
			return a, err
		}
		if !ok {
			return a, outbreak.Refuse(outbreak.NotFound, "lab.no_alarm")
		}
		if err := access.Require(by, a.May(), a.scope()); err != nil {
			return a, err
		}
		if a.SettledAt != 0 {
			return a, outbreak.Refuse(outbreak.Conflict, "lab.alarm_settled")
		}
		a.Verdict, a.Note, a.SettledAt = c.Verdict, note, tx.Now
		if err := tx.Must("update lab_alarm set verdict = $1, note = $2, settled_at = $3, settled_by = $4 where id = $5", a.Verdict, a.Note, a.SettledAt, by.String(), a.ID); err != nil {
			return a, err
		}
		if _, err := s.journal.Append(tx, by, outbreak.LabAlarmSettled{Scope: a.scope(), Alarm: a.ID, Verdict: a.Verdict}); err != nil {
			return a, err
		}
		return a, s.tasks.End(tx, by, a.work(), a.ref(), task.Done, tx.Now)
	})
}

// early gathers the results of one message that came sooner than any could.
type early struct {
	n        int
	tube     outbreak.TubeCode
	quickest time.Duration
	shortest time.Duration
}

// ShortestKey names the protocol's least time from receipt to a result, for results that name no kit.
const ShortestKey = "lab.shortest_assay"

// tooSoon compares results with the receipt of their tubes at this laboratory.
func (b *batch) tooSoon(ran map[outbreak.TubeCode]outbreak.Instant, boxes map[outbreak.TubeCode]registry.Box, in string, args []any) error {
	return store.Each(b.tx, func(r store.Row) error {
		var tube outbreak.TubeCode
		var at outbreak.Instant
		if err := r.Scan(&tube, &at); err != nil {
			return err
		}
		least := b.shortest
		if least == 0 {
			p, err := b.protocol(boxes[tube].Outbreak)
			if err != nil {
				return err
			}
			if least, _ = p.Duration(ShortestKey); least == 0 {
				return nil
			}
		}
		if took := ran[tube].Sub(at); took < least {
			if b.early.n == 0 || took < b.early.quickest {
				b.early.tube, b.early.quickest, b.early.shortest = tube, took, least
			}
			b.early.n++
		}
		return nil
	}, "select tube, at from tube_seen where area_id = $1 and lab = $2 and stage = 'received' and tube in ("+in+")", args...)
}

func (b *batch) raiseEarly() error {
	if b.early.n == 0 {
		return nil
	}
	e := b.early
	return b.s.raise(b.tx, b.by, Alarm{What: TooSoon, Lab: b.lab.ID, Area: b.lab.Area, Run: b.run, Tube: e.tube,
		Figures: map[string]float64{"tubes": float64(e.n), "minutes": e.quickest.Round(time.Minute).Minutes(), "least": e.shortest.Minutes()}}, b.id.String())
}

// hours counts first results for the comparison of laboratories.
func (b *batch) hours(fresh []Result, boxes map[outbreak.TubeCode]registry.Box) error {
	type count struct{ tubes, positive int }
	counts := map[outbreak.AreaID]count{}
	for _, x := range fresh {
		if x.Revision != 1 {
			continue
		}
		c := counts[boxes[x.Tube].AreaID]
		c.tubes++
		if x.Result == outbreak.Positive {
			c.positive++
		}
		counts[boxes[x.Tube].AreaID] = c
	}
	for _, area := range slices.Sorted(maps.Keys(counts)) { // in one order everywhere, so that two writers never wait for each other
		c := counts[area]
		if _, err := b.tx.Exec(`insert into lab_hour (lab, area_id, hour, tubes, positive) values ($1, $2, $3, $4, $5)
			on conflict (lab, area_id, hour) do update set tubes = lab_hour.tubes + excluded.tubes, positive = lab_hour.positive + excluded.positive`,
			b.lab.ID, area, hourOf(b.tx.Now), c.tubes, c.positive); err != nil {
			return err
		}
	}
	return nil
}

func hourOf(i outbreak.Instant) outbreak.Instant { return i - i%3_600_000 }
