// Package cases keeps the cases of an outbreak and the clocks on each: report, core information, full report, confirmatory
// retest.
//
// Invariants: a person has at most one live case in an outbreak; a clock starts at the event, the instrument's first
// positive, not at the moment we heard of it; a laboratory never closes a case: when it takes a result back the case is in
// question and a person decides before a short clock ends.
//
// Events in: PersonPositive, PersonResultRevised (screening).
// Events out: CaseOpened, CaseStepDone, CaseClassified, CaseInQuestion, CaseUpheld, CaseDiscarded.
package cases
