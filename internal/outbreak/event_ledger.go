package outbreak

// TaskOpened puts work into somebody's queue.
type TaskOpened struct {
	Scope
	Task    TaskID  `json:"task"`
	What    string  `json:"what"` // task kind
	Subject Ref     `json:"subject"`
	Role    string  `json:"role"` // who owns it
	At      Instant `json:"at"`   // the event the clock started at
	Due     Instant `json:"due"`
}

// TaskEnded says how work ended: done, removed (its reason is gone) or not_executable.
type TaskEnded struct {
	Scope
	Task TaskID  `json:"task"`
	What string  `json:"what"`
	How  string  `json:"how"`
	At   Instant `json:"at"`
}

// TaskTaken says that a user took the task.
type TaskTaken struct {
	Scope
	Task TaskID `json:"task"`
	User UserID `json:"user"`
}

// EventParked says that a consumer could not work on an entry and put it aside.
type EventParked struct {
	Scope
	Consumer string `json:"consumer"`
	Seq      int64  `json:"seq"`
}

// EventUnparked says that a parked entry was worked on after all, or dismissed.
type EventUnparked struct {
	Scope
	Consumer string `json:"consumer"`
	Seq      int64  `json:"seq"`
	How      string `json:"how"`
}

// UserChanged says what was done to a user's account.
type UserChanged struct {
	Scope
	User UserID `json:"user"`
	What string `json:"what"` // added, granted, revoked, password, disabled, token, token_revoked, token_revoked_with, language, signed_in, signed_out, locked, factor_set, factor_shown, factor_locked, passkey_set, passkey_shown, passkey_removed, passkey_copied, telephone_removed, recovery_used, recovery_renewed, factor_reset_asked, factor_reset, linked, unlinked
	Role string `json:"role,omitempty"`
}

// OutbreakDeclared starts an outbreak under a protocol.
type OutbreakDeclared struct {
	Scope
	Protocol string `json:"protocol"`
	Edition  string `json:"edition"`
}

// AreasLoaded says that areas came in by file.
type AreasLoaded struct {
	Scope
	Batch   BatchID `json:"batch"`
	Added   int     `json:"added"`
	Changed int     `json:"changed"`
	Digest  string  `json:"digest"`
}

// PeopleLoaded says that people of one area came in by file.
type PeopleLoaded struct {
	Scope
	Batch   BatchID `json:"batch"`
	Added   int     `json:"added"`
	Changed int     `json:"changed"`
	Digest  string  `json:"digest"`
}

// PeopleArrived says that people of one area got numbers outside the roll because a list named them, and nobody knew them.
type PeopleArrived struct {
	Scope
	Batch  BatchID `json:"batch"`
	Added  int     `json:"added"`
	Digest string  `json:"digest"`
}

// PersonRegistered says that one person got an id; OnRoll is false for a walk-in.
type PersonRegistered struct {
	Scope
	Person PersonID `json:"person"`
	OnRoll bool     `json:"on_roll"`
}

// IdentityRead says that somebody opened a person's sealed identity, and why.
type IdentityRead struct {
	Scope
	Person  PersonID `json:"person"`
	Purpose Purpose  `json:"purpose"`
}

// IdentitySearched says that somebody looked for people by name, why, and how many were found. What was typed is not kept.
type IdentitySearched struct {
	Scope
	Purpose Purpose `json:"purpose"`
	Found   int     `json:"found"`
}

// PersonErased says that a person's identity was destroyed. The person stays as a code. Reason is one of the registry's words;
// Again is true where a restored backup had brought the identity back.
type PersonErased struct {
	Scope
	Person PersonID `json:"person"`
	Reason string   `json:"reason"`
	Again  bool     `json:"again,omitempty"`
}

// PeopleMerged says that somebody found two codes to be one person. People are all codes of the person now, ascending: the
// first leads. Facts keep the code they came by; who follows looks at all of them.
type PeopleMerged struct {
	Scope
	Merge   string     `json:"merge"`
	Leading PersonID   `json:"leading"`
	One     PersonID   `json:"one"`
	Other   PersonID   `json:"other"`
	People  []PersonID `json:"people"`

	Choices map[string]PersonID `json:"choices,omitempty"` // whose word leads, by field, where it is not the leading code's
}

// PeopleUnmerged says that the decision was taken back. People are all codes that were one person until then.
type PeopleUnmerged struct {
	Scope
	Merge  string     `json:"merge"`
	One    PersonID   `json:"one"`
	Other  PersonID   `json:"other"`
	People []PersonID `json:"people"`
}

// PeopleKeptApart says that somebody found two codes that look like one person to be two.
type PeopleKeptApart struct {
	Scope
	One   PersonID `json:"one"`
	Other PersonID `json:"other"`
}

// PeoplePutBack says that the decision that two codes are two was taken back: they wait for another.
type PeoplePutBack struct {
	Scope
	One   PersonID `json:"one"`
	Other PersonID `json:"other"`
}

// DuplicatesFound says that codes were found that may be one person, or of one household, and wait for somebody to decide.
type DuplicatesFound struct {
	Scope
	Pairs int `json:"pairs"`
}

// HouseholdJoined says that somebody was put into the household of another, out of the one he was in; none: no household. Undone is
// true where that was taken back.
type HouseholdJoined struct {
	Scope
	Person    PersonID    `json:"person"`
	Household HouseholdID `json:"household"`
	Was       HouseholdID `json:"was"`
	Undone    bool        `json:"undone,omitempty"`
}

