package table

import (
	"slices"
	"strings"
	"unicode"
)

// holds is what a field's cells are.
type holds string

const (
	holdsText   holds = "text"
	holdsDate   holds = "date"
	holdsAge    holds = "age"
	holdsNumber holds = "number"
	holdsSex    holds = "sex"
	holdsPhone  holds = "phone"
)

// field is a field of a line list, and how people call it.
type field struct {
	name  string
	holds holds
	words []string // in English, words in any order
	han   []string
}

// called is a synonym ready for comparing.
type called struct {
	field  int
	words  []string
	joined string
}

// inEnglish and inChinese are all synonyms; Chinese ones are one word.
var inEnglish, inChinese = func() (english, chinese []called) {
	for i, f := range listed {
		for _, s := range f.words {
			w := wordsOf(s)
			english = append(english, called{i, w, strings.Join(w, "")})
		}
		for _, s := range f.han {
			chinese = append(chinese, called{i, nil, strings.ToLower(s)})
		}
	}
	return english, chinese
}()

// listed are the fields of line lists and lists of contacts. Synonyms were gathered from published line lists and forms.
var listed = []field{
	{"case_id", holdsText, each("id|case id|case number|case no|no|number|serial|case code|patient id|record id|uid|identifier|unique id|epid number|epid|visual id|local case id"), each("病例编号|编号|序号|病例号|卡片编号|个案编号|患者编号|卡片ID")},
	{"name", holdsText, each("name|full name|patient name|case name|name of patient"), each("姓名|患者姓名|病例姓名|名字|病人姓名|患者|病人")},
	{"family_name", holdsText, each("family name|last name|surname|lastname"), each("姓|姓氏")},
	{"given_name", holdsText, each("given name|first name|forename|firstname|other names|othernames"), each("名")},
	{"sex", holdsSex, each("sex|gender"), each("性别")},
	{"birth", holdsDate, each("birth|date birth|birth date|dob|birthday|born|birthdate"), each("出生日期|生日|出生年月|出生年月日")},
	{"age", holdsAge, each("age|age years|age year|years age|patient age|approximate age"), each("年龄|周岁|岁数")},
	{"age_unit", holdsText, each("age unit|age units|unit age|age type|approximate age type"), each("年龄单位")},
	{"age_class", holdsText, each("age class|age group|age band|age category|agegroup"), each("年龄组|年龄段")},
	{"phone", holdsPhone, each("phone|telephone|mobile|phone number|cell|cell phone|contact number|mobile number|msisdn"), each("电话|手机|联系电话|手机号|手机号码|联系方式|电话号码")},
	{"document", holdsText, each("document|document number|id card|identity number|national id|passport|passport number|id number|identity card|documents number"), each("身份证|身份证号|身份证号码|证件号码|证件号|有效证件号|护照号")},
	{"document_kind", holdsText, each("document kind|document type|id type"), each("证件类型|证件种类")},
	{"address", holdsText, each("address|home address|residence|street|home|residential address|address line|address line1|address address line1"), each("住址|现住址|地址|家庭住址|居住地|详细地址|现住详细地址")},
	{"area", holdsText, each("area|district|county|province|region|location|city|admin1|admin2|municipality|ward|village|zone|responsible district|responsible region|responsible community|village residence|parish residence|district residence"), each("地区|区域|县区|区县|省份|省|市|县|街道|社区|乡镇|所属地区|所属区域|现住地区")},
	{"household", holdsText, each("household|family id|household id|hh id|house|hhid"), each("户号|家庭编号|户|家庭")},
	{"occupation", holdsText, each("occupation|profession|job|work|occupation type"), each("职业|工作|人群分类|患者职业")},
	{"onset", holdsDate, each("onset|date onset|onset date|symptom onset|date symptom onset|symptom onset date|date onset symptoms|date prodrome|date first symptoms|illness onset|dos"), each("发病日期|发病时间|发病日|症状出现日期|起病日期|首发症状日期")},
	{"reported", holdsDate, each("report date|date report|date reported|reported|notification date|date notification|report|date notified|reporting date|date reporting"), each("报告日期|报告时间|上报日期|上报时间|填卡日期|医生填卡日期|录入日期")},
	{"sampled", holdsDate, each("sample date|date sample|specimen date|date specimen|collection date|date collection|swab date|date sampling|sampling date|test date|date test"), each("采样日期|采样时间|采集日期|采集时间|标本采集日期|标本采集时间|检测日期")},
	{"diagnosed", holdsDate, each("diagnosis date|date diagnosis|date diagnosed|confirmation date|date confirmation|date confirmed|diagnosis"), each("诊断日期|诊断时间|确诊日期|确诊时间|审核时间")},
	{"hospitalised", holdsDate, each("date hospitalisation|hospitalisation|date hospital|admission date|date admission|admitted|hospitalisation date|date admitted|date of hospital admission|date hospital current"), each("入院日期|住院日期|入院时间|收治日期|住院时间")},
	{"isolated", holdsDate, each("isolation date|date isolation|isolated|quarantine date|date quarantine|quarantine from|isolation from"), each("隔离日期|隔离时间|隔离开始日期")},
	{"discharged", holdsDate, each("discharge date|date discharge|discharged|recovery date|date recovery"), each("出院日期|出院时间|治愈日期|解除隔离日期")},
	{"died", holdsDate, each("death date|date death|died|date died|deceased date"), each("死亡日期|死亡时间")},
	{"outcome_date", holdsDate, each("outcome date|date outcome"), each("结局日期|转归日期|转归时间")},
	{"outcome", holdsText, each("outcome|final outcome|status outcome|vital status|alive dead|outcome id|health outcome|final status|status final"), each("结局|转归|预后|疾病转归")},
	{"classification", holdsText, each("classification|case classification|case definition|case status|status|case class|epi case def|case def|classification id"), each("病例分类|诊断类型|分类|病例类型|诊断状态")},
	{"severity", holdsText, each("severity|clinical severity|clinical status"), each("临床严重程度|严重程度|临床分型|病情|病情程度")},
	{"symptoms", holdsText, each("symptoms|symptom|clinical signs|signs symptoms|complaints"), each("症状|临床表现|临床症状|主要症状")},
	{"complications", holdsText, each("complications|complication"), each("并发症")},
	{"hospital", holdsText, each("hospital|facility|health facility|hospital location|treating hospital|facility name|hospital current|current hospital"), each("医院|就诊医院|收治医院|报告单位|医疗机构|就诊机构")},
	{"exposed_from", holdsDate, each("exposure start|start exposure|date start exposure|exposure from|first exposure|exposure date|date exposure"), each("暴露开始日期|首次暴露日期|首次接触日期|暴露日期|接触日期")},
	{"exposed_to", holdsDate, each("exposure end|end exposure|date end exposure|exposure to|last exposure|last contact|date last contact|last contact date"), each("暴露结束日期|末次暴露日期|末次接触日期|最后接触日期")},
	{"exposure", holdsText, each("exposure|exposure setting|setting|exposure type|exposure type id|mode exposure|context"), each("暴露方式|接触方式|暴露类型|感染来源|接触史|接触类型")},
	{"setting", holdsText, each("exposure place|place exposure|exposure location|contact setting|contact place|place contact"), each("接触地点|暴露地点|接触场所|暴露场所|感染场所")},
	{"relation", holdsText, each("relation|relationship|relation to case|relationship to case|relationship case|relation case|kinship"), each("与病例关系|与病例的关系|关系|与患者关系|与感染者关系|亲属关系")},
	{"origin", holdsText, each("origin|case origin|imported local|local imported"), each("病例来源|本土或输入|是否输入|输入类型")},
	{"cluster", holdsText, each("cluster|cluster id|cluster name|cluster number|transmission chain"), each("聚集性疫情|聚集性疫情名称|聚集性疫情编号|聚集疫情|传播链")},
	{"via", holdsText, each("found via|how found|detected via|detection mode|mode detection|case finding|detection method"), each("发现途径|发现方式|病例发现方式|发现渠道")},
	{"infected_in", holdsText, each("place infection|place infected|place infect|infection place|imported"), each("感染地点|感染地|输入来源")},
	{"infector", holdsText, each("infector|source case|infector id|source|from|source id|infected by|case contact"), each("传染源|感染者|上代病例|关联病例|接触病例|感染来源编号|传染源编号|上代病例编号")},
	{"contact", holdsText, each("contact|contact id|to|contact name|infectee"), each("密接|密切接触者|接触者|密接姓名|密接者姓名")},
	{"test", holdsText, each("test|test type|assay|test name|test method"), each("检测方法|检测项目|检测类型")},
	{"result", holdsText, each("result|test result|lab result|pcr result|pcr|laboratory result"), each("结果|检测结果|核酸结果|核酸检测结果|检验结果")},
	{"ct", holdsNumber, each("ct|ct value|cycle threshold|cq"), each("ct值|Ct值")},
	{"vaccinated", holdsText, each("vaccinated|vaccination|vaccine|doses|vaccination status"), each("接种|疫苗接种史|疫苗接种情况|接种剂次|是否接种")},
	{"lat", holdsNumber, each("lat|latitude|lat y"), each("纬度")},
	{"lon", holdsNumber, each("lon|long|longitude|lng"), each("经度")},
	{"notes", holdsText, each("notes|note|remarks|comments|comment|remark"), each("备注|说明|其他")},
}

