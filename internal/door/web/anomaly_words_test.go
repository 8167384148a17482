package web

import (
	"testing"

	"breakwater/internal/response/screening"
	"breakwater/internal/words"
)

// TestWhatCameWithAnAnomalyIsSaidInWords gives each kind what the screening slice keeps of it.
func TestWhatCameWithAnAnomalyIsSaidInWords(t *testing.T) {
	for _, c := range []struct{ what, content, en, zh string }{
		{screening.Overfull, "[7341 7342]", "Numbers on the roll: 7341, 7342", "名单序号：7341，7342"},
		{screening.EmptyTube, "[]", "", ""},
		{screening.DuplicatePerson, "1748", "Number on the roll: 1748", "名单序号：1748"},
		{screening.CountDiffers, "9/10", "9 swabs counted, 10 people registered", "清点拭子 9 支，登记 10 人"},
		{screening.MixedHouseholds, "3", "3 households", "涉及 3 户"},
		{screening.SerialCheck, "AB0000012", "", ""},
		{screening.Orphan, "received", "Booked in at a laboratory", "检测机构已收样"},
		{screening.Orphan, "negative", "Result: negative", "结果：阴性"},
		{screening.UnknownDevice, "17 0CPAET31T08000", "Device 17", "设备 17"},
		{screening.LookAlike, "user:7 · 25 / 10m0s", "Li Hua: 25 within 10 min", "Li Hua：10 分钟内 25 人"},
		{screening.LookAlike, "user:7 · 1200 / away", "Li Hua: 1,200 as “Away” for one reason", "Li Hua：以同一理由登记“外出” 1,200 人"},
		{screening.LookAlike, "as it came", "as it came", "as it came"},
	} {
		for lang, want := range map[words.Lang]string{words.English: c.en, words.Chinese: c.zh} {
			v := &View{Lang: lang, who: func(string) string { return "Li Hua" }}
			if got := v.Found(screening.Anomaly{What: c.what, Content: c.content}); got != want {
				t.Errorf("%s of %s in %s: %q, want %q", c.content, c.what, lang, got, want)
			}
		}
	}
}
