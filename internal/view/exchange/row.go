package exchange

import (
	"slices"
	"strings"
	"unicode/utf8"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
)

// row is one row on its way through the checks, which may write a cell anew in its canonical form.
type row struct {
	scan  *scan
	line  int
	cells [fieldCount]string
	raw   []string         // as the file writes it, for the report of rejected rows
	at    outbreak.Instant // when the tube was taken or the test was run; 0: not said
	stay  registry.When    // of a visit
	until outbreak.Instant // how long a visit is kept; 0: not said
	told  []fault
}

// fault is one thing wrong with a row.
type fault struct {
	check string
	field Field
	err   *outbreak.Error
}

// faulty tells whether something was already found wrong with a field, so that a later check need not say it again.
func (r *row) faulty(f Field) bool {
	return slices.ContainsFunc(r.told, func(t fault) bool { return t.field == f })
}

// fill takes the cells of a record over, cleaned.
func (r *row) fill(rec record, m *mapping) {
	r.line, r.raw, r.at, r.told = rec.line, rec.cells, 0, r.told[:0]
	r.stay, r.until = registry.When{}, 0
	r.cells = [fieldCount]string{}
	for i, f := range m.fields {
		if f != fieldNone && i < len(rec.cells) {
			r.cells[f] = clean(f, rec.cells[i])
		}
	}
}

// blanks are the words people write into a cell for "nothing known".
var blanks = []string{"-", "--", "—", "/", "n/a", "na", "nan", "nil", "none", "null", "#n/a", "无", "不详"}

// clean folds a cell: spaces of all widths around it, the quotes and apostrophes by which spreadsheets keep numbers as text,
// full-width digits and, outside names, all full-width signs; words for "nothing known" become nothing.
func clean(f Field, s string) string {
	if plain(s) {
		return s
	}
	s = strings.Trim(s, " \t\r\n\u3000\u00a0\ufeff\u200b")
	if strings.HasPrefix(s, `="`) && strings.HasSuffix(s, `"`) && len(s) > 2 {
		s = s[2 : len(s)-1]
	}
	s = strings.TrimPrefix(s, "'")
	names := f == fieldName || f == fieldNameEn || f == fieldPlace || f == fieldAliases
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９', !names && r >= '！' && r <= '～':
			return r - ('！' - '!')
		case r == '\u3000', r == '\u00a0':
			return ' '
		}
		return r
	}, s)
	if !names && f != fieldResult && f != fieldSex && len(s) <= 6 && slices.Contains(blanks, strings.ToLower(s)) {
		return ""
	}
	return s
}

// plain tells that cleaning would change nothing: the way of nearly every cell.
func plain(s string) bool {
	if s == "" {
		return true
	}
	if a, z := s[0], s[len(s)-1]; a <= ' ' || z <= ' ' || a == '=' || a == '\'' {
		return false
	}
	if len(s) <= 6 && (s[0] < '0' || s[0] > '9') {
		return false // it may be a word for nothing
	}
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// keep copies what of the row outlives the next one.
func (r *row) keep() *row {
	k := *r
	k.raw, k.told = slices.Clone(r.raw), nil
	return &k
}
