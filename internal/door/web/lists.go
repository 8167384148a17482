package web

import (
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"breakwater/internal/engine/table"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/view/exchange"
)

// listNewPage is where a list is sent in.
type listNewPage struct {
	Kind   exchange.Kind
	Spread []outbreakChoice
	Known  []string // whose lists were taken in or are compared
	Most   int
}

func readNewList(kind exchange.Kind) func(*Server, *call) (any, error) {
	return func(s *Server, c *call) (any, error) {
		spread, err := s.outbreakChoices(c)
		if err != nil {
			return nil, err
		}
		known, err := s.knownParties(c, spread)
		return listNewPage{Kind: kind, Spread: spread, Known: known, Most: mostFile}, err
	}
}

// knownParties lists who keeps lists, as far as the visitor may know: a list goes on under the name that its numbers stand under.
func (s *Server) knownParties(c *call, spread []outbreakChoice) (known []string, err error) {
	if access.Anywhere(c.by, access.CaseRead) {
		ids := make([]outbreak.OutbreakID, len(spread))
		for i, x := range spread {
			ids[i] = x.ID
		}
		if known, err = s.House.Cases.ListParties(c.ctx, c.by, ids); err != nil {
			return nil, err
		}
	}
	if access.Anywhere(c.by, access.ReconcileRead) {
		parties, err := s.House.Reconcile.ListParties(c.ctx, c.by)
		if err != nil {
			return nil, err
		}
		for _, p := range parties {
			known = append(known, p.Name)
		}
	}
	slices.Sort(known)
	return slices.Compact(known), nil
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
		info, err := c.file.Stat()
		if err != nil {
			return "", err
		}
		w := &listWork{kind: kind}
		if w.source, err = exchange.OpenSource(c.file, info.Size()); err != nil {
			return "", fieldOf("file", err)
		}
		plan, err := s.lookAt(c, w, exchange.Plan{})
		if err != nil {
			return "", fieldOf("file", err)
		}
		k, err := s.House.Exchange.KeepList(c.ctx, c.by, exchange.KeepList{Kind: kind, Outbreak: ob, File: io.NewSectionReader(c.file, 0, info.Size()), Size: info.Size(),
			KeptHead: exchange.KeptHead{Name: c.form.Get("file"), Party: strings.TrimSpace(c.form.Get("party")), Followed: c.form.Get("followed") != "", Plan: plan}})
		return "/files/lists/" + k.ID, err
	}
}

// fieldOf shows a refusal beside a field of the form.
func fieldOf(field string, err error) error {
	if told, is := errors.AsType[*outbreak.Error](err); is && told.Kind == outbreak.Invalid {
		return fieldFault{field: field, refusal: told}
	}
	return err
}

// list gives the list an address names to the one who sent it, as it is kept.
func (s *Server) list(c *call) (*listWork, error) {
	k, err := s.House.Exchange.FindKept(c.ctx, c.by, c.path("id"))
	if err != nil {
		return nil, err
	}
	return s.lists.bring(k), nil
}

// opened makes sure that a list one took is read: it may have been sent before the program was started.
func (s *Server) opened(c *call, w *listWork) error {
	k := w.now()
	if w.source == nil {
		file, err := s.House.Exchange.OpenKept(c.ctx, c.by, k)
		if err != nil {
			return err
		}
		if w.source, err = exchange.OpenSource(file, file.Size()); err != nil {
			return err
		}
	}
	if w.found != nil {
		return nil
	}
	_, err := s.lookAt(c, w, k.Plan)
	return err
}

// lookAt finds out what a list is, and by which plan it is read best: one that was saved for its headers, or as it suggests itself.
func (s *Server) lookAt(c *call, w *listWork, p exchange.Plan) (exchange.Plan, error) {
	found, err := exchange.Look(w.kind, w.source, p)
	if err != nil {
		return p, err
	}
	saved, err := s.House.Exchange.ListPlans(c.ctx, c.by, w.kind, found.Digest)
	if err != nil {
		return p, err
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
	w.found, w.saved = found, saved
	return plan, nil
}

// lookAgain reads a list as a person says it is written: another sheet, another row of headers, other letters.
func (s *Server) lookAgain(c *call) (string, error) {
	w, err := s.list(c)
	if err != nil {
		return "", err
	}
	if err := w.take(); err != nil {
		return "", err
	}
	defer w.give()
	if err := s.opened(c, w); err != nil {
		return "", err
	}
	row, _ := strconv.Atoi(c.form.Get("header_row"))
	rows, _ := strconv.Atoi(c.form.Get("header_rows"))
	p := exchange.Plan{Sheet: c.form.Get("sheet"), HeaderRow: max(row, 0), HeaderRows: min(max(rows, 0), 2), Encoding: table.Encoding(c.form.Get("encoding")), Separator: c.form.Get("separator")}
	if p.Separator == "tab" {
		p.Separator = "\t"
	}
	plan, err := s.lookAt(c, w, p)
	if err != nil {
		return "", err
	}
	return "/files/lists/" + w.id, s.note(c, w, exchange.KeptMapping, plan, nil)
}

// mayLists are who may send lists in, by kind.
var mayLists = []fileList{{exchange.LineList, access.CaseLoad}, {exchange.Contacts, access.ContactLoad}}

// fileList is a kind of list.
type fileList struct {
	Kind exchange.Kind
	may  access.Permission
}
