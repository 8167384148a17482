package reconcile_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
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
	"breakwater/internal/response/reconcile"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
	"breakwater/protocols"
)

func TestMain(m *testing.M) { testkit.Main(m) }

var (
	root    = outbreak.Actor{User: 1, Purpose: outbreak.PurposeAudit, Grants: []outbreak.Grant{{Role: string(access.Administrator)}}}
	reader  = outbreak.Actor{User: 2, Grants: []outbreak.Grant{{Role: string(access.Auditor)}}}
	settler = outbreak.Actor{User: 3, Purpose: outbreak.PurposeCorrection, Grants: []outbreak.Grant{{Role: string(access.Investigator), Area: "/22/"}}}
	afar    = outbreak.Actor{User: 4, Grants: []outbreak.Grant{{Role: string(access.Investigator), Area: "/33/"}}}
)

// room is the cases as the house hands them in.
type room struct{ *cases.Service }

func (room) Fields() []reconcile.Field {
	var all []reconcile.Field
	for _, f := range cases.ListedFields() {
		all = append(all, reconcile.Field{Name: f.Name, Kind: string(f.Kind), Words: f.Words})
	}
	return all
}

func (room) CasesOf(tx *store.Tx, ob outbreak.OutbreakID, parties []string, below outbreak.Path) ([]reconcile.Ours, error) {
	list, err := cases.ListedCases(tx, ob, parties, below)
	ours := make([]reconcile.Ours, len(list))
	for i, c := range list {
		ours[i] = reconcile.Ours{Case: c.ID, Person: c.Person, Area: c.Area, Numbers: c.Numbers, Values: c.Said, AgeAt: c.AgeAt()}
	}
	return ours, err
}

func (r room) Edit(ctx context.Context, by outbreak.Actor, key string, c outbreak.CaseID, values map[string]string) error {
	_, err := r.EditCase(ctx, by, cases.EditCase{Key: key, Case: c, Values: values, Take: true})
	return err
}

func (r room) Load(ctx context.Context, by outbreak.Actor, key string, ob outbreak.OutbreakID, party string, followed bool, rows []reconcile.NewCase) ([]outbreak.CaseID, outbreak.Rejections, error) {
	load := cases.LoadCases{Key: key, Outbreak: ob, Party: party, Followed: followed}
	for _, x := range rows {
		load.Rows = append(load.Rows, cases.LoadedCase{Person: x.Person, External: x.Number, Values: x.Values})
	}
	done, err := r.LoadCases(ctx, by, load)
	return done.Cases, done.Rejected, err
}

func (room) PartiesNamed(tx *store.Tx, ob outbreak.OutbreakID, names ...string) ([]string, error) {
	return cases.PartiesNamed(tx, ob, names...)
}

func (room) Numbers(tx *store.Tx, ob outbreak.OutbreakID, party string, numbers map[string]outbreak.CaseID) error {
	var list []cases.CaseNumber
	for n, id := range numbers {
		list = append(list, cases.CaseNumber{Number: n, Case: id})
	}
	return cases.LearnNumbers(tx, ob, party, list)
}

func (r room) Reported(tx *store.Tx, by outbreak.Actor, ob outbreak.OutbreakID, party string, numbers map[outbreak.CaseID]string, receipt string) error {
	_, err := r.Service.Reported(tx, by, cases.ReportCases{Outbreak: ob, Party: party, Numbers: numbers, Receipt: receipt})
	return err
}

type house struct {
	*testing.T
	ctx       context.Context
	db        *store.DB
	clock     *outbreak.HandClock
	registry  *registry.Service
	cases     *cases.Service
	reconcile *reconcile.Service
	outbreak  outbreak.OutbreakID
}

var owners = []store.Migrations{journal.Migrations, task.Migrations, registry.Migrations, cases.Migrations, reconcile.Migrations}

func engines(t *testing.T, do func(*house)) {
	t.Helper()
	testkit.Engines(t, owners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) { do(newHouse(t, db, clock)) })
}

