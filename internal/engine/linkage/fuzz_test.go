package linkage

import (
	"math"
	"strings"
	"testing"
)

// FuzzComparing feeds the comparators anything and asks for what must always hold.
func FuzzComparing(f *testing.F) {
	f.Add("王 伟", "wei wang", "wangwei", "wangwei", 1990, 2, 3, "13812345678", "220102199002031234", "/22/2202/")
	f.Add("josé garcia", "garcia jose", "", "", 0, 0, 0, "1", "E1234****", "")
	f.Add("\xff\xfe", strings.Repeat("a ", 200), "x", "", -5, 99, 99, "++", "*****", "////")
	m := estimate(map[uint32]int{}, newAgreement(), 1, 100)
	f.Fuzz(func(t *testing.T, one, other, said, heard string, year, month, day int, phone, document, area string) {
		a := prepare(Record{Name: Name{strings.Fields(one), strings.Fields(said)}, Birth: Date{year, month, day}, Phone: phone, Document: document, Area: area, Household: said, Sex: heard})
		b := prepare(Record{Name: Name{strings.Fields(other), strings.Fields(heard)}, Birth: Date{year, day, month}, Phone: document, Document: phone, Area: said, Household: said, Sex: heard})
		p, q := compare(a, b), compare(b, a)
		if p != q {
			t.Errorf("%v one way, %v the other", p, q)
		}
		if unpacked(p.packed()) != p {
			t.Errorf("%v packed and unpacked is %v", p, unpacked(p.packed()))
		}
		for field, l := range compare(a, a) {
			if l != Missing && l < Field(field).best() && Field(field) != FieldBirth && Field(field) != FieldPlace && !strings.Contains(a.Document, "*") && a.Phone == "" {
				t.Errorf("%s of a record and itself: %s", Field(field), Field(field).LevelName(l))
			}
		}
		if w := m.weight(a, b, p); math.IsNaN(w) || math.IsInf(w, 0) {
			t.Errorf("%v weighs %v", p, w)
		}
		if s := alike(a.runes, b.runes); s < 0 || s > 1.0000001 {
			t.Errorf("%q and %q are %v alike", one, other, s)
		}
		if slip(a.runes, b.runes) != slip(b.runes, a.runes) || slip(a.runes, a.runes) {
			t.Errorf("a slip between %q and %q is not symmetric", one, other)
		}
		if n := len(keysOf(a)); n > 80 {
			t.Errorf("%d keys", n)
		}
	})
}

func TestComparators(t *testing.T) {
	han := func(name, readings string) *ready {
		return prepare(Record{Name: Name{[]string{name}, strings.Fields(readings)}})
	}
	latin := func(name string) *ready { return prepare(Record{Name: Name{Words: strings.Fields(name)}}) }
	for _, c := range []struct {
		a, b *ready
		want Level
	}{
		{han("王伟", "wangwei"), han("王伟", "wangwei"), NameSame},
		{han("王伟", "wangwei"), han("伟王", "weiwang"), NameOrder},
		{han("王伟", "wangwei"), han("王威", "wangwei"), NameSound},
		{han("单雄", "danxiong shanxiong chanxiong"), latin("xiong shan"), NameSound},
		{han("王伟", "wangwei"), latin("wei wang"), NameSound},
		{han("李建国", "lijianguo"), latin("jiangou li"), NameTypo},
		{han("李建国", "lijianguo"), latin("liu jianguo"), NameTypo},
		{han("李建国", "lijianguo"), latin("li jinguang"), NameAlike},
		{han("李建国", "lijianguo"), latin("li jianguoo"), NameTypo},
		{han("李建国", "lijianguo"), han("李建军", "lijianjun"), NameCharacter},
		{han("李建国", "lijianguo"), han("李国", "liguo"), NameCharacter},
		{han("王伟", "wangwei"), han("王芳", "wangfang"), NamePart},
		{han("王伟", "wangwei"), latin("fang wang"), NamePart},
		{han("王伟", "wangwei"), han("李芳", "lifang"), NameDifferent},
		{latin("maria garcia"), latin("garcia maria"), NameOrder},
		{latin("maria garcia"), latin("maria garzia"), NameTypo},
		{latin("maria elena garcia"), latin("maria garcia"), NameShorter},
		{latin("maria e garcia"), latin("maria elena garcia"), NameShorter},
		{latin("stephen phillips"), latin("stefen filips"), NameAlike},
		{latin("maria garcia"), latin("carlos garcia"), NamePart},
		{latin("maria garcia"), latin("john smith"), NameDifferent},
		{latin("maria garcia"), latin(""), Missing},
	} {
		if got := compareNames(c.a, c.b); got != c.want {
			t.Errorf("%q and %q: %s, want %s", c.a.whole, c.b.whole, FieldName.LevelName(got), FieldName.LevelName(c.want))
		}
	}
	for _, c := range []struct {
		a, b Date
		want Level
	}{
		{Date{1990, 2, 3}, Date{1990, 2, 3}, BirthSame}, {Date{1990, 2, 3}, Date{1990, 3, 2}, BirthSwapped}, {Date{1990, 2, 3}, Date{1991, 2, 3}, BirthOnePart},
		{Date{1990, 2, 3}, Date{1990, 0, 0}, BirthYear}, {Date{1990, 2, 3}, Date{1991, 0, 0}, BirthNear}, {Date{1990, 2, 3}, Date{1990, 7, 8}, BirthNear},
		{Date{1990, 2, 3}, Date{1972, 7, 8}, BirthDifferent}, {Date{1990, 2, 3}, Date{}, Missing}, {Date{1990, 2, 0}, Date{1990, 5, 0}, BirthNear},
	} {
		if got := compareBirths(c.a, c.b); got != c.want {
			t.Errorf("%v and %v: %s, want %s", c.a, c.b, FieldBirth.LevelName(got), FieldBirth.LevelName(c.want))
		}
	}
	for _, c := range []struct {
		a, b string
		want Level
	}{
		{"13812345678", "8613812345678", NumberSame}, {"13812345678", "5678", NumberTail}, {"13812345678", "13812345687", NumberSlip}, {"13812345678", "13900001111", NumberDifferent}, {"13812345678", "12", Missing},
	} {
		if got := comparePhones(c.a, c.b); got != c.want {
			t.Errorf("%s and %s: %s, want %s", c.a, c.b, FieldPhone.LevelName(got), FieldPhone.LevelName(c.want))
		}
	}
	for _, c := range []struct {
		a, b, kind string
		want       Level
	}{
		{"E12345678", "e 1234-5678", "", NumberSame}, {"E12345678", "E12354678", "", NumberSlip}, {"E12345678", "E1***5678", "", NumberTail}, {"E12345678", "E1***5679", "", NumberDifferent},
		{"E12345678", "E12345678", "permit", Missing}, {"E12345678", "*********", "", Missing},
	} {
		a, b := prepare(Record{Document: c.a}), prepare(Record{Document: c.b, DocumentKind: c.kind})
		if got := compareDocuments(a, b); got != c.want {
			t.Errorf("%s and %s: %s, want %s", c.a, c.b, FieldDocument.LevelName(got), FieldDocument.LevelName(c.want))
		}
	}
}
