// Package cases keeps the cases of an outbreak and the clocks on each: report, core information, full report, confirmatory
// retest.
//
// Invariants: a person has at most one live case in an outbreak; a clock starts at the event, the instrument's first
// positive, not at the moment we heard of it; a laboratory never closes a case: when it takes a result back the case is in
// question and a person decides before a short clock ends.
//
// A case keeps the edition of the rule book it was opened under. When its outbreak changes to another one, clocks that run end
// sooner where the new value says that it applies to them; later ones are listed, and a person decides each.
//
// Events in: PersonPositive, PersonResultRevised (screening), ProtocolChanged (registry).
// Events out: CaseOpened, CaseStepDone, CaseClassified, CaseInQuestion, CaseUpheld, CaseDiscarded,
// CaseClocksMoved.
package cases
