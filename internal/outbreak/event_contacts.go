package outbreak

// ContactsLoaded says that a list of contacts came in: how many links between people of an area are new or say something else.
type ContactsLoaded struct {
	Scope
	Batch   BatchID `json:"batch"`
	Party   string  `json:"party"`
	Added   int     `json:"added"`
	Changed int     `json:"changed"`
	Digest  string  `json:"digest"`
}

// ContactWithdrawn says that somebody did not expose somebody after all.
type ContactWithdrawn struct {
	Scope
	Link LinkID   `json:"link"`
	From PersonID `json:"from"`
	To   PersonID `json:"to"`
	At   Instant  `json:"at"`
}

func (ContactsLoaded) Kind() string   { return "ContactsLoaded" }
func (ContactWithdrawn) Kind() string { return "ContactWithdrawn" }

func (e ContactWithdrawn) About() []Ref { return []Ref{person(e.From), person(e.To)} }
