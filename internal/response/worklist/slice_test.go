package worklist_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/response/worklist"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
	"breakwater/protocols"
)

func TestMain(m *testing.M) { testkit.Main(m) }

var root = outbreak.Actor{User: 1, Grants: []outbreak.Grant{{Role: string(access.Administrator)}}}

// owner makes lists; other may open identities too, driver may not.
var (
	owner  = outbreak.Actor{User: 2, Purpose: outbreak.PurposeInvestigation, Grants: []outbreak.Grant{{Role: string(access.Investigator), Area: "/22/"}}}
	other  = outbreak.Actor{User: 3, Purpose: outbreak.PurposeInvestigation, Grants: []outbreak.Grant{{Role: string(access.Investigator), Area: "/22/"}}}
	driver = outbreak.Actor{User: 4, Purpose: outbreak.PurposePlacement, Grants: []outbreak.Grant{{Role: string(access.Dispatcher), Area: "/22/"}}}
	afar   = outbreak.Actor{User: 5, Purpose: outbreak.PurposeInvestigation, Grants: []outbreak.Grant{{Role: string(access.Investigator), Area: "/33/"}}}
)

// live asks the cases themselves.
type live struct{}

func (live) LiveOf(tx *store.Tx, ob outbreak.OutbreakID, people []outbreak.PersonID) (map[outbreak.PersonID]outbreak.CaseID, error) {
	return cases.LiveOf(tx, ob, people)
}

func (live) PeopleCalled(tx *store.Tx, ob outbreak.OutbreakID, numbers []string) (map[string][]outbreak.PersonID, error) {
	return cases.PeopleCalled(tx, ob, numbers)
}

type house struct {
	*testing.T
	ctx      context.Context
	db       *store.DB
	clock    *outbreak.HandClock
	registry *registry.Service
	cases    *cases.Service
	lists    *worklist.Service
	outbreak outbreak.OutbreakID
}

func engines(t *testing.T, do func(*house)) {
	t.Helper()
	owners := []store.Migrations{journal.Migrations, task.Migrations, registry.Migrations, cases.Migrations, worklist.Migrations}
	testkit.Engines(t, owners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		h := &house{T: t, ctx: t.Context(), db: db, clock: clock}
		j, ids := journal.New(db, testkit.Quiet(), nil), outbreak.NewIDs(clock)
		vault, err := registry.NewVault(make([]byte, 32))
		h.ok(err)
		rules, err := protocols.Embedded()
		h.ok(err)
		h.registry = registry.New(db, j, ids, rules, vault)
		h.cases = cases.New(db, j, ids, h.registry, task.New(db, j, ids))
		h.lists = worklist.New(db, j, ids, h.registry, live{})
		_, err = h.registry.LoadAreas(h.ctx, root, registry.LoadAreas{Areas: []registry.NewArea{{Code: "22", Name: "省", TimeZone: "Asia/Shanghai"}, {Code: "33", Name: "别省", TimeZone: "Asia/Shanghai"}}})
		h.ok(err)
		h.outbreak, err = h.registry.DeclareOutbreak(h.ctx, root, registry.DeclareOutbreak{Name: "March", Protocol: "cn-covid-2021"})
		h.ok(err)
		do(h)
	})
}

func (h *house) ok(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *house) want(what string, got, want any) {
	h.Helper()
	if got != want {
		h.Errorf("%s: %v, want %v", what, got, want)
	}
}

func (h *house) refused(err error, key string) {
	h.Helper()
	if e, ok := errors.AsType[*outbreak.Error](err); !ok || e.Msg != key {
		h.Errorf("%v, want the refusal %s", err, key)
	}
}

func (h *house) person(area, name, phone string) registry.Person {
	h.Helper()
	p, err := h.registry.RegisterPerson(h.ctx, root, registry.RegisterPerson{Person: registry.NewPerson{Area: area, Identity: registry.Identity{Name: name, Phone: phone}}})
	h.ok(err)
	return p
}

func (h *house) make(form, text string) worklist.List {
	h.Helper()
	l, err := h.lists.MakeList(h.ctx, owner, worklist.MakeList{Form: form, Name: "bus 3", Outbreak: h.outbreak, Area: "/22/", Text: text,
		Columns: []worklist.Column{{Name: "seat", Kind: "number"}, {Name: "remark", Kind: "text"}}})
	h.ok(err)
	return l
}

