// Package columns is a table in memory, kept by columns: numbers and days of 32 bits, texts as codes of a dictionary, long
// numbers of 64. Its rows are found by an identifier, change in place and are counted, sorted, grouped and crossed without being
// copied. It knows nothing of what the columns mean.
//
// Who reads and who changes a table takes turns: that is for the owner to see to. A Snapshot may be read while its table
// changes.
package columns
