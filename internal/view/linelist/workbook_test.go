package linelist_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/xuri/excelize/v2"

	"breakwater/internal/view/linelist"
)

// TestAWorkbookKeepsItsTexts writes what XML, spreadsheets and columns beyond Z make difficult and reads it back.
func TestAWorkbookKeepsItsTexts(t *testing.T) {
	wide := make([]string, 800)
	for i := range wide {
		wide[i] = fmt.Sprint("c", i)
	}
	hard := slices.Clone(wide)
	copy(hard, []string{`<a href="x">&amp;</a>`, " spaces at both ends ", "line\nbreak", "00012", "2022-03-14", "张伟 👩‍⚕️ é", "1E5", "tab\tinside", "TRUE"})
	var file bytes.Buffer
	if err := linelist.NewWorkbook(&file, [][]string{wide, hard}); err != nil {
		t.Fatal(err)
	}
	book, err := excelize.OpenReader(&file)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := book.GetRows("cases")
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 2 || !slices.Equal(rows[0], wide) || !slices.Equal(rows[1], hard) {
		t.Errorf("%d rows; %q", len(rows), rows[1][:10])
	}
}

// TestTheFieldOfRulesNamesThemAll keeps the two lists of rules alike.
func TestTheFieldOfRulesNamesThemAll(t *testing.T) {
	for _, c := range linelist.Columns() {
		if c.Name == "quality" && !slices.Equal(c.Words, linelist.RuleNames()) {
			t.Errorf("the field has %q, the rules are %q", c.Words, linelist.RuleNames())
		}
	}
}