func (h *house) entries(kind string) (n int, bodies string) {
	h.Helper()
	h.ok(h.db.Read(h.ctx, func(tx *store.Tx) error {
		head, err := journal.Head(tx)
		if err != nil {
			return err
		}
		list, err := journal.List(tx, 0, head, nil, 10000)
		for _, e := range list {
			bodies += string(e.Body)
			if e.Kind == kind {
				n++
			}
		}
		return err
	}))
	return n, bodies
}

func TestLinesAreRecognised(t *testing.T) {
	engines(t, func(h *house) {
		zhang, wang := h.person("22", "张伟", "13800138000"), h.person("22", "王芳", "")
		one, two := h.person("22", "李娜", "13900139001"), h.person("22", "李娜", "13900139002")
		h.person("33", "孙雷", "")
		c, err := h.cases.OpenCase(h.ctx, root, cases.OpenCase{Outbreak: h.outbreak, Person: zhang.ID})
		h.ok(err)
		l := h.make(worklist.Plain, "1. 13800138000 张伟，3栋\n2. 王芳\n3. 李娜\n4. 赵六\n5. 孙雷\n"+one.ID.String())
		d, err := h.lists.FindList(h.ctx, owner, l.ID)
		h.ok(err)
		var states []string
		for _, r := range d.Lines {
			states = append(states, r.State)
		}
		h.want("states", strings.Join(states, " "), "found found several none none found")
		h.want("the case of the first", d.Lines[0].Case, c.ID)
		h.want("the second", d.Lines[1].Person, wang.ID)
		h.want("people of the third", len(d.Lines[2].Candidates), 2)
		h.want("the sixth", d.Lines[5].Person, one.ID)
		h.want("the line", d.Lines[0].Line, "1. 13800138000 张伟，3栋")
		r, err := h.lists.ChoosePerson(h.ctx, owner, worklist.ChoosePerson{List: l.ID, No: 3, Person: two.ID})
		h.ok(err)
		h.want("chosen", r.Person, two.ID)
		_, err = h.lists.ChoosePerson(h.ctx, owner, worklist.ChoosePerson{List: l.ID, No: 3, Person: zhang.ID})
		h.refused(err, "worklist.not_candidate")
		_, bodies := h.entries("")
		for _, name := range []string{"张伟", "13800138000", "王芳", "bus 3"} {
			if strings.Contains(bodies, name) {
				h.Errorf("the journal says %s", name)
			}
		}
	})
}

// TestNumbersOfPartiesAreRecognised makes a list of the numbers parties know cases by: one that two parties have is for a person to
// choose, as is a line whose number and telephone are of two people; nobody beyond the reader's areas is found.
func TestNumbersOfPartiesAreRecognised(t *testing.T) {
	engines(t, func(h *house) {
		load := func(party, area string, numbers ...string) []outbreak.PersonID {
			c := cases.LoadCases{Outbreak: h.outbreak, Party: party}
			for _, n := range numbers {
				c.Rows = append(c.Rows, cases.LoadedCase{Person: registry.NewPerson{Area: area, Identity: registry.Identity{Name: "甲" + party + n}}, External: n})
			}
			loaded, err := h.cases.LoadCases(h.ctx, root, c)
			h.ok(err)
			var people []outbreak.PersonID
			for _, id := range loaded.Cases {
				got, _, err := h.cases.FindCase(h.ctx, root, id)
				h.ok(err)
				people = append(people, got.Person)
			}
			return people
		}
		ours := load("kcdc", "22", "SK_14", "SK_15", "7", "Case 3/2015", "B12")
		theirs := load("who", "22", "SK_15")
		load("afar", "33", "XX_1")
		zhang := h.person("22", "张伟", "13800138000")
		l := h.make(worklist.Plain, "SK_14\n2. SK_15\n7\n张伟 seat 7\nCase 3/2015\nXX_1\nB12 13800138000\n甲kcdcSK_14，SK_14\nSK_99\n"+zhang.ID.String()+" B12")
		d, err := h.lists.FindList(h.ctx, owner, l.ID)
		h.ok(err)
		for i, want := range [][]outbreak.PersonID{{ours[0]}, {ours[1], theirs[0]}, {ours[2]}, {zhang.ID}, {ours[3]}, nil, {ours[4], zhang.ID}, {ours[0]}, nil, {zhang.ID}} {
			r := d.Lines[i]
			got := r.Candidates
			if r.Person != 0 {
				got = append(got, r.Person)
			}
			if !slices.Equal(got, want) || (r.State == worklist.Several) != (len(want) > 1) {
				h.Errorf("%q: %+v, want %v", r.Line, r, want)
			}
		}
		if d.Lines[0].Case == 0 {
			h.Errorf("no case: %+v", d.Lines[0])
		}
		r, err := h.lists.ChoosePerson(h.ctx, owner, worklist.ChoosePerson{List: l.ID, No: 2, Person: theirs[0]})
		h.ok(err)
		h.want("chosen", r.Person, theirs[0])
	})
}

