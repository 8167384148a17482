package exchange

import "breakwater/internal/outbreak"

// sexes are the words and national codes (GB/T 2261) for the column sex.
var sexes = map[string]string{"": "", "男": "male", "m": "male", "male": "male", "1": "male", "男性": "male",
	"女": "female", "f": "female", "female": "female", "2": "female", "女性": "female",
	"-": "", "/": "", "无": "", "不详": "unknown", "na": "", "n/a": "",
	"other": "other", "其他": "other", "x": "other", "unknown": "unknown", "u": "unknown", "未知": "unknown", "未说明": "unknown", "0": "unknown", "9": "unknown"}

// sexCheck reads the words for sex.
var sexCheck = check{
	name:      "sex",
	kinds:     []Kind{Roster},
	sentences: []string{"exchange.sex_unknown"},
	find: func(r *row) (Field, *outbreak.Error) {
		word, known := sexes[foldHeader(r.cells[fieldSex])]
		if !known {
			return fieldSex, invalid("exchange.sex_unknown")
		}
		r.cells[fieldSex] = word
		return fieldNone, nil
	},
}
