package exchange

import (
	"bufio"
	"io"
	"slices"
	"strings"

	"breakwater/internal/outbreak"
)

// mapping says which column of a file is which field.
type mapping struct {
	header     []string // as the file writes it
	line       int      // where the header stands
	fields     []Field  // by column; fieldNone: ignored
	column     [fieldCount]int
	own        int    // columns of the file itself: those behind were added by our report of rejected rows
	levelBelow string // the level of the rows, when the parent's header tells it
}

// added are the columns our report of rejected rows puts behind the file's own; sent again they are ignored.
var added = []string{"row", "column", "reason"}

// foldHeader drops what people vary in a header: width, case, spaces, separators, marks of necessity, remarks in brackets.
func foldHeader(h string) string {
	h = strings.Map(func(r rune) rune {
		if r >= '！' && r <= '～' {
			r -= '！' - '!'
		}
		switch {
		case r >= 'A' && r <= 'Z':
			return r + ('a' - 'A')
		case r == ' ', r == '　', r == '\u00a0', r == '\ufeff', r == '_', r == '-', r == '.', r == '*', r == '\n', r == '\r', r == '\'':
			return -1
		}
		return r
	}, h)
	if i := strings.IndexByte(h, '('); i > 0 && strings.HasSuffix(h, ")") {
		h = h[:i]
	}
	return strings.Trim(h, ":\"")
}

// mapColumns finds the fields of a header. asked overrides it: field -> header, as the user's map file says.
func mapColumns(s shape, header []string, line int, asked map[Field]string) (*mapping, error) {
	m := &mapping{header: slices.Clone(header), line: line, fields: make([]Field, len(header)), own: len(header)}
	if n := len(header) - len(added); n > 0 && slices.Equal(header[n:], added) {
		m.own = n
	}
	for f := range m.column {
		m.column[f] = -1
	}
	first := map[string]int{}
	for i, h := range header[:m.own] {
		folded := foldHeader(h)
		if folded == "" {
			continue
		}
		if j, twice := first[folded]; twice {
			return nil, outbreak.Refuse(outbreak.Invalid, "exchange.header_repeated", "header", h, "first", j+1, "second", i+1)
		}
		first[folded] = i
	}
	for f, h := range asked {
		i, there := first[foldHeader(h)]
		if !there {
			return nil, outbreak.Refuse(outbreak.Invalid, "exchange.map_no_column", "field", f.String(), "header", h)
		}
		m.take(f, i)
	}
	for i, h := range header[:m.own] {
		f := s.fieldOfHeader(foldHeader(h))
		if f == fieldNone || m.fields[i] != fieldNone || asked[f] != "" {
			continue
		}
		if j := m.column[f]; j >= 0 {
			return nil, outbreak.Refuse(outbreak.Invalid, "exchange.header_same_field", "first", header[j], "second", h, "field", f.String())
		}
		m.take(f, i)
	}
	if i := m.column[fieldParent]; i >= 0 {
		m.levelBelow = levelBelow[foldHeader(header[i])]
	}
	for _, group := range s.needs {
		if !slices.ContainsFunc(group, func(f Field) bool { return m.column[f] >= 0 }) {
			return nil, outbreak.Refuse(outbreak.Invalid, "exchange.column_missing", "field", names(group), "headers", strings.Join(m.header, ", "))
		}
	}
	return m, nil
}

func (m *mapping) take(f Field, column int) { m.fields[column], m.column[f] = f, column }

func names(fields []Field) string {
	all := make([]string, len(fields))
	for i, f := range fields {
		all[i] = f.String()
	}
	return strings.Join(all, ", ")
}

// name gives a field as the file calls it; the field's own name when the file has no such column.
func (m *mapping) name(f Field) string {
	if i := m.column[f]; i >= 0 {
		return m.header[i]
	}
	return f.String()
}

// readMap reads a map file: lines field=header, empty lines and # comments.
func readMap(s shape, r io.Reader) (map[Field]string, error) {
	asked := map[Field]string{}
	if r == nil {
		return asked, nil
	}
	lines := bufio.NewScanner(io.LimitReader(r, 1<<20))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\ufeff"))
		if line == "" || line[0] == '#' {
			continue
		}
		name, header, ok := strings.Cut(line, "=")
		f, known := fieldByName(strings.TrimSpace(name))
		if header = strings.TrimSpace(header); !ok || header == "" {
			return nil, outbreak.Refuse(outbreak.Invalid, "exchange.map_line", "line", n)
		}
		if _, takes := s.headers[f]; !known || !takes {
			return nil, outbreak.Refuse(outbreak.Invalid, "exchange.map_field", "line", n, "field", strings.TrimSpace(name), "fields", s.fieldNames())
		}
		if asked[f] != "" {
			return nil, outbreak.Refuse(outbreak.Invalid, "exchange.map_twice", "line", n, "field", f.String())
		}
		asked[f] = header
	}
	if err := lines.Err(); err != nil {
		return nil, outbreak.Refuse(outbreak.Invalid, "exchange.map_unreadable").Because(err)
	}
	return asked, nil
}

func (s shape) fieldNames() string {
	var all []Field
	for f := fieldCode; f < fieldCount; f++ {
		if _, takes := s.headers[f]; takes {
			all = append(all, f)
		}
	}
	return names(all)
}

// headerRows is how many rows are tried: some exports write the entity in the first and the field in the second.
const headerRows = 3

// findHeader reads rows until one of them names what is needed. The fault told is that of the first row, for a file without
// any header is the usual case.
func findHeader(s shape, rows *records, asked map[Field]string) (*mapping, error) {
	var fault error
	for n := 0; n < headerRows; n++ {
		rec, err := rows.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		if sep, is := separatorLine(rows.buf); is && n == 0 {
			rows.s.Separator = sep
			n--
			continue
		}
		m, err := mapColumns(s, rec.cells, rec.line, asked)
		if err == nil {
			return m, nil
		}
		if fault == nil {
			fault = err
		}
	}
	if fault == nil {
		fault = outbreak.Refuse(outbreak.Invalid, "exchange.empty")
	}
	return nil, fault
}

// separatorLine reads the line "sep=;" that some spreadsheets write before the header.
func separatorLine(line []byte) (byte, bool) {
	if len(line) == 5 && strings.EqualFold(string(line[:4]), "sep=") && (line[4] == ',' || line[4] == ';' || line[4] == '\t') {
		return line[4], true
	}
	return 0, false
}
