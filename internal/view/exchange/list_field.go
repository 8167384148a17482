package exchange

import "slices"

// Line lists and lists of contacts come as everybody keeps them: their columns are found out, shown, and chosen by a person. What is
// no field of ours stays with the row under its own name.
const (
	LineList Kind = "linelist"
	Contacts Kind = "contacts"
)

// ListKinds are the kinds of lists whose columns are mapped.
var ListKinds = []Kind{LineList, Contacts}

// IsList tells whether files of a kind are mapped column by column.
func IsList(kind Kind) bool { return slices.Contains(ListKinds, kind) }

// holds is what the cells of a field are.
type holds string

const (
	holdsText  holds = "text"
	holdsDay   holds = "day"
	holdsBirth holds = "birth"
	holdsAge   holds = "age"
	holdsWord  holds = "word"
	holdsArea  holds = "area"
)

// listField is a field a column of a list may be.
type listField struct {
	Name    string   // stable: in mappings, reports and the addresses of the interface
	holds   holds    //
	kinds   []Kind   // of which lists
	private bool     // tells who somebody is
	value   string   // the field of a case it becomes; empty: of the person, or worked on here
	words   []string // of a field of words, those it may hold
	also    []string // what else the suggestion calls it
	group   bool     // of somebody the case exposed: a column for each of them
	link    string   // of a group, or of who infected the case: what of the link it becomes
}

var ofCases = []Kind{LineList}
var ofContacts = []Kind{Contacts}

// listFields are the fields of lists, in the order of a form.
var listFields = []listField{
	{Name: "case", holds: holdsText, kinds: ofCases},
	{Name: "number", holds: holdsText, kinds: ListKinds, also: []string{"case_id"}},
	{Name: "from", holds: holdsText, kinds: ofContacts, also: []string{"infector"}},
	{Name: "to", holds: holdsText, kinds: ofContacts, also: []string{"contact"}},
	{Name: "from_name", holds: holdsText, kinds: ofContacts, private: true},
	{Name: "from_phone", holds: holdsText, kinds: ofContacts, private: true},
	{Name: "name", holds: holdsText, kinds: ListKinds, private: true},
	{Name: "family_name", holds: holdsText, kinds: ListKinds, private: true},
	{Name: "given_name", holds: holdsText, kinds: ListKinds, private: true},
	{Name: "sex", holds: holdsWord, kinds: ListKinds, value: "sex", words: []string{"female", "male", "other", "unknown"}},
	{Name: "birth", holds: holdsBirth, kinds: ListKinds, private: true},
	{Name: "age", holds: holdsAge, kinds: ListKinds, value: "age"},
	{Name: "age_unit", holds: holdsText, kinds: ListKinds},
	{Name: "phone", holds: holdsText, kinds: ListKinds, private: true},
	{Name: "document", holds: holdsText, kinds: ListKinds, private: true},
	{Name: "document_kind", holds: holdsText, kinds: ListKinds},
	{Name: "address", holds: holdsText, kinds: ListKinds, private: true},
	{Name: "area", holds: holdsArea, kinds: ListKinds},
	{Name: "household", holds: holdsText, kinds: ListKinds},
	{Name: "occupation", holds: holdsText, kinds: ofCases, value: "occupation"},
	{Name: "onset", holds: holdsDay, kinds: ofCases, value: "onset"},
	{Name: "sampled", holds: holdsDay, kinds: ofCases, value: "sampled"},
	{Name: "reported", holds: holdsDay, kinds: ofCases, value: "reported"},
	{Name: "diagnosed", holds: holdsDay, kinds: ofCases, value: "diagnosed"},
	{Name: "hospitalised", holds: holdsDay, kinds: ofCases, value: "hospitalised"},
	{Name: "isolated", holds: holdsDay, kinds: ofCases, value: "isolated"},
	{Name: "classification", holds: holdsWord, kinds: ofCases, value: "classification", words: []string{"not_classified", "suspected", "probable", "confirmed", "not_a_case"}},
	{Name: "severity", holds: holdsWord, kinds: ofCases, value: "severity", words: []string{"screen_positive", "asymptomatic", "mild", "moderate", "severe", "critical"}},
	{Name: "outcome", holds: holdsWord, kinds: ofCases, value: "outcome", words: []string{"alive", "recovered", "died", "unknown"}},
	{Name: "outcome_date", holds: holdsDay, kinds: ofCases, value: "outcome_date"},
	{Name: "died", holds: holdsDay, kinds: ofCases},
	{Name: "hospital", holds: holdsText, kinds: ofCases, value: "hospital"},
	{Name: "origin", holds: holdsWord, kinds: ofCases, value: "origin", words: []string{"local", "imported", "unknown"}},
	{Name: "cluster", holds: holdsText, kinds: ofCases, value: "cluster"},
	{Name: "via", holds: holdsWord, kinds: ofCases, value: "via", words: []string{"community_screening", "clinic", "entry_point", "isolation_site", "home_quarantine", "lockdown", "control", "closed_loop_worker", "unknown"}},
	{Name: "infected_by", holds: holdsText, kinds: ofCases, also: []string{"infector"}},
	{Name: "exposure", holds: holdsText, kinds: ListKinds, link: "exposure"},
	{Name: "setting", holds: holdsText, kinds: ListKinds, link: "setting"},
	{Name: "relation", holds: holdsText, kinds: ListKinds, link: "relation"},
	{Name: "exposed_from", holds: holdsDay, kinds: ListKinds, link: "exposed_from"},
	{Name: "exposed_to", holds: holdsDay, kinds: ListKinds, link: "exposed_to"},
	{Name: "contact_number", holds: holdsText, kinds: ofCases, group: true},
	{Name: "contact_name", holds: holdsText, kinds: ofCases, group: true, private: true},
	{Name: "contact_phone", holds: holdsText, kinds: ofCases, group: true, private: true},
	{Name: "contact_sex", holds: holdsWord, kinds: ofCases, group: true, words: []string{"female", "male", "other", "unknown"}},
	{Name: "contact_birth", holds: holdsBirth, kinds: ofCases, group: true, private: true},
	{Name: "contact_age", holds: holdsAge, kinds: ofCases, group: true},
	{Name: "contact_address", holds: holdsText, kinds: ofCases, group: true, private: true},
	{Name: "contact_relation", holds: holdsText, kinds: ofCases, group: true, link: "relation"},
	{Name: "contact_exposure", holds: holdsText, kinds: ofCases, group: true, link: "exposure"},
	{Name: "contact_setting", holds: holdsText, kinds: ofCases, group: true, link: "setting"},
	{Name: "contact_from", holds: holdsDay, kinds: ofCases, group: true, link: "exposed_from"},
	{Name: "contact_to", holds: holdsDay, kinds: ofCases, group: true, link: "exposed_to"},
	{Name: "contact_other", holds: holdsText, kinds: ofCases, group: true, private: true},
}

