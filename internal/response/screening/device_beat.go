package screening

import (
	"context"
	"slices"
	"strconv"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

func itoa(n int) string { return strconv.Itoa(n) }

// Beat is what a device last told of itself.
type Beat struct {
	BeatAt outbreak.Instant `json:"beat_at"`         // when it came, by the house's wall clock
	Last   int64            `json:"last"`            // counter of the last operation it made
	Outbox int64            `json:"outbox"`          // operations it holds that were not acknowledged
	Oldest outbreak.Instant `json:"oldest,omitzero"` // of the oldest of them, by its clock
	Skew   int64            `json:"skew_ms"`         // by how much its clock is ahead
	Queue  int64            `json:"queue"`           // people who wait, as staff counted; -1: nobody did
	Tubes  int64            `json:"tubes"`           // empty tubes left; -1: nobody counted
	Swabs  int64            `json:"swabs"`           // -1: nobody counted
}

// DeviceState is what a device knows of the house.
type DeviceState struct {
	Device    int64               `json:"device"`
	Booth     outbreak.BoothID    `json:"booth"`
	BoothName string              `json:"booth_name"`
	Name      string              `json:"name"`
	Area      string              `json:"area"` // code of the booth's area, in which its walk-ins are registered
	Until     int64               `json:"until_ms"`
	Now       int64               `json:"now_ms"`
	Acked     int64               `json:"acked_upto"`
	Keys      []registry.CodeKey  `json:"keys"`
	Rounds    []DeviceRound       `json:"rounds"`
	FirstNo   int64               `json:"first_no"` // of its walk-ins
	LastNo    int64               `json:"last_no"`
	Outbreak  outbreak.OutbreakID `json:"outbreak"`
	Serials   []DeviceSerials     `json:"serials"`    // that its booth has; none: nobody hands them out here
	BadBadges []int64             `json:"bad_badges"` // of samplers there, that are good no more
}

// DeviceSerials is a run of tube serials in the hands of a booth, by which its devices warn of a tube that was misread or belongs
// elsewhere, without a network.
type DeviceSerials struct {
	First   outbreak.TubeCode `json:"first"`
	Last    outbreak.TubeCode `json:"last"`
	Checked bool              `json:"checked,omitempty"`
}

// DeviceRound is a round the booth samples for, or will within a day: the device may be without a network when it opens.
type DeviceRound struct {
	Round     outbreak.RoundID `json:"round"`
	Name      string           `json:"name"`
	Pool      int              `json:"pool"` // swabs per tube at this booth
	Household bool             `json:"household,omitempty"`
	State     RoundState       `json:"state"`
	Opens     int64            `json:"opens_ms"`
	Closes    int64            `json:"closes_ms"`
}

// soonOpen is how long before it opens a device is told of a planned round.
const soonOpen = 24 * time.Hour

// stateOf tells a device how it stands.
func (s *Service) stateOf(tx *store.Tx, d Device, b Booth) (DeviceState, error) {
	st := DeviceState{Device: d.ID, Booth: b.ID, BoothName: b.Name, Name: d.Name, Area: b.Area.Code(), Until: int64(d.Until), Now: int64(s.wall.Now()), Acked: d.Acked,
		Keys: s.registry.CodeKeys(), Rounds: []DeviceRound{}, Outbreak: b.Outbreak,
		FirstNo: registry.DeviceNo(d.ID, 0), LastNo: registry.DeviceNo(d.ID, registry.PerDevice-1)}
	slices.SortFunc(st.Keys, func(a, b registry.CodeKey) int { return int(a.Epoch - b.Epoch) })
	var err error
	if st.Serials, err = serialsAt(tx, b); err != nil {
		return st, err
	}
	if st.BadBadges, err = badBadges(tx, b.Area); err != nil {
		return st, err
	}
	rounds, err := roundsAt(tx, b)
	for _, r := range rounds {
		p, _ := s.registry.Protocol(r.Edition)
		pool := r.poolOf(b, p)
		st.Rounds = append(st.Rounds, DeviceRound{Round: r.ID, Name: r.Name, Pool: pool.Pool, Household: pool.Household, State: r.State, Opens: int64(r.Opens), Closes: int64(r.Closes)})
	}
	return st, err
}

// mostRuns is of how many runs of its booth a device is told, the newest first: the others are long used.
const mostRuns = 200

// serialsAt lists the runs of serials that stand at a booth, the newest first.
func serialsAt(tx *store.Tx, b Booth) ([]DeviceSerials, error) {
	list, err := store.List(tx, func(r store.Row) (x DeviceSerials, err error) {
		var checked int64
		err = r.Scan(&x.First, &x.Last, &checked)
		x.Checked = checked != 0
		return x, err
	}, "select first, last, checked from serial_run where booth = $1 and ended = '' order by id desc limit $2", b.ID, mostRuns)
	return some(list), err
}

// roundsAt lists the rounds that are worked on at a booth or will be soon: those that are open first, the newest of each first.
func roundsAt(tx *store.Tx, b Booth) ([]Round, error) {
	ids, err := store.List(tx, store.Value[outbreak.RoundID], `select id from round where outbreak = $1 and (state in `+running+` or state = 'planned' and opens < $2)
		order by case state when 'open' then 0 when 'closing' then 1 else 2 end, id desc`, b.Outbreak, tx.Now.Add(soonOpen))
	if err != nil {
		return nil, err
	}
	var list []Round
	for _, id := range ids {
		r, err := roundByID(tx, id)
		if err != nil {
			return nil, err
		}
		if r.reaches(b.Area) {
			list = append(list, r)
		}
	}
	return list, nil
}

// own finds the device an actor is.
func (s *Service) own(tx *store.Tx, by outbreak.Actor) (Device, Booth, error) {
	d, ok, err := store.One(tx, s.device, "select "+deviceColumns+" from device where user_id = $1", by.User)
	if err != nil {
		return d, Booth{}, err
	}
	if !ok || by.User == 0 {
		return d, Booth{}, outbreak.Refuse(outbreak.Forbidden, "screening.not_a_device")
	}
	b, err := boothByID(tx, d.Booth)
	return d, b, err
}

// Report takes a beat of the device that the actor is, and tells it how it stands: what is on disk, which rounds are open, which
// keys prove personal codes now. sent is the device's clock.
func (s *Service) Report(ctx context.Context, by outbreak.Actor, beat Beat, sent outbreak.Instant) (st DeviceState, err error) {
	if err := access.RequireAnywhere(by, access.TubeClose); err != nil {
		return st, err
	}
	if beat.Last < 0 || beat.Last >= 1<<CounterBits || beat.Outbox < 0 {
		return st, outbreak.Refuse(outbreak.Invalid, "screening.operation_number")
	}
	beat.Queue, beat.Tubes, beat.Swabs = max(beat.Queue, -1), max(beat.Tubes, -1), max(beat.Swabs, -1)
	now := s.wall.Now()
	if beat.BeatAt = now; sent != 0 {
		beat.Skew = int64(sent - now)
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		d, b, err := s.own(tx, by)
		if err != nil {
			return err
		}
		beat.Last = max(beat.Last, d.Last, d.Acked)
		if err := tx.Must("update device set acked = $1, beat_at = $2, last = $3, outbox = $4, oldest = $5, skew = $6, queue = $7, tubes = $8, swabs = $9 where id = $10",
			d.Acked, beat.BeatAt, beat.Last, beat.Outbox, beat.Oldest, beat.Skew, beat.Queue, beat.Tubes, beat.Swabs, d.ID); err != nil {
			return err
		}
		st, err = s.stateOf(tx, d, b)
		return err
	})
	return st, err
}

