package exchange_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/testkit"
	"breakwater/internal/view/exchange"
	"breakwater/internal/words"
)

var now = outbreak.At(time.Date(2022, 3, 14, 12, 0, 0, 0, time.UTC))

// citizen makes a synthetic identity number that is right.
func citizen(birth string, serial int) string {
	n := fmt.Sprintf("220202%s%03d", birth, serial)
	return n + string(registry.CitizenCheck(n))
}

func check(t testing.TB, kind exchange.Kind, text string, o exchange.Options) exchange.Report {
	t.Helper()
	if o.Now == 0 {
		o.Now = now
	}
	if o.Lang == "" {
		o.Lang = words.English
	}
	r, err := exchange.Check(kind, strings.NewReader(text), o)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return r
}

func TestWhatChecksFind(t *testing.T) {
	id := citizen("19900101", 1)
	wrong := id[:17] + string("0123456789"[(id[16]-'0'+1)%10])
	if wrong == id {
		wrong = id[:16] + "9" + id[17:]
	}
	for _, c := range []struct {
		kind   exchange.Kind
		header string
		row    string
		check  string // that speaks; empty: the row is accepted
		value  string // that is shown
	}{
		{exchange.Areas, "code,name", "220000,吉林省", "", ""},
		{exchange.Areas, "code,name", "22/0000,吉林省", "code", "22/0000"},
		{exchange.Areas, "code,name", ",吉林省", "needed", ""},
		{exchange.Areas, "code,name,parent", "1,a,1", "code", "1"},
		{exchange.Areas, "code,name,population", "1,a,\"24,073,453\"", "", ""},
		{exchange.Areas, "code,name,population", "1,a,many", "number", "many"},
		{exchange.Areas, "code,name,timezone", "1,a,Asia/Shanghai", "", ""},
		{exchange.Areas, "code,name,timezone", "1,a,Beijing time", "time_zone", "Beijing time"},
		{exchange.Areas, "code,name_en", "KE,Kenya", "", ""},
		{exchange.Roster, "社区代码,姓名", "220202001,李四", "", ""},
		{exchange.Roster, "area", "220202001", "", ""},
		{exchange.Roster, "area,name,phone", "220202001,-,-", "", ""},
		{exchange.Roster, "社区代码,姓名", "220202001,李四、王五", "name", "李****"},
		{exchange.Roster, "社区代码,身份证号", "220202001," + id, "", ""},
		{exchange.Roster, "社区代码,身份证号", "220202001,'" + id, "", ""},
		{exchange.Roster, "社区代码,身份证号", "220202001,\"=\"\"" + id + "\"\"\"", "", ""},
		{exchange.Roster, "社区代码,身份证号", "２２０２０２００１,　" + id + "　", "", ""},
		{exchange.Roster, "社区代码,身份证号", "220202001,2.20202E+17", "shortened", "2.20*****17"},
		{exchange.Roster, "社区代码,身份证号", "220202001,220202199001010000", "shortened", "2202************00"},
		{exchange.Roster, "社区代码,身份证号", "220202001," + wrong, "identity", "2202************" + wrong[16:]},
		{exchange.Roster, "社区代码,身份证号", "220202001," + id[:17], "identity", "2202***********" + id[15:17]},
		{exchange.Roster, "area,document type,document number", "220202001,passport,E12345678", "", ""},
		{exchange.Roster, "area,document type,document number", "220202001,library card,77", "identity", "library card"},
		{exchange.Roster, "area,id number,birth", "220202001," + id + ",1990-01-01", "", ""},
		{exchange.Roster, "area,id number,birth", "220202001," + id + ",1990-01-02", "identity", "1*********"},
		{exchange.Roster, "area,birth", "220202001,1990年1月2日", "", ""},
		{exchange.Roster, "area,birth", "220202001,03/04/1990", "birth", "0*********"},
		{exchange.Roster, "area,birth", "220202001,32905", "birth", "3****"},
		{exchange.Roster, "area,birth", "220202001,2023-01-01", "birth", "2*********"},
		{exchange.Roster, "area,sex,age", "220202001,女,86", "", ""},
		{exchange.Roster, "area,sex", "220202001,yes", "sex", "yes"},
		{exchange.Roster, "area,age", "220202001,186", "number", "186"},
		{exchange.Roster, "area,phone", "220202001,+86 138 0000 0000", "", ""},
		{exchange.Roster, "area,phone", "220202001,13800000000/13900000000", "phone", "1380*****************00"},
		{exchange.Tubes, "tube,taken,no", "jl 0001,2022-03-14 08:30,17", "", ""},
		{exchange.Tubes, "采样管,采样时间,名册号", "JL0001,2022/3/14 8:30:00,17", "", ""},
		{exchange.Tubes, "tube,taken,no", "JL_0001,2022-03-14 08:30,17", "tube", "JL_0001"},
		{exchange.Tubes, "tube,taken,no", "JL0001,2022-03-14,17", "moment", "2022-03-14"},
		{exchange.Tubes, "tube,taken,no", "JL0001,2022-03-14T08:30:00Z,", "needed", ""},
		{exchange.Tubes, "tube,taken,person", "JL0001,2022-03-14T08:30:00Z,ABC", "member", "ABC"},
		{exchange.Tubes, "tube,taken,no", "JL0001,2022-03-17 08:30,17", "moment", "2022-03-17 08:30"},
		{exchange.Tubes, "tube,taken,no", "JL0001,2022-03-14 08:30,-1", "number", "-1"},
		{exchange.Results, "采样管,检测结果", "JL0001,阳性", "", ""},
		{exchange.Results, "tube,result", "JL0001,Inconclusive", "", ""},
		{exchange.Results, "tube,result", "JL0001,-", "result", "-"},
		{exchange.Results, "tube,result", "JL0001,", "needed", ""},
		{exchange.Results, "tube,result", "JL0001", "row", ""},
		{exchange.Results, "tube,result", "JL0001,阴性,,,", "", ""},
		{exchange.Results, "tube,result", "JL0001,阴性,x", "row", ""},
	} {
		r := check(t, c.kind, c.header+"\n"+c.row+"\n", exchange.Options{})
		switch {
		case c.check == "" && r.Accepted != 1:
			t.Errorf("%s %q: %+v", c.kind, c.row, r.Problems)
		case c.check != "" && (len(r.Problems) != 1 || r.Problems[0].Check != c.check || r.Problems[0].Value != c.value || r.Rejected != 1):
			t.Errorf("%s %q: %+v instead of %s %q", c.kind, c.row, r.Problems, c.check, c.value)
		}
		for _, p := range r.Problems {
			if strings.Contains(p.Reason, "[exchange.") || strings.Contains(p.Reason, "{") || p.Row != 2 {
				t.Errorf("%s %q: %+v", c.kind, c.row, p)
			}
		}
	}
}

