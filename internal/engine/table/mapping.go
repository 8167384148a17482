package table

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// Suggestion is which field a column may be.
type Suggestion struct {
	Column int      `json:"column"`
	Field  string   `json:"field"` // empty: none, or another column fits it better
	Score  float64  `json:"score"` // between 0 and 1
	Why    []string `json:"why"`
	Others []Option `json:"others"` // what else it may be
}

// Option is a field a column may be.
type Option struct {
	Field string   `json:"field"`
	Score float64  `json:"score"`
	Why   []string `json:"why"`
}

// Why a column may be a field.
const (
	WhyName     = "name"          // it is called so
	WhyWords    = "name_contains" // its name contains a name of the field
	WhyNear     = "name_near"     // but for a letter
	WhyGroup    = "last_row"      // by the last row of the header alone
	WhyMended   = "name_mended"   // by its name once the encoding was set right
	WhyFits     = "values_fit"
	WhyAgainst  = "values_against" // its values are of another kind
	WhyTaken    = "taken"          // another column fits the field better
	WhyTie      = "tie"            // another column fits it as well
	WhyContents = "values"         // by its values alone
)

const (
	enough     = 0.6 // score from which on a field is suggested
	mostOthers = 3
)

// suggest gives each column the field that fits it best, each field to one column.
func suggest(columns []Column, names []string) []Suggestion {
	type fit struct {
		column, option int
		Option
	}
	var fits []fit
	all := make([][]Option, len(columns))
	for i, c := range columns {
		all[i] = options(c, names[i])
		for j, o := range all[i] {
			fits = append(fits, fit{i, j, o})
		}
	}
	slices.SortStableFunc(fits, func(a, b fit) int { return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.column, b.column)) })
	list := make([]Suggestion, len(columns))
	taken := map[string]float64{}
	for i := range list {
		list[i].Column = i
	}
	for _, f := range fits {
		s := &list[f.column]
		if s.Field != "" || f.Score < enough {
			continue
		}
		if by, is := taken[f.Field]; is {
			if f.option == 0 {
				s.Why = []string{WhyTaken}
				if by == f.Score {
					s.Why = []string{WhyTie}
				}
			}
			continue
		}
		taken[f.Field] = f.Score
		s.Field, s.Score, s.Why = f.Field, f.Score, f.Why
	}
	for i := range list {
		for _, o := range all[i] {
			if o.Field != list[i].Field && len(list[i].Others) < mostOthers {
				list[i].Others = append(list[i].Others, o)
			}
		}
	}
	return list
}

// options are the fields a column may be, the best first.
func options(c Column, name string) (list []Option) {
	whole, last := meanings(name), []meaning(nil)
	if i := strings.LastIndex(name, " / "); i > 0 {
		last = meanings(name[i+3:])
	} else if path := pathOf(name); path != "" {
		whole, last = meanings(strings.ReplaceAll(places.ReplaceAllString(name, ""), ".", " ")), meanings(path)
	}
	for i, f := range listed {
		score, why := whole[i].score, []string{whole[i].why}
		if last != nil && last[i].score*.95 > score {
			score, why = last[i].score*.95, []string{last[i].why, WhyGroup}
		}
		if score == 0 {
			continue
		}
		if c.Mended != "" {
			why = append(why, WhyMended)
		}
		switch fits(f.holds, c) {
		case 1:
			score, why = score+(1-score)*.3, append(why, WhyFits)
		case -1:
			score, why = score*.5, append(why, WhyAgainst)
		}
		list = append(list, Option{f.name, score, why})
	}
	if len(list) == 0 && c.Kind == KindText && fits(holdsSex, c) == 1 && len(c.Values) > 1 {
		list = append(list, Option{"sex", .4, []string{WhyContents}})
	}
	slices.SortStableFunc(list, func(a, b Option) int { return cmp.Compare(b.Score, a.Score) })
	return list
}

// places are numbers in the names of programs: addresses[0].city.
var places = regexp.MustCompile(`\[[0-9]*\]`)

// pathOf is the last part of a name as programs write it, person.sex; empty when there is one part alone, or the last says nothing without
// those before it.
func pathOf(name string) string {
	name = places.ReplaceAllString(name, "")
	i := strings.LastIndexByte(name, '.')
	if i <= 0 || strings.ContainsAny(name, " \t") || slices.Contains(vague, strings.ToLower(name[i+1:])) {
		return ""
	}
	return name[i+1:]
}

var vague = []string{"", "id", "number", "no", "name", "code", "type", "value", "date", "status", "from", "to", "uuid"}

var sexes = each("m|f|male|female|man|woman|boy|girl|男|女|男性|女性|1|2|0|u|unknown|other|其他|未知")

// fits says whether a column's values are what a field holds: 1 they are, -1 they are not, 0 nobody can tell.
func fits(h holds, c Column) int {
	yes := func(is bool) int {
		if is {
			return 1
		}
		return -1
	}
	switch {
	case c.Filled == 0:
		return 0
	case h == holdsDate:
		return yes(c.Kind == KindDate)
	case h == holdsAge:
		return yes(c.Kind == KindAge || c.Kind == KindNumber && c.Numbers.Least >= 0 && c.Numbers.Most <= 999)
	case h == holdsNumber:
		return yes(c.Kind == KindNumber || c.Kind == KindAge)
	case h == holdsSex:
		return yes(c.Values != nil && !slices.ContainsFunc(c.Values, func(v Count) bool { return !slices.Contains(sexes, fold(v.Word)) }))
	case h == holdsPhone && c.Kind == KindDate:
		return -1
	case h == holdsText && c.Kind == KindDate:
		return -1
	}
	return 0
}
