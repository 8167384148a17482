package web_test

import (
	"fmt"
	"os"
	"testing"

	"breakwater/internal/response/supplies"
)

// TestSuppliesInABrowser keeps account of a sampling point as its people do: opens the store, counts packs and loose pieces, takes a
// delivery in, issues to another store, counts too few, and explains it; with a form that is refused in between. Then a sampler gets a badge.
func TestSuppliesInABrowser(t *testing.T) {
	tab := chromium(t)
	w := newWard(t)
	var complaints faults
	complaints.follow(t, tab)
	v := viewer{t: t, tab: tab, site: w.site}
	if screens != "" {
		if err := os.MkdirAll(screens, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	v.enter()
	looks := []look{{"en", 1440, false}, {"zh", 390, false}}
	depot, err := w.house.Supplies.OpenStore(ctx, w.root, supplies.OpenStore{Kind: supplies.Depot, Area: "220204"})
	if err != nil {
		t.Fatal(err)
	}
	v.see("supplies-none", "/supplies", look{"zh", 1440, false})
	v.submit(`form[action="/supplies"]`, fmt.Sprintf(`f.querySelector("[name=place]").value = "booth:%s"`, w.booth), `document.querySelector("[name=packs-tube]")`)
	v.submit(`form[action$="/counts"]`, `f.querySelector("[name=packs-tube]").value = "2"; f.querySelector("[name=loose-tube]").value = "7"; f.querySelector("[name=loose-swab]").value = "40"`, `document.querySelector(".notice.good")`)
	fill := func(item, how, n, to string) string {
		return fmt.Sprintf(`f.querySelector("[name=item]").value = %q; f.querySelector("[name=how]").value = %q; f.querySelector("[name=quantity]").type = "text"; f.querySelector("[name=quantity]").value = %q; f.querySelector("[name=to]").value = %q; f.noValidate = true`, item, how, n, to)
	}
	v.submit(`form[action$="/moves"]`, fill("swab", "received", "many", ""), `document.querySelector("#fault")`)
	complaints.take() // the browser complains of an answer that refuses
	v.submit(`form[action$="/moves"]`, fill("swab", "received", "100", ""), `document.querySelector(".notice.good")`)
	v.submit(`form[action$="/moves"]`, fill("swab", "issued", "30", depot.ID.String()), `document.querySelector(".notice.good")`)
	v.submit(`form[action$="/counts"]`, `f.querySelector("[name=loose-swab]").value = "60"`, `document.querySelector(".notice.good")`)
	list, err := w.house.Supplies.ListStocks(ctx, w.root, supplies.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, x := range list {
		got[x.Store.Kind+" "+x.Item] = x.Balance
	}
	if got["booth tube"] != 207 || got["booth swab"] != 60 || got["depot swab"] != 30 {
		t.Errorf("%v", got)
	}
	store := list[0].Store
	for _, x := range list {
		if x.Store.Kind == supplies.AtBooth {
			store = x.Store
		}
	}
	for _, l := range looks {
		v.see("supplies-store", "/supplies/"+store.ID.String(), l)
		v.see("supplies", "/supplies", l)
	}
	v.submit(`#odd form`, `f.querySelector("[name=verdict]").value = "lost"`, `document.querySelector(".notice.good") && !document.querySelector("#odd")`)

	v.see("samplers-none", "/samplers", look{"zh", 390, false})
	v.submit(`form[action="/samplers"]`, `f.querySelector("[name=name]").value = "小李"`, `document.querySelector("#s1001")`)
	v.submit(`form[action="/samplers/1001/badge"]`, ``, `document.querySelector(".qr-card")`)
	v.picture("samplers-badge", look{"zh", 390, false})
	for _, l := range looks {
		v.see("samplers", "/samplers", l)
		v.see("quality-samplers", "/rounds/"+w.round.String()+"/quality?by=sampler", l)
	}
	if people, err := w.house.Screening.ListSamplers(ctx, w.root, 0, 9); err != nil || len(people) != 1 || people[0].Name != "小李" {
		t.Errorf("%+v %v", people, err)
	}
	for _, complaint := range complaints.take() {
		t.Error(complaint)
	}
}