// Leave signs the device that the actor is out. While something it made is not on disk it stays, unless wipe says that somebody
// gave it up, with how many tubes that loses.
func (s *Service) Leave(ctx context.Context, by outbreak.Actor, last int64, wipe bool) (Device, error) {
	if err := access.RequireAnywhere(by, access.TubeClose); err != nil {
		return Device{}, err
	}
	var d Device
	err := s.db.Write(ctx, func(tx *store.Tx) (err error) {
		if d, _, err = s.own(tx, by); err != nil {
			return err
		}
		d.Last = max(d.Last, min(last, 1<<CounterBits-1))
		how := Left
		if d.Missing() > 0 {
			if how = Wiped; !wipe {
				return outbreak.Refuse(outbreak.Conflict, "screening.device_holds", "n", d.Missing())
			}
		}
		d, err = s.endDevice(tx, by, d, how)
		return err
	})
	if err == nil {
		s.access.ForgetDevice(d.user)
	}
	return d, err
}

// silentAfter is how long nothing may be heard of a device in opening hours.
func (s *Service) silentAfter(tx *store.Tx, ob outbreak.OutbreakID) (time.Duration, error) {
	p, err := s.registry.ProtocolOf(tx, ob)
	if err != nil {
		return 0, err
	}
	if d, ok := p.Duration("site.silent_after"); ok {
		return d, nil
	}
	return usuallySilent, nil
}

