// Package match pairs the rows of two lists that know people by different keys: which row here is which row there, and by what.
//
// Keys have levels, the surest first: a number both lists use, a document, a telephone with a name, a name with a date of birth.
// A level pairs what the levels before it left, and only where it points at one row on each side.
//
// Invariants: a row is paired at most once; what is found by a surer key is never undone by a weaker one; where a key points at
// several rows nothing is decided, and it is told how many; the order of a list changes nothing but which of several rows about
// the same thing is the pair and which are said to repeat it. This room knows no database and nobody's name: keys are numbers.
package match
