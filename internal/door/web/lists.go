package web

import (
	"errors"
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

// mayLists are who may send lists in, by kind.
var mayLists = []fileList{{exchange.LineList, access.CaseLoad}, {exchange.Contacts, access.ContactLoad}}

// fileList is a kind of list.
type fileList struct {
	Kind exchange.Kind
	may  access.Permission
}
