package web

import (
	"context"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/response/reconcile"
	"breakwater/internal/view/exchange"
)

// partiesPage is everybody whose lists are compared with ours.
type partiesPage struct {
	Parties   []reconcile.Standing
	Kinds     []string
	Outbreaks []outbreakChoice
	Areas     []areaChoice
	MayLoad   bool
}

func (s *Server) readParties(c *call) (any, error) {
	p := partiesPage{Kinds: reconcile.PartyKinds, MayLoad: access.Anywhere(c.by, access.ReconcileLoad)}
	var err error
	if p.Parties, err = s.House.Reconcile.ListParties(c.ctx, c.by); err != nil || !p.MayLoad {
		return p, err
	}
	if p.Outbreaks, err = s.outbreakChoices(c); err != nil {
		return nil, err
	}
	p.Areas, err = s.areaChoices(c, access.ReconcileLoad)
	return p, err
}

// saidParty reads what a form says of a party.
func (s *Server) saidParty(c *call, p reconcile.Party) (reconcile.Party, error) {
	get := func(field string) string { return strings.TrimSpace(c.form.Get(field)) }
	p.Name, p.Kind, p.Folder, p.Dates = get("name"), get("kind"), get("folder"), get("dates")
	p.Rhythm = 0
	if text := get("rhythm"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			return p, refuseField("rhythm", "reconcile.rhythm")
		}
		p.Rhythm = n
	}
	p.Owner = 0
	if login := get("owner"); login != "" {
		u, err := s.House.Access.FindUserByLogin(c.ctx, outbreak.SystemActor("web"), login)
		if err != nil {
			return p, refuseField("owner", "web.reconcile.no_user", "login", login)
		}
		p.Owner = u.ID
	}
	return p, nil
}

func (s *Server) addParty(c *call) (string, error) {
	ob, err := outbreak.ParseID[outbreak.OutbreakID](c.form.Get("outbreak"))
	if err != nil {
		return "", err
	}
	p, err := s.saidParty(c, reconcile.Party{Code: strings.ToLower(strings.TrimSpace(c.form.Get("code"))), Outbreak: ob, Area: outbreak.Path(c.form.Get("area"))})
	if err != nil {
		return "", err
	}
	if p, err = s.House.Reconcile.KeepParty(c.ctx, c.by, reconcile.KeepParty{Key: c.key(), Party: p}); err != nil {
		return "", err
	}
	return "/reconcile/" + p.Code + "?done=party_kept", nil
}

// partyPage is one party: its newest list, what differs, which fields it owns.
type partyPage struct {
	reconcile.Standing
	Late        bool
	List        []reconcile.Difference
	Runs        []reconcile.Run
	Files       []reconcile.File
	Corrections []reconcile.Correction
	Columns     []reconcile.Column // of the newest list
	Fields      []reconcile.Field
	Free        []string // fields nobody else owns
	Kinds       []string
	States      []reconcile.State
	Decisions   []reconcile.State
	Whats       []string
	Dates       []string
	Identity    []string
	Purposes    []outbreak.Purpose
	OwnerLogin  string
	More        string
	Done        *settledDone
	MayLoad     bool
	MaySettle   bool
	Most        int
	Settings    partySettings
	Chosen      bool // an act about differences was refused: what was chosen stands
}

// Vocabulary names the words of a field's values.
func (partyPage) Vocabulary(field string) string {
	switch field {
	case "classification", "severity", "via", "sex":
		return field
	case "outcome", "origin":
		return "list_" + field
	}
	return "none"
}

// Day tells whether a field's values are days.
func (p partyPage) Day(field string) bool {
	return slices.ContainsFunc(p.Fields, func(f reconcile.Field) bool { return f.Name == field && f.Kind == string(cases.Day) })
}

// N counts the differences in a state.
func (p partyPage) N(s reconcile.State) int { return p.Open[s] }

// settledDone is what an act about differences came to.
type settledDone struct {
	reconcile.Settled
	Reasons []refusedWhy
}

// refusedWhy is why some were refused.
type refusedWhy struct {
	Sentence string
	Count    int
}

