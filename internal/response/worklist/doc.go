// Package worklist keeps working lists: people pasted from a chat or a sheet, recognised, worked on for some days, and gone.
//
// Invariants: a line stays as it was pasted, sealed under a key of its list; who opens lines has the right to open identities and
// names a purpose, and leaves an entry in the journal; a list has an owner and an end, and when it is over its rows and its key are
// deleted, with a receipt; nothing is found out about anybody but who is meant, and of several a person chooses.
//
// A manifest is a working list of a vehicle or a site; its roll is called, as often as needed: each person present, absent or not
// known yet, with the time and who called.
//
// Events out: WorkListMade, WorkListShared, WorkListOpened, WorkListEnded, WorkListDeleted, RollCalled, ExportMade.
package worklist
