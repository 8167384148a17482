package web

import (
	"slices"
	"strconv"
	"strings"

	"breakwater/internal/engine/table"
	"breakwater/internal/view/exchange"
)

// mapList takes over what a person chose, and tries the list, loads it, or keeps the mapping for everybody.
func (s *Server) mapList(c *call) (string, error) {
	w, err := s.list(c)
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
	if err := s.opened(c, w); err != nil {
		return "", err
	}
	plan := w.chosen(c)
	if err := plan.Check(w.kind); err != nil {
		return "", err
	}
	if err := s.note(c, w, exchange.KeptMapping, plan, nil); err != nil {
		return "", err
	}
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
	return here + "#result", s.note(c, w, exchange.KeptTried, plan, &report)
}

// note keeps how far a list is.
func (s *Server) note(c *call, w *listWork, state exchange.KeptState, plan exchange.Plan, r *exchange.Report) error {
	k, err := s.House.Exchange.NoteKept(c.ctx, c.by, w.id, state, plan, r)
	if err == nil {
		w.tell(k)
	}
	return err
}

// chosen reads the form of a list's columns.
func (w *listWork) chosen(c *call) exchange.Plan {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.kept.Plan
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
		if exchange.Grouped(pc.Field) {
			pc.Group, _ = strconv.Atoi(c.form.Get("group-" + n))
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
	k := w.now()
	return exchange.ListOptions{Lang: c.view.Lang, Plan: &k.Plan, Now: s.House.Clock.Now(), Outbreak: k.Outbreak, Party: k.Party, Followed: k.Followed}
}
