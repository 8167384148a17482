package placement

import (
	"slices"
	"strings"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

const siteColumns = "id, outbreak, area, area_id, kind, name"

func scanSite(r store.Row) (s Site, err error) {
	err = r.Scan(&s.ID, &s.Outbreak, &s.Area, &s.AreaID, &s.Kind, &s.Name)
	return s, err
}

func siteByID(tx *store.Tx, id outbreak.SiteID) (Site, bool, error) {
	return store.One(tx, scanSite, "select "+siteColumns+" from site where id = $1", id)
}

const needColumns = "id, outbreak, edition, person, case_id, area, severity, kinds, state, since, due"

func scanNeed(r store.Row) (n Need, err error) {
	var kinds string
	err = r.Scan(&n.ID, &n.Outbreak, &n.Edition, &n.Person, &n.Case, &n.Area, &n.Severity, &kinds, &n.State, &n.Since, &n.Due)
	n.Kinds = strings.Fields(kinds)
	return n, err
}

func needByID(tx *store.Tx, id outbreak.NeedID) (Need, bool, error) {
	return store.One(tx, scanNeed, "select "+needColumns+" from need where id = $1", id)
}

// liveNeeds lists the needs of a person in an outbreak, under whatever code: the one that has come furthest first, then the
// oldest. There are several only when codes turned out to be one person afterwards.
func liveNeeds(tx *store.Tx, ob outbreak.OutbreakID, person outbreak.PersonID) ([]Need, error) {
	codes, err := registry.CodesOf(tx, person)
	if err != nil {
		return nil, err
	}
	in, args := store.In([]any{ob}, codes)
	return store.List(tx, scanNeed, "select "+needColumns+" from need where outbreak = $1 and live = 1 and person in ("+in+") order by case when state = 'reserved' then 0 else 1 end, id", args...)
}

// spared tells whether the rule book looked for no bed when the case was seen last.
func spared(tx *store.Tx, c outbreak.CaseID) (bool, error) {
	kinds, known, err := store.One(tx, store.Value[string], "select kinds from need where case_id = $1 order by id desc limit 1", c)
	return known && kinds == "", err
}

// needOfCase picks the need of a case among those of its person; one without a case, or of an older one, is the person's own.
func needOfCase(needs []Need, c outbreak.CaseID, person outbreak.PersonID) (Need, bool) {
	for _, fits := range []func(Need) bool{func(n Need) bool { return n.Case == c }, func(n Need) bool { return n.Person == person }} {
		if i := slices.IndexFunc(needs, fits); i >= 0 {
			return needs[i], true
		}
	}
	return Need{}, false
}

func insertNeed(tx *store.Tx, n Need) error {
	return tx.Must("insert into need ("+needColumns+`, severity_rank, live, ended_at, retention, recorded_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1, 0, $13, $14)`,
		n.ID, n.Outbreak, n.Edition, n.Person, n.Case, n.Area, n.Severity, strings.Join(n.Kinds, " "), n.State, n.Since, n.Due,
		-n.Severity.Rank(), outbreak.RetainClinical, tx.Now)
}

func saveSeverity(tx *store.Tx, n Need) error {
	return tx.Must("update need set severity = $1, severity_rank = $2, kinds = $3 where id = $4", n.Severity, -n.Severity.Rank(), strings.Join(n.Kinds, " "), n.ID)
}

// moveNeed changes the state of a need; met and ended needs make room for a new one of the person.
func moveNeed(tx *store.Tx, n Need, state string) error {
	if state == "met" || state == "ended" {
		return tx.Must("update need set state = $1, live = id, ended_at = $2 where id = $3", state, tx.Now, n.ID)
	}
	return tx.Must("update need set state = $1 where id = $2", state, n.ID)
}

const stayColumns = "id, outbreak, edition, person, need, case_id, area, site, bed, state, reserved_at, arrived_at, ended_at, reason"

func scanStay(r store.Row) (s Stay, err error) {
	err = r.Scan(&s.ID, &s.Outbreak, &s.Edition, &s.Person, &s.Need, &s.Case, &s.Area, &s.Site, &s.Bed, &s.State, &s.ReservedAt, &s.ArrivedAt, &s.EndedAt, &s.Reason)
	return s, err
}

func stayByID(tx *store.Tx, id outbreak.StayID) (Stay, bool, error) {
	return store.One(tx, scanStay, "select "+stayColumns+" from stay where id = $1", id)
}

// staysOf lists a person's stays in a state, under whatever code, the oldest first.
func staysOf(tx *store.Tx, person outbreak.PersonID, state string) ([]Stay, error) {
	codes, err := registry.CodesOf(tx, person)
	if err != nil {
		return nil, err
	}
	in, args := store.In([]any{state}, codes)
	return store.List(tx, scanStay, "select "+stayColumns+" from stay where state = $1 and person in ("+in+") order by id", args...)
}

func insertStay(tx *store.Tx, s Stay) error {
	return tx.Must("insert into stay ("+stayColumns+", retention, recorded_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
		s.ID, s.Outbreak, s.Edition, s.Person, s.Need, s.Case, s.Area, s.Site, s.Bed, s.State, s.ReservedAt, s.ArrivedAt, s.EndedAt, s.Reason, outbreak.RetainClinical, tx.Now)
}

func saveStay(tx *store.Tx, s Stay) error {
	return tx.Must("update stay set bed = $1, state = $2, arrived_at = $3, ended_at = $4, reason = $5 where id = $6", s.Bed, s.State, s.ArrivedAt, s.EndedAt, s.Reason, s.ID)
}

// holdBed takes a free bed for a stay; false when somebody was faster.
func holdBed(tx *store.Tx, bed outbreak.BedID, stay outbreak.StayID) (bool, error) {
	n, err := tx.Exec("update bed set stay = $1 where id = $2 and stay = 0 and state = 'open'", stay, bed)
	return n == 1, err
}

func freeBed(tx *store.Tx, stay outbreak.StayID) error {
	_, err := tx.Exec("update bed set stay = 0 where stay = $1", stay)
	return err
}

// freeBeds counts the free beds of a kind per site that serves an outbreak.
func freeBeds(tx *store.Tx, kind string, ob outbreak.OutbreakID) ([]free, error) {
	return store.List(tx, func(r store.Row) (f free, err error) {
		err = r.Scan(&f.site.ID, &f.site.Outbreak, &f.site.Area, &f.site.AreaID, &f.site.Kind, &f.site.Name, &f.beds)
		return f, err
	}, `select s.id, s.outbreak, s.area, s.area_id, s.kind, s.name, f.n from site s
		join (select site, count(*) as n from bed where kind = $1 and state = 'open' and stay = 0 group by site) f on f.site = s.id
		where s.outbreak in (0, $2) order by s.id`, kind, ob)
}

// anyFree finds a free bed of a site, of whatever kind.
func anyFree(tx *store.Tx, site outbreak.SiteID) (outbreak.BedID, bool, error) {
	return store.One(tx, store.Value[outbreak.BedID], "select id from bed where site = $1 and stay = 0 and state = 'open' order by id limit 1", site)
}

// firstOver finds who has lain over the beds of a site the longest.
func firstOver(tx *store.Tx, site outbreak.SiteID) (Stay, bool, error) {
	return store.One(tx, scanStay, "select "+stayColumns+" from stay where site = $1 and state = 'arrived' and bed = 0 order by arrived_at, id limit 1", site)
}

func firstFree(tx *store.Tx, site outbreak.SiteID, kind string) (outbreak.BedID, bool, error) {
	return store.One(tx, store.Value[outbreak.BedID], "select id from bed where kind = $1 and state = 'open' and stay = 0 and site = $2 order by id limit 1", kind, site)
}
