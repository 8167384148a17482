package outbreak

// TripRequested asks for a closed-loop transfer of one person to a reserved bed.
type TripRequested struct {
	Scope
	Trip   TripID   `json:"trip"`
	Person PersonID `json:"person"`
	Need   NeedID   `json:"need"`
	Stay   StayID   `json:"stay"`
	Site   SiteID   `json:"site"`
	At     Instant  `json:"at"`
	Due    Instant  `json:"due"`
}

// VehicleAssigned gives the trip a vehicle.
type VehicleAssigned struct {
	Scope
	Trip    TripID    `json:"trip"`
	Person  PersonID  `json:"person"`
	Vehicle VehicleID `json:"vehicle"`
	Due     Instant   `json:"due"`
	At      Instant   `json:"at"`
}

// PickedUp says that the person is in the vehicle.
type PickedUp struct {
	Scope
	Trip    TripID    `json:"trip"`
	Person  PersonID  `json:"person"`
	Vehicle VehicleID `json:"vehicle"`
	Due     Instant   `json:"due"`
	At      Instant   `json:"at"`
}

// TripEnded says how a trip ended: arrived, cancelled or died.
type TripEnded struct {
	Scope
	Trip    TripID    `json:"trip"`
	Person  PersonID  `json:"person"`
	Stay    StayID    `json:"stay"`
	Site    SiteID    `json:"site"`
	Vehicle VehicleID `json:"vehicle,omitempty"`
	How     string    `json:"how"`
	At      Instant   `json:"at"`
}

// VehicleAdded says that a vehicle serves.
type VehicleAdded struct {
	Scope
	Vehicle VehicleID `json:"vehicle"`
	Seats   int       `json:"seats"`
}

func (TripRequested) Kind() string   { return "TripRequested" }
func (VehicleAssigned) Kind() string { return "VehicleAssigned" }
func (PickedUp) Kind() string        { return "PickedUp" }
func (TripEnded) Kind() string       { return "TripEnded" }
func (VehicleAdded) Kind() string    { return "VehicleAdded" }

func (e TripRequested) About() []Ref   { return []Ref{person(e.Person)} }
func (e VehicleAssigned) About() []Ref { return []Ref{person(e.Person)} }
func (e PickedUp) About() []Ref        { return []Ref{person(e.Person)} }
func (e TripEnded) About() []Ref       { return []Ref{person(e.Person)} }