func newHouse(t *testing.T, db *store.DB, clock *outbreak.HandClock) *house {
	h := &house{T: t, ctx: t.Context(), db: db, clock: clock}
	wire(t, h, db, clock)
	return h
}

func wire(t testing.TB, h *house, db *store.DB, clock outbreak.Clock) {
	ok := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	j, ids := journal.New(db, testkit.Quiet(), nil), outbreak.NewIDs(clock)
	vault, err := registry.NewVault(make([]byte, 32))
	ok(err)
	rules, err := protocols.Embedded()
	ok(err)
	h.registry = registry.New(db, j, ids, rules, vault)
	tasks := task.New(db, j, ids)
	h.cases = cases.New(db, j, ids, h.registry, tasks)
	h.reconcile = reconcile.New(db, j, ids, h.registry, tasks, room{h.cases})
	h.cases.Owned(h.reconcile)
	_, err = h.registry.LoadAreas(h.ctx, root, registry.LoadAreas{Areas: []registry.NewArea{{Code: "22", Name: "省", TimeZone: "Asia/Shanghai"}, {Code: "33", Name: "别省", TimeZone: "Asia/Shanghai"}}})
	ok(err)
	h.outbreak, err = h.registry.DeclareOutbreak(h.ctx, root, registry.DeclareOutbreak{Name: "March", Protocol: "cn-covid-2021"})
	ok(err)
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

func (h *house) party(change func(*reconcile.Party)) reconcile.Party {
	h.Helper()
	p := reconcile.Party{Code: "lab-1", Name: "First Laboratory", Kind: "laboratory", Outbreak: h.outbreak, Area: "/22/", Owner: settler.User}
	if change != nil {
		change(&p)
	}
	p, err := h.reconcile.KeepParty(h.ctx, root, reconcile.KeepParty{Party: p})
	h.ok(err)
	return p
}

// theCase makes somebody a case of ours, with what is known.
func (h *house) theCase(i registry.Identity, values cases.Values) outbreak.CaseID {
	h.Helper()
	done, err := h.cases.LoadCases(h.ctx, root, cases.LoadCases{Outbreak: h.outbreak, Rows: []cases.LoadedCase{{Person: registry.NewPerson{Area: "22", Identity: i}, External: fmt.Sprint(i), Values: values}}})
	h.ok(err)
	if len(done.Rejected) > 0 {
		h.Fatalf("a case was refused: %+v", done.Rejected)
	}
	return done.Cases[0]
}

// load takes a list of the party in and compares it.
func (h *house) load(lines ...string) reconcile.Run {
	h.Helper()
	var rows [][]string
	for _, l := range lines {
		rows = append(rows, strings.Split(l, ","))
	}
	h.clock.Move(time.Hour)
	_, err := h.reconcile.LoadList(h.ctx, root, reconcile.LoadList{Party: "lab-1", Name: "list.csv", Digest: fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Join(lines, "\n")))), Rows: rows})
	h.ok(err)
	run, err := h.reconcile.Compare(h.ctx, root, reconcile.Compare{Party: "lab-1"})
	h.ok(err)
	return run
}

func (h *house) differences(f reconcile.DifferenceFilter) []reconcile.Difference {
	h.Helper()
	f.Party, f.Most = "lab-1", 1000
	list, err := h.reconcile.ListDifferences(h.ctx, reader, f)
	h.ok(err)
	return list
}

func (h *house) journalled() (kinds map[string]int, bodies string) {
	h.Helper()
	kinds = map[string]int{}
	h.ok(h.db.Read(h.ctx, func(tx *store.Tx) error {
		head, err := journal.Head(tx)
		if err != nil {
			return err
		}
		list, err := journal.List(tx, 0, head, nil, 10000)
		for _, e := range list {
			kinds[e.Kind]++
			bodies += string(e.Body)
		}
		return err
	}))
	return kinds, bodies
}

const header = "编号,姓名,身份证号,联系电话,出生日期,发病日期,病例分类"

