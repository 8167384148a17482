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
	plan := w.plan
	return exchange.ListOptions{Lang: c.view.Lang, Plan: &plan, Now: s.House.Clock.Now(), Outbreak: w.outbreak, Party: w.party, Followed: w.followed}
}
