package web_test

import (
	"net/http"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func TestRuleBooksAreReadAndCompared(t *testing.T) {
	s := open(t)
	for lang, want := range map[string][]string{"en": {"Rule books", "14 days", "7 days", "what runs as well", "/protocols/who-cholera", "no bed is looked for", "not verified: no value", "Fever clinic, Contacts, Isolation site", "Extract again"},
		"zh": {"方案", "14 天", "7 天", "正在执行的也适用", "/protocols/who-cholera", "不安排床位", "未核实，无数值", "发热门诊，", "重新提取"}} {
		b := s.signedIn("root", lang)
		list, diff, book := b.get("/protocols"), b.get("/protocols/compare?a=cn-covid-2021&b=cn-covid-2022"), b.get("/protocols/who-cholera")
		all := list.body + diff.body + book.body + b.get("/protocols/cn-covid-2021").body
		for _, w := range want {
			if !strings.Contains(all, w) {
				t.Errorf("%s: no page says %q", lang, w)
			}
		}
		if rows := diff.all(func(n *html.Node) bool { return n.Data == "tr" && attr(n, "id") == "contact.close.central" }); len(rows) != 1 || !strings.Contains(text(rows[0]), want[1]) || !strings.Contains(text(rows[0]), want[2]) {
			t.Errorf("%s: the change of isolation is not shown", lang)
		}
		if a := b.get("/protocols/compare?a=cn-covid-2021&b=nothing"); a.StatusCode != http.StatusNotFound {
			t.Errorf("an unknown rule book: %d", a.StatusCode)
		}
		if a := b.get("/protocols/compare"); a.StatusCode != http.StatusOK {
			t.Errorf("nothing chosen: %d", a.StatusCode)
		}
	}
}

func TestARuleBookIsChangedOnThePageOfItsOutbreak(t *testing.T) {
	w := newWard(t)
	w.settle()
	b := w.signedIn("root", "en")
	var page string
	for _, a := range b.get("/outbreaks").all(func(n *html.Node) bool { return n.Data == "a" && strings.HasPrefix(attr(n, "href"), "/outbreaks/") }) {
		page = attr(a, "href")
	}
	if a := b.post(page+"/protocol", append(b.get(page).form(t, page+"/protocol"), "protocol", "cn-covid-2022")...); !strings.Contains(alert(a), "reason") {
		t.Errorf("a change without a reason: %d %s", a.StatusCode, alert(a))
	}
	b.twice(page, page+"/protocol", "protocol", "cn-covid-2022", "reason", "ninth edition of 28 June")
	w.settle()
	if body := b.get(page).body; !strings.Contains(body, "ninth edition of 28 June") || !strings.Contains(body, "taken up") {
		t.Error("the page does not tell the change")
	}
	if body := b.get("/").body; !strings.Contains(body, "Rule book changed from cn-covid-2021 to cn-covid-2022") {
		t.Error("the board does not tell the change")
	}
	b.twice(page, page+"/protocol", "protocol", "who-covid-19", "reason", "later", "from", "2090-01-01T08:00")
	b.twice(page, page+"/protocol", "protocol", "cn-covid-2022", "reason", "not after all")
	if body := b.get(page).body; !strings.Contains(body, "dropped") {
		t.Error("the plan was not dropped")
	}
}
