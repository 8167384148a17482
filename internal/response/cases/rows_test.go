package cases_test

import (
	"testing"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
)

// TestRowsChangeEachInTheirOwnWayAsOneEdit changes cases with two commands of one edit, and takes all of it back at once.
func TestRowsChangeEachInTheirOwnWayAsOneEdit(t *testing.T) {
	engines(t, func(h *house) {
		rows := []cases.LoadedCase{{Person: anybody("a"), External: "1", Values: cases.Values{"sex": "male"}}, {Person: anybody("b"), External: "2", Values: cases.Values{"hospital": "no. 1"}}, {Person: anybody("c"), External: "3"}}
		ids := h.load(cases.LoadCases{Party: "x", Rows: rows}, 3, 0, 0, 0).Cases
		edit := func(by outbreak.Actor, batch outbreak.BatchID, rows ...cases.EditedRow) (cases.Edited, error) {
			return h.cases.EditRows(h.ctx, by, cases.EditRows{Batch: batch, Rows: rows, Reason: "a list"})
		}
		one, err := edit(root, 0, cases.EditedRow{Case: ids[0], Version: 1, Values: cases.Values{"sex": "female"}}, cases.EditedRow{Case: ids[1], Version: 7, Values: cases.Values{"sex": "female"}},
			cases.EditedRow{Case: ids[2], Version: 1, Values: cases.Values{"shoe": "43"}})
		h.ok(err)
		if one.Changed != 1 || len(one.Refused) != 2 || one.Refused[0].Reason != "cases.edited_meanwhile" || one.Refused[1].Reason != "cases.field_none" {
			h.Fatalf("%+v", one)
		}
		two, err := edit(root, one.Batch, cases.EditedRow{Case: ids[1], Version: 1, Values: cases.Values{"hospital": "no. 2"}}, cases.EditedRow{Case: ids[2], Version: 1, Values: cases.Values{"sex": "unknown"}})
		h.ok(err)
		if two.Changed != 1 || two.Same != 1 || two.Batch != one.Batch {
			h.Fatalf("%+v", two)
		}
		list, err := h.cases.ListEdits(h.ctx, root, 0, 10)
		h.ok(err)
		if len(list) != 1 || list[0].Changed != 2 || len(list[0].Fields) != 2 {
			h.Errorf("%+v", list)
		}
		other := root
		other.User = 9
		_, err = edit(other, one.Batch, cases.EditedRow{Case: ids[2], Version: 1, Values: cases.Values{"sex": "male"}})
		h.refused(err, "cases.no_edit")
		_, err = edit(outbreak.Actor{User: 3, Grants: []outbreak.Grant{{Role: string(access.Auditor)}}}, 0, cases.EditedRow{Case: ids[2]})
		if outbreak.KindOf(err) != outbreak.Forbidden {
			h.Errorf("somebody who only reads: %v", err)
		}
		back, err := h.cases.UndoEdit(h.ctx, root, cases.UndoEdit{Batch: one.Batch})
		h.ok(err)
		if back.Changed != 2 {
			h.Errorf("%+v", back)
		}
		h.is(ids[0], "sex", "male")
		h.is(ids[1], "hospital", "no. 1")
		_, err = edit(root, one.Batch, cases.EditedRow{Case: ids[2], Version: 1, Values: cases.Values{"sex": "male"}})
		h.refused(err, "cases.undone_already")
	})
}
