package registry

import (
	"slices"
	"strings"
	"sync"

	"github.com/mozillazg/go-pinyin"
)

// mostReadings is how many readings of one name are kept: characters with several would multiply.
const mostReadings = 8

// surnameReadings are surnames whose reading as a surname is not the usual one of the character, and surnames of two
// characters. Where two are in use both stand here. Compiled from the readings dictionaries give for surnames.
var surnameReadings = map[string][]string{
	"单": {"shan"}, "解": {"xie"}, "仇": {"qiu"}, "区": {"ou"}, "查": {"zha"}, "曾": {"zeng"}, "任": {"ren"}, "盖": {"ge", "gai"},
	"朴": {"piao"}, "缪": {"miao"}, "乐": {"yue", "le"}, "覃": {"qin", "tan"}, "翟": {"zhai", "di"}, "折": {"she"}, "种": {"chong"},
	"召": {"shao"}, "繁": {"po"}, "那": {"na"}, "冼": {"xian"}, "洗": {"xian"}, "牟": {"mu", "mou"}, "员": {"yun"}, "燕": {"yan"},
	"华": {"hua"}, "宁": {"ning"}, "秘": {"bi"}, "黑": {"he"}, "盛": {"sheng"}, "葛": {"ge"}, "卜": {"bu"}, "纪": {"ji"}, "尉": {"wei", "yu"},
	"晁": {"chao"}, "逄": {"pang"}, "芮": {"rui"}, "乜": {"nie"}, "能": {"nai"}, "句": {"gou"}, "哈": {"ha"}, "钻": {"zuan"}, "车": {"che"},
	"尉迟": {"yuchi"}, "长孙": {"zhangsun"}, "万俟": {"moqi"}, "令狐": {"linghu"}, "澹台": {"tantai"}, "单于": {"chanyu"}, "欧阳": {"ouyang"},
	"司马": {"sima"}, "上官": {"shangguan"}, "诸葛": {"zhuge"}, "皇甫": {"huangfu"}, "夏侯": {"xiahou"}, "慕容": {"murong"}, "宇文": {"yuwen"},
	"司徒": {"situ"}, "东方": {"dongfang"}, "南宫": {"nangong"}, "公孙": {"gongsun"}, "端木": {"duanmu"}, "独孤": {"dugu"}, "呼延": {"huyan"},
	"赫连": {"helian"}, "申屠": {"shentu"}, "淳于": {"chunyu"}, "闻人": {"wenren"}, "钟离": {"zhongli"}, "轩辕": {"xuanyuan"}, "濮阳": {"puyang"},
}

// readings gives how a name in Chinese characters may be read, without tones and gaps: first the surname as a surname, then as
// the characters are read elsewhere.
func readings(name string) []string {
	runes := []rune(name)
	var said []string
	for _, n := range []int{2, 1} {
		if len(runes) <= n {
			continue
		}
		for _, s := range surnameReadings[string(runes[:n])] {
			said = append(said, spell([]string{s}, runes[n:])...)
		}
		if said != nil {
			break
		}
	}
	said = append(said, spell([]string{""}, runes)...)
	for i, s := range said {
		said[i] = foldReading(s)
	}
	var kept []string
	for _, s := range said {
		if !slices.Contains(kept, s) {
			kept = append(kept, s)
		}
	}
	return kept[:min(len(kept), mostReadings)]
}

// known keeps the sounds of characters: the library works them out anew each time, and names are made of few characters.
var known sync.Map // rune -> []string

// sounds gives how a character is read, the usual way first; a character nobody knows a reading of stands for itself.
func sounds(r rune) []string {
	if kept, ok := known.Load(r); ok {
		return kept.([]string)
	}
	args := pinyin.NewArgs()
	args.Heteronym = true
	found := pinyin.SinglePinyin(r, args)
	if len(found) == 0 {
		found = []string{string(r)}
	}
	known.Store(r, found)
	return found
}

// spell reads characters on after what was read before; the usual readings of all come first.
func spell(before []string, runes []rune) []string {
	for _, r := range runes {
		var next []string
		for _, s := range sounds(r) { // the usual reading of this character after every way before, then the next
			for _, b := range before {
				if len(next) < mostReadings {
					next = append(next, b+s)
				}
			}
		}
		before = next
	}
	return before
}

// foldReading makes the ways alike in which the sound ü is written: lü, lv and, in passports, lyu.
func foldReading(s string) string {
	if !strings.Contains(s, "yu") {
		return s
	}
	return passportSounds.Replace(s)
}

var passportSounds = strings.NewReplacer("lyu", "lv", "nyu", "nv")
