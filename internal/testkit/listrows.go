package testkit

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// ListRows invents the rows of a long line list, for benchmarks that take one in: the people, and what is said of their illness. The
// same seed makes the same rows.
//
// Homes of one to four, in Areas communities of which the first have most. Surnames come by their share of the population, given names of one or
// two of a hundred characters, the first of them most often. A quarter of a home share its telephone, a tenth have none; six of ten
// give a document. Copies of a hundred rows (3, unless it is said) are of somebody who stands in the list before, under another number: a third of them without the
// document, a third without the telephone, a fifth with a character written for another, a sixth with a wrong day of birth, a twelfth moved.
type ListRows struct {
	Areas  int // communities
	Copies int // of 100; 0: 3
	Seed   uint64

	r    *rand.Rand
	last int
	home []ListRow // still to come of it
	some []ListRow // of whom copies are made
}

// ListRow is one.
type ListRow struct {
	Number         string // in the list
	Area           int    // from 0
	Name           string
	Birth          string
	Sex            string
	Phone          string
	Document       string
	Occupation     string
	Onset          string
	Sampled        string
	Classification string
	Copy           bool // of somebody before
}

// rowSurnames are surnames and how many of a thousand carry them.
const rowSurnames = "王76李74张71刘54陈46杨32赵24黄22周21吴20徐18孙16胡14朱13高12林12何11郭11马11罗10梁9宋8郑8谢8韩7唐7冯7于7董6萧6程5曹5袁5邓5许5傅5沈5曾5彭4吕4苏4卢4蒋4蔡4贾4丁4魏4薛4叶4阎4余4潘4杜4戴4夏4钟3汪3田3任3姜3范3方3石3姚3谭3廖3邹3熊3金3陆3郝3孔3白3崔3康3毛3邱3秦3江3史3顾3侯3邵3孟3龙3万3段3钱3汤3尹3黎3易2常2武2乔2贺2赖2龚2文2"

// rowGiven are characters of given names, the most frequent first; two that are side by side are those that are written for one another.
const rowGiven = "英瑛华花文雯明铭玉钰红虹国果秀绣春椿海每小晓建健平萍丽莉永咏军君志智云芸林琳伟炜新欣梅玫兰岚荣容桂贵芳方德得成诚生声忠中凤风光广良亮杰洁珍真波博福富家佳强墙庆青立力俊峻学雪清轻龙隆玲灵宝保祥翔霞夏东冬辉晖燕艳勇涌天添莲连斌彬"

// Next gives the next row.
func (l *ListRows) Next() ListRow {
	if l.r == nil {
		l.r = rand.New(rand.NewPCG(l.Seed, 23))
		if l.Copies == 0 {
			l.Copies = 3
		}
	}
	l.last++
	var row ListRow
	if len(l.some) > 100 && l.r.IntN(100) < l.Copies {
		row = l.copied(l.some[l.r.IntN(len(l.some))])
	} else {
		if len(l.home) == 0 {
			l.family()
		}
		row, l.home = l.home[0], l.home[1:]
		if l.r.IntN(10) == 0 { // some of all who came are kept to be copied
			if len(l.some) < 20_000 {
				l.some = append(l.some, row)
			} else {
				l.some[l.r.IntN(len(l.some))] = row
			}
		}
	}
	row.Number = fmt.Sprintf("L%08d", l.last)
	at := l.r.IntN(60) // days of January and February
	row.Onset, row.Sampled = listDay(at), listDay(at+l.r.IntN(9))
	row.Classification = pick(l.r, "confirmed", "confirmed", "confirmed", "probable", "suspected")
	row.Occupation = pick(l.r, append([]string{"", ""}, Occupations...)...)
	return row
}

func listDay(n int) string {
	return time.Date(2022, 1, 1+n, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
}

// family makes the people of a home.
func (l *ListRows) family() {
	r := l.r
	area := min(int(r.ExpFloat64()*float64(l.Areas)/4), l.Areas-1)
	line, surname := l.phone(), l.surname()
	for range 1 + r.IntN(4) {
		born := time.Date(1930+r.IntN(90), 1, 1+r.IntN(365), 0, 0, 0, 0, time.UTC)
		p := ListRow{Area: area, Birth: born.Format(time.DateOnly), Sex: pick(r, "female", "male"), Name: surname + l.given()}
		if r.IntN(3) == 0 {
			p.Name = l.surname() + l.given()
		}
		switch n := r.IntN(20); {
		case n < 5:
			p.Phone = line
		case n < 18:
			p.Phone = l.phone()
		}
		if r.IntN(10) < 6 {
			p.Document = fmt.Sprintf("22%04d%s%04d", r.IntN(10_000), born.Format("20060102"), r.IntN(10_000))
		}
		l.home = append(l.home, p)
	}
}

func (l *ListRows) phone() string { return fmt.Sprintf("13%09d", l.r.IntN(1_000_000_000)) }

var surnamesByShare = func() (all []string) {
	runes := []rune(rowSurnames)
	for i := 0; i < len(runes); {
		surname, n := string(runes[i]), 0
		for i++; i < len(runes) && runes[i] >= '0' && runes[i] <= '9'; i++ {
			n = 10*n + int(runes[i]-'0')
		}
		for range n {
			all = append(all, surname)
		}
	}
	return all
}()

func (l *ListRows) surname() string { return pick(l.r, surnamesByShare...) }

var givenRunes = []rune(rowGiven)

func (l *ListRows) given() string {
	one := func() string {
		return string(givenRunes[min(l.r.IntN(len(givenRunes)), l.r.IntN(len(givenRunes)))])
	}
	if l.r.IntN(7) == 0 {
		return one()
	}
	return one() + one()
}

// copied is somebody as another row of the list has him.
func (l *ListRows) copied(p ListRow) ListRow {
	r := l.r
	p.Copy = true
	if r.IntN(3) == 0 {
		p.Document = ""
	}
	if r.IntN(3) == 0 {
		p.Phone = ""
	}
	if r.IntN(5) == 0 {
		name := []rune(p.Name)
		if at := strings.IndexRune(rowGiven, name[len(name)-1]) / 3; at >= 0 {
			name[len(name)-1] = givenRunes[at^1]
		}
		p.Name = string(name)
	}
	if r.IntN(6) == 0 {
		p.Birth = p.Birth[:8] + fmt.Sprintf("%02d", 1+r.IntN(28))
	}
	if r.IntN(12) == 0 {
		p.Area = r.IntN(l.Areas)
	}
	return p
}
