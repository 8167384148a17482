package screening

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// SelfTest is what an antigen test that somebody made at home showed. A positive one asks for a swab for a laboratory; a
// negative one says nothing about any tube, and nobody's outcome in a round hangs on it.
type SelfTest struct {
	ID         SelfTestID          `json:"id"`
	Outbreak   outbreak.OutbreakID `json:"outbreak"`
	Area       outbreak.Path       `json:"area"`
	Person     outbreak.PersonID   `json:"person"`
	No         int64               `json:"no"`
	Result     outbreak.Result     `json:"result"`
	Lot        string              `json:"lot"`
	By         string              `json:"by"` // resident or staff
	At         outbreak.Instant    `json:"at"`
	Due        outbreak.Instant    `json:"due"`         // of the swab; 0: none is owed, or the protocol names no limit
	Followed   outbreak.TubeCode   `json:"followed"`    // the swab that was taken
	FollowedAt outbreak.Instant    `json:"followed_at"` // 0: none yet
}

type selfTestKind struct{}

// SelfTestID is one report of a self-test.
type SelfTestID = outbreak.ID[selfTestKind]

// SelfTestResults are what a self-test can show; an invalid one is to be made again.
var SelfTestResults = []outbreak.Result{outbreak.Negative, outbreak.Positive, outbreak.InvalidResult}

// Who reported a self-test.
const (
	ByResident = "resident"
	ByStaff    = "staff"
)

const (
	longestLot     = 40
	mostOwnTests   = 6 // a resident reports in a day
	mostKitsAtOnce = 100_000
)

const selfTestColumns = "id, outbreak, area, person, no, result, lot, by_whom, at, due, followed_tube, followed_at"

func scanSelfTest(r store.Row) (t SelfTest, err error) {
	err = r.Scan(&t.ID, &t.Outbreak, &t.Area, &t.Person, &t.No, &t.Result, &t.Lot, &t.By, &t.At, &t.Due, &t.Followed, &t.FollowedAt)
	return t, err
}

// tidyLot folds what is printed on a kit's box.
func tidyLot(lot string) (string, error) {
	lot = strings.ToUpper(strings.Join(strings.Fields(lot), " "))
	if len(lot) > longestLot || strings.ContainsFunc(lot, func(r rune) bool { return r < ' ' || r > '~' || strings.ContainsRune(`<>&"'`, r) }) {
		return "", outbreak.Refuse(outbreak.Invalid, "screening.lot", "most", longestLot)
	}
	return lot, nil
}

// HandOutKits is the command that notes antigen kits given to a person or a community.
type HandOutKits struct {
	Key      string              `json:"-"`
	Outbreak outbreak.OutbreakID `json:"outbreak"`
	Area     string              `json:"area"`   // code; may be empty with a person
	Person   outbreak.PersonID   `json:"person"` // none: to the community
	Count    int                 `json:"count"`
	Lot      string              `json:"lot"`
}

// HandOutKits notes antigen kits that were handed out.
func (s *Service) HandOutKits(ctx context.Context, by outbreak.Actor, c HandOutKits) (int, error) {
	if err := access.RequireAnywhere(by, access.SelfTestRecord); err != nil {
		return 0, err
	}
	var err error
	if c.Lot, err = tidyLot(c.Lot); err != nil {
		return 0, err
	}
	if c.Count < 1 || c.Count > mostKitsAtOnce {
		return 0, outbreak.Refuse(outbreak.Invalid, "screening.kits", "most", mostKitsAtOnce)
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "screening.HandOutKits", Key: c.Key}, c, func(tx *store.Tx) (int, error) {
		scope, err := s.kitScope(tx, c)
		if err != nil {
			return 0, err
		}
		if err := access.Require(by, access.SelfTestRecord, scope); err != nil {
			return 0, err
		}
		if err := tx.Must("insert into kit_handout (id, outbreak, area, person, kits, lot, at, retention, recorded_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
			outbreak.New[SelfTestID](s.ids), scope.Outbreak, scope.Area, c.Person, int64(c.Count), c.Lot, tx.Now, outbreak.RetainOperation, tx.Now); err != nil {
			return 0, err
		}
		_, err = s.journal.Append(tx, by, outbreak.KitsHandedOut{Scope: scope, Person: c.Person, Count: c.Count, Lot: c.Lot, At: tx.Now})
		return c.Count, err
	})
}

