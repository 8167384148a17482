// Package hl7 reads and writes the little of HL7 v2.5.1 that a laboratory's results need: messages cut into segments, fields,
// components and escapes whatever the line ends and the letters are; batches; observations (ORU^R01) as results of specimens;
// acknowledgements. It knows no database and decides nothing: what an observation means for the response is decided where
// results are taken in.
//
// It is our own because what is needed is small and what is hard about it is not in the general libraries: letters of GB 18030,
// whose second byte can look like a delimiter, files with any line ends, batches whose totals are wrong, corrections.
package hl7
