// Package table says what a messy table is: how a file writes its letters and parts its cells, which rows are the header, what each
// column holds, how its dates are written, what stands for "nothing known", what a spreadsheet has spoilt, and which field of a line
// list a column may be.
//
// Invariants: nothing is decided that the cells do not show, and what can be read in two ways is called ambiguous, with counts;
// nothing is changed; every finding is data: a word, a count, the first rows that show it; findings hold no cell's text, but for
// headers, words for nothing and the few values of a column of categories; memory does not grow with the number of rows.
//
// The way: Look at the first bytes (encoding, separator) -> Read rows -> Table.Add each -> Table.Report. A workbook's sheet begins
// at Add. This room knows no database and no clock.
package table
