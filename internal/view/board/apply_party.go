package board

import "breakwater/internal/outbreak"

// partyKinds are the entries of parties whose lists are expected.
var partyKinds = []string{"PartySilent", "ListLoaded", "PartyKept"}

// applyParty moves parties whose list is overdue, until it comes or is expected no more.
func applyParty(sh shelf, e outbreak.Entry) error {
	switch e.Kind {
	case "PartySilent":
		return outbreak.On(e, func(p outbreak.PartySilent) error {
			return sh.put(Row{Step: Silent, Key: p.Party, Outbreak: p.Outbreak, Area: p.Area, Subject: outbreak.Ref{Kind: "party", ID: p.Party}, Since: p.Since})
		})
	case "ListLoaded":
		return outbreak.On(e, func(l outbreak.ListLoaded) error { return out(sh, l.Party, Silent) })
	}
	return outbreak.On(e, func(p outbreak.PartyKept) error {
		if p.Expected {
			return nil
		}
		return out(sh, p.Party, Silent)
	})
}