func (s *Service) kitScope(tx *store.Tx, c HandOutKits) (outbreak.Scope, error) {
	if _, ok, err := registry.OutbreakByID(tx, c.Outbreak); err != nil || !ok {
		if err == nil {
			err = outbreak.Refuse(outbreak.Invalid, "screening.no_outbreak")
		}
		return outbreak.Scope{}, err
	}
	if c.Person != 0 {
		p, ok, err := registry.PersonByID(tx, c.Person)
		if err == nil && !ok {
			err = outbreak.Refuse(outbreak.NotFound, "registry.no_person")
		}
		return outbreak.Scope{Area: p.Area, Outbreak: c.Outbreak}, err
	}
	a, ok, err := registry.AreaByCode(tx, c.Area)
	if err == nil && !ok {
		err = outbreak.Refuse(outbreak.Invalid, "registry.no_area", "code", c.Area)
	}
	return outbreak.Scope{Area: a.Path, Outbreak: c.Outbreak}, err
}

// RecordSelfTest is the command of staff who were told what a self-test showed.
type RecordSelfTest struct {
	Key      string              `json:"-"`
	Outbreak outbreak.OutbreakID `json:"outbreak"`
	Person   outbreak.PersonID   `json:"person"`
	Result   outbreak.Result     `json:"result"` // negative, positive or invalid
	Lot      string              `json:"lot"`
	At       outbreak.Instant    `json:"at"` // when it was made; 0: now
}

// RecordSelfTest records what somebody's self-test showed.
func (s *Service) RecordSelfTest(ctx context.Context, by outbreak.Actor, c RecordSelfTest) (SelfTest, error) {
	if err := access.RequireAnywhere(by, access.SelfTestRecord); err != nil {
		return SelfTest{}, err
	}
	lot, err := checkSelfTest(c.Result, c.Lot)
	if err != nil {
		return SelfTest{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "screening.RecordSelfTest", Key: c.Key}, c, func(tx *store.Tx) (SelfTest, error) {
		if _, ok, err := registry.OutbreakByID(tx, c.Outbreak); err != nil || !ok {
			if err == nil {
				err = outbreak.Refuse(outbreak.Invalid, "screening.no_outbreak")
			}
			return SelfTest{}, err
		}
		p, ok, err := registry.PersonByID(tx, c.Person)
		if err != nil {
			return SelfTest{}, err
		}
		if !ok || access.Require(by, access.SelfTestRecord, outbreak.Scope{Area: p.Area, Outbreak: c.Outbreak}) != nil {
			return SelfTest{}, outbreak.Refuse(outbreak.NotFound, "registry.no_person")
		}
		at := c.At
		if at == 0 {
			at = tx.Now
		}
		if at > tx.Now.Add(outbreak.Drift) {
			return SelfTest{}, outbreak.Refuse(outbreak.Invalid, "screening.at_in_future")
		}
		return s.keepSelfTest(tx, by, SelfTest{Outbreak: c.Outbreak, Area: p.Area, Person: p.ID, No: p.No, Result: c.Result, Lot: lot, By: ByStaff, At: at})
	})
}

func checkSelfTest(r outbreak.Result, lot string) (string, error) {
	if !slices.Contains(SelfTestResults, r) {
		return "", outbreak.Refuse(outbreak.Invalid, "screening.self_test_result")
	}
	return tidyLot(lot)
}

// OwnSelfTest is what a resident reports about the own self-test.
type OwnSelfTest struct {
	Key    string          `json:"-"`
	No     int64           `json:"no"` // whose secret it was reported with
	Result outbreak.Result `json:"result"`
	Lot    string          `json:"lot"`
}

