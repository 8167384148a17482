package words

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var slotForm = regexp.MustCompile(`\{([a-z_0-9]+)\}`)

// slotsOf lists the slots of a sentence, sorted, each once.
func slotsOf(sentence string) []string {
	set := map[string]bool{}
	for _, m := range slotForm.FindAllStringSubmatch(sentence, -1) {
		set[m[1]] = true
	}
	return slices.Sorted(maps.Keys(set))
}

func TestBothLanguagesSayTheSame(t *testing.T) {
	for _, lang := range Langs {
		for _, other := range Langs {
			for _, key := range Keys(lang) {
				if !Has(other, key) {
					t.Errorf("%s stands in %s and not in %s", key, lang, other)
					continue
				}
				if a, b := slotsOf(Sentence(lang, key)), slotsOf(Sentence(other, key)); !slices.Equal(a, b) {
					t.Errorf("%s has the slots %q in %s and %q in %s", key, a, lang, b, other)
				}
			}
		}
	}
}

func TestSentencesAreWritten(t *testing.T) {
	for _, lang := range Langs {
		for _, key := range Keys(lang) {
			s := Sentence(lang, key)
			if strings.TrimSpace(s) == "" {
				t.Errorf("%s in %s is %q", key, lang, s)
			}
			if lang == Chinese && strings.ContainsAny(s, "幾個為這國說對會時過還沒") {
				t.Errorf("%s is in traditional characters: %s", key, s)
			}
		}
	}
}

// refusal is one call of Refuse with a key that is written out.
type refusal struct {
	where string
	key   string
	slots []string
	whole bool // the slots are all written out
}

// refusals finds every Refuse of a file.
func refusals(name string, text []byte) ([]refusal, error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var found []refusal
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) < 2 || !callsRefuse(call.Fun) {
			return true
		}
		key, ok := literal(call.Args[1])
		if !ok {
			return true
		}
		r := refusal{where: set.Position(call.Pos()).String(), key: key, whole: call.Ellipsis == token.NoPos}
		for i := 2; i < len(call.Args); i += 2 {
			slot, ok := literal(call.Args[i])
			r.slots, r.whole = append(r.slots, slot), r.whole && ok
		}
		found = append(found, r)
		return true
	})
	return found, nil
}

func callsRefuse(fun ast.Expr) bool {
	switch f := fun.(type) {
	case *ast.Ident:
		return f.Name == "Refuse"
	case *ast.SelectorExpr:
		x, ok := f.X.(*ast.Ident)
		return ok && x.Name == "outbreak" && f.Sel.Name == "Refuse"
	}
	return false
}

func literal(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}

// unsaid tells what is wrong with a refusal: nobody wrote the sentence, or it has slots that nobody fills.
func (r refusal) unsaid() (wrong []string) {
	for _, lang := range Langs {
		if !Has(lang, r.key) {
			wrong = append(wrong, fmt.Sprintf("%s: %s is not written in %s", r.where, r.key, lang))
			continue
		}
		for _, slot := range slotsOf(Sentence(lang, r.key)) {
			if r.whole && !slices.Contains(r.slots, slot) {
				wrong = append(wrong, fmt.Sprintf("%s: nobody fills the slot %s of %s", r.where, slot, r.key))
			}
		}
	}
	return wrong
}

func TestEveryRefusalIsASentence(t *testing.T) {
	root := filepath.Join("..", "..")
	n := 0
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && name != root || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		found, err := refusals(name, text)
		for _, r := range found {
			n++
			for _, w := range r.unsaid() {
				t.Error(w)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if n < 100 {
		t.Errorf("only %d refusals were found", n)
	}
}

func TestAnUnwrittenRefusalIsFound(t *testing.T) {
	for text, want := range map[string]int{
		`outbreak.Refuse(outbreak.Invalid, "lab.nobody_wrote_this")`:                    2,
		`outbreak.Refuse(outbreak.Conflict, "access.not_allowed")`:                      0,
		`outbreak.Refuse(outbreak.Conflict, "registry.no_area")`:                        2,
		`outbreak.Refuse(outbreak.Conflict, "registry.no_area", "code", "22")`:          0,
		`outbreak.Refuse(outbreak.Conflict, "registry.no_area", slots...)`:              0,
		`outbreak.Refuse(outbreak.Conflict, key)`:                                       0,
		`s.Refuse(ctx, "lab.nobody_wrote_this")`:                                        0,
		`outbreak.Refuse(outbreak.Conflict, "registry.no_area", "other", 1, "code", 2)`: 0,
	} {
		found, err := refusals("a.go", []byte("package x\nvar e = "+text))
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, r := range found {
			n += len(r.unsaid())
		}
		if n != want {
			t.Errorf("%s: %d faults, want %d", text, n, want)
		}
	}
}
