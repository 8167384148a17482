package outbreak

type (
	partyListKind     struct{}
	statutoryRunKind  struct{}
	differenceRunKind struct{}
)

// The identifiers of what is compared with the lists of others.
type (
	PartyListID  = ID[partyListKind]     // one list of another party, as it came
	CompareID    = ID[differenceRunKind] // one comparison of such a list with our cases
	StatutoryRun = ID[statutoryRunKind]  // one statutory report that went out
)

// PartyKept says that another party whose lists are compared was added or changed.
type PartyKept struct {
	Scope
	Party    string  `json:"party"`
	At       Instant `json:"at"`
	Expected bool    `json:"expected,omitempty"` // lists are expected from it
}

// PartySilent says that the list of another party is overdue since an instant.
type PartySilent struct {
	Scope
	Party string  `json:"party"`
	Since Instant `json:"since"`
	At    Instant `json:"at"`
}

func (PartySilent) Kind() string { return "PartySilent" }

func (e PartySilent) About() []Ref { return []Ref{{Kind: "party", ID: e.Party}} }

// ListLoaded says that a list of another party came in.
type ListLoaded struct {
	Scope
	Party  string      `json:"party"`
	List   PartyListID `json:"list"`
	Rows   int         `json:"rows"`
	Digest string      `json:"digest"`
	At     Instant     `json:"at"`
}

// ListSetAside says that a file of another party could not be read, and why.
type ListSetAside struct {
	Scope
	Party  string  `json:"party"`
	Digest string  `json:"digest"`
	Reason string  `json:"reason"` // key of a sentence
	At     Instant `json:"at"`
}

// ListsCompared says what a comparison of a list with our cases found.
type ListsCompared struct {
	Scope
	Party     string      `json:"party"`
	Run       CompareID   `json:"run"`
	List      PartyListID `json:"list"`
	Ours      int         `json:"ours"`
	Theirs    int         `json:"theirs"`
	Matched   int         `json:"matched"`
	Differing int         `json:"differing"`
	OnlyHere  int         `json:"only_here"`
	OnlyThere int         `json:"only_there"`
	Opened    int         `json:"opened"` // differences that were not there before, or changed
	Gone      int         `json:"gone"`
	At        Instant     `json:"at"`
}

// DifferencesSettled says that somebody decided differences, or gave them to an owner.
type DifferencesSettled struct {
	Scope
	Party string  `json:"party"`
	State string  `json:"state"` // empty: they got an owner alone
	Count int     `json:"count"`
	Owner UserID  `json:"owner"`
	At    Instant `json:"at"`
}

// FieldsOwned says that another party is the source of truth for fields from now on, or is no more.
type FieldsOwned struct {
	Scope
	Party  string   `json:"party"`
	Fields []string `json:"fields"`
	Owned  bool     `json:"owned"`
	At     Instant  `json:"at"`
}

// CorrectionsSent says that a list of corrections for another party went out.
type CorrectionsSent struct {
	Scope
	Party   string  `json:"party"`
	Count   int     `json:"count"`
	Digest  string  `json:"digest"`
	Purpose Purpose `json:"purpose"`
	At      Instant `json:"at"`
}

// ExportDefined says that a statutory report was defined, or changed: the version counts up.
type ExportDefined struct {
	Scope
	Export  string  `json:"export"`
	Version int     `json:"version"`
	At      Instant `json:"at"`
}

// StatutoryExported is the receipt of a statutory report.
type StatutoryExported struct {
	Scope
	Export  string       `json:"export"`
	Version int          `json:"version"`
	Run     StatutoryRun `json:"run"`
	Party   string       `json:"party,omitempty"` // to whom
	Rows    int          `json:"rows"`
	Named   bool         `json:"named"` // with names
	Digest  string       `json:"digest"`
	Purpose Purpose      `json:"purpose"`
	At      Instant      `json:"at"`
}

func (PartyKept) Kind() string          { return "PartyKept" }
func (ListLoaded) Kind() string         { return "ListLoaded" }
func (ListSetAside) Kind() string       { return "ListSetAside" }
func (ListsCompared) Kind() string      { return "ListsCompared" }
func (DifferencesSettled) Kind() string { return "DifferencesSettled" }
func (FieldsOwned) Kind() string        { return "FieldsOwned" }
func (CorrectionsSent) Kind() string    { return "CorrectionsSent" }
func (ExportDefined) Kind() string      { return "ExportDefined" }
func (StatutoryExported) Kind() string  { return "StatutoryExported" }

func party(code string) Ref { return Ref{"party", code} }

func (e PartyKept) About() []Ref          { return []Ref{party(e.Party)} }
func (e ListLoaded) About() []Ref         { return []Ref{party(e.Party)} }
func (e ListSetAside) About() []Ref       { return []Ref{party(e.Party)} }
func (e ListsCompared) About() []Ref      { return []Ref{party(e.Party)} }
func (e DifferencesSettled) About() []Ref { return []Ref{party(e.Party)} }
func (e FieldsOwned) About() []Ref        { return []Ref{party(e.Party)} }
func (e CorrectionsSent) About() []Ref    { return []Ref{party(e.Party)} }
