package exchange

import (
	"context"
	"io"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/contacts"
)

// ExportContacts writes who exposed whom, the oldest link first, by the codes of people and without a name; those that were taken back
// with the reason, and behind them those that wait for a number.
func (s *Service) ExportContacts(ctx context.Context, by outbreak.Actor, ob outbreak.OutbreakID, w io.Writer) (Exported, error) {
	if err := access.RequireAnywhere(by, access.ExportRows); err != nil {
		return Exported{}, err
	}
	if err := access.RequireAnywhere(by, access.ContactRead); err != nil {
		return Exported{}, err
	}
	out, err := newSheet(w, string(Contacts), "link", "outbreak", "area", "from", "to", "from_number", "exposure", "setting", "relation", "exposed_from", "exposed_to", "party", "recorded", "withdrawn", "reason")
	if err != nil {
		return Exported{}, err
	}
	for after := outbreak.LinkID(0); ; {
		list, err := s.rooms.Contacts.ListLinks(ctx, by, contacts.Filter{Outbreak: ob, Withdrawn: true, After: after, Most: page})
		if err != nil {
			return out.done, err
		}
		for _, l := range list {
			after = l.ID
			if !access.Can(by, access.ExportRows, l.Scope()) {
				continue
			}
			out.done.Things++
			if err := out.row(l.ID.String(), l.Outbreak.String(), l.Area.Code(), l.From.String(), l.To.String(), "", l.Exposure, l.Setting, l.Relation, l.FirstAt.String(), l.LastAt.String(), l.Party, l.RecordedAt.String(), l.WithdrawnAt.String(), l.Reason); err != nil {
				return out.done, err
			}
		}
		if len(list) < page {
			break
		}
	}
	if err := s.waitingOf(ctx, by, ob, out); err != nil {
		return out.done, err
	}
	return s.end(ctx, by, out, outbreak.Scope{Outbreak: ob})
}

// waitingOf writes the links that wait for a number.
func (s *Service) waitingOf(ctx context.Context, by outbreak.Actor, ob outbreak.OutbreakID, out *sheet) error {
	for after := outbreak.LinkID(0); ; {
		list, err := s.rooms.Contacts.ListWaiting(ctx, by, contacts.Filter{Outbreak: ob, After: after, Most: page})
		if err != nil {
			return err
		}
		for _, l := range list {
			after = l.ID
			if !access.Can(by, access.ExportRows, outbreak.Scope{Area: l.Area, Outbreak: l.Outbreak}) {
				continue
			}
			if err := out.row(l.ID.String(), l.Outbreak.String(), l.Area.Code(), "", l.To.String(), l.Number, l.Exposure, l.Setting, l.Relation, l.FirstAt.String(), l.LastAt.String(), l.Party, l.RecordedAt.String(), "", ""); err != nil {
				return err
			}
		}
		if len(list) < page {
			return nil
		}
	}
}
