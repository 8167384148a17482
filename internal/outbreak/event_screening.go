package outbreak

// RoundOpened starts a testing round over areas.
type RoundOpened struct {
	Scope
	Round  RoundID `json:"round"`
	Areas  []Path  `json:"areas"`
	Pool   int     `json:"pool"` // swabs per tube
	Opens  Instant `json:"opens"`
	Closes Instant `json:"closes"`
	Roll   int     `json:"roll"` // people due

	Pools  []AreaPool `json:"pools,omitempty"`  // parts of it with other tubes
	Excuse string     `json:"excuse,omitempty"` // why it was opened without a passed rehearsal
}

// AreaPool is how many swabs a tube takes in a part of a round.
type AreaPool struct {
	Area      Path `json:"area"`
	Pool      int  `json:"pool"`
	Household bool `json:"household,omitempty"` // of one household alone
}

// RoundClosed ends a round; Complete is false when somebody decided to close it with people or tubes open.
type RoundClosed struct {
	Scope
	Round    RoundID         `json:"round"`
	Complete bool            `json:"complete"`
	Outcomes map[Outcome]int `json:"outcomes"`
	Devices  []int64         `json:"devices,omitempty"` // that may hold tubes still
	Sheets   int             `json:"sheets,omitempty"`  // door sheets that are neither back nor lost
}

// TubesHandedIn says that closed tubes of a round came in together. Who is in them, and which tubes they are, stands in the rows
// First to Last of the table of tubes; the digest is over these rows.
type TubesHandedIn struct {
	Scope
	Round   RoundID       `json:"round"`
	First   int64         `json:"first"`
	Last    int64         `json:"last"`
	Digest  string        `json:"digest"`
	Tubes   int           `json:"tubes"` // seen for the first time: a further operation on a tube is a row, not a tube
	Members int           `json:"members"`
	Again   []TubeCode    `json:"again,omitempty"` // tubes that were handed in before
	Counts  []HandedCount `json:"counts"`
}

// HandedCount is what one area has in a hand-in, by the hour of sampling: the area where the serials were issued (of the booth
// when nobody issued them), hours since 1970, tubes seen for the first time, members.
type HandedCount [4]int64

// TubesClosed is TubesHandedIn as journals until November 2026 have it: a batch of one booth, the tubes one by one.
type TubesClosed struct {
	Scope
	Round    RoundID      `json:"round"`
	Booth    BoothID      `json:"booth"`
	Batch    BatchID      `json:"batch"`
	TubeArea AreaID       `json:"tube_area"`
	Digest   string       `json:"digest"`
	Members  int          `json:"members"`
	Tubes    []ClosedTube `json:"tubes"`
}

// ClosedTube is one tube of a batch.
type ClosedTube struct {
	Tube    TubeCode `json:"tube"`
	At      Instant  `json:"at"`  // when it was closed
	Due     Instant  `json:"due"` // at the laboratory
	Members int      `json:"members"`
	Again   bool     `json:"again,omitempty"` // a further operation on a tube that was handed in before
}

// TubeSpoiled says that a tube gives no result any more: lost, leaked, rejected, or invalid at the laboratory.
type TubeSpoiled struct {
	Scope
	Round   RoundID  `json:"round"`
	Tube    TubeCode `json:"tube"`
	Reason  string   `json:"reason"` // lost, leaked, rejected, invalid
	Members int      `json:"members"`
	At      Instant  `json:"at"`
}

// SampleAgainAsked puts one person back into the queue for a swab.
type SampleAgainAsked struct {
	Scope
	Round  RoundID  `json:"round"`
	Tube   TubeCode `json:"tube"`
	Person PersonID `json:"person"`
	At     Instant  `json:"at"`
	Due    Instant  `json:"due"`
}

// SampleAgainMet says that this person was sampled again.
type SampleAgainMet struct {
	Scope
	Round  RoundID  `json:"round"`
	Tube   TubeCode `json:"tube"` // the new tube
	Was    TubeCode `json:"was"`  // the tube it makes up for
	Person PersonID `json:"person"`
	At     Instant  `json:"at"`
}

// RecallOpened says that a pool came back positive or indeterminate and its members are called back one by one.
type RecallOpened struct {
	Scope
	Round   RoundID  `json:"round"`
	Tube    TubeCode `json:"tube"`
	Result  Result   `json:"result"`
	Members int      `json:"members"`
	At      Instant  `json:"at"`
}

// RecallClosed ends a recall: positive_found, none_positive (kept open for a search by a person), revised.
type RecallClosed struct {
	Scope
	Round   RoundID  `json:"round"`
	Tube    TubeCode `json:"tube"`
	Verdict string   `json:"verdict"`
}

// MemberHeld asks one member of a pool to stay apart until the own single result or the protocol's limit.
type MemberHeld struct {
	Scope
	Round       RoundID  `json:"round"`
	Tube        TubeCode `json:"tube"`
	Person      PersonID `json:"person"`
	At          Instant  `json:"at"`
	Until       Instant  `json:"until"` // the hold ends by itself
	ResampleDue Instant  `json:"resample_due"`
}

