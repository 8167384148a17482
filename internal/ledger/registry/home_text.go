package registry

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// door is what of an address says behind which door somebody lives.
type door struct {
	key      string // the same for every way of writing it; empty: the address does not say
	compound string // the estate, where building, unit and door are named; empty: not said
}

// near tells that two addresses of one key may be one door: estates that are both named must not be two.
func (d door) near(e door) bool {
	return d.key != "" && d.key == e.key && (d.compound == "" || e.compound == "" || strings.HasSuffix(d.compound, e.compound) || strings.HasSuffix(e.compound, d.compound))
}

var (
	hanNumber = regexp.MustCompile(`[一二三四五六七八九十]{1,3}(号楼|号院|栋|幢|座|单元|门|室|户|号)`)
	buildings = regexp.MustCompile(`([0-9]{1,4}[a-z]?)(?:号楼|#楼|#|栋|幢|座)`)
	units     = regexp.MustCompile(`([0-9]{1,2}|[a-z])(?:单元|门)`)
	rooms     = regexp.MustCompile(`([0-9]{1,4}[a-z]?)(?:室|户|房|号房)?$`)
	dashed    = regexp.MustCompile(`([0-9]{1,4})-(?:([0-9]{1,2})-)?([0-9]{2,4}[a-z]?)(?:室|号|户)?$`)
	ofStreets = strings.NewReplacer("street", "st", "road", "rd", "avenue", "ave", "lane", "ln", "drive", "dr", "apartment", "flat", "apt", "flat", "unit", "flat", "building", "bldg", "number", "no")
)

const shortestAddress = 6 // characters of an address that names no building, unit and door

// doorOf reads an address: 阳光花园3号楼2单元501室, 阳光花园三栋2单元501 and 阳光花园3-2-501 are one door, and so are 12 High Street, Flat 3 and
// flat 3 12 high st. An address without a number is none.
func doorOf(address string) door {
	text := foldAddress(address)
	if m := dashed.FindStringSubmatchIndex(text); m != nil {
		unit := ""
		if m[4] >= 0 {
			unit = text[m[4]:m[5]]
		}
		return door{key: "door " + text[m[2]:m[3]] + "/" + unit + "/" + text[m[6]:m[7]], compound: estate(text[:m[0]])}
	}
	if b := buildings.FindStringSubmatchIndex(text); b != nil {
		rest, unit := text[b[1]:], ""
		if u := units.FindStringSubmatchIndex(rest); u != nil {
			unit, rest = rest[u[2]:u[3]], rest[u[1]:]
		}
		if r := rooms.FindStringSubmatch(rest); r != nil {
			return door{key: "door " + text[b[2]:b[3]] + "/" + unit + "/" + r[1], compound: estate(text[:b[0]])}
		}
		return door{}
	}
	plain := strings.ReplaceAll(text, "-", "")
	if len([]rune(plain)) < shortestAddress || !strings.ContainsFunc(plain, unicode.IsDigit) {
		return door{}
	}
	return door{key: "text " + wordsInOrder(text)}
}

// foldAddress makes addresses alike that people write differently: one width and letter case, numbers in digits, no gaps but hyphens
// between numbers. Words written in letters keep a space between them.
func foldAddress(address string) string {
	text := ofStreets.Replace(strings.ToLower(norm.NFKC.String(address)))
	text = hanNumber.ReplaceAllStringFunc(text, func(s string) string {
		i := strings.IndexFunc(s, func(r rune) bool { return !strings.ContainsRune("一二三四五六七八九十", r) })
		return strconv.Itoa(hanDigits(s[:i])) + s[i:]
	})
	var b strings.Builder
	gap := false
	var last rune
	for _, r := range text {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '#':
			if gap && last < 128 && r < 128 && b.Len() > 0 {
				b.WriteByte(' ')
			}
			b.WriteRune(r)
			gap, last = false, r
		case (r == '-' || r == '－' || r == '—') && unicode.IsDigit(last):
			b.WriteByte('-')
			gap, last = false, '-'
		default:
			gap = true
		}
	}
	return strings.Trim(b.String(), "-")
}

// hanDigits reads a number of one to three characters, up to 99.
func hanDigits(s string) (n int) {
	for _, r := range s {
		if r == '十' {
			n = max(n, 1) * 10
			continue
		}
		n += strings.Index("一二三四五六七八九", string(r))/3 + 1
	}
	return n
}

// estate is the last name before the number of a building.
func estate(before string) string {
	i := strings.LastIndexFunc(before, func(r rune) bool { return unicode.IsDigit(r) || strings.ContainsRune("路街巷号弄", r) })
	if i >= 0 {
		_, size := utf8.DecodeRuneInString(before[i:])
		before = before[i+size:]
	}
	return strings.TrimSpace(before)
}

// wordsInOrder puts the words of an address written in letters in an order of their own: people begin with the flat or with the street.
func wordsInOrder(text string) string {
	words := strings.Fields(text)
	if len(words) < 2 {
		return text
	}
	var parts []string
	for i := 0; i < len(words); i++ {
		if words[i] == "flat" && i+1 < len(words) {
			parts = append(parts, "flat "+words[i+1])
			i++
			continue
		}
		if n := len(parts); n > 0 && !strings.HasPrefix(parts[n-1], "flat ") {
			parts[n-1] += " " + words[i]
			continue
		}
		parts = append(parts, words[i])
	}
	if len(parts) == 2 && strings.HasPrefix(parts[1], "flat ") {
		parts[0], parts[1] = parts[1], parts[0]
	}
	return strings.Join(parts, " ")
}
