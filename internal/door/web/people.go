package web

import (
	"slices"
	"strconv"
	"strings"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
)

// searchPeople looks for people by name and shows them in this one answer: the name stands in no address.
func (s *Server) searchPeople(c *call) (string, error) {
	by, err := forPurpose(c)
	if err != nil {
		return "", err
	}
	year := 0
	if said := strings.TrimSpace(c.form.Get("born")); said != "" {
		if year, err = strconv.Atoi(said); err != nil || year < 1880 || year > 9999 {
			return "", refuseField("born", "web.find.born_wrong")
		}
	}
	found, err := s.Registry.SearchPeople(c.ctx, by, registry.SearchPeople{Name: c.form.Get("name"), Below: outbreak.Path(c.form.Get("area")), BirthYear: year})
	if err != nil {
		return "", err
	}
	c.remind = &found
	return "", nil
}

// mergePeople decides that the page's code and another are one person.
func (s *Server) mergePeople(c *call) (string, error) {
	one, err := outbreak.ParseID[outbreak.PersonID](c.path("id"))
	if err != nil {
		return "", err
	}
	other, err := outbreak.ParseID[outbreak.PersonID](c.form.Get("other"))
	if err != nil {
		return "", refuseField("other", "kernel.id_wrong")
	}
	_, err = s.Registry.MergePeople(c.ctx, c.by, registry.MergePeople{Key: c.key(), One: one, Other: other, Reason: c.form.Get("reason")})
	return "/people/" + one.String() + "?done=merged", err
}

// unmergePeople takes a decision back.
func (s *Server) unmergePeople(c *call) (string, error) {
	m, err := outbreak.ParseID[registry.MergeID](c.path("merge"))
	if err != nil {
		return "", err
	}
	_, err = s.Registry.UnmergePeople(c.ctx, c.by, registry.UnmergePeople{Key: c.key(), Merge: m, Reason: c.form.Get("reason")})
	return "/people/" + c.path("id") + "?done=unmerged", err
}

// decideCandidate merges two codes that are proposed, or keeps them apart.
func (s *Server) decideCandidate(c *call) (string, error) {
	one, err := outbreak.ParseID[outbreak.PersonID](c.path("one"))
	if err != nil {
		return "", err
	}
	other, err := outbreak.ParseID[outbreak.PersonID](c.path("other"))
	if err != nil {
		return "", err
	}
	if c.form.Get("how") == "apart" {
		_, err = s.Registry.KeepApart(c.ctx, c.by, registry.KeepApart{Key: c.key(), One: one, Other: other, Reason: c.form.Get("reason")})
		return "/people/duplicates?done=apart", err
	}
	_, err = s.Registry.MergePeople(c.ctx, c.by, registry.MergePeople{Key: c.key(), One: one, Other: other, Reason: c.form.Get("reason")})
	return "/people/duplicates?done=merged", err
}

// timelineOf reads what happened to a person under all codes, in the order it was recorded.
func (s *Server) timelineOf(c *call, codes []registry.Person) ([]outbreak.Entry, error) {
	var all []outbreak.Entry
	for _, p := range codes {
		list, err := s.about(c, outbreak.Ref{Kind: "person", ID: p.ID.String()}, access.PersonRead)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	if len(codes) > 1 {
		slices.SortFunc(all, func(a, b outbreak.Entry) int { return int(b.Seq - a.Seq) })
		all = slices.CompactFunc(all, func(a, b outbreak.Entry) bool { return a.Seq == b.Seq })
	}
	return all, nil
}
