package api_test

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"breakwater/internal/app"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/testkit"
)

// listSite is a whole house with two areas, an outbreak in one of them and three cases.
type listSite struct {
	*site
	outbreak string
	tracer   string // token of an investigator of the outbreak's area
	afar     string // of one of the other area
	viewer   string // of somebody who may read alone
}

func listSites(t *testing.T, do func(s *listSite)) {
	clock := outbreak.NewHandClock(testkit.Start)
	for engine, c := range map[string]func(t *testing.T) app.Config{
		"sqlite": func(t *testing.T) app.Config { return app.Config{Data: testkit.Folder(t, app.Owners())} },
		"postgres": func(t *testing.T) app.Config {
			return app.Config{DB: testkit.Migrated(t, app.Owners()), Key: filepath.Join(t.TempDir(), "site.key")}
		},
	} {
		t.Run(engine, func(t *testing.T) {
			c := c(t)
			c.Clock, c.Wall, c.Cost = clock, clock, access.Cost{Time: 1, Memory: 64, Threads: 1}
			a, err := app.New(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			a.Run(context.Background())
			t.Cleanup(func() {
				soon, stop := context.WithTimeout(context.Background(), 20*time.Second)
				defer stop()
				if err := a.Stop(soon); err != nil {
					t.Error(err)
				}
			})
			root, err := a.House.Access.Bootstrap(t.Context(), "root", password, "")
			if err != nil {
				t.Fatal(err)
			}
			s := &listSite{site: &site{T: t, house: a.House, door: a.Handler()}}
			s.token = s.tokenOf(outbreak.Actor{User: root.ID, Grants: []outbreak.Grant{{Role: string(access.Administrator)}}})
			s.furnish()
			do(s)
		})
	}
}

func (s *listSite) furnish() {
	s.Helper()
	s.post(200, s.token, "/areas", `{"areas":[{"code":"220000","name":"吉林省","time_zone":"Asia/Shanghai"},{"code":"330000","name":"别省"}]}`)
	s.outbreak = s.post(201, s.token, "/outbreaks", `{"name":"March","protocol":"cn-covid-2022","area":"/220000/"}`)["id"].(string)
	grant := func(role, area string) string {
		return s.post(201, s.token, "/tokens", fmt.Sprintf(`{"name":"%s %s","until":"2022-03-14T12:00:00Z","grants":[{"role":%q,"area":%q,"outbreak":""}]}`, role, area, role, area))["secret"].(string)
	}
	s.tracer, s.afar, s.viewer = grant("investigator", "/220000/"), grant("investigator", "/330000/"), grant("read_only", "/220000/")
	var rows []string
	for i, name := range []string{"王芳", "李强", "赵敏"} {
		rows = append(rows, fmt.Sprintf(`{"person":{"area":"220000","name":%q,"phone":"1390000000%d"},"external":"N%d","values":{"onset":"2022-03-0%d","sex":"%s","classification":"confirmed"}}`, name, i, i, i+1, []string{"female", "male", "female"}[i]))
	}
	if r := s.post(200, s.token, "/case-lists", `{"outbreak":"`+s.outbreak+`","party":"cdc","rows":[`+strings.Join(rows, ",")+`]}`); r["added"] != 3. {
		s.Fatal(r)
	}
}

func (s *listSite) post(want int, token, path, body string, header ...string) map[string]any {
	s.Helper()
	return s.must(want, "POST", "/api/v1"+path, token, body, header...)
}

func (s *listSite) get(want int, token, path string) map[string]any {
	s.Helper()
	return s.must(want, "GET", "/api/v1"+path, token, "")
}

// refused asks for what must not be done, and for the sentence it is refused with.
func (s *listSite) refused(want int, key, method, token, path, body string, header ...string) {
	s.Helper()
	code, answer, _ := s.ask(method, "/api/v1"+path, token, body, header...)
	if code != want || key != "" && answer["key"] != key {
		s.Errorf("%s %s: %d %v, want %d %s", method, path, code, answer, want, key)
	}
}

// TestListsOfOthersThroughTheInterface adds a party, takes its list in, compares, settles, takes over and asks for corrections, as those do who may,
// those who may not and those of another area.
func TestListsOfOthersThroughTheInterface(t *testing.T) {
	listSites(t, func(s *listSite) {
		party := `{"code":"lab-1","name":"Laboratory","kind":"laboratory","outbreak":"` + s.outbreak + `","area":"/220000/"}`
		s.refused(http.StatusForbidden, "", "POST", s.viewer, "/parties", party)
		s.refused(http.StatusUnauthorized, "", "POST", "", "/parties", party)
		s.refused(http.StatusUnprocessableEntity, "", "POST", s.token, "/parties", strings.Replace(party, "laboratory\"", "moon\"", 1))
		s.post(200, s.token, "/parties", party)
		list := "编号,姓名,联系电话,发病日期,病例分类\nL1,王芳,13900000000,2022-03-01,确诊\nL2,李强,13900000001,2022-03-05,确诊\nL4,孙雷,13600000000,2022-03-06,确诊\n"
		s.refused(http.StatusForbidden, "", "POST", s.viewer, "/parties/lab-1/lists?name=a.csv", list)
		s.refused(http.StatusUnprocessableEntity, "", "POST", s.token, "/parties/lab-1/lists?name=a.csv", "x\n")
		s.post(200, s.token, "/parties/lab-1/lists?name=a.csv", list)
		s.post(200, s.token, "/parties/lab-1/lists?name=a.csv", list) // the same file is one list
		x := s.get(200, s.token, "/parties/lab-1")
		run, _ := x["run"].(map[string]any)
		if run["matched"] != 1. || run["differing"] != 1. || run["only_here"] != 1. || run["only_there"] != 1. {
			s.Errorf("%v", x)
		}
		if n := len(items(s.get(200, s.token, "/parties/lab-1/outcomes?limit=2"))); n != 2 {
			s.Error(n, "outcomes")
		}
		s.get(404, s.token, "/parties/lab-2")
		s.get(404, s.afar, "/parties/lab-1")
		if n := len(items(s.get(200, s.afar, "/parties"))); n != 0 {
			s.Error(n, "parties of another area")
		}
		found := items(s.get(200, s.tracer, "/differences?party=lab-1&field=onset"))
		if len(found) != 1 {
			s.Fatal(found)
		}
		one := found[0].(map[string]any)
		if one["ours"] != "2022-03-02" || one["theirs"] != "2022-03-05" {
			s.Error(one)
		}
		id := one["id"].(string)
		if n := len(items(s.get(200, s.afar, "/differences?party=lab-1"))); n != 0 {
			s.Error(n, "differences of another area")
		}
		s.refused(http.StatusForbidden, "", "POST", s.viewer, "/parties/lab-1/take", `{"ids":["`+id+`"]}`)
		s.refused(http.StatusUnprocessableEntity, "", "POST", s.tracer, "/parties/lab-1/settle", `{"ids":["`+id+`"],"state":"sideways"}`)
		s.post(200, s.tracer, "/parties/lab-1/take", `{"ids":["`+id+`"]}`)
		s.post(200, s.token, "/parties/lab-1/compare", "")
		if n := len(items(s.get(200, s.tracer, "/differences?party=lab-1&field=onset&state=open"))); n != 0 {
			s.Error(n, "differences after theirs was taken over")
		}
	})
}

// TestWorkingListsThroughTheInterface makes a manifest of pasted lines, opens it for a purpose, calls the roll and shares it.
func TestWorkingListsThroughTheInterface(t *testing.T) {
	listSites(t, func(s *listSite) {
		body := func(area, text string) string {
			return fmt.Sprintf(`{"form":"manifest","name":"bus 3","outbreak":%q,"area":%q,"vehicle":"吉B 3","text":%q,"columns":[]}`, s.outbreak, area, text)
		}
		lines := "王芳 13900000000\n李强\n谁也不是 13600000009"
		s.refused(http.StatusForbidden, "", "POST", s.tracer, "/worklists", body("/220000/", lines)) // without a purpose
		s.refused(http.StatusForbidden, "", "POST", s.viewer, "/worklists", body("/220000/", lines), "Breakwater-Purpose", "placement")
		s.refused(http.StatusForbidden, "", "POST", s.afar, "/worklists", body("/220000/", lines), "Breakwater-Purpose", "placement")
		s.refused(http.StatusUnprocessableEntity, "worklist.no_lines", "POST", s.tracer, "/worklists", body("/220000/", " \n"), "Breakwater-Purpose", "placement")
		list := s.post(201, s.tracer, "/worklists", body("/220000/", lines), "Breakwater-Purpose", "placement", "Idempotency-Key", "one")
		if again := s.post(201, s.tracer, "/worklists", body("/220000/", lines), "Breakwater-Purpose", "placement", "Idempotency-Key", "one"); again["id"] != list["id"] {
			s.Error("a repeat made another list")
		}
		path := "/worklists/" + list["id"].(string)
		s.get(404, s.afar, path)
		s.get(422, s.tracer, "/worklists/none")
		s.refused(http.StatusForbidden, "", "POST", s.tracer, path+"/open", "")
		s.post(200, s.tracer, path+"/open", "", "Breakwater-Purpose", "placement")
		detail := s.get(200, s.tracer, path)
		if rows, _ := detail["lines"].([]any); len(rows) != 3 {
			s.Fatal(detail)
		}
		s.refused(http.StatusNotFound, "worklist.no_row", "POST", s.tracer, path+"/calls/1", `{"marks":{"x":"present"}}`)
		call := s.post(201, s.tracer, path+"/calls", `{"name":"at the gate"}`)
		marked := s.post(200, s.tracer, fmt.Sprintf("%s/calls/%v", path, call["no"]), `{"marks":{"1":"present","2":"absent"},"ends":true}`)
		if marked["present"] != 1. || marked["absent"] != 1. || marked["ended_at"] == "" {
			s.Errorf("%v", marked)
		}
		s.refused(http.StatusConflict, "", "POST", s.tracer, fmt.Sprintf("%s/calls/%v", path, call["no"]), `{"marks":{"1":"absent"}}`)
		s.refused(http.StatusNotFound, "", "POST", s.afar, path+"/end", "")
		s.post(200, s.tracer, path+"/end", "")
	})
}

// TestTheTableBuilderThroughTheInterface crosses two fields, within the reach of who asks.
func TestTheTableBuilderThroughTheInterface(t *testing.T) {
	listSites(t, func(s *listSite) {
		total := func(token, path string) float64 {
			t := s.get(200, token, path)
			n, _ := t["sum"].(float64)
			return n
		}
		for range 100 { // the memory of the list follows the journal
			if total(s.token, "/linelist/table?rows=sex&columns=classification") == 3 {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		if n := total(s.token, "/linelist/table?rows=sex&columns=classification"); n != 3 {
			s.Errorf("%v cases", n)
		}
		if n := total(s.afar, "/linelist/table?rows=sex&columns=classification"); n != 0 {
			s.Errorf("%v cases of another area", n)
		}
		if n := total(s.tracer, "/linelist/table?rows=sex&columns=classification&sex=female"); n != 2 {
			s.Errorf("%v women", n)
		}
		s.get(422, s.token, "/linelist/table?rows=moon&columns=sex")
		s.get(422, s.token, "/linelist/table?rows=sex&columns=classification&nonsense=1")
		s.refused(http.StatusUnauthorized, "", "GET", "", "/linelist/table?rows=sex&columns=classification", "")
	})
}