// ListFields lists the names of the fields of a kind of list, in the order of a form.
func ListFields(kind Kind) (names []string) {
	for _, f := range listFields {
		if slices.Contains(f.kinds, kind) {
			names = append(names, f.Name)
		}
	}
	return names
}

// Grouped tells whether a field is of the people a case exposed, of whom there are several in a row, each with columns of his own.
func Grouped(field string) bool {
	f, _ := fieldNamed(field)
	return f.group
}

// ListWords are the words a field of a list may hold; nil when it is no field of words.
func ListWords(field string) []string {
	f, _ := fieldNamed(field)
	return f.words
}

// HoldsDay tells whether the cells of a field are days, whose order of day and month matters.
func HoldsDay(field string) bool {
	f, _ := fieldNamed(field)
	return f.holds == holdsDay || f.holds == holdsBirth
}

// HoldsAge tells whether the cells of a field are ages, whose unit matters.
func HoldsAge(field string) bool {
	f, _ := fieldNamed(field)
	return f.holds == holdsAge
}

func fieldNamed(name string) (listField, bool) {
	i := slices.IndexFunc(listFields, func(f listField) bool { return f.Name == name })
	if i < 0 {
		return listField{}, false
	}
	return listFields[i], true
}

// fieldOf finds the field of a kind of list that goes by a name, ours or the suggestion's.
func fieldOf(kind Kind, name string) (listField, bool) {
	for _, f := range listFields {
		if slices.Contains(f.kinds, kind) && (f.Name == name || slices.Contains(f.also, name)) {
			return f, true
		}
	}
	return listField{}, false
}
