package outbreak

// ProtocolPlanned says that an outbreak is to change its rule book at a time to come, in place of whatever was planned before.
type ProtocolPlanned struct {
	Scope
	Was      string  `json:"was"` // the rule book in force
	Protocol string  `json:"protocol"`
	Edition  string  `json:"edition"`
	From     Instant `json:"from"`
}

// ProtocolPlanDropped says that a planned change will not come.
type ProtocolPlanDropped struct {
	Scope
	Protocol string  `json:"protocol"`
	From     Instant `json:"from"`
}

// ProtocolChanged says that an outbreak runs under another rule book. What begins from now on begins under it; what runs
// follows it only where a value says so, and never gets longer by itself.
type ProtocolChanged struct {
	Scope
	Was      string  `json:"was"`
	Protocol string  `json:"protocol"`
	Edition  string  `json:"edition"`
	From     Instant `json:"from"` // from when it applies, which may be before it was recorded
}

// CaseClocksMoved says that clocks of a case that run end at another time: a new rule book made them shorter, or a person let
// them have its longer end.
type CaseClocksMoved struct {
	Scope
	Case   CaseID      `json:"case"`
	Person PersonID    `json:"person"`
	At     Instant     `json:"at"`    // when the clocks started
	Steps  []CaseClock `json:"steps"` // with their new ends
	How    Turn        `json:"how"`   // sooner: by the rule book; decided: by a person
}

// HoldShortened says that the hold of a pool's member ends sooner under a new rule book.
type HoldShortened struct {
	Scope
	Round  RoundID  `json:"round"`
	Tube   TubeCode `json:"tube"`
	Person PersonID `json:"person"`
	Until  Instant  `json:"until"`
}

// TaskMoved says that a task is due at another time.
type TaskMoved struct {
	Scope
	Task TaskID  `json:"task"`
	What string  `json:"what"`
	Due  Instant `json:"due"`
}

func (ProtocolPlanned) Kind() string     { return "ProtocolPlanned" }
func (ProtocolPlanDropped) Kind() string { return "ProtocolPlanDropped" }
func (ProtocolChanged) Kind() string     { return "ProtocolChanged" }
func (CaseClocksMoved) Kind() string     { return "CaseClocksMoved" }
func (HoldShortened) Kind() string       { return "HoldShortened" }
func (TaskMoved) Kind() string           { return "TaskMoved" }

func (e CaseClocksMoved) About() []Ref { return []Ref{person(e.Person), caseRef(e.Case)} }
func (e HoldShortened) About() []Ref   { return []Ref{person(e.Person), tube(e.Tube)} }
func (e TaskMoved) About() []Ref       { return []Ref{{"task", e.Task.String()}} }
