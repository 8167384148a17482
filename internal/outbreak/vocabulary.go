package outbreak

import "strings"

// TubeCode is what the barcode of a sample tube says, in canonical form.
type TubeCode string

// Canonical folds what scanners and spreadsheets do to a barcode: spaces, letter case, full-width forms.
// It returns "" when nothing usable is left or the code is longer than 32 characters.
func (c TubeCode) Canonical() TubeCode {
	var b strings.Builder
	for _, r := range strings.TrimSpace(string(c)) {
		if r >= '！' && r <= '～' { // full-width ASCII
			r -= '！' - '!'
		}
		switch {
		case r >= 'a' && r <= 'z':
			r -= 'a' - 'A'
		case r >= '0' && r <= '9', r >= 'A' && r <= 'Z', r == '-':
		case r == ' ', r == '　':
			continue
		default:
			return ""
		}
		b.WriteRune(r)
	}
	if b.Len() > 32 {
		return ""
	}
	return TubeCode(b.String())
}

// Result is what a laboratory says of a tube.
type Result string

const (
	Positive      Result = "positive"
	Negative      Result = "negative"
	Indeterminate Result = "indeterminate"
	InvalidResult Result = "invalid" // the control failed: nothing is known of the sample
)

// Results lists them in the order of a form.
var Results = []Result{Negative, Positive, Indeterminate, InvalidResult}

// Outcome is where one person on the roll stands in one round. The outcomes of everybody sum to the roll.
type Outcome string

const (
	Unknown     Outcome = "unknown"      // nobody has seen or excused this person: must reach 0
	Awaiting    Outcome = "awaiting"     // sampled, no valid result of the own tube yet
	ValidResult Outcome = "valid_result" // a laboratory reported this person's tube
	SampleAgain Outcome = "sample_again" // lost, leaked, invalid, spoiled or rejected: to be sampled again
	Excused     Outcome = "excused"
	Refused     Outcome = "refused"
	Away        Outcome = "away"
	Unreachable Outcome = "unreachable"
)

// Outcomes lists the vocabulary in the order of reports.
var Outcomes = []Outcome{ValidResult, Awaiting, SampleAgain, Excused, Refused, Away, Unreachable, Unknown}

// Severity of a case, in WHO's words; ScreenPositive is somebody found by screening whom no clinician has seen.
type Severity string

const (
	ScreenPositive Severity = "screen_positive"
	Asymptomatic   Severity = "asymptomatic"
	Mild           Severity = "mild"
	Moderate       Severity = "moderate"
	Severe         Severity = "severe"
	Critical       Severity = "critical"
)

// Severities lists them from the lightest.
var Severities = []Severity{ScreenPositive, Asymptomatic, Mild, Moderate, Severe, Critical}

// Rank orders severities for a queue: the graver first.
func (s Severity) Rank() int {
	for i, v := range Severities {
		if v == s {
			return i
		}
	}
	return 0
}

// Classification of a case by its definition.
type Classification string

const (
	NotClassified Classification = "not_classified"
	Suspected     Classification = "suspected"
	Probable      Classification = "probable"
	Confirmed     Classification = "confirmed"
	NotACase      Classification = "not_a_case"
)

// Classifications lists them in the field's order.
var Classifications = []Classification{NotClassified, Suspected, Probable, Confirmed, NotACase}

// FoundVia says how an infection was found; unknown counts as community.
type FoundVia string

const (
	FoundScreening FoundVia = "community_screening"
	FoundClinic    FoundVia = "clinic"
	FoundEntry     FoundVia = "entry_point"
	FoundIsolation FoundVia = "isolation_site"
	FoundHome      FoundVia = "home_quarantine"
	FoundLockdown  FoundVia = "lockdown"
	FoundControl   FoundVia = "control"
	FoundLoop      FoundVia = "closed_loop_worker"
	FoundUnknown   FoundVia = "unknown"
)

// FoundVias lists the ways a case is found.
var FoundVias = []FoundVia{FoundScreening, FoundClinic, FoundEntry, FoundIsolation, FoundHome, FoundLockdown, FoundControl, FoundLoop, FoundUnknown}

// Retention names the rule by which a record is destroyed after the response; the class is set when the record is made.
type Retention string

const (
	RetainClinical  Retention = "clinical"  // cases and their care
	RetainScreening Retention = "screening" // tubes, results and holds of people who were never cases
	RetainOperation Retention = "operation" // tasks, trips, stays, permissions
	RetainIdentity  Retention = "identity"  // people and their sealed identity
	RetainVisit     Retention = "visit"     // who was where: each row has its own end
)
