package exchange_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	utf "golang.org/x/text/encoding/unicode"

	"breakwater/internal/engine/table"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
	"breakwater/internal/view/exchange"
	"breakwater/internal/words"
)

// sheet is a list as a person keeps it, before it is written down in one of the ways people do.
type sheet struct {
	rows     [][]string
	encoding string
	sep      string
	format   string // csv or xlsx
	people   int    // rows of people
	bad      int    // of them, those that have to come back
}

// trap does to a list what people do to lists.
type trap struct {
	name string
	do   func(s *sheet)
}

func plainSheet(n int) *sheet {
	s := &sheet{sep: ",", format: "csv", encoding: "utf-8", people: n}
	s.rows = append(s.rows, []string{"case_id", "name", "sex", "age", "date_of_onset", "outcome", "symptoms"})
	for i := range n {
		s.rows = append(s.rows, []string{fmt.Sprintf("C%03d", i+1), fmt.Sprintf("José Müller %d", i), []string{"m", "f"}[i%2], fmt.Sprint(20 + i), fmt.Sprintf("2021-03-%02d", 10+i%9), []string{"recovered", "died", ""}[i%3], "fever"})
	}
	return s
}

// each changes the cells of a column in all rows of people.
func (s *sheet) each(column string, change func(i int, v string) string) {
	for h, r := range s.rows {
		if at := slices.Index(r, column); at >= 0 {
			for i, row := range s.rows[h+1:] {
				if at < len(row) && row[0] != r[0] && strings.Join(row, "") != "" {
					row[at] = change(i, row[at])
				}
			}
			return
		}
	}
}

var traps = []trap{
	{"GB 18030 and Chinese headers", func(s *sheet) {
		s.encoding = "gb18030"
		s.rename([]string{"编号", "姓名", "性别", "年龄", "发病日期", "结局", "症状"})
		s.each("姓名", func(i int, _ string) string { return "张伟" + string(rune('一'+i)) })
		s.each("结局", func(_ int, v string) string {
			return map[string]string{"recovered": "治愈", "died": "死亡", "": "不详"}[v]
		})
		s.each("性别", func(_ int, v string) string { return map[string]string{"m": "男", "f": "女"}[v] })
	}},
	{"Windows-1252", func(s *sheet) {
		if s.encoding == "utf-8" {
			s.encoding = "windows-1252"
		}
	}},
	{"UTF-16", func(s *sheet) { s.encoding = "utf-16" }},
	{"semicolons", func(s *sheet) { s.sep = ";" }},
	{"tabs", func(s *sheet) { s.sep = "\t" }},
	{"titles above", func(s *sheet) {
		s.rows = append([][]string{{"List of the outbreak"}, {"", "", "as of", "2022-04-01"}, {}}, s.rows...)
	}},
	{"the header again", func(s *sheet) {
		h := s.header()
		s.rows = slices.Insert(s.rows, h+3, slices.Clone(s.rows[h]))
	}},
	{"empty rows and columns", func(s *sheet) {
		h := s.header()
		s.rows = slices.Insert(s.rows, h+2, []string{}, []string{"", "", ""})
		for i := range s.rows {
			if i != h+2 && i != h+3 {
				s.rows[i] = append(s.rows[i], "", "", "")
			}
		}
		s.rows = append(s.rows, []string{"", ""}, []string{})
	}},
	{"text formulas", func(s *sheet) { s.eachAt(0, func(_ int, v string) string { return `="` + v + `"` }) }},
	{"words for nothing", func(s *sheet) {
		s.eachAt(5, func(i int, v string) string {
			if v == "" || v == "不详" {
				return []string{"NA", "n/a", "-", "不详"}[i%4]
			}
			return v
		})
	}},
	{"days before months", func(s *sheet) {
		s.eachAt(4, func(_ int, v string) string { return v[8:] + "." + v[5:7] + "." + v[:4] })
	}},
	{"ages with units", func(s *sheet) {
		s.eachAt(3, func(i int, v string) string { return []string{v, v + "岁", "3 mo", v + " y"}[i%4] })
	}},
	{"spaces", func(s *sheet) { s.eachAt(1, func(_ int, v string) string { return "  " + v + " \u3000" }) }},
	{"a second column of one name", func(s *sheet) {
		h := s.header()
		for i := range s.rows {
			if len(s.rows[i]) > 6 && i >= h {
				s.rows[i] = slices.Insert(s.rows[i], 7, map[bool]string{true: s.rows[h][6], false: "cough"}[s.rows[i][6] == s.rows[h][6]])
			}
		}
	}},
	{"a workbook", func(s *sheet) { s.format = "xlsx" }},
	{"days that are none", func(s *sheet) {
		n := 0
		s.eachAt(4, func(i int, v string) string {
			if i%4 == 1 {
				n++
				return "soon"
			}
			return v
		})
		s.bad += n
	}},
}

