package outbreak

// IdentityCorrected says that a list corrected fields of an identity.
type IdentityCorrected struct {
	Scope
	Person PersonID `json:"person"`
	Fields []string `json:"fields"`
	Source string   `json:"source"`
	At     Instant  `json:"at"`
}

// IdentityDiffers says that a list disagrees with what was corrected here: somebody decides.
type IdentityDiffers struct {
	Scope
	Person PersonID `json:"person"`
	Fields []string `json:"fields"`
	Source string   `json:"source"`
	At     Instant  `json:"at"`
}

// IdentityDecided says that somebody took what a list says of an identity, or kept what is known here. Left differences of the person
// wait on.
type IdentityDecided struct {
	Scope
	Person PersonID `json:"person"`
	Fields []string `json:"fields"`
	Taken  bool     `json:"taken"`
	Left   int      `json:"left"`
	At     Instant  `json:"at"`
}

func (IdentityCorrected) Kind() string { return "IdentityCorrected" }
func (IdentityDiffers) Kind() string   { return "IdentityDiffers" }
func (IdentityDecided) Kind() string   { return "IdentityDecided" }

func (e IdentityCorrected) About() []Ref { return []Ref{person(e.Person)} }
func (e IdentityDiffers) About() []Ref   { return []Ref{person(e.Person)} }
func (e IdentityDecided) About() []Ref   { return []Ref{person(e.Person)} }
