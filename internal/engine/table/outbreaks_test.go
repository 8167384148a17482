package table

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// outbreak reads a published line list that lies beside the project; skipped where it does not.
func outbreak(t *testing.T, file string) (Letters, Report) {
	t.Helper()
	path := filepath.Join("..", "..", "..", "..", "shared", "data", "outbreaks", file)
	if dir := os.Getenv("BREAKWATER_OUTBREAKS"); dir != "" {
		path = filepath.Join(dir, file)
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("the published line list %s is not here: put the folder shared beside the project, or name its folder outbreaks in BREAKWATER_OUTBREAKS", file)
	}
	if err != nil {
		t.Fatal(err)
	}
	return read(t, text)
}

// read takes the way of a file.
func read(t *testing.T, text []byte) (Letters, Report) {
	t.Helper()
	l := Look(text, true)
	var tab Table
	if err := Read(l.Reader(bytes.NewReader(text)), l.Separator, func(_ int, cells []string) error { tab.Add(cells); return nil }); err != nil {
		t.Fatal(err)
	}
	return l, tab.Report()
}

// known is what a column of a published list holds, counted from the files by another program.
type known struct {
	name                  string
	kind                  Kind
	field                 string
	filled, blank, absent int // absent: words for nothing
	earliest, latest      string
	least, most           float64
	values                map[string]int
}

// TestPublishedLineLists reads MERS in Korea 2015, measles in Hagelloch 1861 and H7N9 in China 2013.
func TestPublishedLineLists(t *testing.T) {
	for _, c := range []struct {
		file          string
		rows, columns int
		known         []known
	}{
		{"mers_korea_2015_linelist.csv", 162, 15, []known{
			{name: "id", kind: KindText, field: "case_id", filled: 162},
			{name: "age", kind: KindAge, field: "age", filled: 162, least: 16, most: 87},
			{name: "age_class", kind: KindAge, field: "age_class", filled: 162, least: 10, most: 89},
			{name: "sex", kind: KindText, field: "sex", filled: 162, values: map[string]int{"M": 99, "F": 63}},
			{name: "place_infect", kind: KindText, field: "infected_in", filled: 162},
			{name: "loc_hosp", kind: KindText, field: "hospital", filled: 162},
			{name: "dt_onset", kind: KindDate, field: "onset", filled: 135, blank: 27, earliest: "2015-05-11", latest: "2015-06-15"},
			{name: "dt_report", kind: KindDate, field: "reported", filled: 162, earliest: "2015-05-19", latest: "2015-06-16"},
			{name: "dt_start_exp", kind: KindDate, field: "exposed_from", filled: 157, blank: 5, earliest: "2015-04-18", latest: "2015-06-08"},
			{name: "dt_end_exp", kind: KindDate, field: "exposed_to", filled: 157, blank: 5},
			{name: "dt_diag", kind: KindDate, field: "diagnosed", filled: 162, earliest: "2015-05-20", latest: "2015-06-16"},
			{name: "outcome", kind: KindText, field: "outcome", filled: 162, values: map[string]int{"Alive": 143, "Dead": 19}},
			{name: "dt_death", kind: KindDate, field: "died", filled: 10, blank: 152, earliest: "2015-06-01", latest: "2015-06-11"},
		}},
		{"measles_hagelloch_1861.csv", 188, 12, []known{
			{name: "case_ID", kind: KindNumber, field: "case_id", filled: 188},
			{name: "infector", kind: KindNumber, field: "infector", filled: 184, blank: 4},
			{name: "date_of_prodrome", kind: KindDate, field: "onset", filled: 188, earliest: "1861-10-30", latest: "1862-01-24"},
			{name: "date_of_death", kind: KindDate, field: "died", filled: 12, blank: 176, earliest: "1861-11-18", latest: "1861-12-28"},
			{name: "age", kind: KindAge, field: "age", filled: 188, least: 0, most: 15},
			{name: "gender", kind: KindText, field: "sex", filled: 177, blank: 11, values: map[string]int{"m": 94, "f": 83}},
			{name: "family_ID", kind: KindNumber, field: "household", filled: 188},
			{name: "complications", kind: KindText, field: "complications", filled: 188, values: map[string]int{"yes": 188}},
		}},
		{"fluH7N9_china_2013.csv", 136, 8, []known{
			{name: "date_of_onset", kind: KindDate, field: "onset", filled: 126, blank: 10, earliest: "2013-02-19", latest: "2013-07-27"},
			{name: "date_of_hospitalisation", kind: KindDate, field: "hospitalised", filled: 62, blank: 74, earliest: "2013-03-03", latest: "2013-07-28"},
			{name: "date_of_outcome", kind: KindDate, field: "outcome_date", filled: 71, blank: 65, earliest: "2013-03-04", latest: "2013-08-11"},
			{name: "outcome", kind: KindText, field: "outcome", filled: 79, blank: 57, values: map[string]int{"Recover": 47, "Death": 32}},
			{name: "gender", kind: KindText, field: "sex", filled: 134, blank: 2, values: map[string]int{"m": 95, "f": 39}},
			{name: "age", kind: KindAge, field: "age", filled: 134, absent: 2, least: 2, most: 91},
			{name: "province", kind: KindText, field: "area", filled: 136},
		}},
		{"mers_korea_2015_contacts.csv", 98, 4, []known{
			{name: "from", kind: KindText, field: "infector", filled: 98},
			{name: "to", kind: KindText, field: "contact", filled: 98},
			{name: "exposure", kind: KindText, field: "exposure", filled: 98, values: map[string]int{"Hospital room": 44, "Emergency room": 33, "Visit hospital": 12, "Contact with HCW": 8, "Family member": 1}},
			{name: "diff_dt_onset", kind: KindNumber, filled: 98, least: 2, most: 27},
		}},
	} {
		t.Run(c.file, func(t *testing.T) {
			l, r := outbreak(t, c.file)
			if l.Separator != "," || r.Header.First != 1 || r.Header.Rows != 1 || r.Rows != c.rows || len(r.Columns) != c.columns || len(r.Odd) != 0 {
				t.Errorf("%+v, header %+v, %d rows, %d columns, %+v", l, r.Header, r.Rows, len(r.Columns), r.Odd)
			}
			for _, k := range c.known {
				k.agrees(t, r)
			}
		})
	}
}

