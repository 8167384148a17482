// Package words holds every sentence a person reads, in each language the product speaks.
//
// A catalogue is a folder of flat JSON files, one per room (en/lab.json, zh/lab.json); a key starts with its room's name.
// Sentences are whole, with named slots in braces; they are never joined from fragments. A test fails on keys or slots that
// one language has and another has not, and on keys the code asks for and nobody wrote.
package words

import (
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Lang is a language of the catalogue.
type Lang string

const (
	Chinese Lang = "zh"
	English Lang = "en"
)

// Langs lists the languages, the first being the default.
var Langs = []Lang{Chinese, English}

//go:embed zh/*.json en/*.json
var files embed.FS

var catalogues = load()

func load() map[Lang]map[string]string {
	all := map[Lang]map[string]string{}
	for _, lang := range Langs {
		all[lang] = map[string]string{}
		entries, err := files.ReadDir(string(lang))
		if err != nil {
			panic(err)
		}
		for _, e := range entries {
			room, _, _ := strings.Cut(e.Name(), ".") // web.json, web.lists.json
			text, err := files.ReadFile(string(lang) + "/" + e.Name())
			if err != nil {
				panic(err)
			}
			var sentences map[string]string
			if err := json.Unmarshal(text, &sentences); err != nil {
				panic(fmt.Sprintf("words/%s/%s: %v", lang, e.Name(), err))
			}
			for k, v := range sentences {
				if !strings.HasPrefix(k, room+".") {
					panic(fmt.Sprintf("words/%s/%s: key %q is of another room", lang, e.Name(), k))
				}
				all[lang][k] = v
			}
		}
	}
	return all
}

// Has tells whether the catalogue of a language has a key.
func Has(lang Lang, key string) bool {
	_, ok := catalogues[lang][key]
	return ok
}

// Keys lists all keys of a language, sorted.
func Keys(lang Lang) []string { return slices.Sorted(maps.Keys(catalogues[lang])) }

// Text gives the sentence under key with its slots filled. A key nobody wrote is shown in brackets, so that it is seen.
func Text(lang Lang, key string, slots map[string]any) string {
	s, ok := catalogues[lang][key]
	if !ok {
		return "[" + key + "]"
	}
	if !strings.Contains(s, "{") {
		return s
	}
	pairs := make([]string, 0, 2*len(slots))
	for k, v := range slots {
		pairs = append(pairs, "{"+k+"}", fmt.Sprint(v))
	}
	return strings.NewReplacer(pairs...).Replace(s)
}

// Sentence gives the raw sentence of a key, for tests and forms that fill slots themselves.
func Sentence(lang Lang, key string) string { return catalogues[lang][key] }
