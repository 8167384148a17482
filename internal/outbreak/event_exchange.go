package outbreak

// MappingSaved says that somebody chose how a kind of list with certain headers is read from now on.
type MappingSaved struct {
	Scope
	List   string  `json:"list"`
	Digest string  `json:"digest"` // of the headers
	At     Instant `json:"at"`
}

func (MappingSaved) Kind() string { return "MappingSaved" }
