package words

import (
	"testing"
	"time"

	"breakwater/internal/outbreak"
)

func TestDuration(t *testing.T) {
	for _, c := range []struct {
		d      time.Duration
		en, zh string
	}{
		{0, "0 s", "0 秒"},
		{42 * time.Second, "42 s", "42 秒"},
		{20*time.Minute + 59*time.Second, "20 min", "20 分钟"},
		{5*time.Hour + 20*time.Minute, "5 h 20 min", "5 小时 20 分"},
		{5 * time.Hour, "5 h", "5 小时"},
		{47 * time.Hour, "47 h", "47 小时"},
		{51*time.Hour + time.Minute, "2 d 3 h", "2 天 3 小时"},
		{-3 * time.Hour, "3 h", "3 小时"},
	} {
		if got := Duration(English, c.d); got != c.en {
			t.Errorf("%v in English: %q, want %q", c.d, got, c.en)
		}
		if got := Duration(Chinese, c.d); got != c.zh {
			t.Errorf("%v in Chinese: %q, want %q", c.d, got, c.zh)
		}
	}
}

func TestNumberAndPercent(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 812233: "812,233", -24000000: "−24,000,000"} {
		if got := Number(English, n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
	for _, c := range []struct {
		part, whole int64
		want        string
	}{{1, 0, "–"}, {0, 10, "0.0%"}, {1, 24_000_000, "< 0.1%"}, {23_999_999, 24_000_000, "99.9%"}, {10, 10, "100.0%"}} {
		if got := Percent(English, c.part, c.whole); got != c.want {
			t.Errorf("%d of %d: %q, want %q", c.part, c.whole, got, c.want)
		}
	}
}

func TestMomentNamesTheDayOnlyWhenItIsAnother(t *testing.T) {
	zone := time.FixedZone("CST", 8*3600)
	now := outbreak.At(time.Date(2022, 3, 14, 6, 0, 0, 0, time.UTC))
	for _, c := range []struct {
		ago    time.Duration
		en, zh string
	}{
		{0, "14:00", "14:00"},
		{20 * time.Hour, "13 Mar 18:00", "3月13日 18:00"},
		{120 * 24 * time.Hour, "14 Nov 2021 14:00", "2021年11月14日 14:00"},
	} {
		if got := Moment(English, now.Add(-c.ago), now, zone); got != c.en {
			t.Errorf("%v ago: %q, want %q", c.ago, got, c.en)
		}
		if got := Moment(Chinese, now.Add(-c.ago), now, zone); got != c.zh {
			t.Errorf("%v ago: %q, want %q", c.ago, got, c.zh)
		}
	}
	if Moment(English, 0, now, zone) != "" {
		t.Error("never has a time")
	}
}
