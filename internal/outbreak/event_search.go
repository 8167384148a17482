package outbreak

// PoolSearchOpened says that every member of a positive pool has an own negative: somebody has to find out why.
type PoolSearchOpened struct {
	Scope
	Search SearchID `json:"search"`
	Round  RoundID  `json:"round"`
	Tube   TubeCode `json:"tube"`
	At     Instant  `json:"at"`
	Due    Instant  `json:"due"`
}

// PoolSearchStepped says that something was looked at in a search, and what came out; notes stand in the row.
type PoolSearchStepped struct {
	Scope
	Search  SearchID `json:"search"`
	Tube    TubeCode `json:"tube"`
	Step    string   `json:"step"`    // retained_fluid, neighbours, double_scans, swab_count
	Outcome string   `json:"outcome"` // positive, negative, indeterminate, found, nothing, more, equal, fewer, not_possible
	At      Instant  `json:"at"`
}

// PoolSearchEnded says that a search is over: concluded by a person with a finding, or without reason any more because somebody
// is held after all (reopened) or the laboratory took its result back (revised). The words of a conclusion stand in the row.
type PoolSearchEnded struct {
	Scope
	Search  SearchID `json:"search"`
	Tube    TubeCode `json:"tube"`
	How     string   `json:"how"`     // concluded, reopened, revised
	Finding string   `json:"finding"` // swap, contamination, missing_member, late_infection, not_reproduced, unexplained; empty: none
	At      Instant  `json:"at"`
}

// TellingOpened says that somebody has to be told of the own positive result, by a person first.
type TellingOpened struct {
	Scope
	Round  RoundID  `json:"round"`
	Tube   TubeCode `json:"tube"`
	Person PersonID `json:"person"`
	At     Instant  `json:"at"`
	Due    Instant  `json:"due"` // from then on it shows by itself
}

// TellingDropped says that a positive result is nobody's to be told any more: the laboratory took it back, or the tube was not that
// person's alone.
type TellingDropped struct {
	Scope
	Round  RoundID  `json:"round"`
	Tube   TubeCode `json:"tube"`
	Person PersonID `json:"person"`
	At     Instant  `json:"at"`
}

func (TellingOpened) Kind() string     { return "TellingOpened" }
func (TellingDropped) Kind() string    { return "TellingDropped" }
func (PoolSearchOpened) Kind() string  { return "PoolSearchOpened" }
func (PoolSearchStepped) Kind() string { return "PoolSearchStepped" }
func (PoolSearchEnded) Kind() string   { return "PoolSearchEnded" }

func (e TellingOpened) About() []Ref     { return []Ref{person(e.Person), tube(e.Tube)} }
func (e TellingDropped) About() []Ref    { return []Ref{person(e.Person), tube(e.Tube)} }
func (e PoolSearchOpened) About() []Ref  { return []Ref{tube(e.Tube)} }
func (e PoolSearchStepped) About() []Ref { return []Ref{tube(e.Tube)} }
func (e PoolSearchEnded) About() []Ref   { return []Ref{tube(e.Tube)} }
