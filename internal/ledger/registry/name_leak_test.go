package registry

import (
	"cmp"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"breakwater/internal/outbreak"
)

// Shares of surnames in a thousand people, rounded from what the census of 2020 published for the most frequent ones; the rest
// share what is left. They make synthetic names as uneven as real ones.
var surnameShares = []struct {
	name  string
	share int
}{{"王", 72}, {"李", 71}, {"张", 68}, {"刘", 54}, {"陈", 45}, {"杨", 31}, {"黄", 22}, {"赵", 20}, {"吴", 20}, {"周", 19}, {"徐", 14}, {"孙", 14}, {"马", 13},
	{"朱", 12}, {"胡", 12}, {"郭", 11}, {"何", 11}, {"林", 11}, {"高", 10}, {"罗", 10}, {"郑", 9}, {"梁", 9}, {"谢", 8}, {"宋", 8}, {"唐", 8}, {"许", 7},
	{"邓", 7}, {"冯", 6}, {"韩", 6}, {"曹", 6}, {"曾", 6}, {"彭", 6}, {"萧", 5}, {"蔡", 5}, {"潘", 5}, {"田", 5}, {"董", 5}, {"袁", 5}, {"于", 5}, {"余", 5},
	{"叶", 4}, {"蒋", 4}, {"杜", 4}, {"苏", 4}, {"魏", 4}, {"程", 4}, {"吕", 4}, {"丁", 4}, {"沈", 4}, {"任", 4}, {"姚", 4}, {"卢", 3}, {"傅", 3}, {"钟", 3},
	{"姜", 3}, {"崔", 3}, {"谭", 3}, {"廖", 3}, {"范", 3}, {"汪", 3}, {"陆", 3}, {"金", 3}, {"石", 3}, {"戴", 3}, {"贾", 3}, {"韦", 3}, {"夏", 3}, {"邱", 3},
	{"方", 2}, {"侯", 2}, {"邹", 2}, {"熊", 2}, {"孟", 2}, {"秦", 2}, {"白", 2}, {"江", 2}, {"阎", 2}, {"薛", 2}, {"尹", 2}, {"段", 2}, {"雷", 2}, {"黎", 2}}

const givenCharacters = "伟芳娜秀敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英文华建国红玉梅志春海燕小晓宇轩子涵浩然欣怡梓萱雨泽佳琪博俊辉婷雪云龙飞凤鹏鑫斌波宁成林森" +
	"思远天佑嘉诚若曦语彤一诺可馨诗涵沐宸奕辰锦程书瑶依晨乐安康福寿德才仁义礼智信忠孝廉洁清正光荣富贵荣昌盛兴旺发达永久长"

// syntheticNames draws names: surnames by their shares, characters of given names by a law of 1/rank, a quarter of them short.
func syntheticNames(n int, seed uint64) []string {
	r := rand.New(rand.NewPCG(seed, 1))
	var surnames []string
	for _, s := range surnameShares {
		surnames = append(surnames, slices.Repeat([]string{s.name}, s.share)...)
	}
	given := []rune(givenCharacters)
	zipf := rand.NewZipf(r, 1.05, 4, uint64(len(given)-1))
	names := make([]string, n)
	for i := range names {
		name := surnames[r.IntN(len(surnames))] + string(given[zipf.Uint64()])
		if r.IntN(4) > 0 {
			name += string(given[zipf.Uint64()])
		}
		names[i] = name
	}
	return names
}

// told counts whose whole name an attacker tells who has the digests of whole names, group by group (the site, or one
// community), and knows how often each name occurs among these very people: he lays the most frequent digest of a group on the
// most frequent name, and so on down while a digest occurs more than once; of those that occur once he knows nothing. He is
// given more than the table gives away: which digests are of whole names, and exact statistics.
func told(names []string, group func(i int) int) int {
	count := map[string]int{}
	groups := map[int]map[string]int{}
	for i, n := range names {
		n = foldName(n).whole()
		count[n]++
		if groups[group(i)] == nil {
			groups[group(i)] = map[string]int{}
		}
		groups[group(i)][n]++ // equal names of a group have one digest; he sees the numbers and not the names
	}
	ranked := byCount(count, "what he knows")
	right := 0
	for _, g := range groups {
		for i, name := range byCount(g, "what he sees") {
			if g[name] < 2 {
				break
			}
			if ranked[i] == name {
				right += g[name]
			}
		}
	}
	return right
}

// byCount lists names, the most frequent first; equally frequent ones in an order of the seed.
func byCount(count map[string]int, seed string) []string {
	order := make(map[string]uint64, len(count))
	for name := range count {
		h := fnv.New64a()
		h.Write([]byte(name + seed))
		order[name] = h.Sum64()
	}
	return slices.SortedFunc(maps.Keys(count), func(a, b string) int {
		return cmp.Or(count[b]-count[a], cmp.Compare(order[a], order[b]))
	})
}

// TestWhatTheIndexOfNamesTells attacks the index of 100,000 synthetic people in communities of 3,000 by frequency: as it would
// be with one digest of a name for the whole site, and as it is. docs/rights.md tells the figures.
func TestWhatTheIndexOfNamesTells(t *testing.T) {
	const people, community = 100_000, 3_000
	names := syntheticNames(people, 1)
	site := told(names, func(int) int { return 0 })
	own := told(names, func(i int) int { return i / community })
	t.Logf("of %d people the frequencies tell the names of %d with one digest for the site, of %d as it is", people, site, own)
	if own*2 > site || own > people/100 {
		t.Errorf("the frequencies tell %d names of %d, with one digest for the site %d", own, people, site)
	}
}

// TestOneNameHasAnotherDigestNextDoor holds what the figures above rest on.
func TestOneNameHasAnotherDigestNextDoor(t *testing.T) {
	eyes := blind{keys: []ringKey{freshKey(1, 1)}, oldest: 1}
	seen := map[uint32]bool{}
	for area := range outbreak.AreaID(50) {
		for _, digest := range eyes.nameParts(area, "王小明") {
			if seen[digest] {
				t.Fatal("one digest stands in two communities")
			}
			seen[digest] = true
		}
	}
	if len(seen) != 50*len(partsOf("王小明")) {
		t.Errorf("%d digests", len(seen))
	}
}
