package board

import (
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
)

// Step is one place where things wait. Its name in words is the catalogue entry "board.step.<name>".
type Step string

// The steps of the response, in the order things pass them.
const (
	Transit    Step = "tube_transit"  // closed, not at a laboratory
	Testing    Step = "tube_testing"  // at a laboratory, no result
	Again      Step = "sample_again"  // people owed a new swab
	Resample   Step = "hold_resample" // held members to be swabbed alone
	OwnResult  Step = "hold_result"   // held members whose own result is owed
	Search     Step = "pool_search"   // positive pools without a positive member
	Release    Step = "run_release"   // runs that wait for a second person
	LabAlarm   Step = "lab_alarm"     // what at a laboratory cannot be as it is said
	Tell       Step = "positive_tell" // people to be told of their own positive by a person
	Report     Step = "case_report"
	Retest     Step = "case_retest"
	CoreInfo   Step = "case_core_info"
	FullReport Step = "case_full_report"
	Question   Step = "case_question"
	Bed        Step = "bed"     // people without a bed
	Vehicle    Step = "vehicle" // trips without a vehicle
	PickUp     Step = "pick_up"
	HandOver   Step = "hand_over"    // people in a vehicle
	Over       Step = "over"         // people at a site over its beds
	StockLow   Step = "stock_low"    // supplies that will not last
	StockOdd   Step = "stock_odd"    // counts of them that differ from the book
	Silent     Step = "party_silent" // parties whose list is overdue
	Odd        Step = "anomaly"
	Parked     Step = "parked"
)

// Steps lists the steps of the board with the role that owns each.
var Steps = []struct {
	Step  Step
	Owner access.Role
}{
	{Transit, access.Sampler}, {Testing, access.Laboratory}, {Release, access.Laboratory}, {LabAlarm, access.Laboratory}, {Again, access.Sampler}, {Resample, access.Sampler}, {OwnResult, access.Laboratory}, {Search, access.Investigator},
	{Tell, access.Investigator}, {Report, access.Investigator}, {Retest, access.Investigator}, {CoreInfo, access.Investigator}, {FullReport, access.Investigator}, {Question, access.Investigator},
	{Bed, access.SiteManager}, {Vehicle, access.Dispatcher}, {PickUp, access.Dispatcher}, {HandOver, access.Dispatcher}, {Over, access.SiteManager},
	{StockLow, access.Sampler}, {StockOdd, access.Command},
	{Silent, access.Investigator}, {Odd, access.Sampler}, {Parked, access.Administrator},
}

// Row is one thing that waits.
type Row struct {
	Step     Step                `json:"step"`
	Key      string              `json:"key"`
	Outbreak outbreak.OutbreakID `json:"outbreak"`
	Area     outbreak.Path       `json:"area"`
	Subject  outbreak.Ref        `json:"subject"`
	Person   outbreak.PersonID   `json:"person"`
	Since    outbreak.Instant    `json:"since"`
	Due      outbreak.Instant    `json:"due"`
}

// Count is how many things were done in an hour; for somebody who may see figures alone, in the day that begins with it.
type Count struct {
	What     string              `json:"what"`
	Outbreak outbreak.OutbreakID `json:"outbreak"`
	Area     outbreak.Path       `json:"area"`
	Hour     outbreak.Instant    `json:"hour"`
	N        int                 `json:"n"`
	Mark     Mark                `json:"mark,omitempty"` // few or withheld: n is left out, for somebody who may see figures alone
}

// Tallies are the words of what is counted per hour.
var Tallies = []string{"tubes", "sampled", "resulted", "positive_pools", "positive_people", "cases", "arrived", "discharged"}

// hourOf cuts an instant to its hour.
func hourOf(i outbreak.Instant) outbreak.Instant { return i - i%3_600_000 }
