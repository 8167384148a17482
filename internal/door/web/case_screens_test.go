package web_test

import (
	"testing"
)

// TestLineListInPictures looks at the line list's pages with cases of every kind, at three widths in both languages.
func TestLineListInPictures(t *testing.T) {
	tab := chromium(t)
	s := listed(t, 2500)
	var complaints faults
	complaints.follow(t, tab)
	v := viewer{t: t, tab: tab, site: s}
	v.enter()
	pages := map[string]string{
		"list":          "/cases?sort=-onset",
		"list-filter":   "/cases?severity=mild&onset.from=2022-02-10&filter=severity",
		"list-area":     "/cases?filter=area",
		"list-text":     "/cases?filter=hospital&columns=onset,hospital,x:doses,cluster,dated,dated_by",
		"list-day":      "/cases?filter=onset&known=2022-03-01T00:00:00Z",
		"list-columns":  "/cases?chooser=1",
		"list-none":     "/cases?cluster=nothing",
		"curve-stack":   "/cases/curve",
		"curve-week":    "/cases/curve?step=week&stack=sex",
		"curve-each":    "/cases/curve?each=area&step=day",
		"curve-none":    "/cases/curve?cluster=nothing",
		"cross":         "/cases/table?rows=area&across=outcome&share=row",
		"cross-two":     "/cases/table?rows=sex&across=outcome&exposed=male&hit=died",
		"cross-alone":   "/cases/table?rows=onset&across=-&step=week",
		"quality-cases": "/cases/quality",
		"many-start":    "/cases/many?severity=mild",
	}
	looks := []look{{"en", 1440, false}, {"zh", 390, false}, {"zh", 1024, true}}
	if screens != "" {
		looks = []look{{"en", 1440, false}, {"zh", 1440, false}, {"zh", 390, false}, {"en", 390, false}, {"en", 1024, true}}
	}
	for _, l := range looks {
		for name, path := range pages {
			v.see(name, path, l)
			for _, complaint := range complaints.take() {
				t.Errorf("%s %s: %s", name, l, complaint)
			}
		}
	}
	if n := s.log.broken.Load(); n != 0 {
		t.Errorf("the pages broke the content security policy %d times", n)
	}
}
