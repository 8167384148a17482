package transfer

import (
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

const tripColumns = "id, outbreak, edition, person, need, stay, area, site, vehicle, state, requested_at, due, assigned_at, picked_up_at, ended_at, reason"

func scanTrip(r store.Row) (t Trip, err error) {
	err = r.Scan(&t.ID, &t.Outbreak, &t.Edition, &t.Person, &t.Need, &t.Stay, &t.Area, &t.Site, &t.Vehicle, &t.State,
		&t.RequestedAt, &t.Due, &t.AssignedAt, &t.PickedUpAt, &t.EndedAt, &t.Reason)
	return t, err
}

func tripByID(tx *store.Tx, id outbreak.TripID) (Trip, bool, error) {
	return store.One(tx, scanTrip, "select "+tripColumns+" from trip where id = $1", id)
}

func liveTrip(tx *store.Tx, ob outbreak.OutbreakID, person outbreak.PersonID) (Trip, bool, error) {
	return store.One(tx, scanTrip, "select "+tripColumns+" from trip where outbreak = $1 and person = $2 and live = 1", ob, person)
}

func insertTrip(tx *store.Tx, t Trip) error {
	return tx.Must("insert into trip ("+tripColumns+`, live, retention, recorded_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 1, $17, $18)`,
		t.ID, t.Outbreak, t.Edition, t.Person, t.Need, t.Stay, t.Area, t.Site, t.Vehicle, t.State, t.RequestedAt, t.Due, t.AssignedAt, t.PickedUpAt, t.EndedAt, t.Reason,
		outbreak.RetainOperation, tx.Now)
}

func saveTrip(tx *store.Tx, t Trip) error {
	live := int64(1)
	if !t.live() {
		live = int64(t.ID)
	}
	return tx.Must("update trip set vehicle = $1, state = $2, live = $3, assigned_at = $4, picked_up_at = $5, ended_at = $6, reason = $7 where id = $8",
		t.Vehicle, t.State, live, t.AssignedAt, t.PickedUpAt, t.EndedAt, t.Reason, t.ID)
}

const vehicleColumns = "id, area, area_id, kind, name, seats"

func scanVehicle(r store.Row) (v Vehicle, err error) {
	err = r.Scan(&v.ID, &v.Area, &v.AreaID, &v.Kind, &v.Name, &v.Seats)
	return v, err
}

// aboard counts the live trips of a vehicle.
func aboard(tx *store.Tx, v outbreak.VehicleID) (int, error) {
	n, err := store.Count(tx, "select count(*) from trip where vehicle = $1 and state in ('vehicle_assigned', 'picked_up')", v)
	return int(n), err
}
