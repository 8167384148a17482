package outbreak

// TubeResulted says that a laboratory reported a tube: any result but a first negative of a batch, and every revision.
type TubeResulted struct {
	Scope
	Tube     TubeCode `json:"tube"`
	TubeArea AreaID   `json:"tube_area"` // issuing area of the serial; 0 for an orphan
	Result   Result   `json:"result"`
	Was      Result   `json:"was,omitempty"` // the result this one revises
	Revision int      `json:"revision"`      // 1 for the first
	Lab      LabID    `json:"lab"`
	At       Instant  `json:"at"` // when the instrument said so
	Batch    BatchID  `json:"batch"`
}

// TubesNegative says that a batch of tubes got its first result and each is negative.
type TubesNegative struct {
	Scope
	TubeArea AreaID     `json:"tube_area"`
	Lab      LabID      `json:"lab"`
	At       Instant    `json:"at"` // the latest of the batch
	Batch    BatchID    `json:"batch"`
	Digest   string     `json:"digest"`
	Tubes    []TubeCode `json:"tubes"`
}

// TubesReceived says that tubes came in at a laboratory.
type TubesReceived struct {
	Scope
	TubeArea AreaID     `json:"tube_area"`
	Lab      LabID      `json:"lab"`
	At       Instant    `json:"at"`
	Due      Instant    `json:"due"` // when the results are due
	Batch    BatchID    `json:"batch"`
	Digest   string     `json:"digest"`
	Tubes    []TubeCode `json:"tubes"`
}

// LabAdded says that a laboratory is known.
type LabAdded struct {
	Scope
	Lab LabID `json:"lab"`
}

// KitAdded says that a test kit is known, with the thresholds by which its results are called.
type KitAdded struct {
	Scope
	Kit    KitID  `json:"kit"`
	Digest string `json:"digest"` // of targets, thresholds and needed controls
}

// ToolChanged says that an instrument of a laboratory is known, or stands otherwise than before.
type ToolChanged struct {
	Scope
	Lab   LabID   `json:"lab"`
	Tool  ToolID  `json:"tool"`
	State string  `json:"state"` // idle, busy, down
	Why   string  `json:"why,omitempty"`
	At    Instant `json:"at"`
}

// SupplyCounted says that reagents for tests came in at a laboratory, or that a count found another number of them.
type SupplyCounted struct {
	Scope
	Lab   LabID   `json:"lab"`
	Kit   KitID   `json:"kit"`
	Tests int     `json:"tests"` // more than before; less than 0 when a count found fewer
	At    Instant `json:"at"`
}

// CrateSent says that a transport box with tubes left for a laboratory.
type CrateSent struct {
	Scope
	Crate   CrateID    `json:"crate"`
	Lab     LabID      `json:"lab"`
	Counted int        `json:"counted"` // tubes, by whoever handed the box over
	At      Instant    `json:"at"`
	Due     Instant    `json:"due"`
	Digest  string     `json:"digest"`
	Tubes   []TubeCode `json:"tubes"`
}

// CrateTaken says that a transport box was taken over at a laboratory.
type CrateTaken struct {
	Scope
	Crate   CrateID `json:"crate"`
	Lab     LabID   `json:"lab"`
	Counted int     `json:"counted"` // tubes, by whoever took the box over
	Differs bool    `json:"differs"` // count or seal is not what was handed over
	At      Instant `json:"at"`
}

// TubesStamped says that tubes passed a stage inside a laboratory.
type TubesStamped struct {
	Scope
	Lab    LabID      `json:"lab"`
	Stage  string     `json:"stage"`
	At     Instant    `json:"at"`
	Digest string     `json:"digest"`
	Tubes  []TubeCode `json:"tubes"`
}

