// Package contacts keeps who exposed whom: links between people, with what is known of the exposure. Following contacts up, day by
// day, stands on them and comes beside them.
//
// Invariants: a link joins two different people of one outbreak; what a list says of a link is known by the list's own mark of it, so
// that the same list again says nothing new; a link that was wrong is withdrawn with a reason and stays; what a list says beyond our
// fields is sealed under the key of the person who was exposed, unless a person declared that it tells nothing about who it is. A link
// whose list names somebody by a number nobody has yet waits for that number, and becomes a link when a list brings it.
//
// Events out: ContactsLoaded, ContactWithdrawn.
package contacts
