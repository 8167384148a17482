package cases

import (
	"context"
	"slices"
	"strings"
	"unicode"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// KnownParties lists whose numbers cases of an outbreak have, our own left out. It asks one question for each of them, however many
// numbers there are.
func KnownParties(tx *store.Tx, ob outbreak.OutbreakID) (list []string, err error) {
	for last := ""; ; {
		next, is, err := store.One(tx, store.Value[string], "select party from case_external where outbreak = $1 and party > $2 order by party limit 1", ob, last)
		if err != nil || !is {
			return list, err
		}
		list, last = append(list, next), next
	}
}

// ListParties lists whose numbers cases of outbreaks have, as far as the actor sees cases of these.
func (s *Service) ListParties(ctx context.Context, by outbreak.Actor, outbreaks []outbreak.OutbreakID) (list []string, err error) {
	if err := access.RequireAnywhere(by, access.CaseRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		reach := access.Reach(by, access.CaseRead)
		for _, ob := range outbreaks {
			if !slices.ContainsFunc(reach, func(x outbreak.Scope) bool { return x.Outbreak == 0 || x.Outbreak == ob }) {
				continue
			}
			known, err := KnownParties(tx, ob)
			if err != nil {
				return err
			}
			list = append(list, known...)
		}
		return nil
	})
	slices.Sort(list)
	return slices.Compact(list), err
}

// PartiesNamed lists under which names a party's numbers stand: its lists may have been taken in as "Hospital 2" before somebody gave
// it the code hospital-2. The first is that to write under; where no numbers are known yet, the first name that was asked for.
func PartiesNamed(tx *store.Tx, ob outbreak.OutbreakID, names ...string) ([]string, error) {
	known, err := KnownParties(tx, ob)
	if err != nil {
		return nil, err
	}
	var list []string
	for _, name := range names {
		for _, k := range known {
			if alike := folded(k) == folded(name) && folded(name) != ""; (alike || k == name) && !slices.Contains(list, k) {
				list = append(list, k)
			}
		}
	}
	if at := slices.Index(list, names[0]); at > 0 { // its own name goes before those that are only alike
		list = slices.Insert(slices.Delete(list, at, at+1), 0, names[0])
	}
	if len(list) == 0 {
		list = names[:1]
	}
	return list, nil
}

// folded is a name without what makes no difference to who is meant: case, spaces, hyphens and other marks.
func folded(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}
