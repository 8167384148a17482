package exchange

import (
	"fmt"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/contacts"
)

// LinkTotals say what became of the people whom rows of a line list name beside the case: Received = Added + Changed + Repeated +
// Waiting + Rejected.
type LinkTotals struct {
	Received int `json:"received"`
	Added    int `json:"added"`
	Changed  int `json:"changed"`
	Repeated int `json:"repeated"`
	Waiting  int `json:"waiting"` // for somebody of the number they name
	Rejected int `json:"rejected"`
}

// linked is what became of the links of a batch.
type linked struct {
	LinkTotals
	refused []linkRefused
}

// linkRefused is a link a room refused; the case of its row stands.
type linkRefused struct {
	row *listRow
	listFault
}

// links hands who infected the cases of rows, and whom these exposed, to the contacts.
func (l *listLoading) links(rows []*listRow, ids []outbreak.CaseID) (out linked, err error) {
	c := contacts.LoadLinks{Outbreak: l.o.Outbreak, Party: l.o.Party}
	var of []linkRefused
	for i, x := range rows {
		if ids[i] == 0 { // the row comes back, and brings them again
			continue
		}
		zone, err := l.zone(x.person.Area)
		if err != nil {
			return out, err
		}
		for _, k := range x.links {
			link := contacts.LoadedLink{Exposure: k.Values["exposure"], Setting: k.Values["setting"], Relation: k.Values["relation"], FirstAt: dayIn(k.Values["exposed_from"], zone), LastAt: dayIn(k.Values["exposed_to"], zone)}
			for _, e := range k.Extra {
				link.Extra = append(link.Extra, contacts.Extra(e))
			}
			if k.Infector {
				link.Mark, link.Wait = fmt.Sprintf("infected %s %d", ids[i], k.Nth), true
				link.From, link.To = contacts.End{Number: k.Number}, contacts.End{Case: ids[i]}
			} else {
				link.Mark = fmt.Sprintf("exposed by %s %s %d", ids[i], l.rooms.Registry.Digest("contact of a case", k.who()), k.Nth)
				link.From, link.To = contacts.End{Case: ids[i]}, l.end(k.Number, k.Person, true)
			}
			c.Links = append(c.Links, link)
			of = append(of, linkRefused{x, listFault{column: k.column, check: "link"}})
		}
	}
	if len(c.Links) == 0 {
		return out, nil
	}
	got, err := l.rooms.Contacts.LoadLinks(l.ctx, l.by, c)
	if err != nil {
		return out, err
	}
	out.LinkTotals = LinkTotals{len(c.Links), got.Added, got.Changed, got.Repeated, got.Waiting, len(got.Rejected)}
	for _, r := range got.Rejected {
		f := of[r.Row]
		f.err = &outbreak.Error{Kind: outbreak.Invalid, Msg: r.Reason, Slots: r.Slots}
		out.refused = append(out.refused, f)
	}
	return out, nil
}

// namesOthers tells whether a line list says of others that they infected or were exposed.
func (r *reading) namesOthers() bool {
	if r.kind != LineList {
		return false
	}
	for _, c := range r.columns {
		if c.field.group || c.field.Name == "infected_by" {
			return true
		}
	}
	return false
}

// meetWaiting makes links of those that waited for numbers the list brought, in whatever order.
func (l *listLoading) meetWaiting(report *Report) error {
	if l.scan.kind != LineList || !access.Anywhere(l.by, access.ContactLoad) {
		return nil
	}
	met, err := l.rooms.Contacts.MeetWaiting(l.ctx, l.by, contacts.MeetWaiting{Outbreak: l.o.Outbreak, Party: l.o.Party})
	if err != nil {
		return err
	}
	if report.Links == nil {
		if met.Added+met.Changed == 0 {
			return nil
		}
		report.Links = &LinkTotals{}
	}
	t := report.Links
	n := met.Added + met.Changed
	t.Added, t.Changed, t.Waiting = t.Added+met.Added, t.Changed+met.Changed, max(t.Waiting-n, 0)
	t.Received = t.Added + t.Changed + t.Repeated + t.Waiting + t.Rejected // those of former lists that were met now, too
	return nil
}

// countLinks takes over what became of the links of a batch. A row whose link was refused comes back with the reason, though its case is
// in: sent again it brings the link alone.
func (s *listScan) countLinks(k linked) error {
	if k.Received == 0 {
		return nil
	}
	if s.report.Links == nil {
		s.report.Links = &LinkTotals{}
	}
	t := s.report.Links
	t.Received, t.Added, t.Changed, t.Repeated = t.Received+k.Received, t.Added+k.Added, t.Changed+k.Changed, t.Repeated+k.Repeated
	t.Waiting, t.Rejected = t.Waiting+k.Waiting, t.Rejected+k.Rejected
	for i, f := range k.refused {
		f.row.told = append(f.row.told, f.listFault)
		if i+1 < len(k.refused) && k.refused[i+1].row == f.row {
			continue
		}
		if err := s.giveBack(f.row); err != nil {
			return err
		}
	}
	return nil
}
