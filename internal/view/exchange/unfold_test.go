package exchange_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"

	"breakwater/internal/view/exchange"
	"breakwater/internal/words"
)

// TestOtherFilesComeAsWorkbooksToo checks places out of a workbook, from a file and from a pipe, with the header once more in the middle,
// and places in Windows-1252.
func TestOtherFilesComeAsWorkbooksToo(t *testing.T) {
	f := excelize.NewFile()
	defer f.Close()
	for i, r := range [][]any{{"name", "kind", "area"}, {"Café Zürich", "shop", "22"}, {"name", "kind", "area"}, {"Schule Köln", "building", "22"}} {
		if err := f.SetSheetRow("Sheet1", "A"+string(rune('1'+i)), &r); err != nil {
			t.Fatal(err)
		}
	}
	var book bytes.Buffer
	if err := f.Write(&book); err != nil {
		t.Fatal(err)
	}
	western, err := charmap.Windows1252.NewEncoder().String("name,kind,area\nCafé Zürich,shop,22\nname,kind,area\nSchule Köln,building,22\n")
	if err != nil {
		t.Fatal(err)
	}
	for name, in := range map[string]io.Reader{"file": bytes.NewReader(book.Bytes()), "pipe": io.MultiReader(bytes.NewReader(book.Bytes())), "Windows-1252": strings.NewReader(western)} {
		r, err := exchange.Check(exchange.Places, in, exchange.Options{Lang: words.English})
		if err != nil || r.Accepted != 2 || r.Received != 2 || len(r.Warnings) != 1 {
			t.Errorf("%s: %+v %v", name, r, err)
		}
	}
}
