package cases

import (
	"context"
	"encoding/json"
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// External is the number of a case in a party's list.
type External struct {
	Party      string           `json:"party"` // empty: our own list
	Number     string           `json:"number"`
	Case       outbreak.CaseID  `json:"case"`
	ReportedAt outbreak.Instant `json:"reported_at"` // to that party; 0: not by us
	Receipt    string           `json:"receipt,omitempty"`
	RecordedAt outbreak.Instant `json:"recorded_at"`
}

const externalColumns = "party, number, case_id, reported_at, receipt, recorded_at"

func scanExternal(r store.Row) (x External, err error) {
	err = r.Scan(&x.Party, &x.Number, &x.Case, &x.ReportedAt, &x.Receipt, &x.RecordedAt)
	return x, err
}

// ListExternals lists the numbers of a case in the lists of all parties.
func (s *Service) ListExternals(ctx context.Context, by outbreak.Actor, id outbreak.CaseID) (list []External, err error) {
	if err := access.RequireAnywhere(by, access.CaseRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		c, err := s.find(tx, by, access.CaseRead, id)
		if err != nil {
			return err
		}
		list, err = ExternalsOf(tx, c.Outbreak, []outbreak.CaseID{id})
		return err
	})
	return list, err
}

// ExternalsOf reads the numbers of cases in the lists of all parties, case by case.
func ExternalsOf(tx *store.Tx, ob outbreak.OutbreakID, cases []outbreak.CaseID) (list []External, err error) {
	for part := range slices.Chunk(cases, store.MostGiven) {
		in, args := store.In([]any{ob}, part)
		some, err := store.List(tx, scanExternal, "select "+externalColumns+" from case_external where outbreak = $1 and case_id in ("+in+") order by case_id, party, number", args...)
		if err != nil {
			return nil, err
		}
		list = append(list, some...)
	}
	return list, nil
}

// CasesOfParty reads the cases of an outbreak by their numbers in a party's list, after a number, in their order.
func CasesOfParty(tx *store.Tx, ob outbreak.OutbreakID, party, after string, most int) ([]External, error) {
	return store.List(tx, scanExternal, "select "+externalColumns+" from case_external where outbreak = $1 and party = $2 and number > $3 order by number limit $4", ob, party, after, most)
}

// ReportCases is the command that notes that cases were reported to a party.
type ReportCases struct {
	Key      string                     `json:"-"`
	Outbreak outbreak.OutbreakID        `json:"outbreak"`
	Party    string                     `json:"party"`
	Numbers  map[outbreak.CaseID]string `json:"numbers"` // the case's number there; empty: the case's own id
	Receipt  string                     `json:"receipt"`
	At       outbreak.Instant           `json:"at"` // 0: now
}

// ReportCases notes when cases of an outbreak were reported to a party, and the receipt. A case keeps the first time.
func (s *Service) ReportCases(ctx context.Context, by outbreak.Actor, c ReportCases) (int, error) {
	if err := access.RequireAnywhere(by, access.ExportRows); err != nil {
		return 0, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "cases.ReportCases", Key: c.Key}, c, func(tx *store.Tx) (int, error) {
		return s.Reported(tx, by, c)
	})
}

// Reported is ReportCases in the transaction of somebody who keeps more with it.
func (s *Service) Reported(tx *store.Tx, by outbreak.Actor, c ReportCases) (int, error) {
	ids := make([]outbreak.CaseID, 0, len(c.Numbers))
	for id := range c.Numbers {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	found, err := casesByID(tx, ids)
	if err != nil {
		return 0, err
	}
	at := c.At
	if at == 0 {
		at = tx.Now
	}
	var rows [][]any
	var common outbreak.Path
	for _, id := range ids {
		k, ok := found[id]
		if !ok || k.Outbreak != c.Outbreak || access.Require(by, access.ExportRows, k.Scope()) != nil {
			continue
		}
		if rows == nil {
			common = k.Area
		}
		for !common.Contains(k.Area) {
			common = common.Parent()
		}
		number := c.Numbers[id]
		if number == "" {
			number = id.String()
		}
		rows = append(rows, []any{k.Outbreak, c.Party, number, id, "", "{}", at, c.Receipt, tx.Now})
	}
	if len(rows) == 0 {
		return 0, nil
	}
	if _, err := tx.Insert("case_external", []string{"outbreak", "party", "number", "case_id", "mark", "said", "reported_at", "receipt", "recorded_at"}, []string{"outbreak", "party", "number"}, rows); err != nil {
		return 0, err
	}
	for part := range slices.Chunk(rows, store.MostGiven) {
		numbers := make([]string, len(part))
		for i, r := range part {
			numbers[i] = r[2].(string)
		}
		in, args := store.In([]any{at, c.Receipt, c.Outbreak, c.Party}, numbers)
		if _, err := tx.Exec("update case_external set reported_at = $1, receipt = $2 where outbreak = $3 and party = $4 and reported_at = 0 and number in ("+in+")", args...); err != nil {
			return 0, err
		}
	}
	_, err = s.journal.Append(tx, by, outbreak.CasesReported{Scope: outbreak.Scope{Area: common, Outbreak: c.Outbreak}, Party: c.Party, Count: len(rows), Receipt: c.Receipt, At: at})
	return len(rows), err
}

// ListExtra lists the open fields of lists that are none of ours; sealed tells whether there are others.
func (s *Service) ListExtra(ctx context.Context, by outbreak.Actor, id outbreak.CaseID) (open []Extra, sealed bool, err error) {
	if err := access.RequireAnywhere(by, access.CaseRead); err != nil {
		return nil, false, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		if _, err := s.find(tx, by, access.CaseRead, id); err != nil {
			return err
		}
		if open, err = store.List(tx, func(r store.Row) (x Extra, err error) {
			err = r.Scan(&x.Name, &x.Value)
			x.Open = true
			return x, err
		}, "select field, value from case_extra where case_id = $1 order by field", id); err != nil {
			return err
		}
		n, err := store.Count(tx, "select count(*) from case_more where case_id = $1", id)
		sealed = n > 0
		return err
	})
	return open, sealed, err
}

// OpenExtra opens the sealed fields of a case, for somebody who may open the person's identity; the journal has who and why.
func (s *Service) OpenExtra(ctx context.Context, by outbreak.Actor, id outbreak.CaseID) (list []Extra, err error) {
	if err := access.RequireAnywhere(by, access.PersonIdentity); err != nil {
		return nil, err
	}
	var person outbreak.PersonID
	var sealed []byte
	if err := s.db.Read(ctx, func(tx *store.Tx) error {
		c, err := s.find(tx, by, access.CaseRead, id)
		if err != nil {
			return err
		}
		person = c.Person
		sealed, _, err = store.One(tx, store.Value[[]byte], "select sealed from case_more where case_id = $1", id)
		return err
	}); err != nil || sealed == nil {
		return nil, err
	}
	text, err := s.registry.OpenAbout(ctx, by, person, sealed)
	if err != nil {
		return nil, err
	}
	return list, json.Unmarshal(text, &list)
}