func TestAListIsItsOwnersAndThoseItIsSharedWith(t *testing.T) {
	engines(t, func(h *house) {
		p := h.person("22", "张伟", "13800138000")
		l := h.make(worklist.Manifest, "张伟 13800138000\n赵六")
		for _, by := range []outbreak.Actor{other, driver, afar} {
			_, err := h.lists.FindList(h.ctx, by, l.ID)
			h.refused(err, "worklist.none")
		}
		_, err := h.lists.ShareList(h.ctx, owner, worklist.ShareList{List: l.ID, User: other.User})
		h.ok(err)
		_, err = h.lists.ShareList(h.ctx, owner, worklist.ShareList{List: l.ID, Role: access.Dispatcher})
		h.ok(err)
		_, err = h.lists.ShareList(h.ctx, other, worklist.ShareList{List: l.ID, Role: access.Sampler})
		h.refused(err, "worklist.owner_alone")

		d, err := h.lists.FindList(h.ctx, other, l.ID)
		h.ok(err)
		h.want("a line that is not open", d.Lines[0].Line, "")
		_, err = h.lists.OpenLines(h.ctx, other, worklist.OpenLines{List: l.ID})
		h.ok(err)
		d, err = h.lists.FindList(h.ctx, other, l.ID)
		h.ok(err)
		h.want("an open line", d.Lines[0].Line, "张伟 13800138000")
		n, _ := h.entries("WorkListOpened")
		h.want("entries about opening", n, 1)
		h.clock.Move(31 * time.Minute)
		d, err = h.lists.FindList(h.ctx, other, l.ID)
		h.ok(err)
		h.want("a line half an hour later", d.Lines[0].Line, "")

		_, err = h.lists.OpenLines(h.ctx, driver, worklist.OpenLines{List: l.ID})
		if outbreak.KindOf(err) != outbreak.Forbidden {
			h.Errorf("a driver opened lines: %v", err)
		}
		d, err = h.lists.FindList(h.ctx, driver, l.ID)
		h.ok(err)
		h.want("the code a driver sees", d.Lines[0].Person, p.ID)
		all, err := h.lists.ListLists(h.ctx, driver, 10)
		h.ok(err)
		h.want("lists of a driver", len(all), 1)
		_, err = h.lists.ShareList(h.ctx, owner, worklist.ShareList{List: l.ID, Role: access.Dispatcher, Ends: true})
		h.ok(err)
		_, err = h.lists.FindList(h.ctx, driver, l.ID)
		h.refused(err, "worklist.none")
	})
}

func TestOwnColumnsAndExport(t *testing.T) {
	engines(t, func(h *house) {
		h.person("22", "张伟", "")
		l := h.make(worklist.Plain, "张伟\n=HYPERLINK")
		_, err := h.lists.SetCells(h.ctx, owner, worklist.SetCells{List: l.ID, No: 1, Values: map[string]string{"seat": "12", "remark": "wheelchair"}})
		h.ok(err)
		_, err = h.lists.SetCells(h.ctx, owner, worklist.SetCells{List: l.ID, No: 1, Values: map[string]string{"seat": "window"}})
		h.refused(err, "worklist.cell")
		_, err = h.lists.SetCells(h.ctx, owner, worklist.SetCells{List: l.ID, No: 3, Values: map[string]string{"seat": "1"}})
		h.refused(err, "worklist.no_row")
		var out bytes.Buffer
		done, err := h.lists.ExportList(h.ctx, owner, l.ID, &out)
		h.ok(err)
		h.want("rows", done.Rows, 2)
		for _, part := range []string{"12,wheelchair", "'=HYPERLINK", "张伟"} {
			if !strings.Contains(out.String(), part) {
				h.Errorf("%q is not in the export:\n%s", part, out.String())
			}
		}
		n, _ := h.entries("ExportMade")
		h.want("entries about exports", n, 1)
	})
}

