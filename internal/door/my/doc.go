// Package my is the door for residents: one page and one answer of under 300 bytes, "my result", opened with a secret and
// nothing else.
//
// Invariants: a secret is never in an address, so that it is in no log and no history; no answer holds a name, a number or a
// code of anybody; a secret that is wrong, revoked, of another site or no secret at all gets one and the same answer; a look-up
// reads memory and writes nothing; whoever only looks is sent away before any sampling point or page of staff is.
package my
