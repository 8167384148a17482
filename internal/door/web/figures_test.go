package web_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"breakwater/internal/door/web"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
)

func whole(t *testing.T, n *html.Node) int {
	t.Helper()
	i, err := strconv.Atoi(strings.ReplaceAll(text(n), ",", ""))
	if err != nil {
		t.Fatalf("%q is no figure", text(n))
	}
	return i
}

// rows counts the rows of a list over all its pages.
func (b *browser) rows(path string) int {
	b.Helper()
	n := 0
	for path != "" {
		a := b.get(path)
		if a.StatusCode != http.StatusOK {
			b.Fatalf("%s: %d", path, a.StatusCode)
		}
		n += len(a.all(func(n *html.Node) bool { return n.Data == "tr" && n.Parent.Data == "tbody" }))
		path = ""
		for _, more := range a.all(func(n *html.Node) bool { return n.Data == "a" && strings.Contains(attr(n.Parent, "class"), "pager") }) {
			path = attr(more, "href")
		}
	}
	return n
}

func TestFiguresHoldInAPlayedCity(t *testing.T) {
	s := city(t)
	b := s.signedIn("root", "en")

	t.Run("every number of the board opens as many rows", func(t *testing.T) {
		sum := 0
		for _, n := range b.get("/").all(func(n *html.Node) bool { return strings.HasPrefix(attr(n, "class"), "big") }) {
			want := whole(t, n)
			sum += want
			if got := b.rows(attr(n, "href")); got != want {
				t.Errorf("%s shows %d and opens %d rows", attr(n, "href"), want, got)
			}
		}
		if sum == 0 {
			t.Error("nothing waits in a city half tested")
		}
	})

	t.Run("the outcomes of a round sum to its roll and open as many people", func(t *testing.T) {
		sum, roll := 0, 0
		a := b.get(b.pageAddresses()["round"])
		for _, n := range a.all(func(n *html.Node) bool {
			return n.Data == "a" && strings.Contains(attr(n, "href"), "/people?outcome=") && !strings.Contains(attr(n, "href"), "in=")
		}) {
			want := whole(t, n)
			if n.Parent.Data == "td" { // of the table; a figure above it says one of them again
				sum += want
			}
			if want < 1000 {
				if got := b.rows(attr(n, "href")); got != want {
					t.Errorf("%s shows %d and opens %d people", attr(n, "href"), want, got)
				}
			}
		}
		for _, n := range a.all(func(n *html.Node) bool { return n.Data == "td" && n.Parent.Parent.Data == "tfoot" }) {
			roll = whole(t, n)
			break
		}
		if sum != roll || roll == 0 {
			t.Errorf("the outcomes sum to %d, the roll is %d", sum, roll)
		}
	})

	t.Run("what of a round waits and does not fit opens as many rows", func(t *testing.T) {
		seen := 0
		for _, n := range b.get(b.pageAddresses()["round"]).all(func(n *html.Node) bool {
			href := attr(n, "href")
			return n.Data == "a" && (strings.Contains(href, "/waiting?") || strings.Contains(href, "/anomalies?round=") || strings.Contains(href, "/searches?round="))
		}) {
			want := whole(t, n)
			seen++
			if want < 1000 {
				if got := b.rows(attr(n, "href")); got != want {
					t.Errorf("%s shows %d and opens %d rows", attr(n, "href"), want, got)
				}
			}
		}
		if seen < 6 {
			t.Errorf("the page of the round has %d such figures", seen)
		}
	})

	t.Run("looking changes nothing", func(t *testing.T) {
		addresses := b.pageAddresses() // makes what has to be there to be looked at
		_, before, err := s.head()
		if err != nil {
			t.Fatal(err)
		}
		for name, path := range addresses {
			if a := b.get(path); a.StatusCode != http.StatusOK && name != "lost" {
				t.Errorf("%s: %d", path, a.StatusCode)
			}
		}
		if _, after, err := s.head(); err != nil || after != before {
			t.Errorf("looking at every page moved the journal from %d to %d: %v", before, after, err)
		}
	})

	t.Run("an identity opens for a purpose alone and is written down", func(t *testing.T) {
		path := b.pageAddresses()["person"]
		if a := b.post(path + "/identity"); a.StatusCode != http.StatusUnprocessableEntity {
			t.Fatalf("without a purpose: %d", a.StatusCode)
		}
		_, before, _ := s.head()
		a := b.post(path+"/identity", "purpose", "care")
		_, after, _ := s.head()
		if a.StatusCode != http.StatusOK || after != before+1 || a.Header.Get("Cache-Control") != "no-store" {
			t.Fatalf("with a purpose: %d, %d entries, %q", a.StatusCode, after-before, a.Header.Get("Cache-Control"))
		}
		name := text(a.all(func(n *html.Node) bool { return n.Data == "h1" })[0])
		if again := b.get(path); name == "" || strings.Contains(again.body, name) {
			t.Errorf("the name %q stays open", name)
		}
	})

	t.Run("who works in one district sees no other", func(t *testing.T) {
		district := ""
		for _, n := range b.get("/users").all(func(n *html.Node) bool {
			return n.Data == "option" && strings.Count(attr(n, "value"), "/") == 4
		}) {
			district = attr(n, "value")
			break
		}
		u, err := s.house.Access.AddUser(ctx, s.root, access.NewUser{Login: "district", Name: "District", Lang: "en", Password: password + " once"}, "")
		if err == nil {
			_, err = s.house.Access.Grant(ctx, s.root, u.ID, outbreak.Grant{Role: string(access.Command), Area: outbreak.Path(district)}, 0, "")
		}
		if err == nil {
			err = s.house.Access.SetPassword(ctx, outbreak.Actor{User: u.ID}, u.ID, password+" once", password, "")
		}
		if err != nil {
			t.Fatal(err)
		}
		d := s.signedIn("district", "en")
		if all, part := b.rows("/tasks"), d.rows("/tasks"); part >= all {
			t.Errorf("%d tasks in the district %s, %d in the city", part, district, all)
		}
		for _, n := range d.get("/").all(func(n *html.Node) bool { return n.Data == "option" && attr(n, "value") != "" }) {
			if !strings.HasPrefix(attr(n, "value"), district) {
				t.Errorf("the district is offered %s", attr(n, "value"))
			}
		}
		for _, r := range web.Routes {
			if r.Method == http.MethodGet && r.Live && r.May != "" && !strings.Contains(r.Path, "{") {
				if a := d.get(r.Path); a.StatusCode >= 500 {
					t.Errorf("%s: %d", r.Path, a.StatusCode)
				}
			}
		}
	})
}

// head gives the journal's head.
func (s *site) head() (map[string]int64, int64, error) {
	head, behind, err := s.house.Journal.Behind(ctx)
	return behind, head, err
}
