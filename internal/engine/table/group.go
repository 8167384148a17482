package table

import (
	"slices"
	"strings"
)

// Repeated is a name that several columns have.
type Repeated struct {
	Name    string `json:"name"`
	Columns []int  `json:"columns"`
}

// Group is a run of columns that repeats: contact 1 name, contact 1 phone, contact 2 name, contact 2 phone.
type Group struct {
	First int      `json:"first"` // column
	Wide  int      `json:"wide"`  // columns of one repetition
	Times int      `json:"times"`
	Names []string `json:"names"` // without their numbers
}

func repeated(names []string) (list []Repeated) {
	at := map[string]int{}
	for i, n := range names {
		f := foldName(n)
		if f == "" {
			continue
		}
		j, seen := at[f]
		if !seen {
			at[f] = len(list)
			list = append(list, Repeated{n, []int{i}})
			continue
		}
		list[j].Columns = append(list[j].Columns, i)
	}
	return slices.DeleteFunc(list, func(r Repeated) bool { return len(r.Columns) < 2 })
}

const (
	widestGroup = 40
	mostGrouped = 1_000 // columns that are looked at for groups
)

// groups finds runs of columns that repeat by their names without numbers, the run that covers most first at each place. A single
// column repeats as a group when numbers tell its repetitions apart.
func groups(names []string) (list []Group) {
	names = names[:min(len(names), mostGrouped)]
	bare := make([]string, len(names))
	for i, n := range names {
		bare[i] = strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return -1
			}
			return r
		}, foldName(n))
	}
	for at := 0; at < len(bare); at++ {
		best := Group{}
		for wide := 1; wide <= min(widestGroup, (len(bare)-at)/2); wide++ {
			times := 1
			for end := at + (times+1)*wide; end <= len(bare) && slices.Equal(bare[at:at+wide], bare[end-wide:end]); end = at + (times+1)*wide {
				times++
			}
			if times >= 2 && times*wide > best.Times*best.Wide && !slices.Contains(bare[at:at+wide], "") {
				best = Group{at, wide, times, slices.Clone(bare[at : at+wide])}
			}
		}
		if best.Times > 0 {
			list = append(list, best)
			at += best.Times*best.Wide - 1
		}
	}
	return list
}
