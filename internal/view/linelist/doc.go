// Package linelist is the list of all cases, as an epidemiologist works with it: filtered, sorted and jumped about in, counted
// by any field, crossed, drawn by day, looked at as it was known on some day, checked for what cannot be, and taken out.
//
// The cases stand in the memory of each process, by columns (engine/columns). The memory holds nothing that is not in the tables:
// at start it reads them, then it follows the journal and takes in the rows that changed. Discarded cases are in it.
//
// One Query says what a list, a count, a table, a curve and an export are of, so that they agree. It stands whole in an
// address, but for a name that was looked for. Who may not see a case does not count it either.
package linelist
