package screening

import (
	"fmt"

	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Kinds of anomalies; each has a sentence "screening.anomaly.<kind>".
const (
	UnknownMember   = "unknown_member"   // a member nobody knows
	DuplicatePerson = "duplicate_person" // in two tubes of one round
	TwiceInTube     = "twice_in_tube"
	Overfull        = "overfull"            // more members than the pool allows
	EmptyTube       = "empty"               // no member
	TubeReused      = "tube_reused"         // the same tube again with other members or in another round
	OpConflict      = "op_conflict"         // the same operation id with another content
	WrongClock      = "wrong_clock"         // taken in the future, or before the round opened
	AfterClose      = "after_close"         // handed in after the round was closed
	Orphan          = "orphan"              // at a laboratory, handed in by no booth
	CodeUnproven    = "code_unproven"       // a personal code without its proof
	CountDiffers    = "count_differs"       // swabs counted, and members, are not as many
	UnknownDevice   = "unknown_device"      // operations of a device that was not enrolled for the booth
	SerialElsewhere = "serial_elsewhere"    // a serial of a run that was never issued to the booth
	SerialCheck     = "serial_check"        // a serial whose check character does not fit: misread
	LookAlike       = "look_alike_excusals" // one person excused many in a short time, or with one reason
	MixedHouseholds = "mixed_households"    // where a tube is for one household alone
)

// Anomalies lists the kinds.
var Anomalies = []string{UnknownMember, DuplicatePerson, TwiceInTube, Overfull, EmptyTube, TubeReused, OpConflict, WrongClock, AfterClose, Orphan, CodeUnproven, CountDiffers, UnknownDevice, SerialElsewhere, SerialCheck, LookAlike, MixedHouseholds}

// Anomaly is something that does not fit. What it is about is kept as it came.
type Anomaly struct {
	ID        outbreak.AnomalyID  `json:"id"`
	What      string              `json:"what"`
	Outbreak  outbreak.OutbreakID `json:"outbreak"`
	Area      outbreak.Path       `json:"area"`
	Round     outbreak.RoundID    `json:"round"`
	Tube      outbreak.TubeCode   `json:"tube"`
	Person    outbreak.PersonID   `json:"person"`
	Content   string              `json:"content"` // what came, without names and document numbers
	At        outbreak.Instant    `json:"at"`
	Verdict   string              `json:"verdict"`
	SettledAt outbreak.Instant    `json:"settled_at"`
}

// Scope is where the anomaly belongs.
func (a Anomaly) Scope() outbreak.Scope { return outbreak.Scope{Area: a.Area, Outbreak: a.Outbreak} }

const anomalyColumns = "id, what, outbreak, area, round, tube, person, content, at, verdict, settled_at"

func scanAnomaly(r store.Row) (a Anomaly, err error) {
	err = r.Scan(&a.ID, &a.What, &a.Outbreak, &a.Area, &a.Round, &a.Tube, &a.Person, &a.Content, &a.At, &a.Verdict, &a.SettledAt)
	return a, err
}

// raise keeps an anomaly once and opens its work; apart tells two of a kind on one tube from each other. It tells whether
// the anomaly is new.
func (s *Service) raise(tx *store.Tx, by outbreak.Actor, a Anomaly, apart string) (bool, error) {
	a.ID = outbreak.New[outbreak.AnomalyID](s.ids)
	if a.At == 0 {
		a.At = tx.Now
	}
	return s.raiseWith(tx, by, a, apart, task.Work{What: task.SettleAnomaly, Subject: a.ref(), Scope: a.Scope(), Clock: outbreak.Deadline{From: a.At}})
}

// raiseWith is raise with work of its own.
func (s *Service) raiseWith(tx *store.Tx, by outbreak.Actor, a Anomaly, apart string, w task.Work) (bool, error) {
	if a.At == 0 {
		a.At = tx.Now
	}
	ukey := fmt.Sprintf("%s %d %s %s", a.What, a.Round, a.Tube, apart)
	n, err := tx.Exec("insert into anomaly ("+anomalyColumns+`, ukey, settled_by, recorded_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', 0, $10, '', $11)
		on conflict (ukey) do nothing`, a.ID, a.What, a.Outbreak, a.Area, a.Round, a.Tube, a.Person, a.Content, a.At, ukey, tx.Now)
	if err != nil || n == 0 {
		return false, err
	}
	if a.What == Orphan {
		s.owed.tube(a.Tube)
	}
	if _, err := s.journal.Append(tx, by, outbreak.AnomalyRaised{Scope: a.Scope(), Anomaly: a.ID, What: a.What, Round: a.Round, Tube: a.Tube, Person: a.Person, At: a.At}); err != nil {
		return false, err
	}
	return true, s.tasks.Open(tx, by, w)
}

func (a Anomaly) ref() outbreak.Ref { return outbreak.Ref{Kind: "anomaly", ID: a.ID.String()} }

// settle ends an anomaly with what was found out.
func (s *Service) settle(tx *store.Tx, by outbreak.Actor, a Anomaly, verdict string) error {
	if err := tx.Must("update anomaly set verdict = $1, settled_at = $2, settled_by = $3 where id = $4 and settled_at = 0", verdict, tx.Now, by.String(), a.ID); err != nil {
		return err
	}
	if _, err := s.journal.Append(tx, by, outbreak.AnomalySettled{Scope: a.Scope(), Anomaly: a.ID, Verdict: verdict}); err != nil {
		return err
	}
	what := task.SettleAnomaly
	if a.What == LookAlike {
		what = task.AuditExcusals
	}
	return s.tasks.End(tx, by, what, a.ref(), task.Done, tx.Now)
}

// orphansOf reads what laboratories said of tubes that were now handed in, whether somebody settled it by hand or not.
func orphansOf(tx *store.Tx, codes []outbreak.TubeCode) ([]Anomaly, error) {
	var all []Anomaly
	for len(codes) > 0 {
		n := min(len(codes), 400)
		in, args := store.In([]any{Orphan}, codes[:n])
		part, err := store.List(tx, scanAnomaly, "select "+anomalyColumns+" from anomaly where what = $1 and tube in ("+in+") and verdict <> '"+handedIn+"' order by id", args...)
		if err != nil {
			return nil, err
		}
		all = append(all, part...)
		codes = codes[n:]
	}
	return all, nil
}

// handedIn is the verdict of an orphan that a booth handed in after all.
const handedIn = "handed_in"
