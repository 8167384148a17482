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

func (TubeResulted) Kind() string   { return "TubeResulted" }
func (TubesNegative) Kind() string  { return "TubesNegative" }
func (TubesReceived) Kind() string  { return "TubesReceived" }
func (LabAdded) Kind() string       { return "LabAdded" }
func (e TubeResulted) About() []Ref { return []Ref{tube(e.Tube)} }