func (s *Server) readParty(c *call) (any, error) {
	code := c.path("party")
	x, err := s.House.Reconcile.FindParty(c.ctx, c.by, code)
	if err != nil {
		return nil, err
	}
	p := partyPage{Standing: x, Late: x.Silent(c.view.Now), Columns: saidColumns(x), Fields: s.House.Reconcile.Fields(), Kinds: reconcile.PartyKinds, States: reconcile.States, Decisions: reconcile.Decisions,
		Whats: reconcile.Whats, Dates: reconcile.DateOrders, Identity: reconcile.IdentityFields, Purposes: outbreak.Purposes, Most: mostFile,
		MayLoad: access.Can(c.by, access.ReconcileLoad, x.Scope()), MaySettle: access.Can(c.by, access.ReconcileSettle, x.Scope())}
	p.Done, _ = c.remind.(*settledDone)
	after, err := outbreak.ParseID[reconcile.DifferenceID](c.query.Get("after"))
	if err != nil {
		return nil, err
	}
	f := differenceFilter(code, c.query)
	f.After, f.Most = after, rowsPerPage+1
	if p.List, err = s.House.Reconcile.ListDifferences(c.ctx, c.by, f); err != nil {
		return nil, err
	}
	if len(p.List) > rowsPerPage {
		p.List = p.List[:rowsPerPage]
		p.More = c.view.With("after", p.List[rowsPerPage-1].ID)
	}
	if p.Runs, err = s.House.Reconcile.ListRuns(c.ctx, c.by, code, 10); err != nil {
		return nil, err
	}
	if p.Files, err = s.House.Reconcile.ListFiles(c.ctx, c.by, code, 10); err != nil {
		return nil, err
	}
	if p.Corrections, err = s.House.Reconcile.ListCorrections(c.ctx, c.by, code, false, 200); err != nil {
		return nil, err
	}
	for _, field := range p.Fields {
		if !slices.ContainsFunc(x.Owned, func(o reconcile.OwnedField) bool { return o.Field == field.Name && o.Until == 0 }) {
			p.Free = append(p.Free, field.Name)
		}
	}
	if x.Owner != 0 {
		if u, err := s.House.Access.FindUser(c.ctx, outbreak.SystemActor("web"), x.Owner); err == nil {
			p.OwnerLogin = u.Login
		}
	}
	p.Settings, p.Chosen = settingsOf(p, c.view), c.view.Form.Has("to")
	return p, nil
}

// saidColumns gives the columns of the newest list, and behind them those that were said for lists to come.
func saidColumns(x reconcile.Standing) []reconcile.Column {
	list := slices.Clone(x.List.Columns)
	for _, name := range slices.Sorted(maps.Keys(x.Columns)) {
		at := slices.IndexFunc(list, func(c reconcile.Column) bool { return c.Name == name })
		if at < 0 {
			list = append(list, reconcile.Column{Name: name, Field: x.Columns[name]})
			continue
		}
		list[at].Field = x.Columns[name]
	}
	return list
}

// values is what a query or a form gives.
type values interface{ Get(string) string }

func differenceFilter(party string, q values) reconcile.DifferenceFilter {
	f := reconcile.DifferenceFilter{Party: party, State: reconcile.State(q.Get("state")), What: q.Get("what"), Field: q.Get("field")}
	f.Case, _ = outbreak.ParseID[outbreak.CaseID](q.Get("case")) // an id that is none means every case
	return f
}

func (s *Server) changeParty(c *call) (string, error) {
	was, err := s.House.Reconcile.FindParty(c.ctx, c.by, c.path("party"))
	if err != nil {
		return "", err
	}
	p, err := s.saidParty(c, was.Party)
	if err != nil {
		return "", err
	}
	p.Columns = map[string]string{}
	for i, name := range c.form["column"] {
		if name = strings.TrimSpace(name); name != "" && i < len(c.form["as"]) && c.form["as"][i] != notSaid {
			p.Columns[name] = c.form["as"][i]
		}
	}
	_, err = s.House.Reconcile.KeepParty(c.ctx, c.by, reconcile.KeepParty{Key: c.key(), Party: p, Ends: c.form.Get("ends") != ""})
	return "/reconcile/" + was.Code + "?done=party_kept", err
}

// takeList takes a list of a party in and compares it.
func (s *Server) takeList(c *call) (string, error) {
	code := c.path("party")
	if c.file == nil {
		return "", refuseField("file", "web.files.no_file")
	}
	sheet, err := exchange.ReadSheet(c.file)
	if err != nil {
		return "", err
	}
	if _, err := s.House.Reconcile.LoadList(c.ctx, c.by, reconcile.LoadList{Key: c.key(), Party: code, Name: c.form.Get("file"), Digest: sheet.Digest, Rows: sheet.Rows}); err != nil {
		return "", err
	}
	_, err = s.House.Reconcile.Compare(c.ctx, c.by, reconcile.Compare{Key: c.key(), Party: code})
	return "/reconcile/" + code + "?done=compared", err
}

func (s *Server) compareParty(c *call) (string, error) {
	code := c.path("party")
	_, err := s.House.Reconcile.Compare(c.ctx, c.by, reconcile.Compare{Key: c.key(), Party: code})
	return "/reconcile/" + code + "?done=compared", err
}

// chosenDifferences reads which differences a form is about, and has the page come back with the rows it showed.
func chosenDifferences(c *call) (ids []reconcile.DifferenceID, all bool, f reconcile.DifferenceFilter, err error) {
	f = differenceFilter(c.path("party"), c.form)
	c.query = url.Values{} // the page comes back with the rows that were looked at
	for _, name := range []string{"state", "what", "field", "case", "after"} {
		if value := c.form.Get(name); value != "" {
			c.query.Set(name, value)
		}
	}
	c.view.Query = c.query
	if c.form.Get("all") != "" {
		return nil, true, f, nil
	}
	for _, text := range c.form["id"] {
		id, err := outbreak.ParseID[reconcile.DifferenceID](text)
		if err != nil {
			return nil, false, f, err
		}
		ids = append(ids, id)
	}
	return ids, false, f, nil
}

