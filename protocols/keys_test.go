package protocols_test

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"breakwater/protocols"
)

// asked finds the places where code asks a rule book for a key written out, and beginnings of keys that are put together.
var asked = regexp.MustCompile(`(?:\.(Deadline|Duration|Number|Counts|List|Has)\(|\.(Values)\[)"([a-z0-9_.A-Z]+)"( *\+)?`)

// types says what a question expects to find under the key.
var types = map[string][]string{"Deadline": {"duration"}, "Duration": {"duration"}, "Number": {"number"}, "Counts": {"days"}, "List": {"list"}, "Has": {"list"}}

// TestCodeAsksOnlyForKeysOfTheCatalogue reads the whole program: a key that no rule book may hold would be a rule that never applies.
func TestCodeAsksOnlyForKeysOfTheCatalogue(t *testing.T) {
	root, found := os.DirFS("../internal"), 0
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		for _, m := range asked.FindAllStringSubmatch(string(text), -1) {
			how, key, begins := m[1]+m[2], m[3], m[4] != ""
			if !strings.Contains(key, ".") {
				continue // another Has or List
			}
			found++
			if begins {
				if !slices.ContainsFunc(names(), func(k string) bool { return strings.HasPrefix(k, key) }) {
					t.Errorf("%s asks for keys beginning with %q, of which there are none", name, key)
				}
				continue
			}
			k, known := protocols.Keys[key]
			if !known {
				t.Errorf("%s asks for %q, which is no key", name, key)
			} else if want := types[how]; want != nil && !slices.Contains(want, k.Type) {
				t.Errorf("%s asks with %s for %q, which is a %s", name, how, key, k.Type)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found == 0 {
		t.Error("nobody asks for anything: the pattern has grown old")
	}
}

func names() []string {
	all := make([]string, 0, len(protocols.Keys))
	for k := range protocols.Keys {
		all = append(all, k)
	}
	return all
}
