// Package workbook reads the rows of a spreadsheet's file, as somebody would who distrusts it: a zip that unfolds without end, a cell
// of a gigabyte, a million columns, a password, macros.
//
// Invariants: a sheet is streamed, one row in memory at a time; what a workbook may be at most is a constant here and is looked at
// before it is read; nothing is cut: what is too large is an error that says so; macros are told and never opened; a date is one
// because its cell's number format says so, and is written as the calendar has it; of a formula the value it had when the file was
// saved is taken, and that it was one is told.
//
// This room knows no database, no clock and no names: a workbook goes in, rows of text come out, as engine/table takes them.
package workbook
