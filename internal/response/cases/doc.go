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
// What a line list says of a case stands in its row (field.go names the fields); every change of a field is kept with who, when and
// what it was, so that the list can be read as it was known at any time. Many cases change at once with a reason, and that can be
// taken back. Rows of somebody's list are known again by their number there; what such a list says changes a case where it says
// something else than the last time, so that a correction made here stays.
//
// Events in: PersonPositive, PersonResultRevised (screening), ProtocolChanged (registry).
// Events out: CaseOpened, CaseStepDone, CaseClassified, CaseInQuestion, CaseUpheld, CaseDiscarded,
// CaseClocksMoved, CaseEdited, CasesEdited, CasesLoaded, CasesReported.
package cases
