package cases

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// LoadCases is a batch of rows of somebody's line list.
type LoadCases struct {
	Key      string              `json:"-"`
	Turn     func() error        `json:"-"` // waits until the batch, which is ready by then, may be written; nil: at once
	Outbreak outbreak.OutbreakID `json:"outbreak"`
	Party    string              `json:"party"`    // whose list it is; empty: our own
	Followed bool                `json:"followed"` // reports, investigations and beds are still owed here; false: for the record
	Rows     []LoadedCase        `json:"rows"`
}

// LoadedCase is what a row says.
type LoadedCase struct {
	Person   registry.NewPerson `json:"person"`
	External string             `json:"external"` // its number in that list; empty: the row is known again by what it says
	Nth      int                `json:"nth"`      // without a number: how many rows before it in the list say the very same
	Values   Values             `json:"values"`   // what is not said is left out or empty
	Extra    []Extra            `json:"extra"`    // fields that are none of ours
}

// Extra is a field of a list that is none of ours.
type Extra struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Open  bool   `json:"open,omitempty"` // somebody declared that it tells nothing about who it is; else it is sealed
}

// LoadedCases is what became of a batch. Each row is added, changed, repeated or rejected.
type LoadedCases struct {
	Batch    outbreak.BatchID    `json:"batch"`
	Added    int                 `json:"added"`
	Changed  int                 `json:"changed"`
	Repeated int                 `json:"repeated"`
	Rejected outbreak.Rejections `json:"rejected"`
	Cases    []outbreak.CaseID   `json:"cases"` // of each row; 0: rejected
}

// LoadCases takes rows of a line list in. A row whose number was seen before changes what it says differently from the last time,
// and leaves alone what was corrected here since; the same row again changes nothing. Where it says otherwise who somebody is, it corrects that too. Somebody known by document with a live case
// of the outbreak keeps that case, and the row fills in what is not known of it. Rows that are wrong come back with a reason.
func (s *Service) LoadCases(ctx context.Context, by outbreak.Actor, c LoadCases) (LoadedCases, error) {
	if err := access.RequireAnywhere(by, access.CaseLoad); err != nil {
		return LoadedCases{}, err
	}
	b := &batch{Service: s, by: by, command: c, marks: make([]string, len(c.Rows)), numbers: make([]string, len(c.Rows))}
	if err := b.mark(); err != nil {
		return LoadedCases{}, err
	}
	people := make([]registry.NewPerson, len(c.Rows))
	for i := range c.Rows {
		people[i] = c.Rows[i].Person
	}
	var err error
	if b.arrivals, err = s.registry.Arrive(ctx, by, access.CaseLoad, people); err == nil {
		if b.markWho(); c.Turn != nil {
			err = c.Turn()
		}
	}
	if err != nil {
		return LoadedCases{}, err
	}
	request := struct {
		Outbreak outbreak.OutbreakID
		Party    string
		Digest   string
	}{c.Outbreak, c.Party, b.digest} // the kept request holds no names
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "cases.LoadCases", Key: c.Key}, request, func(tx *store.Tx) (LoadedCases, error) {
		x := *b // a closure may run twice
		err := x.load(tx)
		return x.done, err
	})
}

// batch is a batch of rows on its way into the tables.
type batch struct {
	*Service
	by       outbreak.Actor
	command  LoadCases
	arrivals *registry.Arrivals
	marks    []string            // of each row, of all it says
	numbers  []string            // by which it is known again
	digest   string              // of all rows
	who      []map[string]string // of each row: digests of the identity

	tx        *store.Tx
	done      LoadedCases
	rules     outbreak.Protocol
	zones     zones
	known     map[string]external
	corrected map[int]registry.Corrected // identities, by row
	first     map[string]int             // rows of this batch by number
	people    []registry.Person
	live      map[outbreak.PersonID]Case
	state     map[outbreak.CaseID]*kept // cases of this batch's rows
	order     []outbreak.CaseID
	said      [][]any // rows of case_external
	may       map[outbreak.Path]error
	counts    map[outbreak.Path]*outbreak.CasesLoaded
}

// kept is a case in the hands of a batch.
type kept struct {
	was, now Case
	added    bool
	extra    []Extra
}

// external is what is known of a number in a party's list.
type external struct {
	id   outbreak.CaseID
	mark string
	said Values
	who  map[string]string // digests of the identity; nil: not kept
}

// mark makes the digests rows are known again by.
func (b *batch) mark() error {
	var all []byte
	for i, r := range b.command.Rows {
		nth := r.Nth
		r.Nth = 0
		text, err := json.Marshal(r)
		if err != nil {
			return fmt.Errorf("reading a row of a line list: %w", err)
		}
		b.marks[i] = b.registry.Digest("case row", string(text))
		b.numbers[i] = r.External
		if r.External == "" {
			b.numbers[i] = fmt.Sprintf("row %s %d", b.marks[i], nth)
		}
		all = append(all, b.marks[i]...)
	}
	b.digest = b.registry.Digest("case rows", string(all))
	return nil
}

func (b *batch) load(tx *store.Tx) error {
	b.tx, b.zones, b.first, b.state = tx, zones{}, map[string]int{}, map[outbreak.CaseID]*kept{}
	b.may, b.counts = map[outbreak.Path]error{}, map[outbreak.Path]*outbreak.CasesLoaded{}
	b.done = LoadedCases{Batch: outbreak.New[outbreak.BatchID](b.ids), Cases: make([]outbreak.CaseID, len(b.command.Rows))}
	for _, step := range []func() error{b.look, b.meet, b.identify, b.decide, b.write} {
		if err := step(); err != nil {
			return err
		}
	}
	slices.SortStableFunc(b.done.Rejected, func(x, y outbreak.Rejection) int { return cmp.Compare(x.Row, y.Row) })
	return nil
}
