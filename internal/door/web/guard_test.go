package web_test

import (
	"strings"
	"testing"

	"breakwater/internal/ledger/access"
)

// TestAnAgencyReadsNoSmallFigure has a handful of people wait, whom an agency must not be able to count.
func TestAnAgencyReadsNoSmallFigure(t *testing.T) {
	w := newWard(t)
	w.settle()
	agency := w.signedIn(w.user(access.Agency), "zh-CN")
	a := agency.get("/")
	if a.StatusCode != 200 || !strings.Contains(a.body, "&lt;5") || strings.Contains(a.body, `href="/waiting`) {
		t.Errorf("%d; small figures are not left out, or lead to rows", a.StatusCode)
	}
	for _, path := range []string{"/waiting", "/rounds", "/cases", "/people", "/tubes", "/files/rejected/x"} {
		if got := agency.get(path); got.StatusCode != 403 && got.StatusCode != 404 {
			t.Errorf("%s: %d", path, got.StatusCode)
		}
	}
	if root := w.signedIn("root", "zh-CN").get("/"); strings.Contains(root.body, "&lt;5") {
		t.Error("who may see the rows sees no figures")
	}
}
