package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"breakwater/internal/engine/table"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/view/exchange"
)

// listNewPage is where a list is sent in.
type listNewPage struct {
	Kind   exchange.Kind
	Spread []outbreakChoice
	Most   int
}

func readNewList(kind exchange.Kind) func(*Server, *call) (any, error) {
	return func(s *Server, c *call) (any, error) {
		spread, err := s.outbreakChoices(c)
		return listNewPage{Kind: kind, Spread: spread, Most: mostFile}, err
	}
}

// sendList takes a list up and shows what was found in it.
func sendList(kind exchange.Kind) func(*Server, *call) (string, error) {
	return func(s *Server, c *call) (string, error) {
		if c.file == nil {
			return "", refuseField("file", "web.files.no_file")
		}
		ob, err := s.House.Exchange.OutbreakCalled(c.ctx, c.by, c.form.Get("outbreak"))
		if err != nil {
			return "", fieldOf("outbreak", err)
		}
		file, err := seal(c.file)
		if err != nil {
			return "", err
		}
		w := &listWork{user: c.by.User, kind: kind, name: c.form.Get("file"), file: file, outbreak: ob, party: strings.TrimSpace(c.form.Get("party")), followed: c.form.Get("followed") != ""}
		if err := s.lookAt(c, w, exchange.Plan{}); err != nil {
			file.done()
			return "", fieldOf("file", err)
		}
		if err := s.lists.put(w, s.House.Wall.Now()); err != nil {
			file.done()
			return "", err
		}
		return "/files/lists/" + w.id, nil
	}
}

// fieldOf shows a refusal beside a field of the form.
func fieldOf(field string, err error) error {
	if told, is := errors.AsType[*outbreak.Error](err); is && told.Kind == outbreak.Invalid {
		return fieldFault{field: field, refusal: told}
	}
	return err
}

