package registry

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"breakwater/internal/engine/linkage"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// homeTokens gives the digests of somebody's address in his area, the one that is written last; none when it names no door.
func (b blind) homeTokens(p Person, d door) []int64 {
	if d.key == "" {
		return nil
	}
	return b.tokens("home", strconv.FormatInt(int64(p.AreaID), 10)+" "+d.key)
}

// keepHomes files those who came by their addresses.
func (l *linking) keepHomes(tx *store.Tx, came func(outbreak.PersonID) bool) error {
	var rows [][]any
	for _, c := range l.comers {
		if came(c.ID) && len(c.homes) > 0 {
			rows = append(rows, []any{newestOf(c.homes), int64(c.ID)})
		}
	}
	_, err := tx.Insert("person_home", []string{"token", "person"}, []string{"token", "person"}, rows)
	return err
}

// neighbours finds who lives behind the same door as those who came, unless more live there than a household has.
func (l *linking) neighbours(tx *store.Tx, came func(outbreak.PersonID) bool) (list []judged, err error) {
	asked := map[int64][]*comer{}
	for _, c := range l.comers {
		if came(c.ID) {
			for _, form := range c.homes {
				asked[form] = append(asked[form], c)
			}
		}
	}
	behind := map[int64][]outbreak.PersonID{}
	var ids []outbreak.PersonID
	if err := store.Lookup(tx, func(r store.Row) error {
		var form int64
		var id outbreak.PersonID
		err := r.Scan(&form, &id)
		behind[form], ids = append(behind[form], id), append(ids, id)
		return err
	}, store.Asked{Columns: "token, person", Table: "person_home", By: "token"}, slices.Sorted(maps.Keys(asked))); err != nil {
		return nil, fmt.Errorf("looking for who lives at one address: %w", err)
	}
	maps.DeleteFunc(behind, func(_ int64, who []outbreak.PersonID) bool { return len(who) < 2 || len(who) > mostAtHome })
	if len(behind) == 0 {
		return nil, nil
	}
	ids = ids[:0]
	for _, who := range behind {
		ids = append(ids, who...)
	}
	type neighbour struct {
		Person
		record linkage.Prepared
		door   door
	}
	there := map[outbreak.PersonID]neighbour{}
	if err := l.eachOpened(tx, sorted(ids), func(p Person, i Identity) {
		there[p.ID] = neighbour{p, linkage.Prepare(recordOf(p, i, "")), doorOf(i.Address)}
	}); err != nil {
		return nil, err
	}
	known := map[pair]bool{}
	for _, p := range l.pairs {
		known[pair{p.one.ID, p.other.ID}] = true
	}
	for _, form := range slices.Sorted(maps.Keys(behind)) {
		for _, c := range asked[form] {
			for _, id := range behind[form] {
				a, b := there[min(c.ID, id)], there[max(c.ID, id)]
				p := pair{a.ID, b.ID}
				apart := a.ID == 0 || b.ID == 0 || a.ID == b.ID || a.Lead() == b.Lead() || a.Household != 0 && a.Household == b.Household
				if apart || known[p] || !a.door.near(b.door) {
					continue
				}
				known[p] = true
				list = append(list, judged{one: a.Person, other: b.Person, kind: KindHousehold, address: true, verdict: l.judge.Weigh(a.record, b.record)})
			}
		}
	}
	return list, nil
}

// dropHomes takes people out of those who are filed by their addresses.
func dropHomes(tx *store.Tx, ids []outbreak.PersonID) error {
	return inParts(ids, func(in string, args []any) error {
		_, err := tx.Exec("delete from person_home where person in ("+in+")", args...)
		return err
	})
}

// rehome files somebody by his address under the key that is written with.
func (c *comer) rehome(tx *store.Tx) error {
	if _, err := tx.Exec("delete from person_home where person = $1", c.ID); err != nil || len(c.homes) == 0 {
		return err
	}
	return tx.Must("insert into person_home (token, person) values ($1, $2)", newestOf(c.homes), c.ID)
}

// fileHomes files people by their addresses who were filed before that was done, some hundred a transaction. When it is stopped it goes on
// at the next call.
func (s *Service) fileHomes(ctx context.Context) error {
	for {
		left := false
		if err := s.db.Write(ctx, func(tx *store.Tx) (err error) {
			left, err = s.fileSomeHomes(tx)
			return err
		}); err != nil || !left {
			return err
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
}

func (s *Service) fileSomeHomes(tx *store.Tx) (left bool, err error) {
	looked, err := linkStates(tx)
	if err != nil {
		return false, err
	}
	upto, known := looked[homesUpto]
	if !known {
		if upto, err = lastFiled(tx); err != nil {
			return false, err
		}
	}
	after := looked[homesLooked]
	if known && after >= upto {
		return false, nil
	}
	var ids []outbreak.PersonID
	if err := store.Each(tx, func(r store.Row) error {
		var id outbreak.PersonID
		err := r.Scan(&after, &id)
		ids = append(ids, id)
		return err
	}, "select seq, person from link_filed where seq > $1 and seq <= $2 and tokens is not null order by seq limit $3", after, upto, keyBatch); err != nil {
		return false, err
	}
	if len(ids) == 0 {
		after = upto
	}
	_, eyes, err := s.keys(tx)
	if err != nil {
		return false, err
	}
	var rows [][]any
	if err := s.eachOpened(tx, ids, func(p Person, i Identity) {
		if forms := eyes.homeTokens(p, doorOf(i.Address)); len(forms) > 0 {
			rows = append(rows, []any{newestOf(forms), int64(p.ID)})
		}
	}); err != nil {
		return false, err
	}
	if _, err := tx.Insert("person_home", []string{"token", "person"}, []string{"token", "person"}, rows); err != nil {
		return false, fmt.Errorf("filing people by addresses: %w", err)
	}
	return true, tx.Put("link_state", []string{"id", "looked"}, "id", [][]any{{int64(homesLooked), after}, {int64(homesUpto), upto}})
}
