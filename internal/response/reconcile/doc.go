// Package reconcile compares the cases of an outbreak with the lists of others: a laboratory's, a hospital's, the national system's,
// a community's.
//
// Invariants: a row of theirs is one of our cases by a number, a document, a telephone with a name or a name with a date of birth,
// and it is said by which; where several fit, nothing is decided. A difference is one row with an owner and a state, and the next
// day it is the same row: what was decided stays decided until one of the two values changes, what is there no more is gone. Names
// in their lists are sealed under a key of each list and compared by keyed digests; old lists are deleted with their keys.
//
// In shadow mode another party is the source of truth for named fields: its files are taken in as they come, those fields are
// written from them and refused to everybody here, until somebody takes a field over with one act.
//
// A statutory report is a definition kept as data, in versions. Running it gives the file, its control totals and a receipt.
//
// Cases belong to another slice: what is needed of them stands in the interface Cases and is handed in.
//
// Events out: PartyKept, ListLoaded, ListSetAside, ListsCompared, DifferencesSettled, FieldsOwned, CorrectionsSent, ExportDefined,
// StatutoryExported.
package reconcile
