package web

import (
	"encoding/json"

	"breakwater/internal/outbreak"
)

// said is what a body may hold beyond things and times: words of vocabularies.
type said struct {
	What           string `json:"what"`
	How            string `json:"how"`
	Step           string `json:"step"`
	Result         string `json:"result"`
	Was            string `json:"was"`
	Severity       string `json:"severity"`
	Classification string `json:"classification"`
	Reason         string `json:"reason"`
	Verdict        string `json:"verdict"`
	Role           string `json:"role"`
	Purpose        string `json:"purpose"`
	Ground         string `json:"ground"`
	Outcome        string `json:"outcome"`
	Finding        string `json:"finding"`
	Excuse         string `json:"excuse"`
}

// details says which words of an event's body a reader is shown, each with its vocabulary.
var details = map[string]func(b said) [][2]string{
	"RoundOpened":       func(said) [][2]string { return nil },
	"PoolSearchStepped": func(b said) [][2]string { return [][2]string{{"search_step", b.Step}, {"search_outcome", b.Outcome}} },
	"PoolSearchEnded":   func(b said) [][2]string { return [][2]string{{"search_how", b.How}, {"finding", b.Finding}} },
	"TaskOpened":        func(b said) [][2]string { return [][2]string{{"work", b.What}} },
	"TaskEnded":         func(b said) [][2]string { return [][2]string{{"work", b.What}, {"task_state", b.How}} },
	"CaseOpened":        func(b said) [][2]string { return [][2]string{{"severity", b.Severity}} },
	"CaseStepDone":      func(b said) [][2]string { return [][2]string{{"case_step", b.Step}} },
	"CaseClassified": func(b said) [][2]string {
		return [][2]string{{"classification", b.Classification}, {"severity", b.Severity}}
	},
	"CaseUpheld":          func(b said) [][2]string { return [][2]string{{"ground", b.Ground}} },
	"CaseDiscarded":       func(b said) [][2]string { return [][2]string{{"ground", b.Ground}} },
	"TubeResulted":        func(b said) [][2]string { return [][2]string{{"result", b.Result}} },
	"PersonResultRevised": func(b said) [][2]string { return [][2]string{{"result", b.Result}} },
	"TubeSpoiled":         func(b said) [][2]string { return [][2]string{{"spoiled", b.Reason}} },
	"RecallOpened":        func(b said) [][2]string { return [][2]string{{"result", b.Result}} },
	"RecallClosed":        func(b said) [][2]string { return [][2]string{{"recall", b.Verdict}} },
	"AnomalyRaised":       func(b said) [][2]string { return [][2]string{{"anomaly", b.What}} },
	"LabAlarmRaised":      func(b said) [][2]string { return [][2]string{{"lab_alarm", b.What}} },
	"LabAlarmSettled":     func(b said) [][2]string { return [][2]string{{"verdict", b.Verdict}} },
	"RunDoubted":          func(b said) [][2]string { return [][2]string{{"doubt", b.Reason}} },
	"RunVoided":           func(b said) [][2]string { return [][2]string{{"doubt", b.Reason}} },
	"RepeatAsked":         func(b said) [][2]string { return [][2]string{{"lab_step", b.Step}} },
	"DeviceEnded":         func(b said) [][2]string { return [][2]string{{"device_ended", b.How}} },
	"AnomalySettled":      func(b said) [][2]string { return [][2]string{{"verdict", b.Verdict}} },
	"BedNeeded":           func(b said) [][2]string { return [][2]string{{"severity", b.Severity}} },
	"PersonDischarged":    func(b said) [][2]string { return [][2]string{{"discharge", b.Reason}} },
	"TripEnded":           func(b said) [][2]string { return [][2]string{{"trip", b.How}} },
	"UserChanged":         func(b said) [][2]string { return [][2]string{{"account_change", b.What}, {"role", b.Role}} },
	"IdentitySearched":    func(b said) [][2]string { return [][2]string{{"purpose", b.Purpose}} },
	"PersonalCodesGiven":  func(b said) [][2]string { return [][2]string{{"purpose", b.Purpose}} },
	"IdentityRead":        func(b said) [][2]string { return [][2]string{{"purpose", b.Purpose}} },
}

// Details lists the words that tell an entry from others of its kind, in the reader's language.
func (v *View) Details(e outbreak.Entry) []string {
	of, has := details[e.Kind]
	var body said
	if !has || json.Unmarshal(e.Body, &body) != nil {
		return nil
	}
	var list []string
	for _, word := range of(body) {
		if word[1] != "" {
			list = append(list, v.Word(word[0], word[1]))
		}
	}
	if body.Excuse != "" { // somebody's own words
		list = append(list, v.T("web.journal.unrehearsed", "why", body.Excuse))
	}
	return list
}

// Others lists what an entry is about besides the thing whose time line shows it, as far as it has a page.
func (v *View) Others(e outbreak.Entry, self string) []ref {
	var list []ref
	for _, r := range v.Refs(e) {
		if r.ID != self && r.Href != "" {
			list = append(list, r)
		}
	}
	return list
}