func (k known) agrees(t *testing.T, r Report) {
	t.Helper()
	c := columnOf(t, r, k.name)
	if c.Kind != k.kind || c.Filled != k.filled || c.Blank != k.blank || c.Missing() != k.blank+k.absent || r.Mapping[c.Index].Field != k.field {
		t.Errorf("%s: %s, filled %d, blank %d, missing %d, field %q: want %+v", k.name, c.Kind, c.Filled, c.Blank, c.Missing(), r.Mapping[c.Index].Field, k)
	}
	if k.earliest != "" && (c.Dates.Earliest != k.earliest || c.Dates.Latest != k.latest || c.Dates.Order != "" || c.Dates.Mixed()) {
		t.Errorf("%s: %+v", k.name, c.Dates)
	}
	if c.Ages != nil && (c.Ages.Least != k.least || c.Ages.Most != k.most) {
		t.Errorf("%s: %+v", k.name, c.Ages)
	}
	for word, n := range k.values {
		if got := countOf(c.Values, word); got != n || len(c.Values) != len(k.values) {
			t.Errorf("%s: %s %d times, want %d, of %v", k.name, word, got, n, c.Values)
		}
	}
}

func columnOf(t *testing.T, r Report, name string) Column {
	t.Helper()
	for _, c := range r.Columns {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("no column %s", name)
	return Column{}
}

func countOf(list []Count, word string) int {
	for _, c := range list {
		if c.Word == word {
			return c.Count
		}
	}
	return 0
}