// lookAt finds out what a list is, and by which plan it is read best: one that was saved for its headers, or as it suggests itself.
func (s *Server) lookAt(c *call, w *listWork, p exchange.Plan) (err error) {
	if w.source == nil {
		if w.source, err = exchange.OpenSource(w.file, w.file.size); err != nil {
			return err
		}
	}
	found, err := exchange.Look(w.kind, w.source, p)
	if err != nil {
		return err
	}
	saved, err := s.House.Exchange.ListPlans(c.ctx, c.by, w.kind, found.Digest)
	if err != nil {
		return err
	}
	plan := found.Suggest()
	plan.HeaderRow, plan.HeaderRows, plan.Encoding, plan.Separator, plan.Area = p.HeaderRow, p.HeaderRows, p.Encoding, p.Separator, p.Area
	if len(saved) > 0 {
		plan = saved[0].Plan
		if found.Format == "xlsx" {
			plan.Sheet = found.Sheets[found.Sheet].Name
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.found, w.plan, w.saved, w.state = found, plan, saved, listMapping
	return nil
}

// listPage is a list on its way.
type listPage struct {
	ID        string
	Kind      exchange.Kind
	Name      string
	State     listState
	Outbreak  outbreak.OutbreakID
	Party     string
	Found     *exchange.Found
	Plan      exchange.Plan
	Columns   []listColumn
	Fields    []string
	Units     []string
	Encodings []table.Encoding
	Saved     string // the name of the plan it is read by
	Report    *exchange.Report
	Failed    string
	More      int
	HasBack   bool
}

// listColumn is a column of the list in the form.
type listColumn struct {
	exchange.FoundColumn
	Plan   exchange.PlanColumn
	Filled int
	Dates  *table.Dates // of a column of days
	Ages   bool
	Words  []listWord // of a field of words
	Ours   []string
}

// listWord is a word of a column and what it means.
type listWord struct {
	At    int
	Word  string
	Count int
	Ours  string // chosen, or known; empty: nobody can tell
}

func (s *Server) readList(c *call) (any, error) {
	w, err := s.lists.get(c.by.User, c.path("id"))
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	p := &listPage{ID: w.id, Kind: w.kind, Name: w.name, State: w.state, Outbreak: w.outbreak, Party: w.party, Found: w.found, Plan: w.plan, Fields: exchange.ListFields(w.kind), Units: exchange.AgeUnits,
		Encodings: exchange.Encodings, HasBack: w.hasBack}
	for _, saved := range w.saved {
		if p.Saved == "" {
			p.Saved = saved.Name
		}
	}
	if w.state != listMapping {
		r := w.report
		p.More = r.LeftOut + max(len(r.Problems)-mostProblems, 0)
		r.Problems = r.Problems[:min(len(r.Problems), mostProblems)]
		p.Report = &r
	}
	if w.failed != nil {
		p.Failed = s.House.Sentence(c.view.Lang, w.failed)
	}
	for _, col := range w.found.Columns {
		p.Columns = append(p.Columns, columnOf(w, col))
	}
	return p, nil
}

func columnOf(w *listWork, col exchange.FoundColumn) listColumn {
	x := listColumn{FoundColumn: col, Filled: w.found.Table.Columns[col.Index].Filled}
	for _, p := range w.plan.Columns {
		if p.Column == col.Name && max(p.Number, 1) == col.Number {
			x.Plan = p
		}
	}
	if exchange.HoldsDay(x.Plan.Field) {
		x.Dates = w.found.Table.Columns[col.Index].Dates
	}
	x.Ages = exchange.HoldsAge(x.Plan.Field)
	x.Ours = exchange.ListWords(x.Plan.Field)
	if x.Ours == nil {
		return x
	}
	for i, v := range col.Words {
		ours, chosen := x.Plan.Words[v.Word]
		if !chosen {
			ours = exchange.WordMeant(x.Plan.Field, v.Word)
		}
		x.Words = append(x.Words, listWord{At: i, Word: v.Word, Count: v.Count, Ours: ours})
	}
	return x
}

// lookAgain reads a list as a person says it is written: another sheet, another row of headers, other letters.
func (s *Server) lookAgain(c *call) (string, error) {
	w, err := s.lists.get(c.by.User, c.path("id"))
	if err != nil {
		return "", err
	}
	if err := w.take(); err != nil {
		return "", err
	}
	defer w.give()
	row, _ := strconv.Atoi(c.form.Get("header_row"))
	rows, _ := strconv.Atoi(c.form.Get("header_rows"))
	p := exchange.Plan{Sheet: c.form.Get("sheet"), HeaderRow: max(row, 0), HeaderRows: min(max(rows, 0), 2), Encoding: table.Encoding(c.form.Get("encoding")), Separator: c.form.Get("separator")}
	if p.Separator == "tab" {
		p.Separator = "\t"
	}
	return "/files/lists/" + w.id, s.lookAt(c, w, p)
}

// mapList takes over what a person chose, and tries the list, loads it, or keeps the mapping for everybody.
func (s *Server) mapList(c *call) (string, error) {
	w, err := s.lists.get(c.by.User, c.path("id"))
	if err != nil {
		return "", err
	}
	if err := w.take(); err != nil {
		return "", err
	}
	loads := false
	defer func() {
		if !loads {
			w.give()
		}
	}()
	plan := w.chosen(c)
	if err := plan.Check(w.kind); err != nil {
		return "", err
	}
	w.mu.Lock()
	w.plan = plan
	w.mu.Unlock()
	here := "/files/lists/" + w.id
	if name := strings.TrimSpace(c.form.Get("name")); name != "" {
		saved, err := s.House.Exchange.SavePlan(c.ctx, c.by, exchange.SavePlan{Key: c.key(), Kind: w.kind, Name: name, Digest: w.found.Digest, Plan: plan})
		if err != nil {
			return "", fieldOf("name", err)
		}
		w.mu.Lock()
		w.saved = append([]exchange.SavedPlan{saved}, w.saved...)
		w.mu.Unlock()
	}
	if c.form.Get("do") == "load" {
		loads = true
		return here, s.loadList(c, w)
	}
	report, err := s.House.Exchange.TryList(c.ctx, c.by, w.kind, w.source, s.listOptions(c, w))
	if err != nil {
		return "", err
	}
	w.tell(listTried, report, nil)
	return here + "#result", nil
}

// chosen reads the form of a list's columns.
func (w *listWork) chosen(c *call) exchange.Plan {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.plan
	p.Area = strings.TrimSpace(c.form.Get("area"))
	p.Columns = []exchange.PlanColumn{}
	for _, col := range w.found.Columns {
		n := strconv.Itoa(col.Index)
		if _, asked := c.form["field-"+n]; !asked {
			continue
		}
		pc := exchange.PlanColumn{Column: col.Name, Field: c.form.Get("field-" + n), Open: c.form.Get("open-"+n) != "", Order: table.Order(c.form.Get("order-" + n)), Epoch: table.Epoch(c.form.Get("epoch-" + n)), Unit: c.form.Get("unit-" + n)}
		if col.Number > 1 {
			pc.Number = col.Number
		}
		for i, v := range col.Words {
			if ours := c.form.Get("word-" + n + "-" + strconv.Itoa(i)); ours != "" && slices.Contains(exchange.ListWords(pc.Field), ours) {
				if pc.Words == nil {
					pc.Words = map[string]string{}
				}
				pc.Words[v.Word] = ours
			}
		}
		p.Columns = append(p.Columns, pc)
	}
	return p
}

func (s *Server) listOptions(c *call, w *listWork) exchange.ListOptions {
	plan := w.plan
	return exchange.ListOptions{Lang: c.view.Lang, Plan: &plan, Now: s.House.Clock.Now(), Outbreak: w.outbreak, Party: w.party, Followed: w.followed}
}

// listPatience is how long a list may be loaded.
const listPatience = 6 * time.Hour

// loadList loads a list while the page shows how far it is; who closes the page stops nothing.
func (s *Server) loadList(c *call, w *listWork) error {
	back, err := newScratch()
	if err != nil {
		w.give()
		return err
	}
	ctx, stop := context.WithTimeout(context.WithoutCancel(c.ctx), listPatience)
	o := s.listOptions(c, w)
	o.Rejected = back
	o.Progress = func(r exchange.Report) { w.tell(listLoading, r, nil) }
	w.mu.Lock()
	w.state, w.report, w.failed, w.stop = listLoading, exchange.Report{}, nil, stop
	if w.hasBack {
		w.back.done()
		w.hasBack = false
	}
	w.mu.Unlock()
	by := c.by
	s.work.Go(func() {
		defer stop()
		defer w.give()
		report, err := s.importList(ctx, by, w, o)
		state := listLoaded
		if err != nil {
			state = listStopped
			if ctx.Err() == nil && outbreak.KindOf(err) == outbreak.Internal {
				s.House.Log.ErrorContext(ctx, "loading a list broke off", "error", err)
			}
			if ctx.Err() != nil {
				err = outbreak.Refuse(outbreak.Conflict, "lists.stopped")
			}
		}
		w.tell(state, report, err)
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.back, w.hasBack = back, report.Rejected > 0 && err == nil; !w.hasBack {
			back.done()
		}
	})
	return nil
}

// importList is ImportList of which a panic is an error: it runs beside every request.
func (s *Server) importList(ctx context.Context, by outbreak.Actor, w *listWork, o exchange.ListOptions) (r exchange.Report, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("loading a list: %v", p)
		}
	}()
	return s.House.Exchange.ImportList(ctx, by, w.kind, w.source, o)
}

