package table

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestHeaders(t *testing.T) {
	for _, c := range []struct {
		name        string
		lines       []string
		first, rows int
		titles      []int
		filled      []int
		columns     []string
		data        int
	}{
		{"at once", []string{"id|name|age", "1|a b|3", "2|c d|4"}, 1, 1, nil, nil, []string{"id", "name", "age"}, 2},
		{"titles above", []string{"吉林省病例一览表||", "制表：某某|2022-03-14|", "||", "序号|姓名|年龄", "1|王伟|30", "2|李娜|31"}, 4, 1, []int{1, 2}, nil, []string{"序号", "姓名", "年龄"}, 2},
		{"merged groups above", []string{"Case|||Contact||", "id|name|onset|id|name|phone", "1|a b|2022-03-14|7|c d|123456", "2|e f|2022-03-15|8|g h|123457"}, 1, 2, nil, []int{1, 2, 4, 5},
			[]string{"Case / id", "Case / name", "Case / onset", "Contact / id", "Contact / name", "Contact / phone"}, 2},
		{"entity in every cell", []string{"Case|Case|Person|Person", "id|onset|sex|age", "1|2022-03-14|m|3", "2|2022-03-15|f|4"}, 1, 2, nil, nil, []string{"Case / id", "Case / onset", "Person / sex", "Person / age"}, 2},
		{"merged down and across", []string{"病例表||||", "姓名|性别|症状||", "||发热|咳嗽|腹泻", "王伟|男|是|否|是", "李娜|女|否|否|否"}, 2, 2, []int{1}, []int{3, 4}, []string{"姓名", "性别", "症状 / 发热", "症状 / 咳嗽", "症状 / 腹泻"}, 2},
		{"none", []string{"1|2022-03-14|3", "2|2022-03-15|4"}, 0, 0, nil, nil, []string{"", "", ""}, 2},
		{"a name twice", []string{"id|id", "K0|id", "K1|id", "K2|x", "K3|id"}, 1, 1, nil, nil, []string{"id", "id"}, 4},
		{"words only", []string{"name|city|outcome", "ann lee|york|alive", "bo wu|leeds|dead"}, 1, 1, nil, nil, []string{"name", "city", "outcome"}, 2},
	} {
		r := tableOf(c.lines...)
		var names []string
		for _, col := range r.Columns {
			names = append(names, col.Name)
		}
		h := r.Header
		if h.First != c.first || h.Rows != c.rows || !slices.Equal(h.Titles, c.titles) || !slices.Equal(h.Filled, c.filled) || !slices.Equal(names, c.columns) || r.Rows != c.data {
			t.Errorf("%s: %+v %q, %d rows", c.name, h, names, r.Rows)
		}
	}
}

func TestRepeatedColumnsAndGroups(t *testing.T) {
	r := tableOf("id|name|contact1_name|contact1_phone|contact2_name|contact2_phone|contact3_name|contact3_phone|Name|symptom 1|symptom 2", "1|a|b|2|c|3|d|4|e|x|y")
	if len(r.Repeated) != 1 || !slices.Equal(r.Repeated[0].Columns, []int{1, 8}) {
		t.Errorf("%+v", r.Repeated)
	}
	if len(r.Groups) != 2 || r.Groups[0].First != 2 || r.Groups[0].Wide != 2 || r.Groups[0].Times != 3 || r.Groups[1].First != 9 || r.Groups[1].Times != 2 {
		t.Errorf("%+v", r.Groups)
	}
}

func TestOddRows(t *testing.T) {
	r := tableOf("id|name|age", "1|a|3", "", "2|b|4|5", "id|name|age", "3|c|5", "", "")
	odd := findings(r.Odd)
	if r.Rows != 3 || odd.count(OddBlankRow) != 1 || odd.count(OddTooWide) != 1 || odd.count(OddHeader) != 1 {
		t.Errorf("%d rows, %+v", r.Rows, r.Odd)
	}
	if c := r.Columns[3]; c.Name != "" || c.Filled != 1 || c.Blank != 2 || findings(c.Odd).count(OddNameless) != 1 {
		t.Errorf("%+v", c)
	}
	if r := tableOf(); r.Rows != 0 || len(r.Columns) != 0 || r.Header.Found {
		t.Errorf("%+v", r)
	}
	if r := tableOf("id|name|age"); r.Rows != 0 || len(r.Columns) != 3 || !r.Header.Found {
		t.Errorf("%+v", r)
	}
}