// each parts synonyms.
func each(list string) []string { return strings.Split(list, "|") }

// FieldNames lists the fields that are suggested.
func FieldNames() []string {
	all := make([]string, len(listed))
	for i, f := range listed {
		all[i] = f.name
	}
	return all
}

// short are words that people write short or in other ways.
var short = map[string]string{"dt": "date", "dte": "date", "dates": "date", "hosp": "hospital", "loc": "location", "diag": "diagnosis", "dx": "diagnosis", "exp": "exposure", "tel": "phone",
	"num": "number", "nr": "number", "no": "number", "#": "number", "hospitalization": "hospitalisation", "hospitalized": "hospitalisation", "hospitalised": "hospitalisation", "ctry": "country",
	"addr": "address", "addresses": "address", "res": "residence", "yrs": "years", "yr": "year", "sympt": "symptom", "sx": "symptom", "vax": "vaccinated", "fname": "first name", "lname": "last name", "surname": "surname", "idno": "id number"}

// idle are words that change nothing.
var idle = []string{"of", "the", "a", "an", "in", "and", "s", "case's", "patient's"}

// wordsOf parts a name into its words: at signs, at changes from small to capital letters; remarks in brackets are dropped.
func wordsOf(name string) (list []string) {
	if i := strings.IndexAny(name, "(（["); i > 0 {
		name = name[:i]
	}
	var b strings.Builder
	before := ' '
	for _, r := range name {
		switch {
		case unicode.IsUpper(r) && unicode.IsLower(before):
			b.WriteByte(' ')
			b.WriteRune(r)
		case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '#':
			b.WriteRune(r)
		default:
			b.WriteByte(' ')
		}
		before = r
	}
	for _, w := range strings.Fields(fold(b.String())) {
		if s := short[w]; s != "" {
			w = s
		}
		for _, v := range strings.Fields(w) {
			if !slices.Contains(idle, v) {
				list = append(list, v)
			}
		}
	}
	return list
}

// foldName makes names alike that differ in case, signs and remarks alone.
func foldName(name string) string { return strings.Join(wordsOf(name), " ") }
