package exchange

import "breakwater/internal/outbreak"

// resultWords are the words laboratories use, folded like headers. A bare + or - is none: in many files "-" means that nothing is known.
var resultWords = map[string]outbreak.Result{
	"positive": outbreak.Positive, "pos": outbreak.Positive, "detected": outbreak.Positive, "阳性": outbreak.Positive, "阳": outbreak.Positive, "检出": outbreak.Positive,
	"negative": outbreak.Negative, "neg": outbreak.Negative, "notdetected": outbreak.Negative, "阴性": outbreak.Negative, "阴": outbreak.Negative, "未检出": outbreak.Negative,
	"indeterminate": outbreak.Indeterminate, "inconclusive": outbreak.Indeterminate, "equivocal": outbreak.Indeterminate, "suspicious": outbreak.Indeterminate,
	"可疑": outbreak.Indeterminate, "可疑阳性": outbreak.Indeterminate, "待复核": outbreak.Indeterminate, "灰区": outbreak.Indeterminate, "不确定": outbreak.Indeterminate,
	"invalid": outbreak.InvalidResult, "failed": outbreak.InvalidResult, "无效": outbreak.InvalidResult, "检测失败": outbreak.InvalidResult, "失败": outbreak.InvalidResult,
}

// resultCheck reads the words for a result.
var resultCheck = check{
	name:      "result",
	kinds:     []Kind{Results},
	sentences: []string{"exchange.result_unknown"},
	find: func(r *row) (Field, *outbreak.Error) {
		if r.cells[fieldResult] == "" {
			return fieldNone, nil
		}
		word, known := resultWords[foldHeader(r.cells[fieldResult])]
		if !known {
			return fieldResult, invalid("exchange.result_unknown")
		}
		r.cells[fieldResult] = string(word)
		return fieldNone, nil
	},
}
