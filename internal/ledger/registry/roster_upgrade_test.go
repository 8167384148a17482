package registry

import (
	"context"
	"encoding/json"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

// before gives the migrations up to a version.
func before(t *testing.T, upto string) store.Migrations {
	t.Helper()
	old := fstest.MapFS{}
	names, err := fs.Glob(Migrations.FS, "migrations/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.TrimPrefix(name, "migrations/") >= upto {
			continue
		}
		text, err := fs.ReadFile(Migrations.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		old[name] = &fstest.MapFile{Data: text}
	}
	return store.Migrations{Owner: Migrations.Owner, FS: old}
}

// TestASiteOfTheOldIndexesKeepsItsPeople fills the tables as they were before the indexes were packed, brings them up to date and
// looks for everybody by everything.
func TestASiteOfTheOldIndexesKeepsItsPeople(t *testing.T) {
	testkit.Engines(t, []store.Migrations{journal.Migrations, access.Migrations, before(t, "0009")}, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		ctx := context.Background()
		s := nameSite(t, db, clock)
		onRoll := NewPerson{Area: "220101", Door: "1", Sex: "female", Identity: Identity{Name: "王小明", DocumentKind: OtherID, Document: "D1000001", Phone: "1391"}}
		walkIn := NewPerson{Area: "220101", Sex: "female", Identity: Identity{Name: "李娜", DocumentKind: OtherID, Document: "D2000002", Phone: "1391"}}
		if err := db.Write(ctx, func(tx *store.Tx) error {
			state, eyes, err := s.keys(tx)
			if err != nil {
				return err
			}
			area, _, err := AreaByCode(tx, "220101")
			if err != nil {
				return err
			}
			if _, err := s.room(tx, area, 1); err != nil {
				return err
			}
			if err := tx.Must("update roll_range set next = next + 1"); err != nil {
				return err
			}
			home := eyes.householdOf(area, onRoll)
			if err := tx.Must("insert into household (id, area_id, area, building, door, ukey) values (77, $1, $2, '', '1', $3)", area.ID, area.Path, home.ukey); err != nil {
				return err
			}
			for i, p := range []NewPerson{onRoll, walkIn} {
				id, no, ukey, household := outbreak.PersonID(1000+i), int64(1), eyes.ukey(p.mark()), 77
				if i == 1 {
					no, ukey, household = DeviceNo(FirstDevice, 1), "walk-in "+id.String(), 0
				}
				plain, err := json.Marshal(p.Identity)
				if err != nil {
					return err
				}
				b, err := s.vault.seal(id, plain, state.master)
				if err != nil {
					return err
				}
				if err := tx.Must(`insert into person (id, no, on_roll, area_id, area, household, sex, birth_year, sealed, wrapped, ukey, retention, registered_at, recorded_at, named_by)
					values ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9, $10, 'identity', 1, 1, 1)`, id, no, 1-i, area.ID, area.Path, household, p.Sex, b.sealed, b.wrapped, ukey); err != nil {
					return err
				}
				for kind, value := range map[string]string{OtherID: p.Identity.Document, "phone": p.Identity.Phone} {
					if err := tx.Must("insert into identity_token (kind, token, person) values ($1, $2, $3)", kind, eyes.token(kind, value), id); err != nil {
						return err
					}
				}
				if err := tx.Must("insert into name_token (token, person) values ($1, $2)", 5, id); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if err := db.Migrate(ctx, journal.Migrations, access.Migrations, Migrations); err != nil {
			t.Fatal(err)
		}
		if p, err := s.FindPerson(ctx, s.by, OtherID, "D1000001"); err != nil || p.ID != 1000 || p.Household != 77 {
			t.Errorf("somebody of the roll, before anything is filed anew: %+v %v", p, err)
		}
		if n, err := s.FileNames(ctx); err != nil || n != 2 {
			t.Errorf("%d people were filed anew, %v", n, err)
		}
		if p, err := s.FindPerson(ctx, s.by, OtherID, "D2000002"); err != nil || p.ID != 1001 {
			t.Errorf("somebody with the number of a device: %+v %v", p, err)
		}
		if got := s.names(SearchPeople{Name: "wang xiaoming"}); len(got) != 1 {
			t.Errorf("by name: %q", got)
		}
		if l := s.load([]NewPerson{onRoll}); l.Repeated != 1 {
			t.Errorf("the row of a known person: %+v", l)
		}
		neighbour := onRoll
		neighbour.Identity = Identity{Name: "王大明", DocumentKind: OtherID, Document: "D2000002"}
		if l := s.load([]NewPerson{neighbour}); l.Added != 1 {
			t.Errorf("%+v", l)
		}
		if p, err := s.FindPersonByID(ctx, s.by, s.lastOf(t)); err != nil || p.Household != 77 || p.No != 2 {
			t.Errorf("somebody new behind a known door: %+v %v", p, err)
		}
		c, err := s.Keys().Check(ctx, nil)
		if err != nil || c.People != 3 || c.Opened != 3 || c.Entries != 0 {
			t.Errorf("%+v %v", c, err)
		}
		if _, err := s.FileLinks(ctx); err != nil {
			t.Fatal(err)
		}
		list, _, err := s.ListCandidates(ctx, s.by, "", 0)
		if err != nil || len(list) != 1 || list[0].Why[0] != WhyDocument {
			t.Errorf("%+v %v", list, err)
		}
	})
}

func (s keySite) lastOf(t *testing.T) (id outbreak.PersonID) {
	t.Helper()
	if err := s.db.Read(context.Background(), func(tx *store.Tx) (err error) {
		id, _, err = store.One(tx, store.Value[outbreak.PersonID], "select max(id) from person")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return id
}