func (s *sheet) header() int {
	return slices.IndexFunc(s.rows, func(r []string) bool { return len(r) >= 7 && (r[0] == "case_id" || r[0] == "编号") })
}

func (s *sheet) rename(names []string) { copy(s.rows[s.header()], names) }

func (s *sheet) eachAt(column int, change func(i int, v string) string) {
	h := s.header()
	s.each(s.rows[h][column], change)
}

// file writes the list down.
func (s *sheet) file(t testing.TB) []byte {
	t.Helper()
	if s.format == "xlsx" {
		f := excelize.NewFile()
		defer f.Close()
		for i, r := range s.rows {
			for j, v := range r {
				cell, err := excelize.CoordinatesToCellName(j+1, i+1)
				if err == nil {
					err = f.SetCellStr("Sheet1", cell, v)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		var b bytes.Buffer
		if err := f.Write(&b); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Comma = rune(s.sep[0])
	for _, r := range s.rows {
		if len(r) == 0 {
			w.Flush()
			b.WriteString("\n")
			continue
		}
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	w.Flush()
	var err error
	out := b.Bytes()
	switch s.encoding {
	case "gb18030":
		out, err = simplifiedchinese.GB18030.NewEncoder().Bytes(out)
	case "windows-1252":
		out, err = charmap.Windows1252.NewEncoder().Bytes(bytes.ReplaceAll(out, []byte("\u3000"), []byte(" ")))
	case "utf-16":
		out, err = utf.UTF16(utf.LittleEndian, utf.UseBOM).NewEncoder().Bytes(out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestEveryTrapAloneAndTogether loads lists with each of the traps people set, and with many of them at once: the control totals hold,
// as many people are there as rows are good, and the same list again changes nothing.
func TestEveryTrapAloneAndTogether(t *testing.T) {
	testkit.Engines(t, owners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		s, ob := outbreakSite(t, db, clock)
		chance := rand.New(rand.NewPCG(1, 2))
		try := func(name string, picked ...trap) {
			list := plainSheet(12)
			for _, p := range picked {
				p.do(list)
			}
			file := list.file(t)
			before := len(s.every(t))
			r := s.list(t, exchange.LineList, file, exchange.ListOptions{Outbreak: ob, Party: name})
			if r.Received != list.people || r.Rejected != list.bad || r.Accepted != list.people-list.bad {
				t.Errorf("%s: received %d, accepted %d, repeated %d, rejected %d of %d with %d bad: %+v %v", name, r.Received, r.Accepted, r.Repeated, r.Rejected, list.people, list.bad, r.Problems, r.Mapping)
				return
			}
			if n := len(s.every(t)) - before; n != r.Accepted {
				t.Errorf("%s: %d cases of %d rows", name, n, r.Accepted)
			}
			again := s.list(t, exchange.LineList, file, exchange.ListOptions{Outbreak: ob, Party: name})
			if again.Accepted != 0 || again.Repeated != r.Accepted || again.Rejected != r.Rejected {
				t.Errorf("%s again: %+v", name, again)
			}
		}
		try("plain")
		for _, p := range traps {
			try(p.name, p)
		}
		for i := range 25 {
			var some []trap
			for _, at := range chance.Perm(len(traps))[:2+chance.IntN(5)] {
				some = append(some, traps[at])
			}
			slices.SortFunc(some, func(a, b trap) int { // letters and names first: the others change cells as they find them
				return slices.IndexFunc(traps, func(t trap) bool { return t.name == a.name }) - slices.IndexFunc(traps, func(t trap) bool { return t.name == b.name })
			})
			names := fmt.Sprintf("%d:", i)
			for _, p := range some {
				names += " " + p.name + ","
			}
			try(names, some...)
		}
	})
}

// TestWhatComesBackIsCorrectedAndSentAgain loads a list with bad rows, corrects them in the workbook that comes back, and sends that.
func TestWhatComesBackIsCorrectedAndSentAgain(t *testing.T) {
	testkit.Engines(t, owners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		s, ob := outbreakSite(t, db, clock)
		list := plainSheet(10)
		list.rows[3][4], list.rows[5][5] = "31/31/2021", "transferred"
		for _, asCSV := range []bool{false, true} {
			party := fmt.Sprint("as CSV: ", asCSV)
			var back bytes.Buffer
			r := s.list(t, exchange.LineList, list.file(t), exchange.ListOptions{Outbreak: ob, Party: party, Rejected: &back, AsCSV: asCSV})
			if r.Accepted != 8 || r.Rejected != 2 || len(r.Problems) != 2 || r.Problems[0].Column != "date_of_onset" || r.Problems[1].Column != "outcome" {
				t.Fatalf("%+v", r)
			}
			file := back.Bytes()
			if asCSV {
				file = bytes.Replace(bytes.Replace(file, []byte("31/31/2021"), []byte("2021-03-31"), 1), []byte("transferred"), []byte("died"), 1)
			} else {
				f, err := excelize.OpenReader(&back)
				if err != nil {
					t.Fatal(err)
				}
				rows, err := f.GetRows("rejected")
				if err != nil || len(rows) != 3 || rows[1][0] != "C003" || rows[1][8] != "date_of_onset" || !strings.Contains(rows[2][9], "outcome") {
					t.Fatalf("%q %v", rows, err)
				}
				for cell, v := range map[string]string{"E2": "2021-03-31", "F3": "died"} {
					style, err := f.GetCellStyle("rejected", cell)
					if err != nil || style == 0 {
						t.Errorf("%s is not marked", cell)
					}
					if err := f.SetCellStr("rejected", cell, v); err != nil {
						t.Fatal(err)
					}
				}
				var b bytes.Buffer
				if err := f.Write(&b); err != nil {
					t.Fatal(err)
				}
				file = b.Bytes()
			}
			again := s.list(t, exchange.LineList, file, exchange.ListOptions{Outbreak: ob, Party: party})
			if again.Accepted != 2 || again.Received != 2 || again.Digest != r.Digest || len(again.Extra) != len(r.Extra) {
				t.Errorf("%+v, first %+v", again, r)
			}
		}
	})
}

// TestNothingIsGuessed leaves back what can be read in two ways until a person says how.
func TestNothingIsGuessed(t *testing.T) {
	list := []byte("id,sex,onset\n1,1,03/04/2022\n2,2,05/06/2022\n3,1,07/07/2022\n")
	check := func(p exchange.Plan) exchange.Report {
		r, err := exchange.CheckList(exchange.LineList, source(t, list), exchange.ListOptions{Plan: &p, Lang: words.English})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := check(exchange.Plan{}); r.Rejected != 3 || len(r.Problems) != 5 || len(r.Warnings) != 1 {
		t.Errorf("%+v", r)
	}
	sex := exchange.PlanColumn{Column: "sex", Field: "sex", Words: map[string]string{"1": "male", "2": "female"}}
	if r := check(exchange.Plan{Columns: []exchange.PlanColumn{sex, {Column: "onset", Field: "onset", Order: table.DayFirst}}}); r.Accepted != 3 {
		t.Errorf("%+v", r)
	}
	if r := check(exchange.Plan{Columns: []exchange.PlanColumn{sex}}); r.Accepted != 1 {
		t.Errorf("a day that both ways is the same is read: %+v", r)
	}
}

// TestASavedPlanReadsTheListOfTheNextDay keeps a plan and loads a list with the same headers without one.
func TestASavedPlanReadsTheListOfTheNextDay(t *testing.T) {
	testkit.Engines(t, owners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		s, ob := outbreakSite(t, db, clock)
		ctx := context.Background()
		plan := exchange.Plan{Area: "11", Columns: []exchange.PlanColumn{{Column: "Nr", Field: "number"}, {Column: "G", Field: "sex", Words: map[string]string{"1": "male"}}, {Column: "Beginn", Field: "onset", Order: table.DayFirst}, {Column: "Blut", Open: true}}}
		text := "Nr,G,Beginn,Blut\n1,1,03/04/2021,A\n"
		r, err := s.TryList(ctx, s.by, exchange.LineList, source(t, []byte(text)), exchange.ListOptions{Plan: &plan, Outbreak: ob, Lang: words.English})
		if err != nil || r.Accepted != 1 {
			t.Fatal(r, err)
		}
		if _, err := s.SavePlan(ctx, s.by, exchange.SavePlan{Kind: exchange.LineList, Name: "daily list", Digest: r.Digest, Plan: plan}); err != nil {
			t.Fatal(err)
		}
		next := "Nr,G,Beginn,Blut\n1,1,03/04/2021,A\n2,1,05/04/2021,0\n"
		if r, err = s.ImportList(ctx, s.by, exchange.LineList, source(t, []byte(next)), exchange.ListOptions{Outbreak: ob, Lang: words.English}); err != nil || r.Accepted != 2 {
			t.Fatal(r, err)
		}
		all := s.every(t)
		if len(all) != 2 || all[0].OnsetAt.Time().Month() != 4 || all[0].Area.Code() != "11" || all[0].Sex != "male" {
			t.Errorf("%+v", all)
		}
		open, sealed, err := s.Cases.ListExtra(ctx, s.by, all[0].ID)
		if err != nil || sealed || len(open) != 1 || open[0].Value != "A" {
			t.Errorf("%+v %v %v", open, sealed, err)
		}
	})
}

// FuzzCheckList reads whatever comes as a list: totals that add up, or a sentence, never a panic.
func FuzzCheckList(f *testing.F) {
	for _, p := range traps {
		s := plainSheet(3)
		p.do(s)
		f.Add(s.file(f))
	}
	f.Add([]byte("id;name\n1;\"open\n"))
	f.Add([]byte("sep=;\nfrom;to\n1;2\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := exchange.OpenSource(bytes.NewReader(text), int64(len(text)))
		if err != nil {
			return
		}
		for _, kind := range exchange.ListKinds {
			var back bytes.Buffer
			r, err := exchange.CheckList(kind, s, exchange.ListOptions{Rejected: &back, AsCSV: true})
			if err == nil && r.Received != r.Accepted+r.Repeated+r.Rejected {
				t.Errorf("%+v", r)
			}
		}
	})
}

// TestAListOfOurOwnComesBack writes the line list down as an export does, and takes it in again: nothing changes. Changed in a cell it
// changes that case alone.
func TestAListOfOurOwnComesBack(t *testing.T) {
	testkit.Engines(t, owners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		s, ob := outbreakSite(t, db, clock)
		ctx := context.Background()
		list := plainSheet(9)
		s.list(t, exchange.LineList, list.file(t), exchange.ListOptions{Outbreak: ob, Party: "a"})
		all := s.every(t)
		ids := make([]outbreak.CaseID, len(all))
		for i, k := range all {
			ids[i] = k.ID
		}
		said, err := s.Cases.SaidOf(ctx, s.by, ids)
		if err != nil || len(said) != 9 {
			t.Fatal(said, err)
		}
		header := []string{"case", "area", "classification", "severity", "state", "sex", "age", "onset", "outcome", "recorded"}
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		_ = w.Write(header)
		for i, k := range all {
			v := said[k.ID].Values
			row := []string{k.ID.String(), string(k.Area), v["classification"], v["severity"], v["state"], v["sex"], v["age"], v["onset"], v["outcome"], "2022-03-14"}
			if i == 4 {
				row[6] = "0.08"
			}
			_ = w.Write(row)
		}
		w.Flush()
		r := s.list(t, exchange.LineList, b.Bytes(), exchange.ListOptions{Outbreak: ob})
		if r.Accepted != 1 || r.Changed != 1 || r.Repeated != 8 || len(r.Extra) != 0 {
			t.Fatalf("%+v", r)
		}
		if k, _, err := s.Cases.FindCase(ctx, s.by, all[4].ID); err != nil || k.AgeMonths != 1 {
			t.Errorf("%+v %v", k, err)
		}
		if r = s.list(t, exchange.LineList, b.Bytes(), exchange.ListOptions{Outbreak: ob}); r.Repeated != 9 || r.Edit != 0 {
			t.Errorf("again: %+v", r)
		}
		text := bytes.ReplaceAll(b.Bytes(), []byte(",recovered,"), []byte(",alive,")) // of three cases
		if r = s.list(t, exchange.LineList, text, exchange.ListOptions{Outbreak: ob}); r.Changed != 3 || r.Repeated != 6 || r.Edit == 0 {
			t.Fatalf("%+v", r)
		}
		edits, err := s.Cases.ListEdits(ctx, s.by, 0, 10)
		if err != nil || len(edits) != 2 || edits[0].Batch != r.Edit || edits[0].Changed != 3 || edits[0].Reason == "" || !slices.Equal(edits[0].Fields, []string{"outcome"}) {
			t.Fatalf("%+v %v", edits, err)
		}
		if e, err := s.Cases.UndoEdit(ctx, s.by, cases.UndoEdit{Batch: r.Edit}); err != nil || e.Changed != 3 || len(e.Refused) != 0 {
			t.Errorf("taken back: %+v %v", e, err)
		}
		if r = s.list(t, exchange.LineList, b.Bytes(), exchange.ListOptions{Outbreak: ob}); r.Repeated != 9 {
			t.Errorf("as it was: %+v", r)
		}
	})
}