// MemberResampled says that a held member gave a single sample.
type MemberResampled struct {
	Scope
	Round     RoundID  `json:"round"`
	Tube      TubeCode `json:"tube"`   // the pool
	Single    TubeCode `json:"single"` // the own tube
	Person    PersonID `json:"person"`
	At        Instant  `json:"at"`
	ResultDue Instant  `json:"result_due"`
}

// MemberReleased ends a hold: negative, limit, positive (the case's measures take over), revised.
type MemberReleased struct {
	Scope
	Round  RoundID  `json:"round"`
	Tube   TubeCode `json:"tube"`
	Person PersonID `json:"person"`
	Reason string   `json:"reason"`
	At     Instant  `json:"at"`
	Done   bool     `json:"done"` // false when the single result is still owed (the hold ran into its limit)
}

// PersonPositive says that a person's own single tube is positive.
type PersonPositive struct {
	Scope
	Round  RoundID  `json:"round"`
	Tube   TubeCode `json:"tube"`
	Person PersonID `json:"person"`
	At     Instant  `json:"at"` // the instrument's first positive: clocks start here
	Via    FoundVia `json:"via"`
}

// PersonResultRevised takes back the positive result of a person's own tube: the laboratory did, or the tube is found not to be that
// person's own.
type PersonResultRevised struct {
	Scope
	Round  RoundID  `json:"round"`
	Tube   TubeCode `json:"tube"`
	Person PersonID `json:"person"`
	Result Result   `json:"result"` // empty: the tube was found not to be this person's own
	At     Instant  `json:"at"`
}

// MemberTakenOut says that a correction took a person out of a tube that had named him: whoever is in no other tube of the round
// has yet to be swabbed.
type MemberTakenOut struct {
	Scope
	Round  RoundID  `json:"round"`
	Tube   TubeCode `json:"tube"`
	Person PersonID `json:"person"`
	At     Instant  `json:"at"` // when the tube was closed
}

// OutcomesRecorded says who was excused, refused, away or unreachable; rows hold the people.
type OutcomesRecorded struct {
	Scope
	Round  RoundID         `json:"round"`
	Batch  BatchID         `json:"batch"`
	Counts map[Outcome]int `json:"counts"`
}

// AnomalyRaised says that something does not fit. The sample or fact itself is kept.
type AnomalyRaised struct {
	Scope
	Anomaly AnomalyID `json:"anomaly"`
	What    string    `json:"what"`
	Round   RoundID   `json:"round"`
	Tube    TubeCode  `json:"tube,omitempty"`
	Person  PersonID  `json:"person,omitempty"`
	At      Instant   `json:"at"`
}

// AnomalySettled says what a person found out.
type AnomalySettled struct {
	Scope
	Anomaly AnomalyID `json:"anomaly"`
	Verdict string    `json:"verdict"`
}

// DeviceEnrolled says that a device of a sampling point, or a set of paper sheets, got its number.
type DeviceEnrolled struct {
	Scope
	Device int64   `json:"device"` // the upper bits of the operations it makes
	What   string  `json:"what"`   // device or sheet
	Booth  BoothID `json:"booth"`
	User   UserID  `json:"user"` // the account it acts with; 0: a sheet
	By     string  `json:"by"`   // the actor who asked for it
	Until  Instant `json:"until"`
}

// DeviceEnded says that a device acts no more: left (signed out with nothing waiting), lost (revoked), or wiped (signed out by
// somebody who gave up what was waiting).
type DeviceEnded struct {
	Scope
	Device  int64   `json:"device"`
	Booth   BoothID `json:"booth"`
	How     string  `json:"how"`
	Missing int64   `json:"missing"` // operations it made, as far as is known, that never came
}

// SerialsIssued says that a sampling point, or one of its devices, was handed a run of tube serials.
type SerialsIssued struct {
	Scope
	Run    int64    `json:"run"`
	Booth  BoothID  `json:"booth"`
	Device int64    `json:"device,omitempty"`
	First  TubeCode `json:"first"`
	Last   TubeCode `json:"last"`
}

// SerialsEnded says what became of a run of tube serials: the rest of it, from a serial on, was returned or lost.
type SerialsEnded struct {
	Scope
	Run   int64    `json:"run"`
	Booth BoothID  `json:"booth"`
	How   string   `json:"how"`            // returned or lost
	From  TubeCode `json:"from,omitempty"` // empty: nothing was left
	Last  TubeCode `json:"last"`
}

// SamplerAdded says that somebody who takes swabs was given a badge; the journal has his number alone.
type SamplerAdded struct {
	Scope
	Sampler int64 `json:"sampler"`
	Badge   int64 `json:"badge"`
}

