package exchange

import (
	"strings"

	"breakwater/internal/words"
)

// ownName finds the field of a column that is called as our own lists call it: by the field's name, by the name of the field of a case
// it becomes, or by the heading that lists of ours have in any language.
func ownName(kind Kind, name string) (string, bool) {
	n := strings.ToLower(strings.TrimSpace(name))
	for _, field := range ListFields(kind) {
		f, _ := fieldNamed(field)
		if n == f.Name || f.value != "" && n == f.value {
			return f.Name, true
		}
		for _, lang := range words.Langs {
			for _, key := range []string{"lists.field." + f.Name, "cases.field." + f.value} {
				if words.Has(lang, key) && strings.EqualFold(words.Text(lang, key, nil), n) {
					return f.Name, true
				}
			}
		}
	}
	return "", false
}
