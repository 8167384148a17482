package outbreak

// PlaceNamed says that a place is known (New), that it got further names, or that it was said anew what it is and where it lies.
type PlaceNamed struct {
	Scope
	Place     PlaceID `json:"place"`
	PlaceKind string  `json:"place_kind"`
	New       bool    `json:"new"`
	Changed   bool    `json:"changed,omitempty"`
}

// PlacesDecided says that somebody found two places to be one (merged), or took that back (unmerged).
type PlacesDecided struct {
	Scope
	Merge string  `json:"merge"`
	One   PlaceID `json:"one"`
	Other PlaceID `json:"other"`
	How   string  `json:"how"`
}

// VisitRecorded says that a row about a visit was added. Where and when it was stands in the row alone, which has an end.
type VisitRecorded struct {
	Scope
	Visit     string   `json:"visit"`
	Person    PersonID `json:"person"`
	Source    string   `json:"source"`
	Corrected bool     `json:"corrected,omitempty"`
	Gone      bool     `json:"gone,omitempty"`
}

// VisitsRead says that somebody looked up the visits of a person or at a place, and why.
type VisitsRead struct {
	Scope
	Person  PersonID `json:"person,omitempty"`
	Place   PlaceID  `json:"place,omitempty"`
	Purpose Purpose  `json:"purpose"`
	Rows    int      `json:"rows"`
}

// VisitsExpired says that visits were deleted whose time was over.
type VisitsExpired struct {
	Scope
	Rows int `json:"rows"`
}

func (PlaceNamed) Kind() string    { return "PlaceNamed" }
func (PlacesDecided) Kind() string { return "PlacesDecided" }
func (VisitRecorded) Kind() string { return "VisitRecorded" }
func (VisitsRead) Kind() string    { return "VisitsRead" }
func (VisitsExpired) Kind() string { return "VisitsExpired" }

func place(id PlaceID) Ref { return Ref{"place", id.String()} }

func (e PlaceNamed) About() []Ref    { return []Ref{place(e.Place)} }
func (e PlacesDecided) About() []Ref { return []Ref{place(e.One), place(e.Other)} }
func (e VisitsRead) About() []Ref    { return []Ref{person(e.Person), place(e.Place)} }
