package workbook

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
)

// down is a merged cell that reaches over several rows: its value stands in its first row alone and is meant for all.
type down struct{ column, first, last int }

// downs fills them as the rows go by. Cells merged across a row are left as they are: a header says so of its groups by itself.
type downs struct {
	all  []down // by their first row
	open []opened
}

type opened struct {
	down
	value string
}

const mostMerged = 200_000

// merged reads where cells are merged, which a sheet says behind its rows.
func (b *Book) merged(part string) (*downs, error) {
	b.lock.Lock()
	defer b.lock.Unlock()
	known, is := b.downs[part]
	if !is {
		found, err := b.readMerged(part)
		if err != nil {
			return nil, err
		}
		if known = found.all; b.downs == nil {
			b.downs = map[string][]down{}
		}
		b.downs[part] = known
	}
	return &downs{all: known}, nil
}

func (b *Book) readMerged(part string) (*downs, error) {
	d := &downs{}
	if has, err := b.mentions(part, "mergeCell"); err != nil || !has {
		return d, err
	}
	s, err := b.open(part)
	if err != nil {
		return nil, err
	}
	defer s.close()
	for {
		t, err := s.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		if t != begins || string(s.name) != "mergeCell" {
			continue
		}
		from, upto, is := strings.Cut(s.said("ref"), ":")
		column, first := place(from)
		_, last := place(upto)
		if !is || column == 0 || column > MostColumns || last <= first || last > MostRows {
			continue
		}
		if d.all = append(d.all, down{column, first, last}); len(d.all) > mostMerged {
			return nil, ErrLarge
		}
	}
	slices.SortFunc(d.all, func(a, b down) int { return a.first - b.first })
	return d, nil
}

// fill puts the values of merged cells into a row, and keeps those that begin in it.
func (d *downs) fill(row int, cells []string) ([]string, int) {
	n := 0
	d.open = slices.DeleteFunc(d.open, func(o opened) bool { return o.last < row })
	for _, o := range d.open {
		if o.value == "" || o.column <= len(cells) && cells[o.column-1] != "" {
			continue
		}
		for len(cells) < o.column {
			cells = append(cells, "")
		}
		cells[o.column-1] = o.value
		n++
	}
	for len(d.all) > 0 && d.all[0].first <= row {
		if m := d.all[0]; m.first == row && m.column <= len(cells) {
			d.open = append(d.open, opened{m, cells[m.column-1]})
		}
		d.all = d.all[1:]
	}
	return cells, n
}

// mentions tells whether a word stands in a part: most sheets merge nothing and need not be read twice.
func (b *Book) mentions(part, word string) (bool, error) {
	f := b.parts[strings.ToLower(part)]
	if f == nil {
		return false, fmt.Errorf("%w: no %s", ErrBroken, part)
	}
	r, err := f.Open()
	if err != nil {
		return false, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	defer r.Close()
	buf := make([]byte, 256<<10)
	for kept := 0; ; {
		n, err := r.Read(buf[kept:])
		if bytes.Contains(buf[:kept+n], []byte(word)) {
			return true, nil
		}
		if err == io.EOF {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("%w: %w", ErrBroken, err)
		}
		from := max(kept+n-len(word), 0)
		kept = copy(buf, buf[from:kept+n])
	}
}
