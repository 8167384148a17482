// Package outbreak is the kernel: the words that every other room shares.
//
// It holds identifiers, clocks and deadlines, the person who acts, the area tree's paths, protocol values, the kinds of
// errors and one plain struct per event. It imports the standard library alone and does no input or output, so that a
// reader can learn the language of the whole house here and nothing else.
package outbreak