// SamplerBadged says that somebody who takes swabs was given another badge: the one before is good no more.
type SamplerBadged struct {
	Scope
	Sampler int64 `json:"sampler"`
	Badge   int64 `json:"badge"`
}

// BadgeShown says that a badge was shown to be printed.
type BadgeShown struct {
	Scope
	Sampler int64 `json:"sampler"`
	Badge   int64 `json:"badge"`
}

// SamplerEnded says that somebody takes swabs no more.
type SamplerEnded struct {
	Scope
	Sampler int64 `json:"sampler"`
}

// SamplerSignedOn says whose swabs a device's tubes hold from now on; sampler 0: nobody's, since somebody signed off, or showed a badge
// without its proof.
type SamplerSignedOn struct {
	Scope
	Device  int64   `json:"device"`
	Booth   BoothID `json:"booth"`
	Sampler int64   `json:"sampler,omitempty"`
	Badge   int64   `json:"badge,omitempty"` // that was shown
	From    int64   `json:"from"`            // counter of the last operation before
	At      Instant `json:"at"`
}

// SheetAgreed says that a paper sheet was keyed by two people, who now agree, and handed in.
type SheetAgreed struct {
	Scope
	Round  RoundID `json:"round"`
	Device int64   `json:"device"`
	Booth  BoothID `json:"booth"`
	First  string  `json:"first"` // the actors who keyed it
	Second string  `json:"second"`
	Tubes  int     `json:"tubes"`
}

func (RoundOpened) Kind() string         { return "RoundOpened" }
func (DeviceEnrolled) Kind() string      { return "DeviceEnrolled" }
func (DeviceEnded) Kind() string         { return "DeviceEnded" }
func (SerialsIssued) Kind() string       { return "SerialsIssued" }
func (SerialsEnded) Kind() string        { return "SerialsEnded" }
func (SamplerAdded) Kind() string        { return "SamplerAdded" }
func (SamplerBadged) Kind() string       { return "SamplerBadged" }
func (BadgeShown) Kind() string          { return "BadgeShown" }
func (SamplerEnded) Kind() string        { return "SamplerEnded" }
func (SamplerSignedOn) Kind() string     { return "SamplerSignedOn" }
func (SheetAgreed) Kind() string         { return "SheetAgreed" }
func (RoundClosed) Kind() string         { return "RoundClosed" }
func (TubesHandedIn) Kind() string       { return "TubesHandedIn" }
func (TubesClosed) Kind() string         { return "TubesClosed" }
func (TubeSpoiled) Kind() string         { return "TubeSpoiled" }
func (SampleAgainAsked) Kind() string    { return "SampleAgainAsked" }
func (SampleAgainMet) Kind() string      { return "SampleAgainMet" }
func (RecallOpened) Kind() string        { return "RecallOpened" }
func (RecallClosed) Kind() string        { return "RecallClosed" }
func (MemberHeld) Kind() string          { return "MemberHeld" }
func (MemberResampled) Kind() string     { return "MemberResampled" }
func (MemberReleased) Kind() string      { return "MemberReleased" }
func (PersonPositive) Kind() string      { return "PersonPositive" }
func (PersonResultRevised) Kind() string { return "PersonResultRevised" }
func (MemberTakenOut) Kind() string      { return "MemberTakenOut" }
func (OutcomesRecorded) Kind() string    { return "OutcomesRecorded" }
func (AnomalyRaised) Kind() string       { return "AnomalyRaised" }
func (AnomalySettled) Kind() string      { return "AnomalySettled" }

func (e TubeSpoiled) About() []Ref         { return []Ref{tube(e.Tube)} }
func (e SampleAgainAsked) About() []Ref    { return []Ref{person(e.Person), tube(e.Tube)} }
func (e SampleAgainMet) About() []Ref      { return []Ref{person(e.Person), tube(e.Tube)} }
func (e RecallOpened) About() []Ref        { return []Ref{tube(e.Tube)} }
func (e RecallClosed) About() []Ref        { return []Ref{tube(e.Tube)} }
func (e MemberHeld) About() []Ref          { return []Ref{person(e.Person), tube(e.Tube)} }
func (e MemberResampled) About() []Ref     { return []Ref{person(e.Person), tube(e.Tube)} }
func (e MemberReleased) About() []Ref      { return []Ref{person(e.Person), tube(e.Tube)} }
func (e PersonPositive) About() []Ref      { return []Ref{person(e.Person), tube(e.Tube)} }
func (e PersonResultRevised) About() []Ref { return []Ref{person(e.Person), tube(e.Tube)} }
func (e MemberTakenOut) About() []Ref      { return []Ref{person(e.Person), tube(e.Tube)} }
func (e AnomalyRaised) About() []Ref {
	if e.Tube == "" { // about a device
		return nil
	}
	if e.Person == 0 {
		return []Ref{tube(e.Tube)}
	}
	return []Ref{person(e.Person), tube(e.Tube)}
}
