// Package exchange takes files in and gives rows out: CSV of areas, rolls, tubes and results.
//
// Invariants: nothing in a file is guessed; whatever is odd about it is told with row, column and reason; every row that came
// in is accepted, repeated or rejected, and the three sum to what was received; rejected rows are given back as a file that
// can be corrected and sent again; the same file twice changes nothing; memory does not grow with the file, but for a bounded
// set of fingerprints that finds rows standing twice; an identity number is never shown in full.
//
// The way of a file: Sniff (encoding, separator) -> header -> mapping of columns to fields -> checks, one file each, listed
// in one table (check.go) -> batches of at most a thousand rows, each one transaction of the room that owns them.
package exchange
