package reconcile

import "strings"

// fieldOf gives our name for a field that a column of a messy table was found to be; the other fields have the same name here.
func fieldOf(found string) string {
	if found == "case_id" {
		return Number
	}
	return found
}

// Fields of a list that say who it is about. They are sealed and compared by digests; the others are fields of cases.
const (
	Number     = "number" // of the row in the party's own list
	Name       = "name"
	FamilyName = "family_name"
	GivenName  = "given_name"
	Document   = "document"
	Phone      = "phone"
	Birth      = "birth"
	AreaCode   = "area"
	Address    = "address"
)

// IdentityFields lists them in the order of a form.
var IdentityFields = []string{Number, Name, FamilyName, GivenName, Document, Phone, Birth, AreaCode, Address}

// synonyms are words of lists in use for words of ours, by field. A party's own codes go before them.
var synonyms = map[string]map[string]string{
	"sex": {"m": "male", "f": "female", "男": "male", "女": "female", "男性": "male", "女性": "female", "1": "male", "2": "female"},
	"classification": {"确诊": "confirmed", "确诊病例": "confirmed", "实验室确诊": "confirmed", "疑似": "suspected", "疑似病例": "suspected", "临床诊断": "probable", "临床诊断病例": "probable",
		"suspect": "suspected", "case": "confirmed", "conf": "confirmed"},
	"severity": {"无症状": "asymptomatic", "无症状感染者": "asymptomatic", "轻型": "mild", "轻症": "mild", "普通型": "moderate", "中型": "moderate", "重型": "severe", "重症": "severe", "危重型": "critical", "危重": "critical"},
	"outcome":  {"存活": "alive", "治愈": "recovered", "康复": "recovered", "痊愈": "recovered", "死亡": "died", "dead": "died", "deceased": "died", "death": "died", "survived": "alive", "discharged": "recovered", "recover": "recovered"},
	"origin":   {"本土": "local", "本地": "local", "输入": "imported", "境外输入": "imported"},
}

// wordOf gives our word for a cell; what is not known stays as it is written, and so differs.
func wordOf(f Field, codes map[string]string, cell string) string {
	if ours, said := codes[cell]; said {
		return ours
	}
	plain := strings.ToLower(strings.Join(strings.Fields(cell), " "))
	for _, w := range f.Words {
		if w != "unknown" && w != "not_classified" && strings.ReplaceAll(plain, " ", "_") == w {
			return w
		}
	}
	if ours, known := synonyms[f.Name][plain]; known {
		return ours
	}
	if plain == "unknown" || plain == "not_classified" {
		return ""
	}
	return cell
}