func TestFilesThatAreRefused(t *testing.T) {
	u16, _ := unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder().String("area,name\n220202001,someone\n")
	for _, c := range []struct{ text, want string }{
		{"", "exchange.empty"},
		{" \n\n", "exchange.empty"},
		{"PK\x03\x04rest", "lists.book_broken"},
		{"\x1f\x8brest", "exchange.is_compressed"},
		{"%PDF-1.4", "exchange.is_binary"},
		{"\x00\x01\x02\x00binary\x00\x00\x00", "exchange.is_binary"},
		{u16, "exchange.utf16_unmarked"},
		{"area,name\n\xff\xff\xff\n", "exchange.encoding_unknown"},
		{"area,area\n1,2\n", "exchange.header_repeated"},
		{"area,社区代码\n1,2\n", "exchange.header_same_field"},
		{"name,phone\nx,1\n", "exchange.column_missing"},
		{"area,name\n1,\"open\n2,x\n", "exchange.quote_open"},
		{"area,name\n1," + strings.Repeat("x", 1<<20+1) + "\n", "exchange.row_too_long"},
		{"area,name\n1," + strings.Repeat(",", 1001) + "\n", "exchange.too_many_fields"},
		{"area,name\n" + strings.Repeat("1,x\n", 20000) + "1,\x00\n", "exchange.zero_byte"},
	} {
		_, err := exchange.Check(exchange.Roster, strings.NewReader(c.text), exchange.Options{})
		e, ok := err.(*outbreak.Error)
		if !ok || e.Msg != c.want || e.Kind != outbreak.Invalid {
			t.Errorf("%.20q: %v instead of %s", c.text, err, c.want)
			continue
		}
		for _, lang := range words.Langs {
			if s := words.Text(lang, e.Msg, e.Slots); strings.ContainsAny(s, "[{") {
				t.Errorf("%s: %s", lang, s)
			}
		}
	}
}