func TestRowsAreFoundByEachKeyAndDifferencesTold(t *testing.T) {
	engines(t, func(h *house) {
		h.party(nil)
		byDocument := h.theCase(registry.Identity{Name: "张伟", DocumentKind: "other", Document: "D-1001"}, cases.Values{"onset": "2022-03-01", "classification": "confirmed"})
		byPhone := h.theCase(registry.Identity{Name: "王芳", Phone: "13800138000"}, cases.Values{"onset": "2022-03-02"})
		byBirth := h.theCase(registry.Identity{Name: "李娜", Birth: "1990-05-06"}, nil)
		alone := h.theCase(registry.Identity{Name: "赵六", Phone: "13700137000"}, nil)
		run := h.load(header,
			"L1,张伟,d1001,,,2022-03-01,确诊",
			"L2,Wang Fang,,+86 138 0013 8000,,2022-03-04,",
			"L3,李娜,,,1990-05-06,2022-03-05,疑似",
			"L4,孙雷,,13600136000,,2022-03-06,确诊")
		h.want("counts", run.Counts, reconcile.Counts{Ours: 4, Theirs: 4, Matched: 1, Differing: 2, OnlyHere: 1, OnlyThere: 1})
		h.want("opened", run.Opened, 5)
		rows, err := h.reconcile.ListOutcomes(h.ctx, reader, "lab-1", 0, 10)
		h.ok(err)
		var said []string
		for _, r := range rows {
			said = append(said, r.FoundBy+" "+r.Outcome)
		}
		h.want("outcomes", strings.Join(said, ", "), "document matched, phone_name differing, name_birth differing,  only_there")
		h.want("cases of rows", fmt.Sprint(rows[0].Case, rows[1].Case, rows[2].Case), fmt.Sprint(byDocument, byPhone, byBirth))
		for _, d := range h.differences(reconcile.DifferenceFilter{}) {
			switch {
			case d.What == reconcile.Differs && d.Case == byPhone:
				h.want("a difference", d.Field+" "+d.Ours+" "+d.Theirs, "onset 2022-03-02 2022-03-04")
			case d.What == reconcile.OnlyHere:
				h.want("only here", d.Case, alone)
			case d.What == reconcile.OnlyThere:
				h.want("only there", d.Number, "L4")
			}
			h.want("owner", d.Owner, settler.User)
		}
		run = h.load(header, "L1,,,,,2022-03-01,确诊", "L2,,,,,,", "L3,,,,,,")
		h.want("found by number the next day", fmt.Sprint(run.Matched, run.OnlyThere), "3 0")
		_, bodies := h.journalled()
		for _, name := range []string{"张伟", "Wang", "13800138000", "1990-05-06", "list.csv"} {
			if strings.Contains(bodies, name) {
				h.Errorf("the journal says %s", name)
			}
		}
	})
}

