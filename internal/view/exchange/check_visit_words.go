package exchange

import (
	"slices"
	"strings"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
)

// visitWords are the words for where a visit is known from and what it is collected for beside our own, folded like headers.
var visitWords = map[Field]map[string]string{
	fieldSource: {"询问": "interview", "流调": "interview", "登记": "registration", "扫码": "registration", "票务": "ticket", "购票": "ticket",
		"支付": "payment", "监控": "camera", "其他": "other", "其它": "other"},
	fieldPurpose: {"": "contact_tracing", "contacttracing": "contact_tracing", "tracing": "contact_tracing", "密接追踪": "contact_tracing", "流调": "contact_tracing", "医疗救治": "care", "生活保障": "welfare"},
}

// visitWordsCheck reads where a visit is known from, which has to be said, and what it is collected for: contact tracing, unless
// the row says something else.
var visitWordsCheck = check{
	name:      "visit_words",
	kinds:     []Kind{Visits},
	sentences: []string{"registry.visit_words"},
	find: func(r *row) (Field, *outbreak.Error) {
		for _, f := range []Field{fieldSource, fieldPurpose} {
			ours := map[Field][]string{fieldSource: registry.VisitSources, fieldPurpose: registry.VisitPurposes}[f]
			word := foldHeader(r.cells[f])
			if known, is := visitWords[f][word]; is {
				word = known
			}
			if word == "" {
				word = "other" // a source nobody named
			}
			if !slices.Contains(ours, word) {
				return f, invalid("registry.visit_words", "sources", strings.Join(registry.VisitSources, ", "), "purposes", strings.Join(registry.VisitPurposes, ", "))
			}
			r.cells[f] = word
		}
		return fieldNone, nil
	},
}