// stopList ends the loading; what was loaded stays, and the list loaded again goes on from there.
func (s *Server) stopList(c *call) (string, error) {
	w, err := s.lists.get(c.by.User, c.path("id"))
	if err != nil {
		return "", err
	}
	w.cancel()
	return "/files/lists/" + w.id, nil
}

// dropList deletes what is kept of a list.
func (s *Server) dropList(c *call) (string, error) {
	w, err := s.lists.get(c.by.User, c.path("id"))
	if err != nil {
		return "", err
	}
	return "/files/" + string(w.kind) + "?done=list_dropped", s.lists.drop(w)
}

// giveBack gives the rows that came back as a workbook.
func (s *Server) giveBack(w http.ResponseWriter, _ *http.Request, c *call) error {
	l, err := s.lists.get(c.by.User, c.path("id"))
	if err != nil {
		return err
	}
	if err := l.take(); err != nil {
		return err
	}
	defer l.give()
	if !l.hasBack {
		return outbreak.Refuse(outbreak.NotFound, "web.files.rejected_gone")
	}
	info, err := l.back.Stat()
	if err != nil {
		return err
	}
	s.patiently(w)
	w.Header().Set("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	w.Header().Set("Content-Disposition", `attachment; filename="rejected.xlsx"`)
	w.Header().Set("Cache-Control", "no-store")
	_, _ = io.Copy(w, io.NewSectionReader(l.back, 0, info.Size())) // who left needs no answer
	return nil
}

// giveMap gives the mapping as the command line takes it.
func (s *Server) giveMap(w http.ResponseWriter, _ *http.Request, c *call) error {
	l, err := s.lists.get(c.by.User, c.path("id"))
	if err != nil {
		return err
	}
	l.mu.Lock()
	text, err := json.MarshalIndent(l.plan, "", "  ")
	l.mu.Unlock()
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Disposition", `attachment; filename="map.json"`)
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(text)
	return nil
}

// mayLists are who may send lists in, by kind.
var mayLists = []fileList{{exchange.LineList, access.CaseLoad}, {exchange.Contacts, access.ContactLoad}}

// fileList is a kind of list.
type fileList struct {
	Kind exchange.Kind
	may  access.Permission
}
