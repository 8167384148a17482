package outbreak

// CaseOpened starts a case and its clocks. A clock without a limit in the protocol has no due time.
type CaseOpened struct {
	Scope
	Case           CaseID         `json:"case"`
	Person         PersonID       `json:"person"`
	Severity       Severity       `json:"severity"`
	Classification Classification `json:"classification"`
	Via            FoundVia       `json:"via"`
	Tube           TubeCode       `json:"tube,omitempty"`
	At             Instant        `json:"at"`
	Steps          []CaseClock    `json:"steps"`
}

// CaseClock is one step owed for a case.
type CaseClock struct {
	Step string  `json:"step"` // report, core_info, full_report, retest, question
	Due  Instant `json:"due"`
}

// CaseStepDone says that a step was done at a time.
type CaseStepDone struct {
	Scope
	Case   CaseID   `json:"case"`
	Person PersonID `json:"person"`
	Step   string   `json:"step"`
	At     Instant  `json:"at"`
}

// CaseClassified changes classification or severity.
type CaseClassified struct {
	Scope
	Case           CaseID         `json:"case"`
	Person         PersonID       `json:"person"`
	Classification Classification `json:"classification"`
	Severity       Severity       `json:"severity"`
	At             Instant        `json:"at"`
}

// CaseInQuestion says that the laboratory took back the result a case stands on. A person decides before the clock ends.
type CaseInQuestion struct {
	Scope
	Case   CaseID   `json:"case"`
	Person PersonID `json:"person"`
	Tube   TubeCode `json:"tube"`
	At     Instant  `json:"at"`
	Due    Instant  `json:"due"`
}

// CaseUpheld says that a case in question stays a case.
type CaseUpheld struct {
	Scope
	Case   CaseID   `json:"case"`
	Person PersonID `json:"person"`
	At     Instant  `json:"at"`
	Ground string   `json:"ground,omitempty"` // why, as a word; empty in entries from before there were words
}

// CaseDiscarded says that it is not a case; whoever was restricted for it alone is released.
type CaseDiscarded struct {
	Scope
	Case   CaseID   `json:"case"`
	Person PersonID `json:"person"`
	Reason string   `json:"reason"`
	At     Instant  `json:"at"`
	Ground string   `json:"ground,omitempty"` // why, as a word; empty in entries from before there were words
}

// CaseEdited says that somebody changed what the line list says of a case: which fields. The values are in the case's own history.
type CaseEdited struct {
	Scope
	Case   CaseID   `json:"case"`
	Person PersonID `json:"person"`
	Fields []string `json:"fields"`
	At     Instant  `json:"at"`
}

// CasesEdited says that many cases of an area were changed at once.
type CasesEdited struct {
	Scope
	Batch  BatchID  `json:"batch"`
	Count  int      `json:"count"`
	Fields []string `json:"fields"`
	Undoes BatchID  `json:"undoes,omitempty"` // the batch that was taken back
	At     Instant  `json:"at"`
}

// CasesLoaded says that rows of a party's list became cases of an area, or changed them.
type CasesLoaded struct {
	Scope
	Batch   BatchID `json:"batch"`
	Party   string  `json:"party,omitempty"` // empty: our own
	Added   int     `json:"added"`
	Changed int     `json:"changed"`
	Digest  string  `json:"digest"` // keyed, of the rows
}

// CasesReported says that cases of an outbreak were reported to a party.
type CasesReported struct {
	Scope
	Party   string  `json:"party"`
	Count   int     `json:"count"`
	Receipt string  `json:"receipt"`
	At      Instant `json:"at"`
}

func (CaseEdited) Kind() string    { return "CaseEdited" }
func (CasesEdited) Kind() string   { return "CasesEdited" }
func (CasesLoaded) Kind() string   { return "CasesLoaded" }
func (CasesReported) Kind() string { return "CasesReported" }

func (e CaseEdited) About() []Ref  { return []Ref{person(e.Person), caseRef(e.Case)} }
func (CasesEdited) About() []Ref   { return nil }
func (CasesLoaded) About() []Ref   { return nil }
func (CasesReported) About() []Ref { return nil }

func (CaseOpened) Kind() string     { return "CaseOpened" }
func (CaseStepDone) Kind() string   { return "CaseStepDone" }
func (CaseClassified) Kind() string { return "CaseClassified" }
func (CaseInQuestion) Kind() string { return "CaseInQuestion" }
func (CaseUpheld) Kind() string     { return "CaseUpheld" }
func (CaseDiscarded) Kind() string  { return "CaseDiscarded" }

func (e CaseOpened) About() []Ref     { return []Ref{person(e.Person), caseRef(e.Case)} }
func (e CaseStepDone) About() []Ref   { return []Ref{person(e.Person), caseRef(e.Case)} }
func (e CaseClassified) About() []Ref { return []Ref{person(e.Person), caseRef(e.Case)} }
func (e CaseInQuestion) About() []Ref { return []Ref{person(e.Person), caseRef(e.Case)} }
func (e CaseUpheld) About() []Ref     { return []Ref{person(e.Person), caseRef(e.Case)} }
func (e CaseDiscarded) About() []Ref  { return []Ref{person(e.Person), caseRef(e.Case)} }
