package outbreak

type workListKind struct{}

// WorkListID names a working list: people somebody pasted from a chat or a sheet.
type WorkListID = ID[workListKind]

// WorkListMade says that somebody pasted a list and how much of it was recognised. What was pasted is sealed and stands nowhere else.
type WorkListMade struct {
	Scope
	List    WorkListID `json:"list"`
	Form    string     `json:"form"` // list, manifest
	Rows    int        `json:"rows"`
	Found   int        `json:"found"`
	Several int        `json:"several"`
	None    int        `json:"none"`
	Purpose Purpose    `json:"purpose"`
	At      Instant    `json:"at"`
}

// WorkListShared says that somebody else may work with a list, or may no more.
type WorkListShared struct {
	Scope
	List WorkListID `json:"list"`
	User UserID     `json:"user"`
	Role string     `json:"role,omitempty"`
	Ends bool       `json:"ends"`
	At   Instant    `json:"at"`
}

// WorkListOpened says that somebody opened the sealed lines of a list, for a purpose.
type WorkListOpened struct {
	Scope
	List    WorkListID `json:"list"`
	Purpose Purpose    `json:"purpose"`
	At      Instant    `json:"at"`
}

// WorkListEnded says that a list is not worked with any more: ended by its owner, or expired.
type WorkListEnded struct {
	Scope
	List    WorkListID `json:"list"`
	Expired bool       `json:"expired"`
	At      Instant    `json:"at"`
}

// WorkListDeleted is the receipt of a list whose rows were deleted.
type WorkListDeleted struct {
	Scope
	List   WorkListID `json:"list"`
	Rows   int        `json:"rows"`
	Digest string     `json:"digest"` // of the sealed rows
	At     Instant    `json:"at"`
}

// RollCalled says how many of a manifest were there.
type RollCalled struct {
	Scope
	List    WorkListID `json:"list"`
	Present int        `json:"present"`
	Absent  int        `json:"absent"`
	Unknown int        `json:"unknown"`
	At      Instant    `json:"at"`
}

func (WorkListMade) Kind() string    { return "WorkListMade" }
func (WorkListShared) Kind() string  { return "WorkListShared" }
func (WorkListOpened) Kind() string  { return "WorkListOpened" }
func (WorkListEnded) Kind() string   { return "WorkListEnded" }
func (WorkListDeleted) Kind() string { return "WorkListDeleted" }
func (RollCalled) Kind() string      { return "RollCalled" }

func workList(id WorkListID) Ref { return Ref{"work_list", id.String()} }

func (e WorkListMade) About() []Ref    { return []Ref{workList(e.List)} }
func (e WorkListShared) About() []Ref  { return []Ref{workList(e.List)} }
func (e WorkListOpened) About() []Ref  { return []Ref{workList(e.List)} }
func (e WorkListEnded) About() []Ref   { return []Ref{workList(e.List)} }
func (e WorkListDeleted) About() []Ref { return []Ref{workList(e.List)} }
func (e RollCalled) About() []Ref      { return []Ref{workList(e.List)} }