// TestAnAgeDiffersOnlyWhenItCannotBeTheSame lays ages and dates of birth beside ages of cases.
func TestARowThatMayBeSeveralIsSaidToBeACase(t *testing.T) {
	engines(t, func(h *house) {
		h.party(nil)
		one := h.theCase(registry.Identity{Name: "李娜", Birth: "1990-05-06", Phone: "13700137000"}, nil)
		other := h.theCase(registry.Identity{Name: "李娜", Birth: "1990-05-06", Phone: "13600136000"}, nil)
		run := h.load(header, "L3,李娜,,,1990-05-06,,")
		h.want("may be several", run.Unclear, 1)
		row := h.differences(reconcile.DifferenceFilter{What: reconcile.OnlyThere})[0]
		here := h.differences(reconcile.DifferenceFilter{What: reconcile.OnlyHere})[0]
		say := func(by outbreak.Actor, d reconcile.Difference, id outbreak.CaseID) error {
			_, err := h.reconcile.SayCase(h.ctx, by, reconcile.SayCase{Party: "lab-1", ID: d.ID, Case: id})
			return err
		}
		h.refused(say(reader, row, one), "access.not_allowed")
		h.refused(say(afar, row, one), "reconcile.no_party")
		h.refused(say(settler, row, one+1000), "reconcile.no_case")
		h.refused(say(settler, here, one), "reconcile.is_ours")
		h.ok(say(settler, row, other))
		h.refused(say(settler, row, one), "reconcile.gone")
		run, err := h.reconcile.Compare(h.ctx, root, reconcile.Compare{Party: "lab-1"})
		h.ok(err)
		h.want("the same list again", fmt.Sprint(run.Matched, run.Unclear, run.OnlyThere, run.OnlyHere), "1 0 0 1")
		h.want("only here", h.differences(reconcile.DifferenceFilter{What: reconcile.OnlyHere, State: reconcile.Open})[0].Case, one)
		h.load(header, "L3,李娜,,,1990-05-06,,", "L4,李娜,,,1990-05-06,,")
		if rows := h.differences(reconcile.DifferenceFilter{What: reconcile.OnlyThere, State: reconcile.Open}); len(rows) > 0 {
			h.refused(say(settler, rows[0], other), "reconcile.case_numbered")
		}
	})
}

func TestNumbersOfAListTakenInUnderThePartysNameAreItsOwn(t *testing.T) {
	engines(t, func(h *house) {
		var ours []cases.LoadedCase
		for i := range 3 {
			ours = append(ours, cases.LoadedCase{Person: registry.NewPerson{Area: "22"}, External: fmt.Sprint("SK_", i), Values: cases.Values{"onset": "2022-03-01"}})
		}
		for _, party := range []string{"First laboratory", "somebody else"} {
			_, err := h.cases.LoadCases(h.ctx, root, cases.LoadCases{Outbreak: h.outbreak, Party: party, Rows: ours})
			h.ok(err)
		}
		h.party(nil)
		run := h.load("number,onset", "SK_0,2022-03-01", "SK_1,2022-03-02", "SK_7,2022-03-03", "SK_7,2022-03-03")
		h.want("counts", run.Counts, reconcile.Counts{Ours: 6, Theirs: 4, Matched: 1, Differing: 1, OnlyHere: 4, OnlyThere: 1, Again: 1})
		there := h.differences(reconcile.DifferenceFilter{What: reconcile.OnlyThere})
		h.want("what the row says that is only there", fmt.Sprint(there[0].Number, there[0].Says), "SK_7map[onset:2022-03-03]")
		h.want("what is said of a case", len(h.differences(reconcile.DifferenceFilter{What: reconcile.Differs})[0].Says), 0)
		done, err := h.reconcile.TakeTheirs(h.ctx, root, reconcile.TakeTheirs{Party: "lab-1", All: true, Filter: reconcile.DifferenceFilter{Party: "lab-1", What: reconcile.OnlyThere}})
		h.ok(err)
		h.want("taken over", done.Done, 1)
		h.ok(h.db.Read(h.ctx, func(tx *store.Tx) error {
			known, err := cases.KnownParties(tx, h.outbreak)
			h.want("parties with numbers", strings.Join(known, ", "), "First laboratory, somebody else")
			return err
		}))
		run = h.load("number,onset", "SK_0,2022-03-01", "SK_7,2022-03-03")
		h.want("the next day", fmt.Sprint(run.Matched, run.Differing, run.OnlyThere), "2 0 0")
	})
}

