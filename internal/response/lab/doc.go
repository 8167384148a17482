// Package lab takes tubes in at laboratories and records what their instruments say.
//
// Invariants: a result is never overwritten, only revised, and every revision is kept; the last revision counts; the same
// message twice is one result; a tube that nobody has handed in is received and resulted like any other (an orphan). The
// result route knows only a barcode: where the tube belongs comes from the box its serial was issued in, area 0 for none.
// This room owns results; who was in the tube is known by screening.
//
// A result comes in one of two ways. Reported directly it is released by the laboratory that reports it, and counts at once.
// Out of a run it counts when somebody else than who entered the run releases it: until then it stands in lab_well alone, and
// nobody outside this room sees it. A run with a failed control gives no results. Two people together void a run: each of its
// tubes is then said to be what still stands of it, or invalid, by a revision that others follow like any revision.
//
// What does not fit is kept and raised, never refused: a transport box with other tubes than were handed over, results sooner
// than the assay takes, more results than wells, positives far from those of others on the same areas.
//
// Events out: LabAdded, KitAdded, ToolChanged, SupplyCounted, CrateSent, CrateTaken, TubesReceived, TubesStamped, RunEntered,
// RepeatAsked, RunReleased, RunDoubted, RunCleared, RunVoided, TubesNegative (first negatives of a batch), TubeResulted
// (everything else), LabAlarmRaised, LabAlarmSettled. Events in: none.
package lab
