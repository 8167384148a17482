package table

import (
	"strconv"
	"strings"
)

// Age is an age as written.
type Age struct {
	Years  float64 // as years, whatever the unit
	Unit   string  // year, month, week, day, hour; empty: none is written
	Upto   float64 // of a range, its end; 0: open or no range
	Range  bool    // 60-69, 80+, <1
	Joined bool    // several units: 1岁3个月
}

var ageUnits = map[string]string{}

func init() {
	for unit, words := range map[string]string{
		"year":  "y yr yrs year years yo y/o yearold yearsold a 岁 周岁 歲 岁整 年",
		"month": "m mo mos mth mths month months monthold monthsold 月 个月 個月 月龄",
		"week":  "w wk wks week weeks weekold weeksold 周 星期",
		"day":   "d day days dayold daysold 天 日 日龄",
		"hour":  "h hr hrs hour hours 小时 小時",
	} {
		for _, w := range strings.Fields(words) {
			ageUnits[w] = unit
		}
	}
}

var unitYears = map[string]float64{"year": 1, "month": 1. / 12, "week": 7 / 365.25, "day": 1 / 365.25, "hour": 1 / 24. / 365.25, "": 1}

var agesPlain = strings.NewReplacer(" ", "", ".old", "old", ",", ".", "–", "-", "~", "-", "至", "-", "到", "-")

const oldest = 130 // years

// ReadAge reads a cell as an age; false when it is none.
func ReadAge(cell string) (Age, bool) {
	if len(cell) > mostLetters*3 {
		return Age{}, false
	}
	s := fold(cell)
	if s == "" || len(s) > 40 || (s[0] < '0' || s[0] > '9') && s[0] != '<' && s[0] != '>' && s[0] != '.' && !strings.HasPrefix(s, "≥") && !strings.HasPrefix(s, "≤") {
		return Age{}, false
	}
	s = agesPlain.Replace(s)
	var a Age
	switch {
	case strings.HasSuffix(s, "+"):
		a.Range, s = true, strings.TrimSuffix(s, "+")
	case strings.HasPrefix(s, ">"), strings.HasPrefix(s, "<"), strings.HasPrefix(s, "≥"), strings.HasPrefix(s, "≤"):
		a.Range, s = true, strings.TrimLeft(s, "<>=≥≤")
	}
	if from, upto, is := strings.Cut(s, "-"); is {
		low, _, ok := readAges(from)
		high, ok2 := Age{}, false
		if high, _, ok2 = readAges(upto); !ok || !ok2 || high.Years < low.Years && low.Unit != "" || a.Range {
			return Age{}, false
		}
		if low.Unit == "" && high.Unit != "" {
			low.Years *= unitYears[high.Unit]
			low.Unit = high.Unit
		}
		low.Range, low.Upto = true, high.Years
		return low, low.Upto >= low.Years && low.Upto <= oldest
	}
	b, parts, ok := readAges(s)
	b.Range, b.Joined = a.Range, parts > 1
	return b, ok && b.Years <= oldest
}

// readAges reads number and unit, once or several times, each unit smaller than the one before.
func readAges(s string) (a Age, parts int, ok bool) {
	last := unitYears["year"] * 2
	for s != "" {
		n := 0
		for n < len(s) && (s[n] >= '0' && s[n] <= '9' || s[n] == '.') {
			n++
		}
		number, err := strconv.ParseFloat(s[:n], 64)
		if err != nil || n > 8 {
			return Age{}, 0, false
		}
		s = s[n:]
		n = strings.IndexAny(s, "0123456789")
		if n < 0 {
			n = len(s)
		}
		word := strings.Trim(s[:n], "()和零又")
		unit, known := ageUnits[strings.TrimSuffix(word, ".")]
		if !known && word != "" || word == "" && (parts > 0 || n < len(s)) || unitYears[unit] >= last {
			return Age{}, 0, false
		}
		s = s[n:]
		a.Years += number * unitYears[unit]
		if parts == 0 {
			a.Unit = unit
		}
		last = unitYears[unit]
		parts++
	}
	return a, parts, parts > 0
}

// Ages is what a column's cells are as ages.
type Ages struct {
	Count  int     `json:"count"`
	Plain  int     `json:"plain"` // no unit is written
	Units  []Count `json:"units"` // of those with one
	Ranges int     `json:"ranges"`
	Least  float64 `json:"least"` // years
	Most   float64 `json:"most"`
}

func (a *Ages) add(age Age) {
	if a.Count++; a.Count == 1 || age.Years < a.Least {
		a.Least = age.Years
	}
	a.Most = max(a.Most, age.Years, age.Upto)
	if age.Range {
		a.Ranges++
	}
	if age.Unit == "" {
		a.Plain++
		return
	}
	a.Units = counted(a.Units, age.Unit, 8)
}

// Count is how often a word stands in a column.
type Count struct {
	Word  string `json:"word"`
	Count int    `json:"count"`
}

// counted adds a word to counts, as long as there are no more than most different ones.
func counted(list []Count, word string, most int) []Count {
	for i := range list {
		if list[i].Word == word {
			list[i].Count++
			return list
		}
	}
	if len(list) < most {
		list = append(list, Count{word, 1})
	}
	return list
}
