package web

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"

	"breakwater/internal/words"
)

// TestPartsOfTheHouseHaveNames looks up the name of every part of the house that writes into the journal by itself.
func TestPartsOfTheHouseHaveNames(t *testing.T) {
	parts := regexp.MustCompile(`SystemActor\("([a-z_]+)"\)|journal\.Consumer\{Name: "([a-z_]+)"`)
	house, found := os.DirFS("../.."), 0
	err := fs.WalkDir(house, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := fs.ReadFile(house, path)
		for _, m := range parts.FindAllStringSubmatch(string(text), -1) {
			found++
			for _, lang := range words.Langs {
				if key := "web.system." + m[1] + m[2]; !words.Has(lang, key) {
					t.Errorf("%s: nobody wrote %s in %s", path, key, lang)
				}
			}
		}
		return err
	})
	if err != nil || found < 10 {
		t.Fatalf("%d parts were found: %v", found, err)
	}
}
