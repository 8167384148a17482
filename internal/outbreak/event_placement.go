package outbreak

// SiteOpened says that a site with beds or rooms is known, or that it got more of them.
type SiteOpened struct {
	Scope
	Site     SiteID `json:"site"`
	SiteKind string `json:"site_kind"`
	Beds     int    `json:"beds"`
}

// BedNeeded says that somebody needs a bed or room of one of the kinds, the most wanted first.
type BedNeeded struct {
	Scope
	Need     NeedID   `json:"need"`
	Person   PersonID `json:"person"`
	Case     CaseID   `json:"case"`
	Severity Severity `json:"severity"`
	Kinds    []string `json:"kinds"`
	At       Instant  `json:"at"`
	Due      Instant  `json:"due"`
}

// BedNeedEnded says that the bed is not needed any more.
type BedNeedEnded struct {
	Scope
	Need   NeedID   `json:"need"`
	Person PersonID `json:"person"`
	Reason string   `json:"reason"`
}

// BedReserved holds a bed for somebody until the trip has ended.
type BedReserved struct {
	Scope
	Need   NeedID   `json:"need"`
	Stay   StayID   `json:"stay"`
	Person PersonID `json:"person"`
	Site   SiteID   `json:"site"`
	Bed    BedID    `json:"bed"`
	At     Instant  `json:"at"`
}

// ReservationCancelled frees the bed again.
type ReservationCancelled struct {
	Scope
	Need   NeedID   `json:"need"`
	Stay   StayID   `json:"stay"`
	Person PersonID `json:"person"`
	Site   SiteID   `json:"site"`
	Reason string   `json:"reason"`
}

// PersonArrived is a fact: somebody is there, whether a bed was kept or not.
type PersonArrived struct {
	Scope
	Stay   StayID   `json:"stay"`
	Need   NeedID   `json:"need,omitempty"`
	Person PersonID `json:"person"`
	Site   SiteID   `json:"site"`
	Bed    BedID    `json:"bed,omitempty"` // none: the site is over its capacity
	Over   bool     `json:"over"`
	At     Instant  `json:"at"`
}

// BedGiven gives somebody who lay over a site's beds one that became free.
type BedGiven struct {
	Scope
	Stay   StayID   `json:"stay"`
	Person PersonID `json:"person"`
	Site   SiteID   `json:"site"`
	Bed    BedID    `json:"bed"`
	At     Instant  `json:"at"`
}

// PersonDischarged says that somebody left a site and the bed is free.
type PersonDischarged struct {
	Scope
	Stay   StayID   `json:"stay"`
	Person PersonID `json:"person"`
	Site   SiteID   `json:"site"`
	Reason string   `json:"reason"`
	At     Instant  `json:"at"`
}

func (SiteOpened) Kind() string           { return "SiteOpened" }
func (BedNeeded) Kind() string            { return "BedNeeded" }
func (BedNeedEnded) Kind() string         { return "BedNeedEnded" }
func (BedReserved) Kind() string          { return "BedReserved" }
func (ReservationCancelled) Kind() string { return "ReservationCancelled" }
func (PersonArrived) Kind() string        { return "PersonArrived" }
func (BedGiven) Kind() string             { return "BedGiven" }
func (PersonDischarged) Kind() string     { return "PersonDischarged" }

func (e BedNeeded) About() []Ref            { return []Ref{person(e.Person), caseRef(e.Case)} }
func (e BedNeedEnded) About() []Ref         { return []Ref{person(e.Person)} }
func (e BedReserved) About() []Ref          { return []Ref{person(e.Person)} }
func (e ReservationCancelled) About() []Ref { return []Ref{person(e.Person)} }
func (e PersonArrived) About() []Ref        { return []Ref{person(e.Person)} }
func (e BedGiven) About() []Ref             { return []Ref{person(e.Person)} }
func (e PersonDischarged) About() []Ref     { return []Ref{person(e.Person)} }
