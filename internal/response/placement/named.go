package placement

import (
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// named is where in a site somebody lies, as the one who saw it says. Nothing named: wherever there is room.
type named struct{ ward, bed string }

// place is a bed of a ward and the stay that has it.
type place struct {
	bed  outbreak.BedID
	stay outbreak.StayID
}

// find looks for the named bed, or for a free one of the named ward; none when the ward is full.
func (n named) find(tx *store.Tx, site outbreak.SiteID, own outbreak.StayID) (p place, err error) {
	if n.ward == "" {
		return p, outbreak.Refuse(outbreak.Invalid, "placement.bed_without_ward", "bed", n.bed)
	}
	ward, known, err := store.One(tx, store.Value[outbreak.WardID], "select id from ward where site = $1 and name = $2", site, n.ward)
	if err != nil {
		return p, err
	}
	if !known {
		return p, outbreak.Refuse(outbreak.Invalid, "placement.no_ward", "ward", n.ward)
	}
	scan := func(r store.Row) (p place, err error) {
		err = r.Scan(&p.bed, &p.stay)
		return p, err
	}
	if n.bed == "" { // the person's own bed when it is in this ward, else the first free one
		p, _, err = store.One(tx, scan, "select id, stay from bed where ward = $1 and state = 'open' and stay in (0, $2) order by case when stay = 0 then 1 else 0 end, id limit 1", ward, own)
		return p, err
	}
	p, known, err = store.One(tx, scan, "select id, stay from bed where ward = $1 and label = $2 and state = 'open'", ward, n.bed)
	if err == nil && !known {
		err = outbreak.Refuse(outbreak.Invalid, "placement.no_such_bed", "ward", n.ward, "bed", n.bed)
	}
	return p, err
}

// layIn puts an arrival into the named bed. Who has it reserved gets another bed of the site, or waits again: the person who is
// there comes before the one who is expected.
func (s *Service) layIn(tx *store.Tx, by outbreak.Actor, st Stay, in named, known bool) (Stay, error) {
	p, err := in.find(tx, st.Site, st.ID)
	if err != nil {
		return st, err
	}
	var expected Stay
	if p.stay != 0 && p.stay != st.ID {
		if expected, _, err = stayByID(tx, p.stay); err != nil {
			return st, err
		}
		if expected.State == "arrived" {
			return st, outbreak.Refuse(outbreak.Conflict, "placement.bed_taken", "ward", in.ward, "bed", in.bed)
		}
	}
	if known {
		if err := freeBed(tx, st.ID); err != nil {
			return st, err
		}
	}
	if expected.ID != 0 {
		if err := freeBed(tx, expected.ID); err != nil {
			return st, err
		}
	}
	if st.Bed = p.bed; p.bed != 0 {
		if _, err := holdBed(tx, p.bed, st.ID); err != nil {
			return st, err
		}
	}
	if known {
		err = saveStay(tx, st)
	} else {
		err = insertStay(tx, st)
	}
	if err != nil || expected.ID == 0 {
		return st, err
	}
	return st, s.rebed(tx, by, expected)
}

// rebed gives a reservation whose bed was taken another bed of that kind at the site; without one the person waits again.
func (s *Service) rebed(tx *store.Tx, by outbreak.Actor, st Stay) error {
	kind, _, err := store.One(tx, store.Value[string], "select kind from bed where id = $1", st.Bed)
	if err != nil {
		return err
	}
	bed, free, err := firstFree(tx, st.Site, kind)
	if err != nil {
		return err
	}
	if free {
		if _, err := holdBed(tx, bed, st.ID); err != nil {
			return err
		}
		st.Bed = bed
		return saveStay(tx, st)
	}
	if err := s.giveBack(tx, by, st, "bed_taken"); err != nil {
		return err
	}
	n, ok, err := needByID(tx, st.Need)
	if err != nil || !ok || n.State != "reserved" {
		return err
	}
	return s.waitAgain(tx, by, n)
}

// moveWithin gives somebody who is at the site another bed of it, when one is named.
func (s *Service) moveWithin(tx *store.Tx, by outbreak.Actor, st Stay, in named, at outbreak.Instant) (Stay, error) {
	if in == (named{}) {
		return st, nil
	}
	before := st.Bed
	st, err := s.layIn(tx, by, st, in, true)
	if err != nil || st.Bed == before {
		return st, err
	}
	if st.Bed == 0 {
		return st, outbreak.Refuse(outbreak.Conflict, "placement.ward_full", "ward", in.ward)
	}
	if _, err := s.journal.Append(tx, by, outbreak.BedGiven{Scope: st.Scope(), Stay: st.ID, Person: st.Person, Site: st.Site, Bed: st.Bed, At: at}); err != nil {
		return st, err
	}
	if err := s.relieve(tx, by, st.Site, at); err != nil {
		return st, err
	}
	need, _, err := needByID(tx, st.Need)
	if err != nil {
		return st, err
	}
	return st, s.moveOn(tx, by, st, need)
}