// usuallySilent is taken where the rule book names no time.
const usuallySilent = 15 * time.Minute

// wallNow is the wall clock's time, or the outbreak's in a house without devices.
func (s *Service) wallNow(tx *store.Tx) outbreak.Instant {
	if s.wall == nil {
		return tx.Now
	}
	return s.wall.Now()
}

// RegisterWalkIn registers somebody with a number the device that the actor is gave. The same again changes nothing. When a tube
// named that number before, what is known of the tube is worked on again.
func (s *Service) RegisterWalkIn(ctx context.Context, by outbreak.Actor, key string, no int64, n registry.NewPerson) (registry.Person, error) {
	if err := access.RequireAnywhere(by, access.PersonRegister); err != nil {
		return registry.Person{}, err
	}
	err := s.db.Read(ctx, func(tx *store.Tx) error {
		d, _, err := s.own(tx, by)
		if err == nil && registry.DeviceOf(no) != d.ID {
			err = outbreak.Refuse(outbreak.Invalid, "screening.walk_in_range")
		}
		return err
	})
	if err != nil {
		return registry.Person{}, err
	}
	return s.registry.RegisterPerson(ctx, by, registry.RegisterPerson{Key: key, No: no, Person: n})
}

// followRegistered works again on tubes that named a walk-in before the house knew him: a result, a hold, a new swab may wait.
func (s *Service) followRegistered(tx *store.Tx, by outbreak.Actor, e outbreak.PersonRegistered) error {
	p, ok, err := registry.PersonByID(tx, e.Person)
	if err != nil || !ok || registry.DeviceOf(p.No) == 0 {
		return err
	}
	type early struct {
		area outbreak.AreaID
		tube outbreak.TubeCode
	}
	list, err := store.List(tx, func(r store.Row) (x early, err error) {
		err = r.Scan(&x.area, &x.tube)
		return x, err
	}, "select area_id, tube from walk_in_early where no = $1 order by area_id, tube", p.No)
	if err != nil || len(list) == 0 {
		return err
	}
	if _, err := tx.Exec("delete from walk_in_early where no = $1", p.No); err != nil {
		return err
	}
	for _, x := range list {
		codes := []outbreak.TubeCode{x.tube}
		tubes, err := tubesByCode(tx, x.area, codes)
		if err != nil {
			return err
		}
		if err := s.followTubes(tx, by, x.area, codes, tubes, nil); err != nil {
			return err
		}
		t, known := tubes[x.tube]
		if !known {
			continue
		}
		r, at, err := s.results.LastResult(tx, x.area, x.tube)
		if err != nil {
			return err
		}
		if r != "" {
			if err := s.resolve(tx, by, t, r, "", at); err != nil {
				return err
			}
		}
		people, err := peopleIn(tx, t)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(t.Members, func(m Member) bool { return people[m.No].ID == 0 }) {
			if err := s.tasks.End(tx, by, task.FindMembers, tubeRef(x.tube), task.Done, tx.Now); err != nil {
				return err
			}
		}
	}
	return nil
}
