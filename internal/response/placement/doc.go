// Package placement keeps sites, wards, beds and single rooms, and who needs, holds and occupies them.
//
// Invariants: capacity binds reservations, arrivals are facts: a bed is reserved for one person at a time, while somebody
// who arrives is recorded whatever the plan said, and a site over its beds shows red with a task, until a bed of it becomes
// free for them, before it is reserved for anybody else; a person has one open need
// and one current stay; a bed is wanted of a kind that the protocol names for the severity, the most wanted first.
//
// Events in: CaseOpened, CaseClassified, CaseDiscarded (cases), TripEnded (transfer).
// Events out: SiteOpened, BedNeeded, BedNeedEnded, BedReserved, ReservationCancelled, PersonArrived, BedGiven,
// PersonDischarged.
package placement