// ReportOwnSelfTest records what a resident reports with the own secret. Who asks was found by the secret, so that there is
// nobody whose permission could be asked for.
func (s *Service) ReportOwnSelfTest(ctx context.Context, c OwnSelfTest) (SelfTest, error) {
	lot, err := checkSelfTest(c.Result, c.Lot)
	if err != nil {
		return SelfTest{}, err
	}
	by := outbreak.SystemActor(ByResident)
	key := c.Key
	if key != "" { // another resident's key is another command
		key = fmt.Sprint(c.No, ":", key)
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "screening.ReportOwnSelfTest", Key: key}, c, func(tx *store.Tx) (SelfTest, error) {
		people, err := registry.PeopleByNo(tx, []int64{c.No})
		if err != nil {
			return SelfTest{}, err
		}
		p, ok := people[c.No]
		if !ok {
			return SelfTest{}, outbreak.Refuse(outbreak.NotFound, "registry.no_person")
		}
		n, err := store.Count(tx, "select count(*) from self_test where no = $1 and at > $2 and by_whom = $3", c.No, tx.Now.Add(-24*time.Hour), ByResident)
		if err != nil {
			return SelfTest{}, err
		}
		if n >= mostOwnTests {
			return SelfTest{}, outbreak.Refuse(outbreak.Conflict, "screening.self_test_many", "most", mostOwnTests)
		}
		ob, err := s.outbreakOf(tx, p)
		if err != nil {
			return SelfTest{}, err
		}
		return s.keepSelfTest(tx, by, SelfTest{Outbreak: ob, Area: p.Area, Person: p.ID, No: p.No, Result: c.Result, Lot: lot, By: ByResident, At: tx.Now})
	})
}

// outbreakOf gives the outbreak a resident's self-test belongs to: that of the kits the person or the community got last, else
// the youngest that reaches the area.
func (s *Service) outbreakOf(tx *store.Tx, p registry.Person) (outbreak.OutbreakID, error) {
	id, ok, err := store.One(tx, store.Value[outbreak.OutbreakID], "select outbreak from kit_handout where person = $1 or person = 0 and area = $2 order by at desc limit 1", p.ID, p.Area)
	if err != nil || ok {
		return id, err
	}
	list, err := registry.RunningOutbreaks(tx, p.Area)
	if err != nil {
		return 0, err
	}
	if len(list) == 0 {
		return 0, outbreak.Refuse(outbreak.Conflict, "screening.no_outbreak_here")
	}
	return list[0].ID, nil
}

func (s *Service) keepSelfTest(tx *store.Tx, by outbreak.Actor, t SelfTest) (SelfTest, error) {
	t.ID = outbreak.New[SelfTestID](s.ids)
	var clock outbreak.Deadline
	if t.Result == outbreak.Positive {
		p, err := s.registry.ProtocolOf(tx, t.Outbreak)
		if err != nil {
			return t, err
		}
		clock = p.Deadline("clock.self_test_swab", t.At)
		t.Due = clock.Due
	}
	if err := tx.Must("insert into self_test ("+selfTestColumns+", retention, recorded_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', 0, $11, $12)",
		t.ID, t.Outbreak, t.Area, t.Person, t.No, t.Result, t.Lot, t.By, t.At, t.Due, outbreak.RetainScreening, tx.Now); err != nil {
		return t, err
	}
	scope := outbreak.Scope{Area: t.Area, Outbreak: t.Outbreak}
	if _, err := s.journal.Append(tx, by, outbreak.SelfTestReported{Scope: scope, Person: t.Person, Result: t.Result, Lot: t.Lot, By: t.By, At: t.At, Due: t.Due}); err != nil || t.Result != outbreak.Positive {
		return t, err
	}
	s.owed.person(t.Person)
	return t, s.tasks.Open(tx, by, task.Work{What: task.SelfTestSwab, Subject: personRef(t.Person), Scope: scope, Clock: clock})
}

