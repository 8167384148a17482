package exchange

import "strings"

// ourWords say which of our words a word of a list means, by field. Numbers are none of them: 1 is a man in one list and a woman in
// another, so that a person has to say it.
var ourWords = map[string]map[string]string{
	"sex": meant("male=m|male|man|boy|masculin|masculino|homme|hombre|männlich|男|男性|先生", "female=f|female|woman|girl|féminin|femenino|femme|mujer|weiblich|w|女|女性|女士",
		"other=other|x|diverse|其他|其它", "unknown=u|unk|unknown|未知|未说明|不详"),
	"outcome": meant("alive=alive|living|under treatment|in treatment|active|hospitalised|hospitalized|still ill|存活|在治|治疗中|住院|住院治疗|活着|好转",
		"recovered=recovered|recover|recovery|cured|cure|healed|discharged|discharged alive|治愈|痊愈|康复|出院|治愈出院|已出院|恢复",
		"died=died|dead|death|deceased|die|fatal|死亡|病死|病亡|已死亡|因病死亡", "unknown=unknown|unk|lost|lost to follow-up|not known|未知|不详|失访"),
	"classification": meant("confirmed=confirmed|confirmed case|lab-confirmed|lab confirmed|laboratory confirmed|laboratory-confirmed|确诊|确诊病例|实验室确诊|实验室确诊病例|阳性检测",
		"probable=probable|probable case|可能|可能病例|临床诊断|临床诊断病例", "suspected=suspected|suspect|suspected case|suspect case|疑似|疑似病例|疑似诊断",
		"not_a_case=not a case|not_a_case|discarded|excluded|排除|排除病例|非病例", "not_classified=not classified|not_classified|unclassified|pending|未分类|待分类|待诊断"),
	"severity": meant("asymptomatic=asymptomatic|asymptomatic infection|no symptoms|无症状|无症状感染者|无症状感染", "mild=mild|light|轻|轻型|轻症|轻度", "moderate=moderate|普通|普通型|中|中型|中度|中症",
		"severe=severe|serious|重|重型|重症|重度", "critical=critical|critically ill|icu|危重|危重型|危重症", "screen_positive=screen positive|screen_positive|初筛阳性|筛查阳性"),
	"origin": meant("local=local|locally acquired|indigenous|autochthonous|domestic|community|本地|本土|本地感染|本土病例", "imported=imported|import|imported case|travel|travel-related|输入|境外输入|输入性|输入病例|境外",
		"unknown=unknown|unk|未知|不详|不明"),
	"via": meant("community_screening=community screening|community_screening|screening|mass screening|社区筛查|区域筛查|全员筛查", "clinic=clinic|hospital|outpatient|fever clinic|主动就诊|门诊|发热门诊|医院",
		"entry_point=entry point|entry_point|border|airport|port of entry|口岸|入境|关口", "isolation_site=isolation site|isolation_site|centralised isolation|quarantine hotel|集中隔离|集中隔离点|隔离点",
		"home_quarantine=home quarantine|home_quarantine|home isolation|居家隔离|居家", "lockdown=lockdown|lockdown area|封控|封控区", "control=control|control area|管控|管控区",
		"closed_loop_worker=closed loop worker|closed_loop_worker|闭环|闭环人员", "unknown=unknown|unk|未知|不详"),
}

// meant parts lists of the form ours=theirs|theirs.
func meant(lists ...string) map[string]string {
	all := map[string]string{}
	for _, l := range lists {
		ours, theirs, _ := strings.Cut(l, "=")
		all[ours] = ours
		for _, w := range strings.Split(theirs, "|") {
			all[w] = ours
		}
	}
	return all
}

// foldWord makes words alike that differ in case, width, and what stands around them.
func foldWord(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～':
			return r - ('！' - '!')
		case r == '\u3000', r == '\u00a0':
			return ' '
		}
		return r
	}, s)
	return strings.ToLower(strings.Trim(strings.Join(strings.Fields(s), " "), ".:;,"))
}

// WordMeant gives which of our words a word of a field means; empty when nobody can tell.
func WordMeant(field, word string) string {
	return ourWords[strings.TrimPrefix(field, "contact_")][foldWord(word)]
}
