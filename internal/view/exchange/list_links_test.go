package exchange_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/xuri/excelize/v2"

	"breakwater/internal/outbreak"
	"breakwater/internal/response/contacts"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
	"breakwater/internal/view/exchange"
	"breakwater/internal/words"
)

func (s *site) met(t testing.TB, ob outbreak.OutbreakID) []contacts.Link {
	t.Helper()
	list, err := s.Contacts.ListLinks(context.Background(), s.by, contacts.Filter{Outbreak: ob, Most: 1000})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// numbersOfCases gives the people of cases by their numbers in a party's list.
func (s *site) numbersOfCases(t testing.TB) map[outbreak.PersonID]string {
	t.Helper()
	people := map[outbreak.PersonID]string{}
	for _, k := range s.every(t) {
		x, err := s.Cases.ListExternals(context.Background(), s.by, k.ID)
		if err != nil || len(x) != 1 {
			t.Fatal(x, err)
		}
		people[k.Person] = x[0].Number
	}
	return people
}

// TestAnInfectorColumnBecomesLinks loads a list that names who infected whom: before and behind them in the list, two at once, somebody
// nobody knows, and in words. Nothing is lost; the same list again changes nothing; a corrected one changes one link.
func TestAnInfectorColumnBecomesLinks(t *testing.T) {
	testkit.Engines(t, owners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		s, ob := outbreakSite(t, db, clock)
		ctx := context.Background()
		text := "case_id,date_of_onset,infector,exposure setting,relation,exposure start,exposure end\n" +
			"C1,2021-03-01,NA,,,,\n" +
			"C2,2021-03-05,C1,home,wife,2021-03-01,2021-03-03\n" +
			"C3,2021-03-06,C4,market,,,\n" +
			"C4,2021-03-02,somebody at the fair,fair,,,\n" +
			"C5,2021-03-09,C2; C3,,,,\n" +
			"C6,2021-03-10,C99,bus,,,\n"
		o := exchange.ListOptions{Outbreak: ob, Party: "CDC"}
		for _, c := range []exchange.LinkTotals{{Received: 5, Added: 4, Waiting: 1}, {Received: 5, Repeated: 4, Waiting: 1}} {
			r := s.list(t, exchange.LineList, []byte(text), o)
			if r.Links == nil || *r.Links != c || r.Accepted+r.Repeated != 6 {
				t.Fatalf("%+v %+v\n%v", r.Links, c, r)
			}
		}
		people := s.numbersOfCases(t)
		want := []string{"C1>C2 home wife", "C4>C3 market ", "C2>C5  ", "C3>C5  "}
		var got []string
		for _, l := range s.met(t, ob) {
			got = append(got, fmt.Sprintf("%s>%s %s %s", people[l.From], people[l.To], l.Exposure+l.Setting, l.Relation))
			if l.Relation == "wife" && (l.FirstAt == 0 || l.LastAt.Sub(l.FirstAt).Hours() != 48) {
				t.Errorf("%+v", l)
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		waits, err := s.Contacts.ListWaiting(ctx, s.by, contacts.Filter{Outbreak: ob, Most: 10})
		if err != nil || len(waits) != 1 || waits[0].Number != "C99" || people[waits[0].To] != "C6" {
			t.Errorf("%+v %v", waits, err)
		}
		for _, k := range s.every(t) {
			if people[k.Person] == "C4" {
				kept, err := s.Cases.OpenExtra(ctx, s.by, k.ID)
				if err != nil || len(kept) != 2 || kept[0].Value != "somebody at the fair" || kept[1].Value != "fair" {
					t.Errorf("%+v %v", kept, err)
				}
			}
		}
		next := text + "C99,2021-03-04,C1,,,,\n"
		if r := s.list(t, exchange.LineList, []byte(next), o); *r.Links != (exchange.LinkTotals{Received: 6, Added: 2, Repeated: 4}) {
			t.Errorf("the number comes with a later list: %+v", r.Links)
		}
		corrected := bytes.Replace([]byte(next), []byte("C3,2021-03-06,C4"), []byte("C3,2021-03-06,C1"), 1)
		var out bytes.Buffer
		if x, err := s.ExportContacts(ctx, s.by, ob, &out); err != nil || x.Rows != 6 || bytes.Count(out.Bytes(), []byte("\n")) != 7 {
			t.Errorf("given out: %+v %v\n%s", x, err, out.String())
		}
		if x, err := s.ExportContacts(ctx, outbreak.Actor{User: 3, Grants: []outbreak.Grant{{Role: "contact_tracer"}}}, ob, &out); outbreak.KindOf(err) != outbreak.Forbidden {
			t.Errorf("given out to somebody who may not: %+v %v", x, err)
		}
		if r := s.list(t, exchange.LineList, corrected, o); *r.Links != (exchange.LinkTotals{Received: 6, Changed: 1, Repeated: 5}) || len(s.met(t, ob)) != 6 {
			t.Errorf("corrected: %+v, %d links", r.Links, len(s.met(t, ob)))
		}
	})
}

// lists are the ways in which people write several contacts into one row.
var contactLists = map[string][][]string{
	"numbered":           {{"case_id", "date_of_onset", "contact1_name", "contact1_phone", "contact1_relation", "contact1_last_date", "contact2_name", "contact2_phone", "contact2_relation", "contact2_last_date"}},
	"numbers at the end": {{"case_id", "date_of_onset", "contact_name_1", "contact_phone_1", "contact_relation_1", "contact_date_last_1", "contact_name_2", "contact_phone_2", "contact_relation_2", "contact_date_last_2"}},
	"the same names":     {{"case_id", "date_of_onset", "Contact name", "Contact phone", "Contact relation", "Contact last date", "Contact name", "Contact phone", "Contact relation", "Contact last date"}},
	"two rows":           {{"case_id", "date_of_onset", "Contact 1", "", "", "", "Contact 2", "", "", ""}, {"", "", "Name", "Phone", "Relation", "Last exposure", "Name", "Phone", "Relation", "Last exposure"}},
	"blocks":             {{"case_id", "date_of_onset", "Contact", "", "", "", "Contact", "", "", ""}, {"", "", "Name", "Phone", "Relation", "Last exposure", "Name", "Phone", "Relation", "Last exposure"}},
	"in Chinese":         {{"病例编号", "发病日期", "密接1姓名", "密接1联系电话", "密接1与病例关系", "密接1末次接触日期", "密接2姓名", "密接2联系电话", "密接2与病例关系", "密接2末次接触日期"}},
}

// TestColumnGroupsOfContactsBecomeLinks loads lists with two contacts in a row, written in each of the ways, as text and as workbook.
func TestColumnGroupsOfContactsBecomeLinks(t *testing.T) {
	rows := [][]string{
		{"C1", "2021-03-10", "王芳", "13800000001", "wife", "2021-03-08", "李强", "13800000002", "colleague", "2021-03-09"},
		{"C2", "2021-03-11", "李强", "13800000002", "friend", "", "", "", "", ""},
		{"C3", "2021-03-12", "", "", "none", "", "", "", "", ""},
	}
	testkit.Engines(t, owners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		s, ob := outbreakSite(t, db, clock)
		of := func(party string) []contacts.Link {
			return slices.DeleteFunc(s.met(t, ob), func(l contacts.Link) bool { return l.Party != party })
		}
		for name, header := range contactLists {
			t.Run(name, func(t *testing.T) {
				for _, format := range []string{"csv", "xlsx"} {
					list := &sheet{rows: append(slices.Clone(header), slices.Clone(rows[0]), rows[1], rows[2]), sep: ",", format: format, encoding: "utf-8"}
					file := list.file(t)
					o := exchange.ListOptions{Outbreak: ob, Party: name + format}
					r := s.list(t, exchange.LineList, file, o)
					if r.Accepted != 3 || r.Links == nil || *r.Links != (exchange.LinkTotals{Received: 3, Added: 3}) || r.Mapping == nil {
						t.Fatalf("%s: %+v %+v", format, r, r.Links)
					}
					people, all := s.numbersOfCases(t), of(o.Party)
					byRelation := map[string]contacts.Link{}
					for _, l := range all {
						byRelation[l.Relation] = l
					}
					if len(all) != 3 || byRelation["colleague"].To != byRelation["friend"].To || people[byRelation["wife"].From] != "C1" || people[byRelation["friend"].From] != "C2" || byRelation["wife"].LastAt == 0 {
						t.Errorf("%s: %+v", format, all)
					}
					if r = s.list(t, exchange.LineList, file, o); r.Repeated != 3 || *r.Links != (exchange.LinkTotals{Received: 3, Repeated: 3}) {
						t.Errorf("%s again: %+v %+v", format, r, r.Links)
					}
					list.rows[len(header)][4] = "sister"
					if r = s.list(t, exchange.LineList, list.file(t), o); r.Repeated != 3 || *r.Links != (exchange.LinkTotals{Received: 3, Repeated: 2, Changed: 1}) || len(of(o.Party)) != 3 {
						t.Errorf("%s corrected: %+v %+v", format, r, r.Links)
					}
				}
			})
		}
	})
}

// TestABadContactBringsItsRowBack tells what is wrong with a contact beside its cell; and a plan that says of nobody who it is is refused.
func TestABadContactBringsItsRowBack(t *testing.T) {
	list := []byte("case_id,date_of_onset,contact1_name,contact1_phone,contact1_relation,infector\n1,2021-03-01,A,call him,x,\n2,2021-03-01,B,,x,2\n3,2021-03-02,,,,1\n")
	var back bytes.Buffer
	r, err := exchange.CheckList(exchange.LineList, source(t, list), exchange.ListOptions{Lang: words.English, Rejected: &back})
	if err != nil || r.Accepted != 1 || r.Rejected != 2 || r.Problems[0].Column != "contact1_phone" || r.Problems[1].Column != "infector" || r.Links.Received != 1 {
		t.Fatalf("%+v %v", r, err)
	}
	book, err := excelize.OpenReader(&back)
	if err != nil {
		t.Fatal(err)
	}
	if rows, err := book.GetRows("rejected"); err != nil || len(rows) != 3 {
		t.Errorf("%q %v", rows, err)
	}
	for _, p := range []exchange.Plan{
		{Columns: []exchange.PlanColumn{{Column: "contact1_relation", Field: "contact_relation", Group: 2}}},
		{Columns: []exchange.PlanColumn{{Column: "case_id", Field: "number", Group: 2}}},
		{Columns: []exchange.PlanColumn{{Column: "contact1_name", Field: "contact_name", Group: 1}, {Column: "infector", Field: "contact_name", Group: 1}}},
	} {
		if _, err := exchange.CheckList(exchange.LineList, source(t, list), exchange.ListOptions{Plan: &p}); outbreak.KindOf(err) != outbreak.Invalid {
			t.Errorf("%+v: %v", p, err)
		}
	}
}
