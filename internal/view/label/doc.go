// Package label draws what is printed: personal codes as QR codes, serials of tubes and boxes as Code 128, on sheets of A4 and on
// rolls.
//
// Invariants: sizes are data (formats.json), in millimetres; a page is one picture of vectors, so that a printer's dots decide how
// sharp it is; a code keeps its quiet zone inside its label; a code that does not fit its label is refused and never drawn too
// small to be read. It knows neither tables nor people: whoever hands codes over has asked whether they may be seen.
package label
