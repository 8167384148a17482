package store

import (
	"regexp"
	"strconv"
	"strings"
)

// Closures that share a commit often write rows of one kind: each its note, its result, its answer. Held statements that stand
// behind each other and are the same plain insert go to the engine as one insert of many rows.

// insert is a statement that puts one row of arguments, in their order, into a table, and does nothing else.
type insert struct {
	head    string // up to the word values
	columns int
}

var plainInsert = regexp.MustCompile(`(?i)^\s*(insert into \w+ \([\w, ]+\)) values \(((?:\$\d+, ?)*\$\d+)\)\s*$`)

// An insert that changes the row that is there already, whatever that is, touches as many rows as it has.
var sureUpsert = regexp.MustCompile(`(?is)^\s*insert into \w+ \([^()]*\)\s+values\s+((?:\([^()]*\),?\s*)+)\son conflict \([^()]*\) do update set [^;]*$`)

// sureRows gives how many rows a statement touches unless the engine refuses it; 0: that shows when it has run.
func sureRows(query string) int64 {
	if m := sureUpsert.FindStringSubmatch(query); m != nil && !strings.Contains(strings.ToLower(query), "where") {
		return int64(strings.Count(m[1], "("))
	}
	return 0
}

// asInsert reads a statement; false when it is anything else.
func asInsert(query string) (insert, bool) {
	m := plainInsert.FindStringSubmatch(query)
	if m == nil {
		return insert{}, false
	}
	marks := strings.Split(m[2], ",")
	for i, mark := range marks {
		if strings.TrimSpace(mark) != "$"+strconv.Itoa(i+1) {
			return insert{}, false
		}
	}
	return insert{m[1], len(marks)}, true
}

// of writes the statement for several rows.
func (n insert) of(rows int, engine Engine) string {
	var q strings.Builder
	q.WriteString(n.head + " values")
	for row := range rows {
		q.WriteString([...]string{" ", ", "}[min(row, 1)])
		for c := range n.columns {
			q.WriteString([...]string{"(", ", "}[min(c, 1)])
			if engine == SQLite { // which looks a numbered one up among all the others
				q.WriteByte('?')
				continue
			}
			q.WriteString("$" + strconv.Itoa(row*n.columns+c+1))
		}
		q.WriteByte(')')
	}
	return q.String()
}

// mostMerged is how many arguments a merged statement takes: what Insert takes.
const mostMerged = 900

// merger keeps what it has read and written of statements.
type merger struct {
	known map[string]*merged
}

// merged is what is known of a statement: how to put several rows with it, by their number.
type merged struct {
	insert
	plain bool
	sure  int64 // rows it touches unless the engine refuses it; 0: nobody knows
	texts map[int]string
}

func (m *merger) look(query string) *merged {
	if k, known := m.known[query]; known {
		return k
	}
	if m.known == nil || len(m.known) >= mostPrepared {
		m.known = map[string]*merged{}
	}
	k := &merged{texts: map[int]string{}}
	k.insert, k.plain = asInsert(query)
	if k.sure = sureRows(query); k.plain {
		k.sure = 1
	}
	m.known[query] = k
	return k
}

// merge puts statements together.
func (m *merger) merge(held []statement, engine Engine) (few []statement) {
	for len(held) > 0 {
		k := m.look(held[0].query)
		run := 1
		for k.plain && run < len(held) && held[run].query == held[0].query && len(held[run].args) == k.columns && held[run].rows == 1 {
			run++
		}
		if len(held[0].args) != k.columns || held[0].rows != 1 {
			run = 1
		}
		one, n := held[0], 1
		one.sure = one.sure || k.sure > 0 && k.sure == one.rows
		if run > 1 {
			one, n = k.together(held[:run], engine)
		}
		few, held = append(few, one), held[n:]
	}
	return few
}

// together makes one statement of the first n of some, as many as it can.
func (m *merged) together(some []statement, engine Engine) (one statement, n int) {
	if engine == PostgreSQL && len(some) >= fewRows {
		rows := make([][]any, min(len(some), mostInArrays))
		for i := range rows {
			rows[i] = some[i].args
		}
		if query, args, err := inArrays(m.head, m.columns, rows); err == nil { // values of two types stay a list
			return statement{query, args, int64(len(rows)), true}, len(rows)
		}
	}
	n = 1 // rows come in powers of two, so that there are few different texts to keep prepared
	for n*2 <= len(some) && n*2*m.columns <= mostMerged {
		n *= 2
	}
	if n == 1 {
		return some[0], 1
	}
	text, written := m.texts[n]
	if !written {
		text = m.of(n, engine)
		m.texts[n] = text
	}
	args := make([]any, 0, n*m.columns)
	for _, s := range some[:n] {
		args = append(args, s.args...)
	}
	return statement{text, args, int64(n), true}, n
}
