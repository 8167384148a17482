package task

import (
	"strings"
	"unicode/utf8"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
)

// What names a kind of work; its sentence is the catalogue entry "task.what.<kind>".
type What string

// The kinds of work, as the rooms open them.
const (
	Resample          What = "resample"           // swab a held member singly
	AwaitSingle       What = "await_single"       // the held member's own result is owed by the laboratory
	SwabAgain         What = "swab_again"         // lost, leaked, rejected or invalid tube
	FindMembers       What = "find_members"       // a positive tube that no booth has handed in
	SearchPool        What = "search_pool"        // positive pool, no positive member: swap, contamination, late infection
	TellPositive      What = "tell_positive"      // call a person about the own positive result
	SelfTestSwab      What = "self_test_swab"     // a self-test was positive: a swab for a laboratory
	SettleAnomaly     What = "settle_anomaly"     // something does not fit
	AuditExcusals     What = "audit_excusals"     // excusals that look alike: have a few people called, and decide
	CallBack          What = "call_back"          // call somebody whose excusal was drawn by lot
	OpenRound         What = "open_round"         // a planned round did not open at its instant: open it or drop it
	ReportCase        What = "report"             // report the case to the network
	CoreInfo          What = "core_info"          // core information of the investigation
	FullReport        What = "full_report"        // the first full report
	Retest            What = "retest"             // confirmatory retest by another kit or laboratory
	DecideCase        What = "question"           // the laboratory took the result back: decide
	MergedCases       What = "merged_cases"       // one person, two live cases of one outbreak: decide
	SettleIdentity    What = "settle_identity"    // a list says otherwise than was corrected here who somebody is: decide
	MergedBeds        What = "merged_beds"        // one person, two beds or two places in the queue: decide
	FindBed           What = "find_bed"           // no bed of a fitting kind is free
	AssignVehicle     What = "assign_vehicle"     // a bed is reserved, the trip has no vehicle
	PickUp            What = "pick_up"            // a vehicle is assigned
	HandOver          What = "hand_over"          // the person is in the vehicle
	RelieveSite       What = "relieve_site"       // a site holds more people than beds
	ReleasePerson     What = "release_person"     // not a case any more: let the person go
	RepeatTest        What = "repeat_test"        // neither positive nor negative: test the tube again
	ReleaseRun        What = "release_run"        // a run waits for the second person
	DecideRun         What = "decide_run"         // somebody proposes to void a run: confirm or turn down
	LabAlarm          What = "lab_alarm"          // something at a laboratory does not fit: its own work
	AuditLab          What = "audit_lab"          // what a laboratory says cannot be: somebody else's work
	SettleDifferences What = "settle_differences" // a list of another party differs from ours
	SilentParty       What = "silent_party"       // the list of another party is overdue
	ListSetAside      What = "list_set_aside"     // a file of another party could not be read
	WorkParked        What = "work_parked"        // an event a part of the system could not work on
	RecordedByHand    What = "recorded_by_hand"   // somebody put it here
)

// owner says which role owns each kind and whether a person may end it by hand.
var owner = map[What]struct {
	role   access.Role
	byHand bool
}{
	Resample: {access.Sampler, false}, AwaitSingle: {access.Laboratory, false}, SwabAgain: {access.Sampler, false},
	TellPositive: {access.Investigator, false}, SelfTestSwab: {access.Sampler, false},
	FindMembers: {access.Investigator, true}, SearchPool: {access.Investigator, false}, SettleAnomaly: {access.Sampler, false},
	AuditExcusals: {access.Command, false}, CallBack: {access.ContactTracer, false}, OpenRound: {access.Command, false},
	ReportCase: {access.Investigator, false}, CoreInfo: {access.Investigator, false}, FullReport: {access.Investigator, false},
	Retest: {access.Investigator, false}, DecideCase: {access.Investigator, false},
	MergedCases: {access.Investigator, true}, SettleIdentity: {access.Investigator, false}, MergedBeds: {access.SiteManager, true},
	FindBed: {access.SiteManager, false}, AssignVehicle: {access.Dispatcher, false}, PickUp: {access.Dispatcher, false},
	HandOver: {access.Dispatcher, false}, RelieveSite: {access.SiteManager, true}, ReleasePerson: {access.SiteManager, false},
	RepeatTest: {access.Laboratory, false}, ReleaseRun: {access.Laboratory, false}, DecideRun: {access.Laboratory, false}, LabAlarm: {access.Laboratory, false}, AuditLab: {access.Command, false},
	SettleDifferences: {access.Investigator, false}, SilentParty: {access.Investigator, true}, ListSetAside: {access.Investigator, true},
	WorkParked: {access.Administrator, true}, RecordedByHand: {access.Command, true},
}

// ByHand tells whether somebody says how this kind of work ended; other work is ended by a fact.
func (w What) ByHand() bool { return owner[w].byHand }

// Kinds lists every kind of work.
func Kinds() []What {
	kinds := make([]What, 0, len(owner))
	for k := range owner {
		kinds = append(kinds, k)
	}
	return kinds
}

// State of a task.
type State string

const (
	Pending       State = "pending"
	InProgress    State = "in_progress"
	Done          State = "done"
	Removed       State = "removed"
	NotExecutable State = "not_executable"
)

// Task is one piece of work.
type Task struct {
	ID       outbreak.TaskID     `json:"id"`
	Outbreak outbreak.OutbreakID `json:"outbreak"`
	Area     outbreak.Path       `json:"area"`
	What     What                `json:"what"`
	Subject  outbreak.Ref        `json:"subject"`
	Role     access.Role         `json:"role"`
	TakenBy  outbreak.UserID     `json:"taken_by"`
	State    State               `json:"state"`
	Since    outbreak.Instant    `json:"since"` // the event the clock started at
	Due      outbreak.Instant    `json:"due"`   // 0: no limit is named by the protocol
	EndedAt  outbreak.Instant    `json:"ended_at"`
	Note     string              `json:"note"` // of whoever ended it by hand; empty: none
}

// Scope is where the task belongs.
func (t Task) Scope() outbreak.Scope { return outbreak.Scope{Area: t.Area, Outbreak: t.Outbreak} }

// Open tells whether the work is still owed.
func (t Task) Open() bool { return t.State == Pending || t.State == InProgress }

// take decides whether a user may take the task.
func (t Task) take(user outbreak.UserID) (Task, error) {
	if !t.Open() {
		return t, outbreak.Refuse(outbreak.Conflict, "task.ended")
	}
	if t.TakenBy != 0 && t.TakenBy != user {
		return t, outbreak.Refuse(outbreak.Conflict, "task.taken")
	}
	t.TakenBy, t.State = user, InProgress
	return t, nil
}

// longestNote is how many characters a note may have.
const longestNote = 500

// end decides whether the task may be ended by hand in that way.
func (t Task) end(how State, note string) (Task, error) {
	if !t.Open() {
		return t, outbreak.Refuse(outbreak.Conflict, "task.ended")
	}
	if how != Done && how != NotExecutable {
		return t, outbreak.Refuse(outbreak.Invalid, "task.how")
	}
	if !t.What.ByHand() {
		return t, outbreak.Refuse(outbreak.Conflict, "task.ends_by_fact")
	}
	t.Note = strings.Join(strings.Fields(note), " ")
	if utf8.RuneCountInString(t.Note) > longestNote {
		return t, outbreak.Refuse(outbreak.Invalid, "task.note_long", "most", longestNote)
	}
	t.State = how
	return t, nil
}
