package linelist_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/view/linelist"
)

// TestExtraFieldsOfFilesAreFieldsOfTheList loads rows with fields that are none of ours, and rows that change those alone.
func TestExtraFieldsOfFilesAreFieldsOfTheList(t *testing.T) {
	engines(t, func(h *house) {
		load := func(flight string) {
			h.Helper()
			var rows []cases.LoadedCase
			for i := range 5 {
				rows = append(rows, cases.LoadedCase{Person: registry.NewPerson{Area: "2202"}, External: fmt.Sprint("N", i), Values: cases.Values{"onset": "2022-03-02"},
					Extra: []cases.Extra{{Name: "Flight", Value: flight, Open: true}, {Name: "Email", Value: "x@y", Open: false}}})
			}
			_, err := h.cases.LoadCases(h.ctx, root, cases.LoadCases{Outbreak: h.outbreak, Party: "port", Rows: rows})
			h.ok(err)
		}
		load("CA 981")
		h.want("CA 981", h.total(root, linelist.Query{Where: []linelist.Condition{{Field: "x:Flight", Op: linelist.Contains, Values: []string{"ca 9"}}}}), 5)
		then := h.clock.Now()
		h.clock.Move(time.Hour)
		load("MU 5001")
		between := h.clock.Now()
		h.clock.Move(time.Hour)
		load("HU 7601")
		h.clock.Move(time.Hour)
		for at, want := range map[outbreak.Instant]string{then: "CA 981", between: "MU 5001", 0: "HU 7601"} {
			page, err := h.list.List(h.ctx, root, linelist.Query{KnownAt: at})
			h.ok(err)
			h.want("flight known at "+at.String(), page.Rows[0].Values["x:Flight"], want)
		}
		h.want("CA 981 known then", h.total(root, linelist.Query{KnownAt: then, Where: []linelist.Condition{{Field: "x:Flight", Op: linelist.In, Values: []string{"CA 981"}}}}), 5)
		load("MU 5001")
		h.want("CA 981 afterwards", h.total(root, linelist.Query{Where: []linelist.Condition{{Field: "x:Flight", Op: linelist.In, Values: []string{"CA 981"}}}}), 0)
		page, err := h.list.List(h.ctx, root, linelist.Query{Sort: []linelist.Order{{Field: "x:Flight"}}})
		h.ok(err)
		h.want("flight", page.Rows[4].Values["x:Flight"], "MU 5001")
		h.want("number", page.Rows[0].External[0].Number, "N0")
		figures := h.list.Memory().Figures()
		h.want("extra fields", slices.Equal(figures.Extra, []string{"Flight"}), true)
		differ, err := h.list.Differences(h.ctx)
		h.ok(err)
		h.want("differences", differ, int64(0))
		_, err = h.list.List(h.ctx, root, linelist.Query{Where: []linelist.Condition{{Field: "x:Email", Op: linelist.Known}}})
		h.want("a sealed field can be asked for", err == nil, false)
	})
}
