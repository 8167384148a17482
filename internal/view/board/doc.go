// Package board keeps the read models of the screens: what waits at each step of the response, since when, until when, and
// what was done per hour. It is fed from the journal alone and can be rebuilt from it; a rebuilt board equals the kept one.
//
// Lists that join slices live here and nowhere else.
package board