func TestAnAgeDiffersOnlyWhenItCannotBeTheSame(t *testing.T) {
	engines(t, func(h *house) {
		h.party(nil)
		h.theCase(registry.Identity{Name: "张伟", DocumentKind: "other", Document: "D-1001"}, cases.Values{"onset": "2022-03-01", "age": "34"})
		h.theCase(registry.Identity{Name: "李娜", Birth: "2021-11-20", Phone: "13800138000"}, cases.Values{"onset": "2022-03-01"})
		h.theCase(registry.Identity{Name: "赵六", DocumentKind: "other", Document: "D-1003"}, cases.Values{"onset": "2022-03-01"})
		ages := func(lines ...string) string {
			h.load(append([]string{"编号,姓名,身份证号,联系电话,出生日期,年龄"}, lines...)...)
			var told []string
			for _, d := range h.differences(reconcile.DifferenceFilter{Field: "age"}) {
				told = append(told, d.Number+" "+d.Ours+"/"+d.Theirs)
			}
			slices.Sort(told)
			return strings.Join(told, ", ")
		}
		h.want("one person's", ages("L1,张伟,D-1001,,,35岁", "L2,李娜,,13800138000,,3月", "L3,赵六,D-1003,,,"), "")
		h.want("figures exchanged, years for months", ages("L1,张伟,D-1001,,,43", "L2,李娜,,13800138000,,3岁", "L3,赵六,D-1003,,,50"), "L1 34/43, L2 0.25/3, L3 /50")
		h.want("by the date of birth", ages("L1,张伟,D-1001,,1988-01-01,", "L2,李娜,,13800138000,,", "L3,赵六,D-1003,,1970-01-01,"), "")
		born := ages("L1,张伟,D-1001,,1978-01-01,", "L2,李娜,,13800138000,,4个月")
		if !strings.HasPrefix(born, "L1 34/4") || strings.Contains(born, "L2") {
			h.Errorf("another date of birth: %s", born)
		}
	})
}

func TestADifferenceIsRememberedTheNextDay(t *testing.T) {
	engines(t, func(h *house) {
		h.party(nil)
		h.theCase(registry.Identity{Name: "张伟", DocumentKind: "other", Document: "D1"}, cases.Values{"onset": "2022-03-01", "classification": "suspected"})
		h.load(header, "L1,张伟,D1,,,2022-03-03,确诊")
		list := h.differences(reconcile.DifferenceFilter{Field: "onset"})
		h.want("differences", len(list), 1)
		_, err := h.reconcile.SettleDifferences(h.ctx, settler, reconcile.SettleDifferences{Party: "lab-1", IDs: []reconcile.DifferenceID{list[0].ID}, State: reconcile.Explained})
		h.refused(err, "reconcile.note_missing")
		done, err := h.reconcile.SettleDifferences(h.ctx, settler, reconcile.SettleDifferences{Party: "lab-1", IDs: []reconcile.DifferenceID{list[0].ID}, State: reconcile.Explained, Note: "their form has no onset"})
		h.ok(err)
		h.want("settled", done.Done, 1)

		run := h.load(header, "L1,张伟,D1,,,2022-03-03,确诊", "")
		h.want("opened by the same list", run.Opened, 0)
		now := h.differences(reconcile.DifferenceFilter{Field: "onset"})[0]
		h.want("state the next day", now.State, reconcile.Explained)
		h.want("note", now.Note, "their form has no onset")
		if now.ID != list[0].ID || now.FirstSeen != list[0].FirstSeen || now.LastSeen <= list[0].LastSeen {
			h.Errorf("it is not the same difference, seen again: %+v", now)
		}
		run = h.load(header, "L1,张伟,D1,,,2022-03-04,确诊")
		h.want("opened by a change", run.Opened, 1)
		now = h.differences(reconcile.DifferenceFilter{Field: "onset"})[0]
		h.want("state after a change", now.State, reconcile.Open)
		h.want("times", now.Times, 2)

		run = h.load(header, "L1,张伟,D1,,,2022-03-01,确诊")
		h.want("gone", run.Gone, 1)
		gone := h.differences(reconcile.DifferenceFilter{State: reconcile.Gone})
		h.want("the one that is gone", gone[0].ID, list[0].ID)
		_, err = h.reconcile.SettleDifferences(h.ctx, settler, reconcile.SettleDifferences{Party: "lab-1", IDs: []reconcile.DifferenceID{gone[0].ID}, State: reconcile.OursRight})
		h.ok(err) // nothing is done, and it is told
		run = h.load(header, "L1,张伟,D1,,,2022-03-09,确诊")
		h.want("opened when it is there again", run.Opened, 1)
		h.want("the same one", h.differences(reconcile.DifferenceFilter{Field: "onset"})[0].ID, list[0].ID)
	})
}

