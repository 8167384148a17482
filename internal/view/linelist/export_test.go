package linelist_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"slices"
	"testing"

	"github.com/xuri/excelize/v2"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/store"
	"breakwater/internal/view/linelist"
)

// TestAnExportIsWhatTheListShows reads both kinds of files back and compares them with the list.
func TestAnExportIsWhatTheListShows(t *testing.T) {
	engines(t, func(h *house) {
		h.fill(700)
		q := linelist.Query{Where: []linelist.Condition{{Field: "classification", Op: linelist.In, Values: []string{"confirmed"}}}, Sort: []linelist.Order{{Field: "onset", Down: true}, {Field: "hospital"}}, Most: 1000}
		page, err := h.list.List(h.ctx, root, q)
		h.ok(err)
		columns := []string{"case", "onset", "hospital", "age", "area", "x:school"}
		want := [][]string{columns}
		for _, r := range page.Rows {
			var line []string
			for _, c := range columns {
				line = append(line, r.Values[c])
			}
			want = append(want, line)
		}
		var file bytes.Buffer
		done, err := h.list.Export(h.ctx, root, linelist.Export{Query: q, Columns: columns}, &file)
		h.ok(err)
		sum := sha256.Sum256(file.Bytes())
		h.want("digest", done.Digest, hex.EncodeToString(sum[:]))
		h.want("rows", done.Rows, page.Total)
		got, err := csv.NewReader(&file).ReadAll()
		h.ok(err)
		h.same("CSV", got, want)
		file.Reset()
		restore := linelist.SheetRows(300)
		done, err = h.list.Export(h.ctx, root, linelist.Export{Query: q, Columns: columns, Format: linelist.XLSX}, &file)
		restore()
		h.ok(err)
		book, err := excelize.OpenReader(&file)
		h.ok(err)
		var rows [][]string
		for i, name := range book.GetSheetList() {
			if name == "about" {
				continue
			}
			some, err := book.GetRows(name)
			h.ok(err)
			if i > 0 {
				h.same("header of "+name, some[:1], want[:1])
				some = some[1:]
			}
			rows = append(rows, some...)
		}
		for i, r := range rows { // trailing empty cells are not read
			rows[i] = append(r, make([]string, len(columns)-len(r))...)
		}
		h.same("XLSX", rows, want)
		h.want("sheets", done.Sheets, (page.Total+298)/299)
		about, err := book.GetRows("about")
		h.ok(err)
		h.same("about", about[:1], [][]string{{"rows", fmt.Sprint(page.Total)}})
		h.want("entry", h.last("ExportMade").Seq, done.Seq)
	})
}

func (h *house) same(what string, got, want [][]string) {
	h.Helper()
	if len(got) != len(want) {
		h.Fatalf("%s: %d rows, want %d", what, len(got), len(want))
	}
	for i := range got {
		if !slices.Equal(got[i], want[i]) {
			h.Fatalf("%s: row %d is %q, want %q", what, i, got[i], want[i])
		}
	}
}

func (h *house) last(kind string) outbreak.Entry {
	h.Helper()
	var all []outbreak.Entry
	h.ok(h.db.Read(h.ctx, func(tx *store.Tx) (err error) {
		all, err = journal.List(tx, 0, 1<<60, []string{kind}, 1000)
		return err
	}))
	if len(all) == 0 {
		h.Fatalf("no %s in the journal", kind)
	}
	return all[len(all)-1]
}

// person opens a case of somebody with a name.
func (h *house) person(name, area string, values cases.Values) cases.Case {
	h.Helper()
	p, err := h.registry.RegisterPerson(h.ctx, root, registry.RegisterPerson{Person: registry.NewPerson{Area: area, Identity: registry.Identity{Name: name}}})
	h.ok(err)
	c, err := h.cases.OpenCase(h.ctx, root, cases.OpenCase{Outbreak: h.outbreak, Person: p.ID, Severity: outbreak.Mild, Classification: outbreak.Confirmed})
	h.ok(err)
	if len(values) > 0 {
		c, err = h.cases.EditCase(h.ctx, root, cases.EditCase{Case: c.ID, Version: c.Version, Values: values})
		h.ok(err)
	}
	return c
}

// TestNamesLeaveTheirReader exports names, and finds each in the journal.
func TestNamesLeaveTheirReader(t *testing.T) {
	engines(t, func(h *house) {
		a := h.person("=张伟", "220102", cases.Values{"occupation": "@cook"})
		h.person("李娜", "2202", nil)
		names := linelist.Export{Columns: []string{"case", "name", "occupation"}}
		var file bytes.Buffer
		_, err := h.list.Export(h.ctx, root, names, &file)
		h.want("without a purpose", outbreak.KindOf(err), outbreak.Forbidden)
		h.want("bytes before the refusal", file.Len(), 0)
		by := root
		by.Purpose = outbreak.PurposeInvestigation
		done, err := h.list.Export(h.ctx, by, names, &file)
		h.ok(err)
		h.want("named", done.Named, 2)
		got, err := csv.NewReader(&file).ReadAll()
		h.ok(err)
		h.same("names", got[:2], [][]string{{"case", "name", "occupation"}, {a.ID.String(), "'=张伟", "'@cook"}})
		h.want("who read", h.last("IdentityRead").Actor, by.String())
		narrow := outbreak.Actor{User: 5, Purpose: outbreak.PurposeInvestigation, Grants: []outbreak.Grant{{Role: string(access.ReadOnly)}, {Role: string(access.Investigator), Area: "/22/2202/"}}}
		_, err = h.list.Export(h.ctx, narrow, names, &file)
		h.want("a part of what is seen", outbreak.KindOf(err), outbreak.Forbidden)
		names.Below = "/22/2202/"
		done, err = h.list.Export(h.ctx, narrow, names, &file)
		h.ok(err)
		h.want("his own", done.Named, 1)
	})
}

// TestANameIsLookedForAsTheRegistryDoes finds cases by the name of the person.
func TestANameIsLookedForAsTheRegistryDoes(t *testing.T) {
	engines(t, func(h *house) {
		a := h.person("张伟", "220102", nil)
		h.person("李娜", "2202", nil)
		_, err := h.list.List(h.ctx, root, linelist.Query{Name: "张伟"})
		h.want("without a purpose", outbreak.KindOf(err), outbreak.Forbidden)
		by := root
		by.Purpose = outbreak.PurposeCare
		q, err := h.list.Named(h.ctx, by, linelist.Query{Name: "Zhang Wei"})
		h.ok(err)
		parsed, err := linelist.ParseQuery(q.Values())
		h.ok(err)
		page, err := h.list.List(h.ctx, root, parsed)
		h.ok(err)
		h.want("found", page.Total, 1)
		h.want("who", page.Rows[0].Case, a.ID)
		q, err = h.list.Named(h.ctx, by, linelist.Query{Name: "王芳"})
		h.ok(err)
		parsed, err = linelist.ParseQuery(q.Values())
		h.ok(err)
		h.want("nobody", h.total(root, parsed), 0)
	})
}
