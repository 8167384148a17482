package exchange

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the generated documents anew")

// headers writes which headers each field of each kind of file may have.
func headers() string {
	var b strings.Builder
	b.WriteString("# Headers of import files\n\nMade from the code by `go test ./internal/view/exchange -update`; a test compares.\n\n" +
		"Headers are compared without case, width, spaces, `_`, `-`, `.`, `*` and a remark in brackets at the end: `Area Code`, `area_code` and `AREACODE (必填)` are one.\n" +
		"\"Needed\" fields need a column; where several stand together one of them is enough.\n")
	for _, k := range Kinds {
		s := shapes[k]
		fmt.Fprintf(&b, "\n## %s\n\nNeeded: ", k)
		for i, any := range s.needs {
			if i > 0 {
				b.WriteString("; ")
			}
			for j, f := range any {
				if j > 0 {
					b.WriteString(" or ")
				}
				b.WriteString("`" + f.String() + "`")
			}
		}
		b.WriteString(".\n\n| field | headers |\n|---|---|\n")
		for f := fieldCode; f < fieldCount; f++ {
			if list := s.headers[f]; len(list) > 0 {
				fmt.Fprintf(&b, "| `%s` | %s |\n", f, strings.Join(list, ", "))
			}
		}
	}
	return b.String()
}

func TestTheDocumentOfHeadersIsTrue(t *testing.T) {
	file := filepath.Join("..", "..", "..", "docs", "data", "headers.md")
	if *update {
		if err := os.WriteFile(file, []byte(headers()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(kept) != headers() {
		t.Error("docs/data/headers.md does not say what the code reads: run go test ./internal/view/exchange -update")
	}
}