func TestTheirsIsTakenOverThroughTheCases(t *testing.T) {
	engines(t, func(h *house) {
		h.party(nil)
		id := h.theCase(registry.Identity{Name: "张伟", DocumentKind: "other", Document: "D1"}, cases.Values{"onset": "2022-03-01", "classification": "confirmed"})
		h.load(header+",区域", "L1,张伟,D1,,,2022-03-03,确诊,", "L9,孙雷,D9,13600136000,1980-01-02,2022-03-05,确诊,Ward 7") // which is no area of ours
		done, err := h.reconcile.TakeTheirs(h.ctx, settler, reconcile.TakeTheirs{Key: "k", Party: "lab-1", All: true})
		h.ok(err)
		h.want("taken over", fmt.Sprint(done.Done, len(done.Refused)), "2 0")
		v, err := h.cases.ReadValues(h.ctx, root, id)
		h.ok(err)
		h.want("onset", v["onset"], "2022-03-03")
		run := h.load(header, "L1,张伟,D1,,,2022-03-03,确诊", "L9,孙雷,D9,13600136000,1980-01-02,2022-03-05,确诊", "")
		h.want("all matched", fmt.Sprint(run.Matched, run.Theirs, run.OnlyHere), "2 2 0")
		h.want("what was taken over stays so", len(h.differences(reconcile.DifferenceFilter{State: reconcile.TakenOver})), 2)
		all, err := h.cases.ListCases(h.ctx, root, cases.Filter{Most: 10})
		h.ok(err)
		h.want("cases", len(all), 2)
		person, err := h.registry.ReadIdentity(h.ctx, root, all[1].Person, "")
		h.ok(err)
		h.want("the person of their row", person.Name+" "+person.Birth, "孙雷 1980-01-02")
	})
}

func TestOursIsSentAsCorrections(t *testing.T) {
	engines(t, func(h *house) {
		h.party(nil)
		h.theCase(registry.Identity{Name: "张伟", DocumentKind: "other", Document: "D1"}, cases.Values{"onset": "2022-03-01", "hospital": "=cmd()"})
		h.load(header+",收治医院", "L1,张伟,D1,,,2022-03-03,确诊,First")
		_, err := h.reconcile.SendOurs(h.ctx, settler, reconcile.SendOurs{Party: "lab-1", All: true})
		h.ok(err)
		var out bytes.Buffer
		total, err := h.reconcile.SendCorrections(h.ctx, settler, "lab-1", reconcile.Format{}, reconcile.CorrectionHeader, &out)
		h.ok(err)
		h.want("rows", total.Rows, 3)
		if !strings.Contains(out.String(), "L1,") || !strings.Contains(out.String(), "onset,2022-03-01,2022-03-03") || !strings.Contains(out.String(), "'=cmd()") {
			h.Errorf("the corrections are\n%s", out.String())
		}
		_, err = h.reconcile.SendCorrections(h.ctx, settler, "lab-1", reconcile.Format{}, reconcile.CorrectionHeader, &out)
		h.refused(err, "reconcile.no_corrections")
		run := h.load(header+",收治医院", "L1,张伟,D1,,,2022-03-03,确诊,First", "")
		h.want("opened while they have not corrected it", run.Opened, 0)
		h.want("differences that are asked about", len(h.differences(reconcile.DifferenceFilter{State: reconcile.Asked})), 3)
		done, err := h.reconcile.SendOurs(h.ctx, settler, reconcile.SendOurs{Party: "lab-1", All: true})
		h.ok(err)
		h.want("sent again", fmt.Sprint(done.Done, len(done.Refused)), "0 3")
		h.load(header+",收治医院", "L1,张伟,D1,,,2022-03-01,确诊,First")
		h.want("gone when they wrote ours", len(h.differences(reconcile.DifferenceFilter{State: reconcile.Gone})), 1)
	})
}

