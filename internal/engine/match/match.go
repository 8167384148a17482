package match

// Row is a row as keys: for each level those it may be found by; none at a level: nothing is known there.
type Row [][]uint64

// None stands for no row.
const None = -1

// Found is what became of a row of the other list.
type Found struct {
	Here   int  // the row here it is; None: none
	Level  int  // by which keys
	Again  bool // another row of the same list is the pair; this one says something about the same thing
	Rivals int  // rows here that it may be, or rows there that compete for the same one, when nothing could be decided; else 0
}

// Pairs finds for every row there its row here. Below sure, the levels whose keys name one thing alone, several rows there with
// the same key are one pair and repetitions of it; at the other levels they are rivals.
func Pairs(here, there []Row, levels, sure int) []Found {
	found := make([]Found, len(there))
	for i := range found {
		found[i] = Found{Here: None}
	}
	m := pairing{here: here, there: there, found: found, taken: make([]bool, len(here)), seen: make([]int32, len(here))}
	for level := range levels {
		m.level(level, level < sure)
	}
	return found
}

type pairing struct {
	here, there []Row
	found       []Found
	taken       []bool
	seen        []int32 // the last row there, counted from 1, for which a row here was looked at
	stamp       int32
}

// level pairs what is left by the keys of one level.
func (m *pairing) level(level int, sure bool) {
	at := m.index(level, sure)
	if at.empty() {
		return
	}
	wanted := map[int32][]int32{} // rows there, by the only row here each may be
	var order []int32
	for i := range m.there {
		if m.found[i].Here != None || len(keys(m.there[i], level)) == 0 {
			continue
		}
		one, n := m.candidates(at, keys(m.there[i], level))
		switch {
		case n > 1:
			m.found[i].Rivals = n
		case n == 1:
			if wanted[one] == nil {
				order = append(order, one)
			}
			wanted[one] = append(wanted[one], int32(i))
		}
	}
	for _, one := range order {
		m.decide(int(one), wanted[one], level, sure)
	}
}

// decide gives a row here to the rows there that point at it alone.
func (m *pairing) decide(one int, rows []int32, level int, sure bool) {
	if len(rows) > 1 && !sure {
		for _, i := range rows {
			m.found[i].Rivals = len(rows)
		}
		return
	}
	for n, i := range rows {
		m.found[i] = Found{Here: one, Level: level, Again: n > 0 || m.taken[one]}
	}
	m.taken[one] = true
}

// candidates counts the rows here that some keys lead to; one of them is given.
func (m *pairing) candidates(at index, list []uint64) (one int32, n int) {
	m.stamp++
	for _, k := range list {
		for j := at.first(k); j != None; j = at.next[j] {
			row := at.row[j]
			if m.seen[row] == m.stamp {
				continue
			}
			m.seen[row] = m.stamp
			one = row
			n++
		}
	}
	return one, n
}

// index finds rows by a key: a chain of rows for each.
type index struct {
	heads map[uint64]int32
	next  []int32
	row   []int32
}

func (x index) empty() bool { return len(x.row) == 0 }

func (x index) first(key uint64) int32 {
	if j, is := x.heads[key]; is {
		return j
	}
	return None
}

// index files the rows here under the keys of a level. At a sure level those that are taken stay: another row there with the same
// key says something about the same thing again.
func (m *pairing) index(level int, sure bool) index {
	n := 0
	for i := range m.here {
		n += len(keys(m.here[i], level))
	}
	x := index{heads: make(map[uint64]int32, n), next: make([]int32, 0, n), row: make([]int32, 0, n)}
	for i := range m.here {
		if m.taken[i] && !sure {
			continue
		}
		for _, k := range keys(m.here[i], level) {
			before, is := x.heads[k]
			if !is {
				before = None
			}
			x.heads[k] = int32(len(x.row))
			x.next = append(x.next, before)
			x.row = append(x.row, int32(i))
		}
	}
	return x
}

func keys(r Row, level int) []uint64 {
	if level >= len(r) {
		return nil
	}
	return r[level]
}
