package outbreak

// ResultSecretsGiven says that the secrets of the people of an area, by their numbers from First to Last, were given out to be
// printed. It holds none of them.
type ResultSecretsGiven struct {
	Scope
	First  int64 `json:"first"`
	Last   int64 `json:"last"`
	People int   `json:"people"`
}

// ResultSecretChanged says that somebody's secret was given once more, replaced or revoked, and how it was made sure who asked.
type ResultSecretChanged struct {
	Scope
	Person     PersonID `json:"person"`
	What       string   `json:"what"` // copied, reissued, revoked
	Generation int      `json:"generation"`
	Checked    string   `json:"checked,omitempty"` // document, known, called_back
	Proxy      bool     `json:"proxy,omitempty"`   // it was given to somebody who looks for the person: a child, somebody without a telephone
}

// ResultLineSet says that the telephone number and the place that residents of an area are shown were set.
type ResultLineSet struct {
	Scope
}

// PositiveTold says that a person was told of the own positive result, or could not be reached and the result shows by itself.
type PositiveTold struct {
	Scope
	Round  RoundID  `json:"round"`
	Tube   TubeCode `json:"tube"`
	Person PersonID `json:"person"`
	At     Instant  `json:"at"`
}

// KitsHandedOut says that antigen kits were given to a person, or to a community when there is none.
type KitsHandedOut struct {
	Scope
	Person PersonID `json:"person,omitempty"`
	Count  int      `json:"count"`
	Lot    string   `json:"lot"`
	At     Instant  `json:"at"`
}

// SelfTestReported says what an antigen test that somebody made at home showed. It is no result of a laboratory.
type SelfTestReported struct {
	Scope
	Person PersonID `json:"person"`
	Result Result   `json:"result"` // positive, negative, invalid
	Lot    string   `json:"lot,omitempty"`
	By     string   `json:"by"` // resident, staff
	At     Instant  `json:"at"`
	Due    Instant  `json:"due"` // of the swab for a laboratory, after a positive one
}

// SelfTestFollowed says that the swab a positive self-test asks for was taken.
type SelfTestFollowed struct {
	Scope
	Person PersonID `json:"person"`
	Tube   TubeCode `json:"tube"`
	At     Instant  `json:"at"`
}

func (ResultSecretsGiven) Kind() string  { return "ResultSecretsGiven" }
func (ResultSecretChanged) Kind() string { return "ResultSecretChanged" }
func (ResultLineSet) Kind() string       { return "ResultLineSet" }
func (PositiveTold) Kind() string        { return "PositiveTold" }
func (KitsHandedOut) Kind() string       { return "KitsHandedOut" }
func (SelfTestReported) Kind() string    { return "SelfTestReported" }
func (SelfTestFollowed) Kind() string    { return "SelfTestFollowed" }

func (e ResultSecretChanged) About() []Ref { return []Ref{person(e.Person)} }
func (e PositiveTold) About() []Ref        { return []Ref{person(e.Person), tube(e.Tube)} }
func (e KitsHandedOut) About() []Ref {
	if e.Person == 0 {
		return nil
	}
	return []Ref{person(e.Person)}
}
func (e SelfTestReported) About() []Ref { return []Ref{person(e.Person)} }
func (e SelfTestFollowed) About() []Ref { return []Ref{person(e.Person), tube(e.Tube)} }