func TestShadowModeWritesOwnedFieldsAndRefusesEdits(t *testing.T) {
	engines(t, func(h *house) {
		h.party(nil)
		id := h.theCase(registry.Identity{Name: "张伟", DocumentKind: "other", Document: "D1"}, cases.Values{"onset": "2022-03-01", "classification": "confirmed"})
		_, err := h.reconcile.OwnFields(h.ctx, root, reconcile.OwnFields{Party: "lab-1", Fields: []string{"onset"}, Owned: true})
		h.ok(err)
		other := h.party(func(p *reconcile.Party) { p.Code, p.Name = "hospital-2", "Second Hospital" })
		_, err = h.reconcile.OwnFields(h.ctx, root, reconcile.OwnFields{Party: other.Code, Fields: []string{"onset"}, Owned: true})
		h.refused(err, "reconcile.owned_by_other")

		edit := cases.EditCase{Case: id, Values: cases.Values{"onset": "2022-03-02"}, Take: true}
		_, err = h.cases.EditCase(h.ctx, root, edit)
		h.refused(err, "cases.field_owned")
		if e, ok := errors.AsType[*outbreak.Error](err); !ok || e.Slots["party"] != "First Laboratory" {
			h.Errorf("the refusal does not name the party: %v", err)
		}
		h.load(header, "L1,张伟,D1,,,2022-03-05,疑似")
		v, err := h.cases.ReadValues(h.ctx, root, id)
		h.ok(err)
		h.want("the owned field", v["onset"], "2022-03-05")
		h.want("a field that is ours", v["classification"], "confirmed")
		h.want("what waits for its owner", len(h.differences(reconcile.DifferenceFilter{State: reconcile.Open})), 1)

		h.clock.Move(time.Hour)
		_, err = h.reconcile.OwnFields(h.ctx, root, reconcile.OwnFields{Party: "lab-1", Fields: []string{"onset"}, From: h.clock.Now().Add(24 * time.Hour)})
		h.ok(err)
		_, err = h.cases.EditCase(h.ctx, root, edit)
		h.refused(err, "cases.field_owned") // until tomorrow
		h.clock.Move(25 * time.Hour)
		_, err = h.cases.EditCase(h.ctx, root, edit)
		h.ok(err)
	})
}

func TestTheSameFileTwiceIsOneListAndABadOneIsSetAside(t *testing.T) {
	engines(t, func(h *house) {
		p := h.party(nil)
		rows := [][]string{strings.Split(header, ","), {"L1", "张伟", "D1", "", "", "", ""}}
		one, err := h.reconcile.LoadList(h.ctx, root, reconcile.LoadList{Party: p.Code, Name: "a.csv", Digest: "d", Rows: rows})
		h.ok(err)
		two, err := h.reconcile.LoadList(h.ctx, root, reconcile.LoadList{Party: p.Code, Name: "b.csv", Digest: "d", Rows: rows})
		h.ok(err)
		h.want("the list", two.ID, one.ID)
		_, err = h.reconcile.LoadList(h.ctx, root, reconcile.LoadList{Party: p.Code, Name: "c.csv", Digest: "e", Rows: [][]string{{"发病日期", "病例分类"}, {"2022-03-01", "确诊"}, {"2022-03-02", "确诊"}}})
		h.refused(err, "reconcile.no_key_column")
		for range 2 {
			h.ok(h.reconcile.SetAside(h.ctx, root, reconcile.SetAside{Party: p.Code, Name: "c.csv", Digest: "e", Why: err}))
		}
		kinds, _ := h.journalled()
		h.want("set aside", kinds["ListSetAside"], 1)
		h.want("lists", kinds["ListLoaded"], 1)
		files, err := h.reconcile.ListFiles(h.ctx, reader, p.Code, 10)
		h.ok(err)
		h.want("reason", files[0].Reason, "reconcile.no_key_column")
	})
}

