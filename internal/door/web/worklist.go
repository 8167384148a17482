package web

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/worklist"
	"breakwater/internal/view/exchange"
)

// worklistsPage is the working lists of a reader, and the form to make one.
type worklistsPage struct {
	Lists     []worklist.List
	Forms     []string
	Kinds     []string
	Outbreaks []outbreakChoice
	Areas     []areaChoice // where the reader may open identities
	Purposes  []outbreak.Purpose
	Most      int
}

func (s *Server) readWorklists(c *call) (any, error) {
	p := worklistsPage{Forms: worklist.Forms, Kinds: worklist.Kinds, Purposes: outbreak.Purposes, Most: worklist.MostLines}
	var err error
	if p.Lists, err = s.House.Worklist.ListLists(c.ctx, c.by, rowsPerPage); err != nil {
		return nil, err
	}
	if !access.Anywhere(c.by, access.PersonIdentity) {
		return p, nil
	}
	if p.Areas, err = s.areaChoices(c, access.PersonIdentity); err != nil {
		return nil, err
	}
	p.Outbreaks, err = s.outbreakChoices(c)
	return p, err
}

func (s *Server) makeWorklist(c *call) (string, error) {
	by, err := forPurpose(c)
	if err != nil {
		return "", err
	}
	ob, err := outbreak.ParseID[outbreak.OutbreakID](c.form.Get("outbreak"))
	if err != nil {
		return "", err
	}
	days, err := strconv.Atoi("0" + strings.TrimSpace(c.form.Get("days")))
	if err != nil {
		return "", refuseField("days", "worklist.days", "most", 90)
	}
	do := worklist.MakeList{Key: c.key(), Form: c.form.Get("form"), Name: c.form.Get("name"), Outbreak: ob, Area: outbreak.Path(c.form.Get("area")), Vehicle: c.form.Get("vehicle"),
		Site: c.form.Get("site"), Days: days, Text: c.form.Get("text")}
	for i, name := range c.form["column"] {
		if strings.TrimSpace(name) != "" && i < len(c.form["kind"]) {
			do.Columns = append(do.Columns, worklist.Column{Name: name, Kind: c.form["kind"][i]})
		}
	}
	l, err := s.House.Worklist.MakeList(c.ctx, by, do)
	if err != nil {
		return "", err
	}
	return "/worklists/" + l.ID.String() + "?done=list_made", nil
}

// worklistPage is one list.
type worklistPage struct {
	worklist.Detail
	Own         bool // it is the reader's
	Works       bool // it is still worked with
	MayIdentity bool
	Purposes    []outbreak.Purpose
	Roles       []access.Role
	Found       int
	Several     int
	None        int
}

func listID(c *call) (outbreak.WorkListID, error) {
	return outbreak.ParseID[outbreak.WorkListID](c.path("id"))
}

func (s *Server) readWorklist(c *call) (any, error) {
	id, err := listID(c)
	if err != nil {
		return nil, err
	}
	p := worklistPage{Purposes: outbreak.Purposes, Roles: access.Roles}
	if p.Detail, err = s.House.Worklist.FindList(c.ctx, c.by, id); err != nil {
		return nil, err
	}
	p.Own, p.MayIdentity = p.Owner == c.by.User, access.Can(c.by, access.PersonIdentity, p.Scope())
	p.Works = p.EndedAt == 0 && c.view.Now < p.ExpiresAt
	for _, r := range p.Lines {
		*map[string]*int{worklist.Found: &p.Found, worklist.Several: &p.Several, worklist.None: &p.None}[r.State]++
	}
	return p, nil
}

// aboutList does something to the list the address names and comes back to its page.
func aboutList(c *call, done string, do func(outbreak.WorkListID) error) (string, error) {
	id, err := listID(c)
	if err != nil {
		return "", err
	}
	return "/worklists/" + id.String() + "?done=" + done, do(id)
}

func (s *Server) openWorklist(c *call) (string, error) {
	by, err := forPurpose(c)
	if err != nil {
		return "", err
	}
	next, err := aboutList(c, "list_opened", func(id outbreak.WorkListID) error {
		_, err := s.House.Worklist.OpenLines(c.ctx, by, worklist.OpenLines{Key: c.key(), List: id})
		return err
	})
	if call, e := strconv.Atoi(c.form.Get("call")); e == nil && call > 0 && err == nil {
		next = "/worklists/" + c.path("id") + "/calls/" + strconv.Itoa(call)
	}
	return next, err
}

func (s *Server) shareWorklist(c *call) (string, error) {
	do := worklist.ShareList{Key: c.key(), Role: access.Role(c.form.Get("role")), Ends: c.form.Get("ends") != ""}
	var err error
	if do.User, err = outbreak.ParseID[outbreak.UserID](c.form.Get("user")); err != nil {
		return "", err
	}
	if login := strings.TrimSpace(c.form.Get("login")); login != "" {
		u, err := s.House.Access.FindUserByLogin(c.ctx, outbreak.SystemActor("web"), login)
		if err != nil {
			return "", refuseField("login", "web.reconcile.no_user", "login", login)
		}
		do.User = u.ID
	}
	return aboutList(c, "list_shared", func(id outbreak.WorkListID) error {
		do.List = id
		_, err := s.House.Worklist.ShareList(c.ctx, c.by, do)
		return err
	})
}

