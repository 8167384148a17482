package registry

import (
	"cmp"
	"strings"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// WalkIn is the first number of people who are not on the roll.
const WalkIn = 1 << 31

// Person is what everybody who works with a person may know: no name, no number of a document.
type Person struct {
	ID        outbreak.PersonID    `json:"id"`
	No        int64                `json:"no"` // on the roll; from 2^31 for people who are not on it
	OnRoll    bool                 `json:"on_roll"`
	AreaID    outbreak.AreaID      `json:"area_id"`
	Area      outbreak.Path        `json:"area"`
	Household outbreak.HouseholdID `json:"household"`
	Sex       string               `json:"sex"` // male, female, other, unknown
	BirthYear int                  `json:"birth_year"`

	MergedInto outbreak.PersonID `json:"merged_into"` // the leading code of the same person; none: this one leads, or is alone
}

// Identity is what is sealed.
type Identity struct {
	Name         string `json:"name"`
	DocumentKind string `json:"document_kind"`
	Document     string `json:"document"`
	Birth        string `json:"birth"` // ISO date
	Phone        string `json:"phone"`
	Address      string `json:"address"`
}

// NewPerson is a person as a roll or a booth names one. Only the area is needed.
type NewPerson struct {
	Area      string `json:"area"`      // code
	Household string `json:"household"` // any key that is the same for people of one household; empty: the door
	Building  string `json:"building"`
	Door      string `json:"door"`
	Sex       string `json:"sex"`
	BirthYear int    `json:"birth_year"` // when no birth date is known, only an age or a year; 0: not known
	Identity  Identity
}

// Sexes are the words of the column sex.
var Sexes = []string{"female", "male", "other", "unknown"}

const personColumns = "id, no, on_roll, area_id, area, household, sex, birth_year, first_code"

func scanPerson(r store.Row) (p Person, err error) {
	var onRoll int64
	err = r.Scan(&p.ID, &p.No, &onRoll, &p.AreaID, &p.Area, &p.Household, &p.Sex, &p.BirthYear, &p.MergedInto)
	p.OnRoll = onRoll != 0
	if p.MergedInto == p.ID {
		p.MergedInto = 0
	}
	return p, err
}

// PersonByID finds a person; false when there is none.
func PersonByID(tx *store.Tx, id outbreak.PersonID) (Person, bool, error) {
	return store.One(tx, scanPerson, "select "+personColumns+" from person where id = $1", id)
}

// PeopleByNo finds people by their numbers.
func PeopleByNo(tx *store.Tx, nos []int64) (map[int64]Person, error) {
	found := make(map[int64]Person, len(nos))
	for len(nos) > 0 {
		n := min(len(nos), 400)
		in, args := store.In(nil, nos[:n])
		people, err := store.List(tx, scanPerson, "select "+personColumns+" from person where no in ("+in+")", args...)
		if err != nil {
			return nil, err
		}
		for _, p := range people {
			found[p.No] = p
		}
		nos = nos[n:]
	}
	return found, nil
}

// PeopleByID finds people by their ids.
func PeopleByID(tx *store.Tx, ids []outbreak.PersonID) (map[outbreak.PersonID]Person, error) {
	found := make(map[outbreak.PersonID]Person, len(ids))
	for len(ids) > 0 {
		n := min(len(ids), 400)
		in, args := store.In(nil, ids[:n])
		people, err := store.List(tx, scanPerson, "select "+personColumns+" from person where id in ("+in+")", args...)
		if err != nil {
			return nil, err
		}
		for _, p := range people {
			found[p.ID] = p
		}
		ids = ids[n:]
	}
	return found, nil
}

// tidy folds and checks what a file or booth says of a person. Everything but the area may be missing.
func (n NewPerson) tidy(now outbreak.Instant) (NewPerson, error) {
	n.Identity.Name = strings.Join(strings.Fields(n.Identity.Name), " ")
	number, birth, err := CheckDocument(n.Identity.DocumentKind, n.Identity.Document)
	if err != nil {
		return n, err
	}
	n.Identity.Document = number
	if n.Identity.Birth == "" && !birth.IsZero() {
		n.Identity.Birth = birth.Format(time.DateOnly)
	}
	if n.Identity.Birth != "" {
		if _, err := time.Parse(time.DateOnly, n.Identity.Birth); err != nil {
			return n, outbreak.Refuse(outbreak.Invalid, "registry.birth_date")
		}
	}
	if n.BirthYear != 0 && (n.BirthYear < 1880 || n.BirthYear > now.Time().Year()+1) {
		return n, outbreak.Refuse(outbreak.Invalid, "registry.birth_year", "year", n.BirthYear)
	}
	n.Identity.Phone = foldNumber(n.Identity.Phone)
	if n.Sex == "" {
		n.Sex = "unknown"
	}
	return n, nil
}

// birthYear is the year of the birth date, or the year that was said when there is no date; 0 when neither is known.
func (n NewPerson) birthYear() int { return cmp.Or(n.Identity.BirthYear(), n.BirthYear) }

// BirthYear gives the year of the birth date; 0 when unknown.
func (i Identity) BirthYear() int {
	t, err := time.Parse(time.DateOnly, i.Birth)
	if err != nil {
		return 0
	}
	return t.Year()
}

// empty tells that nothing about the identity is known.
func (i Identity) empty() bool { return i == Identity{} }
