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
	head    string // up to the rows
	columns int
}

var plainInsert = regexp.MustCompile(`(?i)^\s*(insert into \w+ \([\w, ]+\) values) \(((?:\$\d+, ?)*\$\d+)\)\s*$`)

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
	q.WriteString(n.head)
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
	m.known[query] = k
	return k
}

// merge puts statements together. Rows come in powers of two, so that there are few different texts to keep prepared.
func (m *merger) merge(held []statement, engine Engine) (few []statement) {
	for len(held) > 0 {
		k := m.look(held[0].query)
		run := 1
		for k.plain && run < len(held) && held[run].query == held[0].query && len(held[run].args) == k.columns {
			run++
		}
		most := 1
		for k.plain && len(held[0].args) == k.columns && most*2 <= run && most*2*k.columns <= mostMerged {
			most *= 2
		}
		if most == 1 {
			few, held = append(few, held[0]), held[1:]
			continue
		}
		text, written := k.texts[most]
		if !written {
			text = k.of(most, engine)
			k.texts[most] = text
		}
		args := make([]any, 0, most*k.columns)
		for _, s := range held[:most] {
			args = append(args, s.args...)
		}
		few, held = append(few, statement{text, args, int64(most)}), held[most:]
	}
	return few
}
