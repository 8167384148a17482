// Package lab takes tubes in at laboratories and records what their instruments say.
//
// Invariants: a result is never overwritten, only revised, and every revision is kept; the last revision counts; the same
// message twice is one result; a tube that nobody has handed in is received and resulted like any other (an orphan). The
// result route knows only a barcode: where the tube belongs comes from the box its serial was issued in, area 0 for none.
// This room owns results; who was in the tube is known by screening.
//
// Events out: LabAdded, TubesReceived, TubesNegative (first negatives of a batch), TubeResulted (everything else).
// Events in: none.
package lab
