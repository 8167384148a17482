package contacts

import (
	"encoding/json"
	"fmt"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

const columns = "id, outbreak, area, from_person, to_person, exposure, setting, relation, first_at, last_at, party, mark, batch, version, withdrawn_at, reason, recorded_at"

func scan(r store.Row) (l Link, err error) {
	err = r.Scan(&l.ID, &l.Outbreak, &l.Area, &l.From, &l.To, &l.Exposure, &l.Setting, &l.Relation, &l.FirstAt, &l.LastAt, &l.Party, &l.mark, &l.batch, &l.Version, &l.WithdrawnAt, &l.Reason, &l.RecordedAt)
	l.Extra = []Extra{}
	return l, err
}

func byID(tx *store.Tx, id outbreak.LinkID) (Link, bool, error) {
	return store.One(tx, scan, "select "+columns+" from contact_link where id = $1", id)
}

// perQuestion is how many values one question names.
const perQuestion = 400

// byMark finds the links that lists of a party know by their marks.
func byMark(tx *store.Tx, ob outbreak.OutbreakID, party string, marks []string) (map[string]Link, error) {
	found := map[string]Link{}
	for len(marks) > 0 {
		n := min(len(marks), perQuestion)
		in, args := store.In([]any{ob, party}, marks[:n])
		list, err := store.List(tx, scan, "select "+columns+" from contact_link where outbreak = $1 and party = $2 and mark in ("+in+")", args...)
		if err != nil {
			return nil, err
		}
		for _, l := range list {
			found[l.mark] = l
		}
		marks = marks[n:]
	}
	return found, nil
}

// numbered finds the people whom lists of contacts of a party know by their numbers.
func numbered(tx *store.Tx, ob outbreak.OutbreakID, party string, numbers []string) (map[string]outbreak.PersonID, error) {
	found := map[string]outbreak.PersonID{}
	for len(numbers) > 0 {
		n := min(len(numbers), perQuestion)
		in, args := store.In([]any{ob, party}, numbers[:n])
		if err := store.Each(tx, func(r store.Row) error {
			var number string
			var person outbreak.PersonID
			err := r.Scan(&number, &person)
			found[number] = person
			return err
		}, "select number, person from contact_external where outbreak = $1 and party = $2 and number in ("+in+")", args...); err != nil {
			return nil, err
		}
		numbers = numbers[n:]
	}
	return found, nil
}

func keepNumbers(tx *store.Tx, ob outbreak.OutbreakID, party string, people map[string]outbreak.PersonID, order []string) error {
	rows := make([][]any, 0, len(order))
	for _, number := range order {
		rows = append(rows, []any{ob, party, number, people[number], tx.Now})
	}
	_, err := tx.Insert("contact_external", []string{"outbreak", "party", "number", "person", "recorded_at"}, []string{"outbreak", "party", "number"}, rows)
	return err
}

// keepLinks writes new links, with what is sealed of each; nil: nothing.
func keepLinks(tx *store.Tx, links []Link, sealed [][]byte) error {
	rows := make([][]any, len(links))
	for i, l := range links {
		rows[i] = []any{l.ID, l.Outbreak, l.Area, l.From, l.To, l.Exposure, l.Setting, l.Relation, l.FirstAt, l.LastAt, l.Party, l.mark, blob(sealed[i]), l.batch, l.Version, l.WithdrawnAt, l.Reason,
			outbreak.RetainClinical, l.RecordedAt}
	}
	n, err := tx.Insert("contact_link", []string{"id", "outbreak", "area", "from_person", "to_person", "exposure", "setting", "relation", "first_at", "last_at", "party", "mark", "sealed", "batch", "version", "withdrawn_at",
		"reason", "retention", "recorded_at"}, nil, rows)
	if err == nil && n != int64(len(rows)) {
		err = fmt.Errorf("%d of %d links were written", n, len(rows))
	}
	return err
}

// blob makes nothing of an empty text: no database keeps an empty blob apart from none.
func blob(b []byte) any {
	if len(b) == 0 {
		return nil
	}
	return b
}

// keepExtra puts the open further fields of a link in the place of those it had.
func keepExtra(tx *store.Tx, links []Link) error {
	var rows [][]any
	for _, l := range links {
		if l.Version > 1 {
			if _, err := tx.Exec("delete from contact_extra where link = $1", l.ID); err != nil {
				return err
			}
		}
		for _, e := range l.Extra {
			if e.Open {
				rows = append(rows, []any{l.ID, e.Name, e.Value})
			}
		}
	}
	if len(rows) == 0 {
		return nil
	}
	_, err := tx.Insert("contact_extra", []string{"link", "field", "value"}, []string{"link", "field"}, rows)
	return err
}

// change keeps what a link says now and what it said before.
func change(tx *store.Tx, by outbreak.Actor, was, l Link, sealed []byte) error {
	text, err := json.Marshal(was.says())
	if err != nil {
		return err
	}
	if err := tx.Must("insert into contact_change (link, version, was, actor, recorded_at) values ($1, $2, $3, $4, $5)", l.ID, was.Version, string(text), by.String(), tx.Now); err != nil {
		return err
	}
	return tx.Must(`update contact_link set area = $1, from_person = $2, to_person = $3, exposure = $4, setting = $5, relation = $6, first_at = $7, last_at = $8, sealed = $9, batch = $10, version = $11,
		withdrawn_at = $12, reason = $13 where id = $14`, l.Area, l.From, l.To, l.Exposure, l.Setting, l.Relation, l.FirstAt, l.LastAt, blob(sealed), l.batch, l.Version, l.WithdrawnAt, l.Reason, l.ID)
}

// saveWithdrawn keeps that a link was taken back.
func saveWithdrawn(tx *store.Tx, l Link) error {
	return tx.Must("update contact_link set version = $1, withdrawn_at = $2, reason = $3 where id = $4", l.Version, l.WithdrawnAt, l.Reason, l.ID)
}

// readExtra adds the open further fields to links.
func readExtra(tx *store.Tx, links []Link) error {
	at := map[outbreak.LinkID]int{}
	ids := make([]outbreak.LinkID, len(links))
	for i, l := range links {
		ids[i], at[l.ID] = l.ID, i
	}
	for len(ids) > 0 {
		n := min(len(ids), perQuestion)
		in, args := store.In(nil, ids[:n])
		if err := store.Each(tx, func(r store.Row) error {
			var id outbreak.LinkID
			e := Extra{Open: true}
			err := r.Scan(&id, &e.Name, &e.Value)
			links[at[id]].Extra = append(links[at[id]].Extra, e)
			return err
		}, "select link, field, value from contact_extra where link in ("+in+") order by link, field", args...); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}

// sealedOf reads the sealed further fields of a link.
func sealedOf(tx *store.Tx, id outbreak.LinkID) (box []byte, is bool, err error) {
	box, is, err = store.One(tx, func(r store.Row) (b []byte, err error) {
		err = r.Scan(&b)
		return b, err
	}, "select sealed from contact_link where id = $1", id)
	return box, is && len(box) > 0, err
}
