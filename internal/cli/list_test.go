package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAReasonThatAllRowsShareIsSaidOnce reads a list whose days can be read in two ways in every row, and one of whose rows has a fault of its own.
func TestAReasonThatAllRowsShareIsSaidOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "list.csv")
	if err := os.WriteFile(file, []byte("number,name,age,onset\nA1,Ada,31,03/04/2022\nA2,Bea,far,05/06/2022\nA3,Cyd,44,07/08/2022\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	status, said := told(t, "import", "linelist", file, "--dry-run", "--area", "220204")
	if status != 0 {
		t.Fatalf("%d %s", status, said)
	}
	var single, shared int
	for line := range strings.Lines(said) {
		switch f := strings.Split(line, "\t"); {
		case len(f) == 4 && f[1] == "onset" && f[0] == "all 3 rows":
			shared++
		case len(f) == 4 && f[1] == "onset":
			t.Errorf("said for a row alone: %s", line)
		case len(f) == 4 && f[1] == "age" && f[0] == "3":
			single++
		}
	}
	if shared != 1 || single != 1 {
		t.Errorf("%d reasons of all rows and %d of one:\n%s", shared, single, said)
	}
}
