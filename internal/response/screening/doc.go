// Package screening runs testing rounds: it owns rounds, booths, tubes with their members, what became of everybody on the
// roll, and the way back for everybody whose tube gave no answer or a bad one.
//
// Invariants: everybody on the roll of a round stands in exactly one outcome, and they sum to the roll; a physical sample is
// never refused, whatever is odd about it is kept as an anomaly with an owner; a pool result is nobody's diagnosis: each
// member of a positive pool is held and sampled again alone, and a hold ends with an own valid negative or at the protocol's
// limit; a lost, leaked, rejected or invalid tube puts each of its members back to sample_again.
//
// A round is planned, open, closing, closed. It closes complete only when nobody is owed anything, no device may hold tubes of it, and
// every door sheet that went out is back or lost. Whoever excuses many people alike is checked by calls of somebody else.
//
// Whose swabs a tube holds goes by who had signed on at its device: tubes carry nobody, and sampling never waits for a badge.
//
// A person's own positive result is told by a person first; self-tests change no outcome and no tube.
//
// Events in: TubesNegative, TubeResulted, TubesReceived, RunReleased, RunVoided (lab); its own TubesHandedIn, TubeSpoiled; ProtocolChanged, PersonRegistered (registry).
// Events out: RoundOpened, RoundClosed, TubesHandedIn, TubeSpoiled, MemberTakenOut, SampleAgainAsked, SampleAgainMet, RecallOpened,
// RecallClosed, MemberHeld, MemberResampled, MemberReleased, PersonPositive, PersonResultRevised, OutcomesRecorded,
// AnomalyRaised, AnomalySettled, HoldShortened, DeviceEnrolled, DeviceEnded, SheetAgreed, PositiveTold, ResultLineSet,
// KitsHandedOut, SelfTestReported, SelfTestFollowed, SerialsIssued, SerialsEnded, SamplerAdded, SamplerBadged, BadgeShown, SamplerEnded,
// SamplerSignedOn, PoolSearchOpened, PoolSearchStepped,
// PoolSearchEnded, TellingOpened, TellingDropped, RoundPlanned, RoundCancelled, RoundHeldBack, RoundClosing,
// DeviceLossDeclared, DoorSheetsPrinted, DoorSheetFilled, DoorSheetEnded, CallBackAsked, CallBackFound, RehearsalPassed.
package screening