func TestMappings(t *testing.T) {
	for name, field := range map[string]string{
		"Date of symptom onset": "onset", "dateOfOnset": "onset", "发病日期": "onset", "发病日期(必填)": "onset", "Onset_Date *": "onset", "患者姓名": "name", "Patient Name": "name", "Surname": "family_name",
		"Gender": "sex", "性别": "sex", "DOB": "birth", "出生年月日": "birth", "Phone No.": "phone", "联系电话": "phone", "有效证件号": "document", "现住详细地址": "address", "Occupation": "occupation",
		"人群分类": "occupation", "Date of hospitalization": "hospitalised", "入院日期": "hospitalised", "date_of_death": "died", "Lab result": "result", "核酸检测结果": "result", "Ct": "ct", "备注": "notes",
		"Agee group": "age_class", "末次接触日期": "exposed_to", "å\u008f‘ç—…æ—¥æœŸ": "onset", "病例信息 / 姓名": "name", "favourite colour": "", "x": "",
	} {
		var tab Table
		tab.Add([]string{"case id", name, "province"})
		if got := tab.Report().Mapping[1]; got.Field != field || field != "" && (got.Score < enough || len(got.Why) == 0) {
			t.Errorf("%s: %+v, want %q", name, got, field)
		}
	}
	r := tableOf("id|onset|date of onset", "1|yes|2022-03-14", "2|no|2022-03-15")
	if r.Mapping[2].Field != "onset" || r.Mapping[1].Field != "" {
		t.Errorf("the column of dates is the onset: %+v", r.Mapping)
	}
	r = tableOf("id|phone|phone", "1|123|456")
	if r.Mapping[1].Field != "phone" || r.Mapping[2].Field != "" || !slices.Contains(r.Mapping[2].Why, WhyTie) {
		t.Errorf("two of one name are a tie: %+v", r.Mapping)
	}
}

// TestSynonymsMeanOneField finds synonyms that two fields share.
func TestSynonymsMeanOneField(t *testing.T) {
	of := map[string]string{}
	for _, f := range listed {
		for _, s := range append(slices.Clone(f.words), f.han...) {
			words := wordsOf(s)
			slices.Sort(words)
			k := strings.Join(words, " ")
			if of[k] != "" && of[k] != f.name {
				t.Errorf("%q means %s and %s", s, of[k], f.name)
			}
			of[k] = f.name
		}
	}
}

// TestMemoryDoesNotGrowWithRows takes a hundred thousand rows of values that are all different.
func TestMemoryDoesNotGrowWithRows(t *testing.T) {
	var tab Table
	tab.Add([]string{"id", "name", "onset", "age", "phone", "notes"})
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	add := func(from, to int) {
		for i := from; i < to; i++ {
			tab.Add([]string{fmt.Sprint(i), fmt.Sprint("name", i), fmt.Sprintf("2022-03-%02d", i%31+1), fmt.Sprint(i % 90), fmt.Sprint(13800000000 + i), strings.Repeat("x", i%300) + fmt.Sprint(i)})
		}
	}
	add(0, 1000)
	before := heap()
	add(1000, 30_000)
	if after := heap(); after > before+256<<10 {
		t.Errorf("%d bytes after 1,000 rows, %d after 30,000", before, after)
	}
	if r := tab.Report(); r.Rows != 30_000 {
		t.Errorf("%d rows", r.Rows)
	}
}

func FuzzTable(f *testing.F) {
	f.Add("a|b\n1|2\n\n3|4|5")
	f.Add("Case||Contact|\nid|name|id|name\n1|x|2|y")
	f.Add("|||\n||\nx")
	f.Fuzz(func(t *testing.T, text string) {
		sums(t, tableOf(strings.Split(text, "\n")...))
	})
}

func BenchmarkTable(b *testing.B) {
	row := []string{"SK_14", "王伟", "男", "2022-03-14", "45", "13812345678", "220102199002031234", "长春市朝阳区某某街道"}
	var tab Table
	tab.Add([]string{"编号", "姓名", "性别", "发病日期", "年龄", "电话", "身份证号", "现住址"})
	for b.Loop() {
		tab.Add(row)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
