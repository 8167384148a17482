package web_test

import (
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// paper is the width of a sheet of A4 between its margins, in the browser's points.
const paper = 688

// TestPagesOnPaper looks at pages as they are printed: tables stay tables on a sheet as narrow as a telephone held across, and
// nothing is on it that only a screen can use.
func TestPagesOnPaper(t *testing.T) {
	tab := chromium(t)
	w := newWard(t)
	w.positive(w.people[0])
	w.settle()
	v := viewer{t: t, tab: tab, site: w.site}
	v.enter()
	for _, path := range []string{"/rounds/" + w.round.String(), "/cases", "/waiting", "/tubes", "/journal"} {
		v.do(chromedp.EmulateViewport(paper, 900), chromedp.Navigate(w.url+path+"?lang=en"))
		v.until(`document.body?.dataset.ready === "1"`)
		if _, err := chromedp.Call(tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}); err != nil {
			t.Fatal(err)
		}
		faults, err := chromedp.Run(tab, chromedp.Evaluate[[]string](`[
			...[...document.querySelectorAll("button, .button, .rail, .topbar, .filters, .pager, #pause")].filter(e => e.getClientRects().length).map(e => "shown: " + e.outerHTML.slice(0, 90)),
			...[...document.querySelectorAll("main table")].filter(e => e.getClientRects().length && getComputedStyle(e.querySelector("tr")).display !== "table-row").map(() => "a table is no table"),
			...(`+overflow+` ? ["wider than the sheet: " + document.documentElement.scrollWidth] : [])]`))
		if err != nil {
			t.Fatal(err)
		}
		for _, fault := range faults {
			t.Errorf("%s on paper: %s", path, fault)
		}
		v.picture("paper", look{"en", paper, false})
		if _, err := chromedp.Call(tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{}); err != nil {
			t.Fatal(err)
		}
	}
}
