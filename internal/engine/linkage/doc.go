// Package linkage finds records that may be the same person, within one list or between two, and says why.
//
// The method is that of Fellegi and Sunter (A theory for record linkage, JASA 64, 1969): each field of two records is compared
// into a level of agreement, a level speaks for one person by the logarithm of how much more often it is seen among records of
// one person than among others, and the fields' weights add up. The weights are estimated from the lists themselves by
// expectation maximisation (Winkler 1988, 2000), those of names and birth dates are lowered for values that many people share
// (Winkler 2000). There are four classes, not two: one person, relatives, twins, strangers (after Larsen and Rubin, JASA 96,
// 2001, who had relatives apart), because twins agree in everything but the given name, and independent weights would make them one.
//
// Invariants: what is missing is no evidence, neither for nor against; comparing is symmetric; better agreement in one field
// never lowers a weight; the order of the records changes nothing; no pair is compared unless the two share a key, and a key
// that too many share is told, not followed; nothing is decided: a weight puts a pair into a queue, a person makes two one.
//
// Names come folded (width, letter case, accents, simplified characters) and with their readings; this room knows no dictionary,
// no database and no clock.
package linkage
