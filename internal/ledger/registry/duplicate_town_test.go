package registry

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// This file invents a house's people, and lists of them written by others. It uses nothing of the project: what is wrong in the
// lists is not made of what the matcher looks for.

// soul is a row of a list and who is behind it.
type soul struct {
	who                   int
	family, given, said   string // said: the name in letters
	latin                 bool
	area                  int
	door                  string
	sex                   string
	year, month, day      int
	phone, paper, address string
	onlyYear              bool
}

func (s soul) name() string {
	switch {
	case s.said != "" && !s.latin:
		return s.said
	case s.latin:
		return s.given + " " + s.family
	}
	return s.family + s.given
}

func (s soul) birth() string {
	if s.year == 0 || s.onlyYear {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", s.year, s.month, s.day)
}

// Surnames by how many of a thousand carry them, and how they are said.
const townSurnames = `李 li 79|王 wang 76|张 zhang 71|刘 liu 54|陈 chen 47|杨 yang 32|赵 zhao 24|黄 huang 23|周 zhou 22|吴 wu 21|徐 xu 17|孙 sun 16|胡 hu 14|朱 zhu 13|高 gao 12|林 lin 12|何 he 12|郭 guo 12|马 ma 12|罗 luo 9|梁 liang 9|宋 song 8|郑 zheng 8|谢 xie 8|韩 han 7|唐 tang 7|冯 feng 7|于 yu 6|董 dong 6|萧 xiao 6|程 cheng 6|曹 cao 6|袁 yuan 5|邓 deng 5|许 xu 5|傅 fu 5|沈 shen 5|曾 zeng 5|彭 peng 5|吕 lv 5|苏 su 4|卢 lu 4|蒋 jiang 4|蔡 cai 4|贾 jia 4|丁 ding 4|魏 wei 4|薛 xue 4|叶 ye 4|阎 yan 4|余 yu 4|潘 pan 4|杜 du 4|戴 dai 4|夏 xia 4|钟 zhong 4|汪 wang 4|田 tian 4|任 ren 4|姜 jiang 4|范 fan 4|方 fang 4|石 shi 4|姚 yao 4|谭 tan 4|廖 liao 4|邹 zou 4|熊 xiong 3|金 jin 3|陆 lu 3|郝 hao 3|孔 kong 3|白 bai 3|崔 cui 3|康 kang 3|毛 mao 3|邱 qiu 3|秦 qin 3|江 jiang 3|史 shi 3|顾 gu 3|侯 hou 3|邵 shao 3|孟 meng 3|龙 long 3|万 wan 3|段 duan 3|钱 qian 3|汤 tang 3|尹 yin 3|黎 li 3|易 yi 3|常 chang 3|武 wu 3|乔 qiao 2|贺 he 2|赖 lai 2|龚 gong 2|文 wen 2`

const townGiven = `英 ying|华 hua|文 wen|明 ming|玉 yu|红 hong|金 jin|国 guo|秀 xiu|春 chun|海 hai|小 xiao|建 jian|平 ping|晓 xiao|丽 li|永 yong|军 jun|志 zhi|云 yun|林 lin|伟 wei|新 xin|梅 mei|兰 lan|荣 rong|桂 gui|芳 fang|德 de|成 cheng|生 sheng|忠 zhong|凤 feng|光 guang|良 liang|杰 jie|珍 zhen|波 bo|福 fu|家 jia|强 qiang|庆 qing|立 li|俊 jun|学 xue|清 qing|龙 long|玲 ling|宝 bao|祥 xiang|霞 xia|东 dong|辉 hui|祖 zu|燕 yan|勇 yong|世 shi|天 tian|江 jiang|莲 lian|艳 yan|斌 bin|美 mei|正 zheng|洪 hong|飞 fei|敏 min|胜 sheng|长 chang|贵 gui|松 song|超 chao|先 xian|宏 hong|峰 feng|发 fa|萍 ping|娟 juan|子 zi|涛 tao|静 jing|鹏 peng|佳 jia|雪 xue|琴 qin|慧 hui|宇 yu|阳 yang|思 si|嘉 jia|欣 xin|怡 yi|浩 hao|雨 yu|轩 xuan|涵 han|梓 zi|晨 chen|悦 yue|睿 rui|琪 qi|婷 ting|颖 ying|凯 kai|健 jian|博 bo|磊 lei|洋 yang|刚 gang|楠 nan|瑶 yao|岩 yan|帆 fan|迪 di|硕 shuo|妍 yan|桐 tong|淼 miao|骏 jun|澜 lan|翰 han|筠 yun`

// townAlike are characters that people write for one another: said alike, or drawn alike.
const townAlike = `英瑛|华花|文雯|明铭|玉钰|红虹|金今|秀绣|海每|小晓|建健|平萍|丽莉|永咏|军君|志智|云芸|林琳|伟炜|新欣|梅玫|兰岚|芳方|成诚|生声|忠中|凤风|良艮|杰洁|珍真|波泼|家佳|庆青|立力|俊峻|玲灵|霞夏|东冬|辉晖|燕艳|莲连|斌彬|敏闵|胜盛|宏弘|峰锋|娟绢|涛焘|静靖|雪血|琴芹|慧惠|宇字|阳杨|浩皓|雨语|涵函|晨辰|悦月|睿锐|琪琦|婷亭|凯楷|博搏|楠南|瑶遥|帆凡|妍研|桐同`

const townForeign = "garcia martin lopez smith jones brown taylor kim lee park schulz weber fischer popov smirnov costa pereira bianchi romano laurent moreau zielinski kovacs horvat watanabe kobayashi rahman siddiqui okonkwo adeyemi hansen johansson khoury demir oneill maclean hassan ali hussein diallo traore"

const townForeignGiven = "emma olivia noah liam lucas mia sofia hugo louis ines clara felix jonas dmitri natalia andrei katya joao beatriz matteo chiara camille etienne tomasz zofia istvan haruto sakura tariq nadia chidi ngozi soren astrid elif emre patrick siobhan yusuf leila mamadou aminata"

type townSign struct {
	text, said string
	usual      int
}

func townSigns(table string) (list []townSign) {
	for row := range strings.SplitSeq(table, "|") {
		s := townSign{usual: 1}
		_, _ = fmt.Sscan(row, &s.text, &s.said, &s.usual)
		list = append(list, s)
	}
	return list
}

// hamlet invents people.
type hamlet struct {
	*rand.Rand
	surnames, given []townSign
	sum             int
	alike           map[rune]rune
	areas           int
	last            int
	said            map[rune]string
}

func newHamlet(seed uint64, areas int) *hamlet {
	h := &hamlet{Rand: rand.New(rand.NewPCG(seed, 99)), surnames: townSigns(townSurnames), given: townSigns(townGiven), alike: map[rune]rune{}, areas: areas, said: map[rune]string{}}
	for _, s := range h.surnames {
		h.sum += s.usual
		h.said[[]rune(s.text)[0]] = s.said
	}
	for _, s := range h.given {
		h.said[[]rune(s.text)[0]] = s.said
	}
	for two := range strings.SplitSeq(townAlike, "|") {
		r := []rune(two)
		h.alike[r[0]], h.alike[r[1]] = r[1], r[0]
	}
	return h
}

func (h *hamlet) chance(p float64) bool { return h.Float64() < p }

func (h *hamlet) surname() string {
	for n := h.IntN(h.sum); ; {
		for _, s := range h.surnames {
			if n -= s.usual; n < 0 {
				return s.text
			}
		}
	}
}

func (h *hamlet) first() string {
	one := func() string { return h.given[min(h.IntN(len(h.given)), h.IntN(len(h.given)))].text }
	if h.chance(.15) {
		return one()
	}
	return one() + one()
}

func (h *hamlet) word(list string) string {
	words := strings.Fields(list)
	w := words[h.IntN(len(words))]
	return strings.ToUpper(w[:1]) + w[1:]
}

func (h *hamlet) number(n int) (s string) {
	for range n {
		s += string(rune('0' + h.IntN(10)))
	}
	return s
}

// family invents the people of one door.
func (h *hamlet) family() (all []soul) {
	home := soul{area: h.IntN(h.areas), door: h.number(7), latin: h.chance(.06), address: "街" + h.number(4) + "号"}
	home.family = h.surname()
	if home.latin {
		home.family = h.word(townForeign)
	}
	line := "13" + h.number(9)
	year := 1935 + h.IntN(45)
	all = append(all, h.person(home, year))
	if h.chance(.6) {
		partner := home
		if !home.latin {
			partner.family = h.surname()
		}
		all = append(all, h.person(partner, year+h.IntN(9)-4))
	}
	for range h.IntN(3) {
		child := h.person(home, year+21+h.IntN(16))
		all = append(all, child)
		if h.chance(.03) { // twins
			twin := h.person(home, child.year)
			twin.month, twin.day = child.month, child.day
			all = append(all, twin)
		}
	}
	for i := range all {
		if all[i].year > 2006 || h.chance(.25) {
			all[i].phone = line
		}
	}
	return all
}

func (h *hamlet) person(home soul, year int) soul {
	h.last++
	s := home
	s.who, s.year, s.month, s.day = h.last, year, 1+h.IntN(12), 1+h.IntN(28)
	s.sex = []string{"female", "male"}[h.IntN(2)]
	s.given = h.first()
	if s.latin {
		s.given = h.word(townForeignGiven)
	}
	s.phone = "15" + h.number(9)
	s.paper = "22" + h.number(4) + fmt.Sprintf("%04d%02d%02d", s.year, s.month, s.day) + h.number(4)
	if h.chance(.2) {
		s.paper = ""
	}
	if h.chance(.1) {
		s.phone = ""
	}
	return s
}

// people invents n of them, a family after the other.
func (h *hamlet) people(n int) (all []soul) {
	for len(all) < n {
		all = append(all, h.family()...)
	}
	return all[:n]
}

// spoilt is somebody as another list writes him: from memory, by ear, in a hurry.
func (h *hamlet) spoilt(s soul) soul {
	if h.chance(.20) {
		s.misname(h)
	}
	if h.chance(.15) {
		s.misdate(h)
	}
	switch {
	case h.chance(.20):
		s.phone = ""
	case h.chance(.08) && s.phone != "":
		s.phone = h.misdial(s.phone)
	case h.chance(.05):
		s.phone = "17" + h.number(9) // a new one
	}
	switch {
	case h.chance(.45):
		s.paper = ""
	case h.chance(.04) && s.paper != "":
		s.paper = h.misdial(s.paper)
	}
	if h.chance(.08) {
		s.area, s.door = h.IntN(h.areas), h.number(7) // moved
	}
	if h.chance(.3) {
		s.door = ""
	}
	if h.chance(.02) {
		s.sex = ""
	}
	return s
}

// misname writes a name wrong.
func (s *soul) misname(h *hamlet) {
	if s.latin {
		r := []rune(s.family)
		at := 1 + h.IntN(len(r)-1)
		switch h.IntN(4) {
		case 0: // one letter left out
			s.family = string(r[:at]) + string(r[at+1:])
		case 1: // one twice
			s.family = string(r[:at]) + string(r[at-1:])
		case 2: // the names exchanged
			s.family, s.given = s.given, s.family
		default:
			s.family = strings.ToUpper(s.family)
			s.given = s.given[:1]
		}
		return
	}
	switch h.IntN(5) {
	case 0: // in letters, as on a passport
		s.said = h.letters(s.family) + " " + h.letters(s.given)
	case 1: // the given name first
		s.family, s.given = s.given, s.family
	default: // by ear, or drawn alike
		r := []rune(s.given)
		for i, c := range r {
			if other, is := h.alike[c]; is {
				r[i] = other
				break
			}
		}
		s.given = string(r)
	}
}

func (h *hamlet) letters(text string) (said string) {
	for _, r := range text {
		said += h.said[r]
	}
	return said
}

// misdate writes a day of birth wrong.
func (s *soul) misdate(h *hamlet) {
	switch h.IntN(5) {
	case 0:
		if s.day <= 12 {
			s.day, s.month = s.month, s.day
			return
		}
		s.onlyYear = true
	case 1:
		s.day = 1 + h.IntN(28)
	case 2:
		s.month = 1 + h.IntN(12)
	case 3:
		s.year += []int{-10, -1, 1, 10}[h.IntN(4)]
	default:
		s.onlyYear = true
	}
}

// misdial writes a number wrong: one digit, or two exchanged.
func (h *hamlet) misdial(n string) string {
	b := []byte(n)
	at := h.IntN(len(b) - 1)
	if h.chance(.5) {
		b[at], b[at+1] = b[at+1], b[at]
	} else {
		b[at] = byte('0' + h.IntN(10))
	}
	return string(b)
}
