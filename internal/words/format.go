package words

import (
	"strconv"
	"strings"
	"time"

	"breakwater/internal/outbreak"
)

// Number writes a whole number with its thousands apart: "812,233" in both languages.
func Number(lang Lang, n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "−", s[1:]
	}
	for at := len(s) - 3; at > 0; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	return sign + s
}

// Percent writes a part of a whole with one decimal; "–" when there is no whole. A part that is not the whole is never
// rounded up to 100 %, since nobody is missed only when nobody is.
func Percent(lang Lang, part, whole int64) string {
	if whole == 0 {
		return "–"
	}
	tenths := part * 1000 / whole
	if tenths == 0 && part > 0 {
		return "< 0.1%"
	}
	return strconv.FormatInt(tenths/10, 10) + "." + strconv.FormatInt(tenths%10, 10) + "%"
}

// units of a duration, the largest first, as both languages write them.
var units = []struct {
	size   time.Duration
	en, zh string
}{
	{24 * time.Hour, "d", "天"},
	{time.Hour, "h", "小时"},
	{time.Minute, "min", "分"},
	{time.Second, "s", "秒"},
}

// Duration writes a length of time in its two largest units: "5 h 20 min", "5 小时 20 分". Up to two days it counts hours,
// because the clocks of the field do. A negative length is written as a positive one: the sentence around it says which way.
func Duration(lang Lang, d time.Duration) string {
	d = d.Abs()
	first := 0
	for first < len(units)-1 && (d < units[first].size || first == 0 && d < 48*time.Hour) {
		first++
	}
	write := func(n time.Duration, u int) string {
		word := units[u].en
		if lang == Chinese {
			word = units[u].zh
			if u == 2 && first == 2 {
				word = "分钟"
			}
		}
		return strconv.FormatInt(int64(n), 10) + " " + word
	}
	whole, rest := d/units[first].size, d%units[first].size
	text := write(whole, first)
	if first < 2 {
		if second := rest / units[first+1].size; second > 0 {
			text += " " + write(second, first+1)
		}
	}
	return text
}

// Moment writes when something was or is due, in a time zone, as short as the reader's day allows: the time alone today,
// the day before it otherwise, the year when it is another one. Empty for never.
func Moment(lang Lang, i, now outbreak.Instant, zone *time.Location) string {
	if i == 0 {
		return ""
	}
	t, n := i.Time().In(zone), now.Time().In(zone)
	switch {
	case t.Year() == n.Year() && t.YearDay() == n.YearDay():
		return t.Format("15:04")
	case t.Year() == n.Year() && lang == Chinese:
		return t.Format("1月2日 15:04")
	case t.Year() == n.Year():
		return t.Format("2 Jan 15:04")
	case lang == Chinese:
		return t.Format("2006年1月2日 15:04")
	}
	return t.Format("2 Jan 2006 15:04")
}

// DayMoment is Moment with the day of today, too.
func DayMoment(lang Lang, i, now outbreak.Instant, zone *time.Location) string {
	if i == 0 {
		return ""
	}
	return DayShort(lang, i, now, zone) + i.Time().In(zone).Format(" 15:04")
}

// DayShort writes a day, with its year where that is not the year of now.
func DayShort(lang Lang, i, now outbreak.Instant, zone *time.Location) string {
	t, form := i.Time().In(zone), "2 Jan"
	if lang == Chinese {
		form = "1月2日"
	}
	if t.Year() != now.Time().In(zone).Year() {
		form = map[Lang]string{English: "2 Jan 2006", Chinese: "2006年1月2日"}[lang]
	}
	return t.Format(form)
}

// Second writes the time of day to the second, as the as-of line needs it.
func Second(lang Lang, i outbreak.Instant, zone *time.Location) string {
	if i == 0 {
		return ""
	}
	return i.Time().In(zone).Format("15:04:05")
}

// Day writes a whole date: "14 March 2022", "2022年3月14日".
func Day(lang Lang, i outbreak.Instant, zone *time.Location) string {
	if i == 0 {
		return ""
	}
	if lang == Chinese {
		return i.Time().In(zone).Format("2006年1月2日")
	}
	return i.Time().In(zone).Format("2 January 2006")
}
