// Package transfer moves people to their beds in a closed loop: requested, vehicle assigned, picked up, arrived.
//
// Invariants: a bed is reserved and its trip requested in one transaction, so that nobody has a bed without a way there or a
// trip to nowhere; a person has one live trip; a vehicle carries no more people than it has seats; a cancelled trip gives the
// bed back in the same transaction and the person keeps the place in the queue.
//
// Events in: BedNeeded, SiteOpened, PersonDischarged, ReservationCancelled, PersonArrived (placement).
// Events out: TripRequested, VehicleAssigned, PickedUp, TripEnded, VehicleAdded.
package transfer
