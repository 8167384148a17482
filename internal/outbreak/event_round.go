package outbreak

// RoundPlanned says that a round was planned ahead; it opens by a person or at its instant.
type RoundPlanned struct {
	Scope
	Round  RoundID `json:"round"`
	Areas  []Path  `json:"areas"`
	Pool   int     `json:"pool"`
	Opens  Instant `json:"opens"`
	Closes Instant `json:"closes"`
	Roll   int     `json:"roll"`
}

// RoundCancelled says that a planned round will not take place.
type RoundCancelled struct {
	Scope
	Round RoundID `json:"round"`
}

// RoundHeldBack says that a planned round did not open at its instant, because this version of the program passed no rehearsal
// here: a person decides.
type RoundHeldBack struct {
	Scope
	Round   RoundID `json:"round"`
	Version string  `json:"version"`
	At      Instant `json:"at"`
}

// RoundClosing says that no new sampling is planned in a round: what is on the way comes in, and those who are missing are worked off.
type RoundClosing struct {
	Scope
	Round RoundID `json:"round"`
	At    Instant `json:"at"`
}

// DeviceLossDeclared says that somebody gave up a device, and what it held as far as is known.
type DeviceLossDeclared struct {
	Scope
	Device  int64      `json:"device"`
	Booth   BoothID    `json:"booth"`
	Missing int64      `json:"missing"` // operations it made, as far as it told, that never came
	Whole   bool       `json:"whole"`   // the tubes are all it can have held
	Tubes   []TubeCode `json:"tubes,omitempty"`
	Reason  string     `json:"reason"`
}

// DoorSheetsPrinted says that numbered sheets with the people still missing went out.
type DoorSheetsPrinted struct {
	Scope
	Round  RoundID  `json:"round"`
	Sheets []string `json:"sheets"` // numbers with check digits
	People int      `json:"people"`
}

// DoorSheetFilled says what came of people on a door sheet, counted by word.
type DoorSheetFilled struct {
	Scope
	Round  RoundID        `json:"round"`
	Sheet  string         `json:"sheet"`
	Counts map[string]int `json:"counts"`
}

// DoorSheetEnded says that a door sheet came back, or that it is lost.
type DoorSheetEnded struct {
	Scope
	Round RoundID `json:"round"`
	Sheet string  `json:"sheet"`
	How   string  `json:"how"`  // back, lost
	Open  int     `json:"open"` // people of whom nobody said anything
}

// CallBackAsked says that the excusal of one person, drawn by lot, is to be checked.
type CallBackAsked struct {
	Scope
	Anomaly AnomalyID `json:"anomaly"`
	Round   RoundID   `json:"round"`
	Person  PersonID  `json:"person"`
	Due     Instant   `json:"due"`
}

// CallBackFound says what the call-back found: confirmed, contradicted, not_reached.
type CallBackFound struct {
	Scope
	Anomaly AnomalyID `json:"anomaly"`
	Round   RoundID   `json:"round"`
	Person  PersonID  `json:"person"`
	Found   string    `json:"found"`
	At      Instant   `json:"at"`
}

// RehearsalPassed says that a version of the program lived through a day of testing here without losing anything.
type RehearsalPassed struct {
	Scope
	Version string  `json:"version"`
	Engine  string  `json:"engine"`
	People  int     `json:"people"`
	Kills   int     `json:"kills"`
	At      Instant `json:"at"`
}

func (RoundPlanned) Kind() string       { return "RoundPlanned" }
func (RoundCancelled) Kind() string     { return "RoundCancelled" }
func (RoundHeldBack) Kind() string      { return "RoundHeldBack" }
func (RoundClosing) Kind() string       { return "RoundClosing" }
func (DeviceLossDeclared) Kind() string { return "DeviceLossDeclared" }
func (DoorSheetsPrinted) Kind() string  { return "DoorSheetsPrinted" }
func (DoorSheetFilled) Kind() string    { return "DoorSheetFilled" }
func (DoorSheetEnded) Kind() string     { return "DoorSheetEnded" }
func (CallBackAsked) Kind() string      { return "CallBackAsked" }
func (CallBackFound) Kind() string      { return "CallBackFound" }
func (RehearsalPassed) Kind() string    { return "RehearsalPassed" }

// About gives the tubes that are given up: whoever reads a tube's time line sees why.
func (e DeviceLossDeclared) About() []Ref {
	var refs []Ref
	for _, t := range e.Tubes {
		refs = append(refs, tube(t))
	}
	return refs
}
func (e CallBackAsked) About() []Ref { return []Ref{person(e.Person)} }
func (e CallBackFound) About() []Ref { return []Ref{person(e.Person)} }
