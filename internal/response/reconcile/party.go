package reconcile

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Party is somebody else who keeps a list of the same outbreak.
type Party struct {
	Code     string                       `json:"code"` // a short word, as in external numbers
	Name     string                       `json:"name"`
	Kind     string                       `json:"kind"` // of PartyKinds
	Outbreak outbreak.OutbreakID          `json:"outbreak"`
	Area     outbreak.Path                `json:"area"`
	Owner    outbreak.UserID              `json:"owner"`              // whose work its differences are; none: that of whoever may settle
	Rhythm   int                          `json:"rhythm"`             // hours after which a new list is expected; 0: none
	Folder   string                       `json:"folder"`             // watched for files; empty: none
	Dates    string                       `json:"dates"`              // day_first or month_first, when its dates can be read both ways; empty: not said
	Columns  map[string]string            `json:"columns,omitempty"`  // header -> field; an empty field is ignored
	Codes    map[string]map[string]string `json:"codes,omitempty"`    // field -> their word -> ours
	EndedAt  outbreak.Instant             `json:"ended_at,omitempty"` // no list is expected or taken any more

	RecordedAt outbreak.Instant `json:"recorded_at"`
}

// PartyKinds are what parties are.
var PartyKinds = []string{"laboratory", "hospital", "national", "community", "other"}

// DateOrders are how dates that can be read in two ways are to be read.
var DateOrders = []string{"", "day_first", "month_first"}

// Scope is where the party belongs.
func (p Party) Scope() outbreak.Scope { return outbreak.Scope{Area: p.Area, Outbreak: p.Outbreak} }

func (p Party) ref() outbreak.Ref { return outbreak.Ref{Kind: "party", ID: p.Code} }

// Due is when the next list is expected after one that came at an instant; 0: never.
func (p Party) Due(last outbreak.Instant) outbreak.Instant {
	if p.Rhythm == 0 || p.EndedAt != 0 {
		return 0
	}
	if last == 0 {
		last = p.RecordedAt
	}
	return last.Add(time.Duration(p.Rhythm) * time.Hour)
}

var (
	partyCode  = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)
	folderName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,59}$`)
)

// check refuses what no party can be.
func (p Party) check() error {
	p.Name = strings.TrimSpace(p.Name)
	switch {
	case !partyCode.MatchString(p.Code):
		return outbreak.Refuse(outbreak.Invalid, "reconcile.party_code")
	case p.Name == "" || utf8.RuneCountInString(p.Name) > 100:
		return outbreak.Refuse(outbreak.Invalid, "reconcile.party_name")
	case !slices.Contains(PartyKinds, p.Kind):
		return outbreak.Refuse(outbreak.Invalid, "reconcile.party_kind")
	case p.Rhythm < 0 || p.Rhythm > 24*366:
		return outbreak.Refuse(outbreak.Invalid, "reconcile.rhythm")
	case p.Folder != "" && !folderName.MatchString(p.Folder):
		return outbreak.Refuse(outbreak.Invalid, "reconcile.folder")
	case !slices.Contains(DateOrders, p.Dates):
		return outbreak.Refuse(outbreak.Invalid, "reconcile.dates")
	}
	return nil
}

const partyColumns = "code, name, kind, outbreak, area, owner, rhythm, folder, dates, columns, codes, ended_at, recorded_at"

func scanParty(r store.Row) (p Party, err error) {
	var columns, codes string
	if err = r.Scan(&p.Code, &p.Name, &p.Kind, &p.Outbreak, &p.Area, &p.Owner, &p.Rhythm, &p.Folder, &p.Dates, &columns, &codes, &p.EndedAt, &p.RecordedAt); err != nil {
		return p, err
	}
	if err = json.Unmarshal([]byte(columns), &p.Columns); err == nil {
		err = json.Unmarshal([]byte(codes), &p.Codes)
	}
	return p, err
}

func partyByCode(tx *store.Tx, code string) (Party, bool, error) {
	return store.One(tx, scanParty, "select "+partyColumns+" from party where code = $1", code)
}

// numbersOf lists under which names the numbers of a party stand, given its code: lists of it may have been taken in under its name.
func (s *Service) numbersOf(tx *store.Tx, ob outbreak.OutbreakID, code string) ([]string, error) {
	p, _, err := partyByCode(tx, code) // a report may go to somebody whose lists are not compared
	if err != nil {
		return nil, err
	}
	return s.cases.PartiesNamed(tx, ob, code, p.Name)
}

// save keeps a party as it is now.
func (p Party) save(tx *store.Tx) error {
	return tx.Put("party", strings.Split(partyColumns, ", "), "code", [][]any{{p.Code, p.Name, p.Kind, int64(p.Outbreak), string(p.Area), int64(p.Owner), int64(p.Rhythm), p.Folder, p.Dates,
		asJSON(p.Columns), asJSON(p.Codes), int64(p.EndedAt), int64(p.RecordedAt)}})
}

// asJSON writes what always can be written.
func asJSON(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}
