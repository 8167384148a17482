package app_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// layers are the floors of the house, from the ground up. A package imports floors below its own, and nothing beside it:
// that is what keeps one slice from knowing another. A folder that stands in no floor is a fault.
var layers = [][]string{
	{"internal/outbreak"},
	{"protocols", "internal/engine/*"},
	{"internal/store", "internal/words"},
	{"internal/ledger/journal"},
	{"internal/ledger/access"},
	{"internal/ledger/task"},
	{"internal/ledger/registry"},
	{"internal/response/*"},
	{"internal/view/*"},
	{"internal/door"},
	{"internal/door/*"},
	{"internal/app"},
	{"internal/drill"},
	{"internal/testkit"},
	{"internal/cli"},
	{"cmd/*"},
}

// confined are imports that only some rooms may have, and why.
var confined = []struct {
	prefix string
	rooms  []string
	why    string
}{
	{"database/sql", []string{"internal/store", "internal/testkit"}, "SQL is spoken in the store alone"},
	{"modernc.org/sqlite", []string{"internal/store"}, "SQL drivers stand in the store alone"},
	{"github.com/jackc/pgx", []string{"internal/store"}, "SQL drivers stand in the store alone"},
	{"github.com/pressly/goose", []string{"internal/store"}, "migrations run in the store alone"},
	{"net/http", []string{"internal/door", "internal/door/*", "internal/app", "internal/drill", "internal/cli"}, "only the doors serve, only the drill and the commands ask"},
	{"math/rand", []string{"internal/drill", "internal/engine/*", "internal/testkit"}, "chance comes from a source that is handed in"},
	{"os/exec", []string{"internal/drill", "internal/testkit", "internal/cli"}, "a house in service starts no other program"},
	{"unsafe", []string{"internal/testkit"}, "nobody needs it"},
	{"C", nil, "the house builds without a C compiler"},
}

// clocks are the rooms that may ask the machine for the time.
var clocks = []string{"internal/outbreak", "internal/drill", "internal/testkit", "internal/cli"}

const module = "breakwater/"

// source is one Go file, by its path from the root of the tree.
type source struct {
	path string
	text []byte
}

// tree reads every Go file of the project.
func tree(t *testing.T) []source {
	t.Helper()
	root := filepath.Join("..", "..")
	var all []source
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && name != root || d.Name() == "testdata" || d.Name() == "node_modules") {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		all = append(all, source{filepath.ToSlash(rel), text})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// faults lists what breaks the plan of the house in a set of files.
func faults(files []source) (found []string) {
	documented := map[string]bool{}
	for _, f := range files {
		room := path.Dir(f.path)
		if strings.HasSuffix(f.path, "_test.go") {
			continue // tests may look everywhere
		}
		file, err := parser.ParseFile(token.NewFileSet(), f.path, f.text, parser.ParseComments)
		if err != nil {
			found = append(found, fmt.Sprintf("%s: %v", f.path, err))
			continue
		}
		documented[room] = documented[room] || file.Doc != nil
		at := floorOf(room)
		if at < 0 {
			found = append(found, room+" stands in no floor of the house: add it to the layers")
			continue
		}
		for _, s := range file.Imports {
			if what := wrongImport(room, at, strings.Trim(s.Path.Value, `"`)); what != "" {
				found = append(found, f.path+" "+what)
			}
		}
		found = append(found, wrongCalls(room, f.path, file)...)
	}
	for room, ok := range documented {
		if !ok {
			found = append(found, room+" has no package comment")
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func floorOf(room string) int {
	return slices.IndexFunc(layers, func(floor []string) bool { return among(room, floor) })
}

func among(room string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { ok, _ := path.Match(p, room); return ok })
}

func wrongImport(room string, at int, imported string) string {
	if own, ours := strings.CutPrefix(imported, module); ours {
		if to := floorOf(own); to >= at || to < 0 {
			return fmt.Sprintf("imports %s, which does not lie below it", own)
		}
		return ""
	}
	if room == "internal/outbreak" && strings.Contains(strings.Split(imported, "/")[0], ".") {
		return fmt.Sprintf("imports %s, but the kernel takes the standard library alone", imported)
	}
	for _, c := range confined {
		if (imported == c.prefix || strings.HasPrefix(imported, c.prefix+"/")) && !among(room, c.rooms) {
			return fmt.Sprintf("imports %s: %s", imported, c.why)
		}
	}
	return ""
}

// wrongCalls finds the time asked of the machine, servers outside of app, and text that templates would not escape.
func wrongCalls(room, name string, file *ast.File) (found []string) {
	ast.Inspect(file, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		pkg, ok := sel.X.(*ast.Ident)
		if !ok {
			return true
		}
		switch pkg.Name + "." + sel.Sel.Name {
		case "time.Now", "time.Since", "time.Until":
			if !among(room, clocks) {
				found = append(found, name+" asks the machine for the time: take a Clock")
			}
		case "http.Server", "http.ListenAndServe", "http.Serve":
			if room != "internal/app" {
				found = append(found, name+" opens a server: only app does")
			}
		case "template.HTML", "template.JS", "template.URL", "template.CSS", "template.HTMLAttr":
			found = append(found, name+" passes text that no template escapes")
		}
		return true
	})
	return found
}

func TestTheHouseStandsAsPlanned(t *testing.T) {
	files := tree(t)
	if len(files) < 100 {
		t.Fatalf("only %d files were found", len(files))
	}
	for _, f := range faults(files) {
		t.Error(f)
	}
}

// TestAPlantedFaultIsFound shows that the test above can fail: each file is sound but for one thing.
func TestAPlantedFaultIsFound(t *testing.T) {
	const doc = "// Package x is here.\npackage x\n"
	for _, c := range []struct{ path, text, want string }{
		{"internal/response/lab/a.go", doc + `import _ "breakwater/internal/response/cases"`, "does not lie below it"},
		{"internal/ledger/journal/a.go", doc + `import _ "breakwater/internal/ledger/task"`, "does not lie below it"},
		{"internal/outbreak/a.go", doc + `import _ "breakwater/internal/store"`, "does not lie below it"},
		{"internal/outbreak/a.go", doc + `import _ "github.com/jackc/pgx/v5"`, "the standard library alone"},
		{"internal/response/lab/a.go", doc + `import _ "database/sql"`, "in the store alone"},
		{"internal/response/lab/a.go", doc + `import _ "net/http"`, "only the doors serve"},
		{"internal/response/lab/a.go", doc + `import _ "math/rand/v2"`, "handed in"},
		{"internal/response/lab/a.go", doc + "import \"time\"\nvar t = time.Now()", "take a Clock"},
		{"internal/door/web/a.go", doc + "import \"net/http\"\nvar s http.Server", "only app does"},
		{"internal/door/web/a.go", doc + "import \"html/template\"\nvar h template.HTML", "no template escapes"},
		{"internal/helpers/a.go", doc, "stands in no floor"},
		{"internal/response/lab/a.go", "package x", "no package comment"},
	} {
		if got := faults([]source{{c.path, []byte(c.text)}}); len(got) != 1 || !strings.Contains(got[0], c.want) {
			t.Errorf("%s with %q: %q, want one fault with %q", c.path, c.text, got, c.want)
		}
	}
	sound := []source{{"internal/response/lab/a.go", []byte(doc + `import _ "breakwater/internal/store"`)},
		{"internal/response/lab/a_test.go", []byte("package x_test\nimport _ \"breakwater/internal/app\"")}}
	if got := faults(sound); len(got) != 0 {
		t.Errorf("sound files: %q", got)
	}
}