func TestTheRollIsCalled(t *testing.T) {
	engines(t, func(h *house) {
		l := h.make(worklist.Manifest, "张伟\n王芳\n李娜")
		_, err := h.lists.ShareList(h.ctx, owner, worklist.ShareList{List: l.ID, Role: access.Dispatcher})
		h.ok(err)
		call, err := h.lists.BeginCall(h.ctx, driver, worklist.BeginCall{List: l.ID, Name: "boarding"})
		h.ok(err)
		_, err = h.lists.MarkRoll(h.ctx, driver, worklist.MarkRoll{List: l.ID, Call: call.No, Marks: map[int]string{1: worklist.Present, 2: worklist.Absent}})
		h.ok(err)
		call, err = h.lists.MarkRoll(h.ctx, driver, worklist.MarkRoll{List: l.ID, Call: call.No, Marks: map[int]string{2: worklist.Present}})
		h.ok(err)
		h.want("present", call.Present, 2)
		marks, err := h.lists.ListMarks(h.ctx, owner, l.ID, call.No)
		h.ok(err)
		h.want("who called", marks[2].Actor, driver.String())
		_, err = h.lists.EndCall(h.ctx, driver, worklist.EndCall{List: l.ID, Call: call.No})
		h.ok(err)
		_, err = h.lists.MarkRoll(h.ctx, driver, worklist.MarkRoll{List: l.ID, Call: call.No, Marks: map[int]string{3: worklist.Present}})
		h.refused(err, "worklist.call_ended")
		_, bodies := h.entries("RollCalled")
		if !strings.Contains(bodies, `"present":2,"absent":0,"unknown":1`) {
			h.Errorf("the journal does not say what the roll call found: %s", bodies)
		}
		plain := h.make(worklist.Plain, "张伟")
		_, err = h.lists.BeginCall(h.ctx, owner, worklist.BeginCall{List: plain.ID})
		h.refused(err, "worklist.no_manifest")
	})
}

func TestAListEndsAndIsDeletedWithAReceipt(t *testing.T) {
	engines(t, func(h *house) {
		l := h.make(worklist.Plain, "张伟\n王芳")
		h.clock.Move(15 * 24 * time.Hour)
		_, err := h.lists.SetCells(h.ctx, owner, worklist.SetCells{List: l.ID, No: 1, Values: map[string]string{"seat": "1"}})
		h.refused(err, "worklist.ended")
		h.ok(h.lists.Tick(h.ctx))
		n, _ := h.entries("WorkListEnded")
		h.want("ended", n, 1)
		h.clock.Move(8 * 24 * time.Hour)
		h.ok(h.lists.Tick(h.ctx))
		h.ok(h.lists.Tick(h.ctx))
		n, bodies := h.entries("WorkListDeleted")
		h.want("receipts", n, 1)
		if !strings.Contains(bodies, `"rows":2`) {
			h.Errorf("the receipt does not count the rows: %s", bodies)
		}
		_, err = h.lists.FindList(h.ctx, owner, l.ID)
		h.refused(err, "worklist.deleted")
		h.ok(h.db.Read(h.ctx, func(tx *store.Tx) error {
			left, err := store.Count(tx, "select (select count(*) from work_row) + (select count(*) from work_cell) + (select count(*) from work_list where lid is not null)")
			h.want("what is left", left, int64(0))
			return err
		}))
	})
}

func TestWhatCannotBeAListIsRefused(t *testing.T) {
	engines(t, func(h *house) {
		good := worklist.MakeList{Name: "a", Outbreak: h.outbreak, Area: "/22/", Text: "张伟"}
		for key, change := range map[string]func(*worklist.MakeList){
			"worklist.no_lines":    func(c *worklist.MakeList) { c.Text = "\n \r\n" },
			"worklist.too_many":    func(c *worklist.MakeList) { c.Text = strings.Repeat("张伟\n", 1001) },
			"worklist.line_long":   func(c *worklist.MakeList) { c.Text = strings.Repeat("长", 501) },
			"worklist.name":        func(c *worklist.MakeList) { c.Name = " " },
			"worklist.days":        func(c *worklist.MakeList) { c.Days = 91 },
			"worklist.column_kind": func(c *worklist.MakeList) { c.Columns = []worklist.Column{{Name: "a", Kind: "blob"}} },
			"worklist.no_outbreak": func(c *worklist.MakeList) { c.Outbreak = 7 },
		} {
			c := good
			change(&c)
			_, err := h.lists.MakeList(h.ctx, owner, c)
			h.refused(err, key)
		}
		_, err := h.lists.MakeList(h.ctx, driver, good)
		if outbreak.KindOf(err) != outbreak.Forbidden {
			h.Errorf("somebody without the right to names made a list: %v", err)
		}
		none := owner
		none.Purpose = outbreak.PurposeNone
		_, err = h.lists.MakeList(h.ctx, none, good)
		h.refused(err, "registry.purpose_missing")
	})
}