func (s *Server) endWorklist(c *call) (string, error) {
	return aboutList(c, "list_ended", func(id outbreak.WorkListID) error {
		_, err := s.House.Worklist.EndList(c.ctx, c.by, worklist.EndList{Key: c.key(), List: id})
		return err
	})
}

// setWorklistRow writes own columns of a line, or says who of several it means.
func (s *Server) setWorklistRow(c *call) (string, error) {
	id, err := listID(c)
	if err != nil {
		return "", err
	}
	no, err := strconv.Atoi(c.path("no"))
	if err != nil {
		return "", outbreak.Refuse(outbreak.NotFound, "worklist.no_row", "no", c.path("no"))
	}
	next := "/worklists/" + id.String() + "?done=row_kept#r" + strconv.Itoa(no)
	if c.form.Has("person") {
		said := c.form.Get("person")
		if said == "none" { // of those who may be meant
			said = ""
		}
		person, err := outbreak.ParseID[outbreak.PersonID](said)
		if err == nil {
			_, err = s.House.Worklist.ChoosePerson(c.ctx, c.by, worklist.ChoosePerson{Key: c.key(), List: id, No: no, Person: person})
		}
		return next, err
	}
	said := map[string]string{}
	for i, name := range c.form["column"] {
		if i < len(c.form["value"]) {
			said[name] = c.form["value"][i]
		}
	}
	_, err = s.House.Worklist.SetCells(c.ctx, c.by, worklist.SetCells{Key: c.key(), List: id, No: no, Values: said})
	return next, err
}

func (s *Server) beginRoll(c *call) (string, error) {
	id, err := listID(c)
	if err != nil {
		return "", err
	}
	call, err := s.House.Worklist.BeginCall(c.ctx, c.by, worklist.BeginCall{Key: c.key(), List: id, Name: c.form.Get("name")})
	return "/worklists/" + id.String() + "/calls/" + strconv.Itoa(call.No), err
}

// rollPage is one roll call.
type rollPage struct {
	worklistPage
	Call  worklist.Call
	Marks map[int]worklist.Mark
	Words []string
	Left  int
}

// Mark is what was found of a line.
func (p rollPage) Mark(no int) string {
	if m, is := p.Marks[no]; is {
		return m.Mark
	}
	return worklist.Unknown
}

func (s *Server) readRoll(c *call) (any, error) {
	d, err := s.readWorklist(c)
	if err != nil {
		return nil, err
	}
	p := rollPage{worklistPage: d.(worklistPage), Words: worklist.Marks}
	no, _ := strconv.Atoi(c.path("call"))
	for _, x := range p.Calls {
		if x.No == no {
			p.Call = x
		}
	}
	if p.Call.No == 0 {
		return nil, outbreak.Refuse(outbreak.NotFound, "worklist.no_call")
	}
	p.Left = p.Rows - p.Call.Present - p.Call.Absent
	p.Marks, err = s.House.Worklist.ListMarks(c.ctx, c.by, p.ID, p.Call.No)
	return p, err
}

func (s *Server) markRoll(c *call) (string, error) {
	id, err := listID(c)
	if err != nil {
		return "", err
	}
	no, _ := strconv.Atoi(c.path("call")) // what is none is no call
	marks := map[int]string{}
	for field := range c.form {
		if text, is := strings.CutPrefix(field, "m"); is {
			if line, err := strconv.Atoi(text); err == nil && c.form.Get(field) != c.form.Get("was"+text) {
				marks[line] = c.form.Get(field)
			}
		}
	}
	_, err = s.House.Worklist.MarkRoll(c.ctx, c.by, worklist.MarkRoll{Key: c.key(), List: id, Call: no, Marks: marks})
	return "/worklists/" + id.String() + "/calls/" + strconv.Itoa(no) + "?done=roll_marked", err
}

func (s *Server) endRoll(c *call) (string, error) {
	id, err := listID(c)
	if err != nil {
		return "", err
	}
	no, _ := strconv.Atoi(c.path("call")) // what is none is no call
	_, err = s.House.Worklist.EndCall(c.ctx, c.by, worklist.EndCall{Key: c.key(), List: id, Call: no})
	return "/worklists/" + id.String() + "/calls/" + strconv.Itoa(no) + "?done=roll_ended", err
}

func (s *Server) giveWorklist(w http.ResponseWriter, r *http.Request, c *call) error {
	id, err := listID(c)
	if err != nil {
		return err
	}
	return s.give(w, r, c, "list-"+id.String()+".csv", func(ctx context.Context, by outbreak.Actor, w io.Writer) (exchange.Exported, error) {
		t, err := s.House.Worklist.ExportList(ctx, by, id, w)
		return exchange.Exported{What: "work_list", Rows: t.Rows, Digest: t.Digest}, err
	})
}
