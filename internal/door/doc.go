// Package door is what the doors of the house share: who is asking, how much he may ask for, what a refusal looks like and
// what every answer carries. The pages are in web, the programs' interface in api.
//
// Invariants: an answer to a refused request tells nothing of the inside; a fault of ours gets a reference that is in the
// log; the log holds no names, no numbers of people and no query strings; a cookie opens pages alone, a bearer token the
// programs' interface alone.
package door
