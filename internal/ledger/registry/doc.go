// Package registry knows the areas, households, places and people of a site, and which tube serials were issued where.
//
// Invariants: the area tree is one tree of codes, each area with its time zone; everybody has a person id, and people on the
// roll a dense number inside a range of their community, never given twice and never changed; identity is sealed under one
// key per person, which is wrapped by a master key of the key ring, which lies outside data and backups; whoever opens an
// identity names a purpose and leaves an entry in the journal; an identity that was destroyed stays so, in a restored backup
// too. Nobody needs a document to be tested, fed or treated.
//
// Two things are printed for a person: a code, which opens nothing, and a secret, which opens the person's own result and is kept
// nowhere.
//
// An outbreak runs under one rule book at a time. It is changed by a command with a reason, now or from a time on; what was
// begun keeps the edition it was begun under.
//
// Events out: OutbreakDeclared, ProtocolPlanned, ProtocolPlanDropped, ProtocolChanged, AreasLoaded, PeopleLoaded, PeopleArrived, PersonRegistered, IdentityRead, PersonErased, KeyChanged,
// BoxIssued, PersonalCodesGiven, ResultSecretsGiven, ResultSecretChanged.
package registry
