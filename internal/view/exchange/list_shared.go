package exchange

import "slices"

// Shared is a reason for which every row that comes back does so: it is said once.
type Shared struct {
	Rows   int    `json:"rows"`
	Column string `json:"column"`
	Value  string `json:"value"` // when all rows have the same
	Reason string `json:"reason"`
	Check  string `json:"check"`
}

// sharing finds the reasons that all rows share, row by row.
type sharing struct {
	rows int
	left []Shared
}

func (s *sharing) take(problems []Problem) {
	if s.rows++; s.rows == 1 {
		for _, p := range problems {
			s.left = append(s.left, Shared{Column: p.Column, Value: p.Value, Reason: p.Reason, Check: p.Check})
		}
		return
	}
	s.left = slices.DeleteFunc(s.left, func(c Shared) bool {
		return !slices.ContainsFunc(problems, func(p Problem) bool { return c.Column == p.Column && c.Reason == p.Reason && c.Check == p.Check })
	})
	for i := range s.left {
		c := &s.left[i]
		if !slices.ContainsFunc(problems, func(p Problem) bool { return c.Column == p.Column && c.Reason == p.Reason && c.Value == p.Value }) {
			c.Value = ""
		}
	}
}

// all gives the reasons that several rows share.
func (s *sharing) all() []Shared {
	if s.rows < 2 {
		return nil
	}
	for i := range s.left {
		s.left[i].Rows = s.rows
	}
	return s.left
}

// Single gives the problems that stand for themselves: a reason that all rows share is told once.
func (r Report) Single() []Problem {
	if len(r.Shared) == 0 {
		return r.Problems
	}
	var list []Problem
	for _, p := range r.Problems {
		if !slices.ContainsFunc(r.Shared, func(c Shared) bool { return c.Column == p.Column && c.Reason == p.Reason && c.Check == p.Check }) {
			list = append(list, p)
		}
	}
	return list
}
