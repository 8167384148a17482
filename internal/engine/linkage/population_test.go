package linkage_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// This file invents a population, and a second list of it as other people would have written it. It uses nothing of the room it
// tests: what is wrong with the second list is not made of what the matcher looks for.

// citizen is a row of a list, with the person behind it.
type citizen struct {
	person                     int
	family, given              string // in characters, or in letters for foreigners
	middle                     string
	foreign                    bool
	written                    string // when not empty: the name as the list writes it
	year, month, day           int
	sex, phone, kind, document string
	city, county, town         int
	home                       int
	placeless                  bool
}

// Characters with how they are said, and how usual they are as surnames.
const surnames = "王wang70 李li68 张zhang66 刘liu52 陈chen45 杨yang31 黄huang22 赵zhao23 周zhou21 吴wu20 徐xu17 孙sun15 马ma12 朱zhu12 胡hu12 郭guo11 何he11 林lin10 高gao10 罗luo9 " +
	"郑zheng9 梁liang8 谢xie7 宋song7 唐tang7 许xu6 韩han6 邓deng6 冯feng6 曹cao6 彭peng5 曾zeng5 肖xiao5 田tian5 董dong5 潘pan5 袁yuan4 蔡cai4 蒋jiang4 余yu4 于yu5 杜du4 叶ye4 " +
	"程cheng4 魏wei4 苏su4 吕lv4 丁ding4 任ren3 卢lu3 姚yao3 沈shen3 钟zhong3 姜jiang4 崔cui3 谭tan3 陆lu3 范fan3 汪wang3 廖liao3 石shi3 金jin3 韦wei2 贾jia3 夏xia3 付fu2 方fang2 邹zou2 " +
	"熊xiong2 白bai2 孟meng2 秦qin2 邱qiu2 侯hou2 江jiang2 尹yin2 薛xue2 阎yan1 段duan1 雷lei1 龙long1 黎li1 史shi1 陶tao1 贺he1 毛mao1 郝hao1 顾gu1 龚gong1 邵shao1 万wan1 单shan1 解xie1 仇qiu1"

const characters = "伟wei 芳fang 娜na 敏min 静jing 秀xiu 丽li 强qiang 磊lei 军jun 洋yang 勇yong 艳yan 杰jie 娟juan 涛tao 明ming 超chao 兰lan 霞xia 平ping 刚gang 桂gui 英ying 华hua 玉yu 萍ping 红hong " +
	"建jian 国guo 文wen 辉hui 玲ling 志zhi 海hai 春chun 梅mei 云yun 峰feng 鹏peng 飞fei 斌bin 波bo 宇yu 浩hao 凯kai 健jian 俊jun 晨chen 阳yang 欣xin 雨yu 琳lin 婷ting 雪xue 慧hui 莹ying 颖ying 佳jia 嘉jia 思si 怡yi " +
	"梓zi 轩xuan 涵han 晓xiao 小xiao 东dong 冬dong 松song 林lin 森sen 鑫xin 新xin 德de 福fu 生sheng 胜sheng 荣rong 贵gui 财cai 庆qing 祥xiang 龙long 虎hu 成cheng 诚cheng 康kang 宁ning 安an 兴xing 旺wang 丹dan 倩qian " +
	"巧qiao 凤feng 菊ju 莲lian 珍zhen 珠zhu 翠cui 素su 淑shu 惠hui 爱ai 月yue 星xing 天tian 子zi 一yi 以yi 亦yi 诺nuo 睿rui 瑞rui 博bo 昊hao 然ran 航hang 泽ze 楠nan 男nan 柏bai 乐le 朝chao 重chong 长chang"

const foreignFamilies = "garcia martinez smith johnson nguyen kim park mueller schmidt ivanov petrov silva santos rossi ferrari dubois moreau kowalski novak yamamoto tanaka suzuki ahmed hussain khan okafor mensah andersen larsen haddad kaplan oconnor murphy fitzgerald wright"
const foreignGiven = "maria jose john james anna elena ivan sergei olga carlos luis ana paulo lucia marco giulia pierre sophie jan piotr hiroshi yuki ahmed fatima omar aisha kwame ama lars ingrid stephen steven catherine katherine philip michael sarah daniel laura thomas"

type sign struct {
	text, said string
	usual      int
}

func signs(table string) (list []sign) {
	for _, w := range strings.Fields(table) {
		r := []rune(w)
		s := sign{text: string(r[0]), usual: 1}
		for _, c := range r[1:] {
			if c >= '0' && c <= '9' {
				if s.usual == 1 && !strings.Contains(w, s.said+"1") {
					s.usual = 0
				}
				s.usual = s.usual*10 + int(c-'0')
				continue
			}
			s.said += string(c)
		}
		list = append(list, s)
	}
	return list
}

// town invents people.
type town struct {
	chance   *rand.Rand
	surnames []sign
	given    []sign
	sum      int
	said     map[string]string
	next     int
	rough    float64 // how much more often than usual something is written wrong
}

func newTown(seed uint64) *town {
	t := &town{chance: rand.New(rand.NewPCG(seed, 7)), given: signs(characters), said: map[string]string{}, rough: 1}
	for _, w := range strings.Fields(surnames) {
		var n int
		text := string([]rune(w)[0])
		said := strings.TrimRight(strings.TrimPrefix(w, text), "0123456789")
		_, _ = fmt.Sscan(strings.TrimPrefix(w, text+said), &n)
		t.surnames = append(t.surnames, sign{text, said, n})
		t.sum += n
		t.said[text] = said
	}
	for _, g := range t.given {
		t.said[g.text] = g.said
	}
	return t
}