func TestEncodingsAndSeparatorsReadAlike(t *testing.T) {
	text := "社区代码,姓名,地址\n220202001,欧阳静,\"1号楼,\"\"东\"\"门\n二单元\"\n\n220202001,王五,2号楼\n,,\n"
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	late, _ := simplifiedchinese.GB18030.NewEncoder().String("220202001,李四,x\n")
	u16, _ := unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().String(text)
	for name, c := range map[string]struct {
		text string
		rows int
		enc  exchange.Encoding
	}{
		"utf-8":            {text, 2, exchange.UTF8},
		"utf-8 with mark":  {"\ufeff" + text, 2, exchange.UTF8},
		"gb18030":          {gb, 2, exchange.GB18030},
		"gb18030 late":     {"area,name,address\n" + strings.Repeat("220202001,x,y\n", 9000) + late, 2, exchange.GB18030},
		"utf-16":           {u16, 2, exchange.UTF16},
		"semicolons":       {"area;name;address\n1;a;b,c\n1;b;\n", 2, exchange.ASCII},
		"tabs":             {"area\tname\n1\ta\n1\tb\n", 2, exchange.ASCII},
		"separator line":   {"sep=;\narea;name\n1;a\n1;b\n", 2, exchange.ASCII},
		"carriage returns": {"area,name\r1,a\r1,b\r", 2, exchange.ASCII},
		"windows":          {"area,name\r\n1,a\r\n1,b\r\n", 2, exchange.ASCII},
		"two header rows":  {"place,someone,\narea,name,remark\n1,a,\n1,b,\n", 2, exchange.ASCII},
	} {
		r := check(t, exchange.Roster, c.text, exchange.Options{})
		if r.Accepted != c.rows || r.Rejected != 0 || r.Encoding != c.enc {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestRowsStandingTwice(t *testing.T) {
	id, other := citizen("19900101", 1), citizen("19900101", 3)
	r := check(t, exchange.Roster, "area,id number,phone\n1,"+id+",13800000000\n1,"+other+",\n1, "+id+" ,13800000000\n1,"+id+",13900000000\n", exchange.Options{})
	if r.Received != 4 || r.Accepted != 2 || r.Repeated != 1 || r.Rejected != 1 || r.Problems[0].Row != 5 {
		t.Errorf("%+v", r)
	}
	r = check(t, exchange.Roster, "area,name\n1,a\n1,b\n1,a\n1,c\n1,c\n", exchange.Options{Remember: 2})
	if r.Accepted != 4 || r.Repeated != 1 || len(r.Warnings) != 1 {
		t.Errorf("a full memory is not told: %+v", r)
	}
}

func TestRejectedRowsCanBeSentAgain(t *testing.T) {
	var back bytes.Buffer
	text := "area,name,sex,note\n1,a,m,=1+1\n1,b,?,=2+2\n2/3,c,?,\n"
	first := check(t, exchange.Roster, text, exchange.Options{Rejected: &back})
	if first.Accepted != 1 || first.Rejected != 2 {
		t.Fatalf("%+v", first)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(back.String(), "\ufeff"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 3 || strings.Join(rows[0], " ") != "area name sex note row column reason" || rows[1][3] != "'=2+2" || rows[1][4] != "3" ||
		rows[2][5] != "area; sex" {
		t.Fatalf("%q", rows)
	}
	corrected := strings.NewReplacer("?", "f", "2/3", "23").Replace(back.String())
	var none bytes.Buffer
	again := check(t, exchange.Roster, corrected, exchange.Options{Rejected: &none})
	if again.Accepted != 2 || again.Rejected != 0 || strings.Count(none.String(), "reason") != 1 || len(again.Ignored) != 1 {
		t.Errorf("%+v %q", again, none.String())
	}
}

func TestMapFileGoesFirst(t *testing.T) {
	text := "name,community,who\nBlock 4,220202001,Li\n"
	r := check(t, exchange.Roster, text, exchange.Options{Map: strings.NewReader("# ours\nname = who\nbuilding=name\n")})
	if r.Mapping["who"] != "name" || r.Mapping["name"] != "building" || r.Mapping["community"] != "area" {
		t.Errorf("%v", r.Mapping)
	}
	for text, want := range map[string]string{"nonsense": "exchange.map_line", "tube=name": "exchange.map_field", "name=nobody": "exchange.map_no_column",
		"name=who\nname=name": "exchange.map_twice"} {
		_, err := exchange.Check(exchange.Roster, strings.NewReader("name,area,who\n"), exchange.Options{Map: strings.NewReader(text)})
		if e, ok := err.(*outbreak.Error); !ok || e.Msg != want {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestReportIsStable(t *testing.T) {
	r := check(t, exchange.Results, "tube,lab,result\nA1,X,neg\n", exchange.Options{})
	body, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"kind":"results","received":1,"accepted":1,"repeated":0,"rejected":0,"mapping":{"lab":"lab","result":"result","tube":"tube"},` +
		`"problems":[],"ignored":[],"encoding":"ascii","separator":",","header_row":1,"warnings":[]}`
	if string(body) != want {
		t.Errorf("%s", body)
	}
}

func TestRealAreasAreAccepted(t *testing.T) {
	for name, want := range map[string]int{"jilin_admin_divisions_2020census.csv": 79, "jilin_streets_towns_codes.csv": 1075} {
		data, err := os.ReadFile(testkit.Shared(t, name))
		if err != nil {
			t.Fatal(err)
		}
		for enc, text := range map[string]string{"utf-8": string(data), "gb18030": gb18030(t, string(data))} {
			r := check(t, exchange.Areas, text, exchange.Options{})
			if r.Received != want || r.Accepted != want || string(r.Encoding) != enc {
				t.Errorf("%s in %s: %+v", name, enc, r)
			}
		}
	}
}

func gb18030(t testing.TB, text string) string {
	t.Helper()
	s, err := simplifiedchinese.GB18030.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func FuzzCheck(f *testing.F) {
	f.Add("area,name\n1,\"a\"\"b\"\n", uint8(1))
	f.Add("\xef\xbb\xbf采样管;检测结果\r\nJL1;阳性\r\n", uint8(3))
	f.Add("\xff\xfea\x00,\x00", uint8(0))
	f.Add("sep=;\ncode;name\n1;\xc4\xe3\n", uint8(0))
	f.Fuzz(func(t *testing.T, text string, k uint8) {
		kind := exchange.Kinds[int(k)%len(exchange.Kinds)]
		var back bytes.Buffer
		r, err := exchange.Check(kind, strings.NewReader(text), exchange.Options{Now: now, Rejected: &back})
		if err != nil {
			e, ok := err.(*outbreak.Error)
			if !ok || !words.Has(words.English, e.Msg) || !words.Has(words.Chinese, e.Msg) {
				t.Fatalf("%v", err)
			}
			return
		}
		if r.Received != r.Accepted+r.Repeated+r.Rejected || len(r.Problems) < min(r.Rejected, 1000) {
			t.Fatalf("%+v", r)
		}
		if _, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(back.String(), "\ufeff"))).ReadAll(); err != nil {
			t.Fatalf("the file of rejected rows cannot be read: %v", err)
		}
	})
}

// rosterFile writes a synthetic roll.
func rosterFile(rows int) []byte {
	var b bytes.Buffer
	b.WriteString("area,household,name,id number,sex,birth,phone\n")
	for i := range rows {
		day := time.Date(1940, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, i*7%25000)
		fmt.Fprintf(&b, "220202%03d,H%d,张%c,%s,%s,%s,138%08d\n", i%100, i/3, rune('一'+i%500), citizen(day.Format("20060102"), i/3572%1000),
			[]string{"男", "女"}[i%2], day.Format(time.DateOnly), i)
	}
	return b.Bytes()
}

func BenchmarkDryRun(b *testing.B) {
	const rows = 100_000
	file := rosterFile(rows)
	var bare, ours time.Duration
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		start := time.Now()
		r := csv.NewReader(bytes.NewReader(file))
		r.ReuseRecord = true
		for {
			if _, err := r.Read(); err == io.EOF {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
		bare += time.Since(start)
		start = time.Now()
		report, err := exchange.Check(exchange.Roster, bytes.NewReader(file), exchange.Options{Now: now})
		if err != nil || report.Received != rows || report.Rejected > 0 {
			b.Fatalf("%v %+v", err, report)
		}
		ours += time.Since(start)
	}
	b.ReportMetric(rows*float64(b.N)/ours.Seconds(), "rows/s")
	b.ReportMetric(ours.Seconds()/bare.Seconds(), "x-of-bare-csv")
}