// followSelfTests ends what positive self-tests ask for, once the own swab of the person is handed in.
func (s *Service) followSelfTests(tx *store.Tx, by outbreak.Actor, t Tube, also codes) error {
	in, args := store.In([]any{outbreak.Positive, t.Taken}, also.of(t.Members[0].No))
	open, err := store.List(tx, scanSelfTest, "select "+selfTestColumns+" from self_test where result = $1 and followed_at = 0 and at <= $2 and no in ("+in+") order by id", args...)
	if err != nil {
		return err
	}
	for _, x := range open {
		if err := tx.Must("update self_test set followed_tube = $1, followed_at = $2 where id = $3", t.Code, t.Taken, x.ID); err != nil {
			return err
		}
		scope := outbreak.Scope{Area: x.Area, Outbreak: x.Outbreak}
		if _, err := s.journal.Append(tx, by, outbreak.SelfTestFollowed{Scope: scope, Person: x.Person, Tube: t.Code, At: t.Taken}); err != nil {
			return err
		}
		if err := s.tasks.End(tx, by, task.SelfTestSwab, personRef(x.Person), task.Done, t.Taken); err != nil {
			return err
		}
	}
	return nil
}

// SelfTestFigures is what became of the kits of an area: its own figure, in no other.
type SelfTestFigures struct {
	Area     outbreak.Path `json:"area"`
	Kits     int64         `json:"kits"`
	Negative int64         `json:"negative"`
	Positive int64         `json:"positive"`
	Invalid  int64         `json:"invalid"`
	Owed     int64         `json:"owed"` // positive, and the swab not taken yet
}

// CountSelfTests counts kits and self-tests by area.
func (s *Service) CountSelfTests(ctx context.Context, by outbreak.Actor) (list []SelfTestFigures, err error) {
	if err := access.RequireAnywhere(by, access.RoundRead); err != nil {
		return nil, err
	}
	sums := map[outbreak.Path]*SelfTestFigures{}
	at := func(area outbreak.Path) *SelfTestFigures {
		if sums[area] == nil {
			sums[area] = &SelfTestFigures{Area: area}
		}
		return sums[area]
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		cond, args := access.Within(by, access.RoundRead, "", nil)
		if err := store.Each(tx, func(r store.Row) error {
			var area outbreak.Path
			var n int64
			err := r.Scan(&area, &n)
			at(area).Kits = n
			return err
		}, "select area, cast(sum(kits) as bigint) from kit_handout where "+cond+" group by area", args...); err != nil {
			return err
		}
		return store.Each(tx, func(r store.Row) error {
			var area outbreak.Path
			var result outbreak.Result
			var n, owed int64
			if err := r.Scan(&area, &result, &n, &owed); err != nil {
				return err
			}
			f := at(area)
			switch result {
			case outbreak.Negative:
				f.Negative = n
			case outbreak.Positive:
				f.Positive, f.Owed = n, owed
			default:
				f.Invalid = n
			}
			return nil
		}, "select area, result, count(*), cast(sum(case when followed_at = 0 then 1 else 0 end) as bigint) from self_test where "+cond+" group by area, result", args...)
	})
	for _, f := range sums {
		list = append(list, *f)
	}
	slices.SortFunc(list, func(a, b SelfTestFigures) int { return strings.Compare(string(a.Area), string(b.Area)) })
	return list, err
}

// ListSelfTestsOwed lists positive self-tests whose swab was not taken yet, the oldest first, after one.
func (s *Service) ListSelfTestsOwed(ctx context.Context, by outbreak.Actor, after Mark, most int) (list []SelfTest, err error) {
	if err := access.RequireAnywhere(by, access.SelfTestRecord); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		cond, args := access.Within(by, access.SelfTestRecord, "", []any{outbreak.Positive, after.At, after.No})
		limit, args := store.In(args, []int{max(most, 1)})
		list, err = store.List(tx, scanSelfTest, "select "+selfTestColumns+" from self_test where result = $1 and followed_at = 0 and (at > $2 or at = $2 and no > $3) and "+cond+" order by at, no limit "+limit, args...)
		return err
	})
	return list, err
}

// Mark is where a list stands after this self-test.
func (t SelfTest) Mark() Mark { return Mark{At: t.At, No: t.No} }