func (t *town) one(of ...string) string { return of[t.chance.IntN(len(of))] }
func (t *town) wrong(p float64) bool    { return t.happens(min(p*t.rough, .9)) }
func (t *town) happens(p float64) bool  { return t.chance.Float64() < p }
func (t *town) digits(n int) (s string) { return fmt.Sprintf("%0*d", n, t.chance.Int64N(pow10(n))) }
func (t *town) word(list string) string { return t.one(strings.Fields(list)...) }
func pow10(n int) (x int64) {
	for x = 1; n > 0; n-- {
		x *= 10
	}
	return x
}

func (t *town) surname() string {
	n := t.chance.IntN(t.sum)
	for _, s := range t.surnames {
		if n -= s.usual; n < 0 {
			return s.text
		}
	}
	return "王"
}

func (t *town) character() string {
	n := len(t.given) // the first are the usual ones
	return t.given[min(t.chance.IntN(n), t.chance.IntN(n))].text
}

func (t *town) givenName() string {
	if t.happens(.2) {
		return t.character()
	}
	return t.character() + t.character()
}

func (t *town) person(c citizen, year int) citizen {
	t.next++
	c.person = t.next
	c.sex = t.one("f", "m")
	c.year, c.month, c.day = year, 1+t.chance.IntN(12), 1+t.chance.IntN(28)
	if t.happens(.03) {
		c.month, c.day = 1, 1 // the day people get who know their year alone
	}
	if c.foreign {
		c.given, c.kind, c.document = t.word(foreignGiven), "passport", t.one("E", "G", "K")+t.digits(8)
		if t.happens(.3) {
			c.middle = t.word(foreignGiven)
		}
		return c
	}
	c.given, c.kind = t.givenName(), "id"
	c.document = fmt.Sprintf("%06d%04d%02d%02d%s", 220000+100*c.city+c.county, c.year, c.month, c.day, t.digits(4))
	return c
}

// household invents people of one home: a family, sometimes with twins whose names share a character.
func (t *town) household(home int) (all []citizen) {
	base := citizen{home: home, city: 1 + t.chance.IntN(3), county: 1 + t.chance.IntN(4), town: 1 + t.chance.IntN(12), foreign: t.happens(.08)}
	base.family = t.surname()
	if base.foreign {
		base.family = t.word(foreignFamilies)
	}
	line := "1" + t.digits(10)
	born := 1940 + t.chance.IntN(55)
	all = append(all, t.person(base, born))
	if t.happens(.7) {
		partner := base
		if !base.foreign {
			partner.family = t.surname()
		}
		all = append(all, t.person(partner, born-3+t.chance.IntN(7)))
	}
	for range t.chance.IntN(3) {
		child := t.person(base, born+22+t.chance.IntN(15))
		all = append(all, child)
		if t.happens(.04) {
			all = append(all, t.twin(child))
		}
	}
	for i := range all {
		if all[i].phone == "" {
			all[i].phone = line
		}
		if all[i].year < 2012 && t.happens(.75) {
			all[i].phone = "1" + t.digits(10)
		}
	}
	return all
}

func (t *town) twin(of citizen) citizen {
	twin := t.person(of, of.year)
	twin.month, twin.day = of.month, of.day
	if r := []rune(of.given); !of.foreign && len(r) == 2 && t.happens(.5) {
		twin.given = string(r[0]) + t.character()
	}
	for twin.given == of.given {
		twin.given = t.givenName()
	}
	if !of.foreign {
		twin.document = of.document[:14] + t.digits(4)
	}
	return twin
}

// namesake is somebody else of the same name and about the same age, sometimes a neighbour.
func (t *town) namesake(of citizen) citizen {
	c := of
	t.next++
	c.person = t.next
	c.year += t.chance.IntN(3) - 1
	c.month, c.day = 1+t.chance.IntN(12), 1+t.chance.IntN(28)
	c.phone, c.document = "1"+t.digits(10), of.document[:len(of.document)-4]+t.digits(4)
	c.home += 1_000_000
	if t.happens(.6) {
		c.town = 1 + t.chance.IntN(12)
	}
	return c
}

// lists gives a list of n people and a second list: most of them again, badly written, and others who are not in the first.
func (t *town) lists(n int) (first, second []citizen) {
	for home := 1; len(first) < n; home++ {
		for _, c := range t.household(home) {
			switch {
			case t.happens(.12): // in the second list alone: a relative of somebody in the first
				second = append(second, t.badly(c))
			default:
				first = append(first, t.carelessly(c))
				if t.happens(.6) {
					second = append(second, t.badly(c))
				}
			}
			if t.happens(.03) {
				second = append(second, t.badly(t.namesake(c)))
			}
		}
	}
	t.chance.Shuffle(len(second), func(i, j int) { second[i], second[j] = second[j], second[i] })
	return first, second
}

// carelessly leaves out what a list often lacks.
func (t *town) carelessly(c citizen) citizen {
	if t.happens(.02) {
		c.year, c.month, c.day = 0, 0, 0
	}
	if t.happens(.10) {
		c.phone = ""
	}
	if t.happens(.25) {
		c.kind, c.document = "", ""
	}
	return c
}