// settled shows what an act came to on the party's page.
func (s *Server) settled(c *call, done reconcile.Settled) (string, error) {
	d := &settledDone{Settled: done}
	for _, r := range done.Refused {
		sentence := s.House.Sentence(c.view.Lang, r.Why)
		at := slices.IndexFunc(d.Reasons, func(w refusedWhy) bool { return w.Sentence == sentence })
		if at < 0 {
			at = len(d.Reasons)
			d.Reasons = append(d.Reasons, refusedWhy{Sentence: sentence})
		}
		d.Reasons[at].Count++
	}
	c.remind, c.form = d, nil
	return "", nil
}

func (s *Server) settleDifferences(c *call) (string, error) {
	ids, all, f, err := chosenDifferences(c)
	if err != nil {
		return "", err
	}
	do := reconcile.SettleDifferences{Key: c.key(), Party: c.path("party"), IDs: ids, All: all, Filter: f, State: reconcile.State(c.form.Get("to")), Note: c.form.Get("note")}
	if login := strings.TrimSpace(c.form.Get("owner")); login != "" {
		u, err := s.House.Access.FindUserByLogin(c.ctx, outbreak.SystemActor("web"), login)
		if err != nil {
			return "", refuseField("owner", "web.reconcile.no_user", "login", login)
		}
		do.Owner = u.ID
	}
	done, err := s.House.Reconcile.SettleDifferences(c.ctx, c.by, do)
	if err != nil {
		return "", err
	}
	return s.settled(c, done)
}

func (s *Server) takeTheirs(c *call) (string, error) {
	ids, all, f, err := chosenDifferences(c)
	if err != nil {
		return "", err
	}
	done, err := s.House.Reconcile.TakeTheirs(c.ctx, c.by, reconcile.TakeTheirs{Key: c.key(), Party: c.path("party"), IDs: ids, All: all, Filter: f})
	if err != nil {
		return "", err
	}
	return s.settled(c, done)
}

// sayCase says which case of ours a row is, and lays the lists side by side again.
func (s *Server) sayCase(c *call) (string, error) {
	ids, all, _, err := chosenDifferences(c)
	if err != nil {
		return "", err
	}
	id, err := outbreak.ParseID[outbreak.CaseID](strings.TrimSpace(c.form.Get("is")))
	if err != nil || id == 0 || len(ids) != 1 || all {
		return "", outbreak.Refuse(outbreak.Invalid, "reconcile.one_row")
	}
	done, err := s.House.Reconcile.SayCase(c.ctx, c.by, reconcile.SayCase{Key: c.key(), Party: c.path("party"), ID: ids[0], Case: id})
	if err != nil {
		return "", err
	}
	if access.Anywhere(c.by, access.ReconcileLoad) {
		if _, err := s.compareParty(c); err != nil {
			return "", err
		}
	}
	return s.settled(c, done)
}

func (s *Server) sendOurs(c *call) (string, error) {
	ids, all, f, err := chosenDifferences(c)
	if err != nil {
		return "", err
	}
	done, err := s.House.Reconcile.SendOurs(c.ctx, c.by, reconcile.SendOurs{Key: c.key(), Party: c.path("party"), IDs: ids, All: all, Filter: f})
	if err != nil {
		return "", err
	}
	return s.settled(c, done)
}

func (s *Server) ownFields(c *call) (string, error) {
	from, err := c.moment("from")
	if err != nil {
		return "", err
	}
	code := c.path("party")
	_, err = s.House.Reconcile.OwnFields(c.ctx, c.by, reconcile.OwnFields{Key: c.key(), Party: code, Fields: c.form["field"], Owned: c.form.Get("owned") != "", From: from})
	return "/reconcile/" + code + "?done=fields_owned#owned", err
}

// giveCorrections takes the list of corrections out for a stated purpose.
func (s *Server) giveCorrections(w http.ResponseWriter, r *http.Request, c *call) error {
	code := c.path("party")
	header := make([]string, len(reconcile.CorrectionHeader))
	for i, name := range reconcile.CorrectionHeader {
		header[i] = c.view.Word("correction", name)
	}
	as := c.form.Get("file")
	if !slices.Contains(reconcile.Files, as) {
		as = "csv"
	}
	return s.give(w, r, c, "corrections-"+code+"."+as, func(ctx context.Context, by outbreak.Actor, w io.Writer) (exchange.Exported, error) {
		t, err := s.House.Reconcile.SendCorrections(ctx, by, code, reconcile.Format{Encoding: "utf-8-bom", File: as}, header, w)
		return exchange.Exported{What: "corrections", Rows: t.Rows, Digest: t.Digest}, err
	})
}
