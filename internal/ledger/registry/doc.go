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
// Whoever comes outside the roll, or becomes a case, is filed by keyed digests and compared with those who are there (link_*.go);
// who may be one person waits in a queue for somebody to decide (duplicate*.go). Nothing is merged by itself, nothing that was
// recorded is moved by a merge, and every decision can be taken back.
//
// An outbreak runs under one rule book at a time. It is changed by a command with a reason, now or from a time on; what was
// begun keeps the edition it was begun under.
//
// Events out: OutbreakDeclared, ProtocolPlanned, ProtocolPlanDropped, ProtocolChanged, AreasLoaded, PeopleLoaded, PeopleArrived, PersonRegistered, IdentityRead, PersonErased, KeyChanged,
// PeopleMerged, PeopleUnmerged, PeopleKeptApart, PeoplePutBack, DuplicatesFound, HouseholdJoined, LinkageLearnt, BoxIssued, PersonalCodesGiven, ResultSecretsGiven, ResultSecretChanged.
package registry