func TestASilentPartyIsAskedAfterAndOldListsGo(t *testing.T) {
	engines(t, func(h *house) {
		h.party(func(p *reconcile.Party) { p.Rhythm = 24 })
		h.load(header, "L1,张伟,D1,,,2022-03-03,确诊")
		h.ok(h.reconcile.Tick(h.ctx))
		w, err := h.reconcile.Count(h.ctx)
		h.ok(err)
		h.want("silent", w.Silent, 0)
		h.clock.Move(25 * time.Hour)
		for range 3 {
			h.ok(h.reconcile.Tick(h.ctx))
		}
		w, err = h.reconcile.Count(h.ctx)
		h.ok(err)
		h.want("silent a day later", fmt.Sprint(w.Parties, w.Silent), "1 1")
		kinds, _ := h.journalled()
		h.want("work", kinds["TaskOpened"], 2) // settle, and ask after
		h.want("told once", kinds["PartySilent"], 1)
		h.load(header, "L1,张伟,D1,,,2022-03-04,确诊")
		kinds, _ = h.journalled()
		h.want("work that ended", kinds["TaskEnded"], 1)
		h.clock.Move(31 * 24 * time.Hour)
		h.ok(h.reconcile.Tick(h.ctx))
		h.ok(h.db.Read(h.ctx, func(tx *store.Tx) error {
			left, err := store.Count(tx, "select count(*) from party_row")
			h.want("rows of lists", left, int64(1))
			lids, err2 := store.Count(tx, "select count(*) from party_list where lid is not null")
			h.want("keys of lists", lids, int64(1))
			return errors.Join(err, err2)
		}))
	})
}

func TestNobodySeesOrSettlesElsewhere(t *testing.T) {
	engines(t, func(h *house) {
		h.party(nil)
		h.theCase(registry.Identity{Name: "张伟", DocumentKind: "other", Document: "D1"}, nil)
		h.load(header, "L1,张伟,D1,,,2022-03-03,确诊")
		_, err := h.reconcile.FindParty(h.ctx, afar, "lab-1")
		h.refused(err, "reconcile.no_party")
		list, err := h.reconcile.ListDifferences(h.ctx, afar, reconcile.DifferenceFilter{Most: 10})
		h.ok(err)
		h.want("differences elsewhere", len(list), 0)
		_, err = h.reconcile.SettleDifferences(h.ctx, reader, reconcile.SettleDifferences{Party: "lab-1", All: true, State: reconcile.OursRight})
		if outbreak.KindOf(err) != outbreak.Forbidden {
			h.Errorf("a reader settled: %v", err)
		}
		_, err = h.reconcile.TakeTheirs(h.ctx, afar, reconcile.TakeTheirs{Party: "lab-1", All: true})
		h.refused(err, "reconcile.no_party")
	})
}

func TestDatesThatCanBeReadTwoWaysAreNotGuessed(t *testing.T) {
	engines(t, func(h *house) {
		h.party(nil)
		h.theCase(registry.Identity{Name: "张伟", DocumentKind: "other", Document: "D1"}, cases.Values{"onset": "2022-03-04"})
		run := h.load("case id,name,document,onset date", "L1,Zhang Wei,D1,03/04/2022", "L2,Li Na,D2,05/04/2022")
		h.want("compared", fmt.Sprint(run.Matched, run.Differing), "1 0")
		x, err := h.reconcile.FindParty(h.ctx, reader, "lab-1")
		h.ok(err)
		h.want("unread", strings.Join(x.List.Unread, ","), "onset date")
		h.party(func(p *reconcile.Party) { p.Dates = "day_first" })
		run = h.load("case id,name,document,onset date", "L1,Zhang Wei,D1,03/04/2022", "L2,Li Na,D2,05/04/2022", "")
		h.want("compared once it is said", run.Differing, 1)
		h.want("their day", h.differences(reconcile.DifferenceFilter{What: reconcile.Differs})[0].Theirs, "2022-04-03")
	})
}
