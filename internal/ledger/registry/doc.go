// Package registry knows the areas, households, places and people of a site, and which tube serials were issued where.
//
// Invariants: the area tree is one tree of codes, each area with its time zone; everybody has a person id, and people on the
// roll a dense number inside a range of their community, never given twice and never changed; identity is sealed under one
// key per person, which is wrapped by the master key that lies outside data and backups; whoever opens an identity names a
// purpose and leaves an entry in the journal. Nobody needs a document to be tested, fed or treated.
//
// Events out: OutbreakDeclared, AreasLoaded, PeopleLoaded, PersonRegistered, IdentityRead, BoxIssued.
package registry
