package outbreak

// Bench is how the laboratories that test the tubes of some areas stand, as far as these tubes are concerned: a laboratory that
// tests for others as well counts with the share of these areas in its tubes of the last day.
type Bench struct {
	Labs     int
	PerHour  float64 // tubes their instruments can read in an hour; without instruments, by their own figure per day
	Pending  float64 // tubes that were read and wait for a second person
	Oldest   Instant // when the longest of them was read; 0: none waits
	Read     float64 // tubes read by instruments in the last hour
	Unbooked int     // tubes in transport boxes that stand at a laboratory, not booked in
}