// RunEntered says that a plate went through an instrument and what was read of it. Nothing of it counts before it is released.
type RunEntered struct {
	Scope
	Run    RunID          `json:"run"`
	Lab    LabID          `json:"lab"`
	Tool   ToolID         `json:"tool"`
	Kit    KitID          `json:"kit"`
	At     Instant        `json:"at"`     // when the instrument was read
	Failed string         `json:"failed"` // the control that failed: the run gives no results; empty: none
	Tubes  int            `json:"tubes"`
	Calls  map[string]int `json:"calls"`
	Digest string         `json:"digest"` // over the wells as they are kept
}

// RunReleased says that a second person released the results of a run: from now on they count.
type RunReleased struct {
	Scope
	Run     RunID   `json:"run"`
	Lab     LabID   `json:"lab"`
	Results int     `json:"results"` // reported with it
	Kept    int     `json:"kept"`    // not reported: the tube is tested again first
	At      Instant `json:"at"`
}

// RepeatAsked says that a tube is to be tested again before its result is reported.
type RepeatAsked struct {
	Scope
	Lab  LabID    `json:"lab"`
	Run  RunID    `json:"run"`
	Tube TubeCode `json:"tube"`
	Call Result   `json:"call"`
	Step string   `json:"step"` // repeat_run, repeat_extract
	At   Instant  `json:"at"`
}

// RunDoubted says that somebody proposes to void a run.
type RunDoubted struct {
	Scope
	Run    RunID   `json:"run"`
	Lab    LabID   `json:"lab"`
	Reason string  `json:"reason"` // contamination, control, swap, kit, instrument, other
	At     Instant `json:"at"`
}

// RunCleared says that the proposal to void a run was turned down.
type RunCleared struct {
	Scope
	Run RunID   `json:"run"`
	Lab LabID   `json:"lab"`
	At  Instant `json:"at"`
}

// RunVoided says that a second person confirmed it: no result of the run stands any more. What the tubes are said to be
// instead stands in the revisions of the same batch.
type RunVoided struct {
	Scope
	Run     RunID   `json:"run"`
	Lab     LabID   `json:"lab"`
	Reason  string  `json:"reason"`
	Revised int     `json:"revised"`
	Batch   BatchID `json:"batch"`
	At      Instant `json:"at"`
}

// LabAlarmRaised says that something at a laboratory cannot be as it is said. What was said is kept.
type LabAlarmRaised struct {
	Scope
	Alarm AlarmID `json:"alarm"`
	What  string  `json:"what"`
	Lab   LabID   `json:"lab"`
	At    Instant `json:"at"`
}

// LabAlarmSettled says what a person found out.
type LabAlarmSettled struct {
	Scope
	Alarm   AlarmID `json:"alarm"`
	Verdict string  `json:"verdict"`
}

func (TubeResulted) Kind() string  { return "TubeResulted" }
func (TubesNegative) Kind() string { return "TubesNegative" }
func (TubesReceived) Kind() string { return "TubesReceived" }
func (LabAdded) Kind() string      { return "LabAdded" }

func (e TubeResulted) About() []Ref  { return []Ref{tube(e.Tube)} }
func (KitAdded) Kind() string        { return "KitAdded" }
func (ToolChanged) Kind() string     { return "ToolChanged" }
func (SupplyCounted) Kind() string   { return "SupplyCounted" }
func (CrateSent) Kind() string       { return "CrateSent" }
func (CrateTaken) Kind() string      { return "CrateTaken" }
func (TubesStamped) Kind() string    { return "TubesStamped" }
func (RunEntered) Kind() string      { return "RunEntered" }
func (RunReleased) Kind() string     { return "RunReleased" }
func (RepeatAsked) Kind() string     { return "RepeatAsked" }
func (RunDoubted) Kind() string      { return "RunDoubted" }
func (RunCleared) Kind() string      { return "RunCleared" }
func (RunVoided) Kind() string       { return "RunVoided" }
func (LabAlarmRaised) Kind() string  { return "LabAlarmRaised" }
func (LabAlarmSettled) Kind() string { return "LabAlarmSettled" }

func (e RepeatAsked) About() []Ref { return []Ref{tube(e.Tube)} }