// LinkageLearnt says that the weights by which codes are compared were learnt anew from the house's own people.
type LinkageLearnt struct {
	Scope
	Model   int64 `json:"model"`
	Records int64 `json:"records"`
	Pairs   int64 `json:"pairs"`
}

// KeyChanged says what was done to a key of the ring: made, retired, forgotten. Of is master, index or sign; of a signing key
// the public half is named.
type KeyChanged struct {
	Scope
	What string `json:"what"`
	Of   string `json:"of"`
	Key  int64  `json:"key"`

	Public string `json:"public,omitempty"`
}

// BoxIssued gives a run of tube serials to an area.
type BoxIssued struct {
	Scope
	First   TubeCode `json:"first"`
	Last    TubeCode `json:"last"`
	Checked bool     `json:"checked,omitempty"` // the last character of each checks the others
}

// PersonalCodesGiven says that somebody was given personal codes to print or show, and why: one person's, or those of an area's
// people by their numbers from First to Last. It holds none of them.
type PersonalCodesGiven struct {
	Scope
	Person  PersonID `json:"person,omitempty"`
	First   int64    `json:"first"`
	Last    int64    `json:"last"`
	People  int      `json:"people"`
	Purpose Purpose  `json:"purpose"`
}

// ExportMade says who took rows out.
type ExportMade struct {
	Scope
	What    string  `json:"what"`
	Rows    int     `json:"rows"`
	Purpose Purpose `json:"purpose,omitempty"`
}

// BackupMade says that the whole database was written into a backup.
type BackupMade struct {
	Scope
	Rows   int64  `json:"rows"`
	Bytes  int64  `json:"bytes"`
	Digest string `json:"sha256"` // of the file
	Upto   int64  `json:"upto"`   // the entry of the journal it holds at least
}

func (TaskOpened) Kind() string         { return "TaskOpened" }
func (TaskEnded) Kind() string          { return "TaskEnded" }
func (TaskTaken) Kind() string          { return "TaskTaken" }
func (EventParked) Kind() string        { return "EventParked" }
func (EventUnparked) Kind() string      { return "EventUnparked" }
func (UserChanged) Kind() string        { return "UserChanged" }
func (OutbreakDeclared) Kind() string   { return "OutbreakDeclared" }
func (AreasLoaded) Kind() string        { return "AreasLoaded" }
func (PeopleLoaded) Kind() string       { return "PeopleLoaded" }
func (PeopleArrived) Kind() string      { return "PeopleArrived" }
func (PersonRegistered) Kind() string   { return "PersonRegistered" }
func (IdentityRead) Kind() string       { return "IdentityRead" }
func (IdentitySearched) Kind() string   { return "IdentitySearched" }
func (PersonErased) Kind() string       { return "PersonErased" }
func (PeopleMerged) Kind() string       { return "PeopleMerged" }
func (PeopleUnmerged) Kind() string     { return "PeopleUnmerged" }
func (PeoplePutBack) Kind() string      { return "PeoplePutBack" }
func (DuplicatesFound) Kind() string    { return "DuplicatesFound" }
func (HouseholdJoined) Kind() string    { return "HouseholdJoined" }
func (LinkageLearnt) Kind() string      { return "LinkageLearnt" }
func (PeopleKeptApart) Kind() string    { return "PeopleKeptApart" }
func (KeyChanged) Kind() string         { return "KeyChanged" }
func (BoxIssued) Kind() string          { return "BoxIssued" }
func (PersonalCodesGiven) Kind() string { return "PersonalCodesGiven" }
func (ExportMade) Kind() string         { return "ExportMade" }
func (BackupMade) Kind() string         { return "BackupMade" }

func people(ids []PersonID) (refs []Ref) {
	for _, id := range ids {
		refs = append(refs, person(id))
	}
	return refs
}

// Backups is what the backups of a site are filed under.
var Backups = Ref{Kind: "site", ID: "backups"}

func (BackupMade) About() []Ref         { return []Ref{Backups} }
func (e TaskOpened) About() []Ref       { return []Ref{{"task", e.Task.String()}, e.Subject} }
func (e TaskEnded) About() []Ref        { return []Ref{{"task", e.Task.String()}} }
func (e TaskTaken) About() []Ref        { return []Ref{{"task", e.Task.String()}} }
func (e UserChanged) About() []Ref      { return []Ref{{"user", e.User.String()}} }
func (e PersonRegistered) About() []Ref { return []Ref{person(e.Person)} }
func (e IdentityRead) About() []Ref     { return []Ref{person(e.Person)} }
func (e PersonalCodesGiven) About() []Ref {
	if e.Person == 0 {
		return nil
	}
	return []Ref{person(e.Person)}
}
func (e PersonErased) About() []Ref    { return []Ref{person(e.Person)} }
func (e PeopleMerged) About() []Ref    { return people(e.People) }
func (e PeopleUnmerged) About() []Ref  { return people(e.People) }
func (e PeoplePutBack) About() []Ref   { return []Ref{person(e.One), person(e.Other)} }
func (e HouseholdJoined) About() []Ref { return []Ref{person(e.Person)} }
func (e PeopleKeptApart) About() []Ref { return []Ref{person(e.One), person(e.Other)} }
