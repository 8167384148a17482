package lab

import (
	"context"
	"fmt"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// noWarmth stands in a table where nobody read a temperature.
const noWarmth = -10000

// Crate is one transport box (转运箱) on its way to a laboratory. Both who hand it over and who take it over count, read the
// seal and the temperature, and sign; what differs is recorded and raised, never refused.
type Crate struct {
	ID          outbreak.CrateID    `json:"id"`
	Number      string              `json:"number"` // what stands on the box
	Outbreak    outbreak.OutbreakID `json:"outbreak"`
	Area        outbreak.Path       `json:"area"`
	Lab         outbreak.LabID      `json:"lab"` // where it is sent
	CollectedAt outbreak.Instant    `json:"collected_at"`
	SentAt      outbreak.Instant    `json:"sent_at"`
	Due         outbreak.Instant    `json:"due"` // at the laboratory; 0: the protocol names no limit
	Sent        int                 `json:"sent"`
	Seal        string              `json:"seal"`
	SentWarm    *float64            `json:"sent_temperature"` // degrees Celsius; none: not read
	HandedBy    string              `json:"handed_by"`
	TakenAt     outbreak.Instant    `json:"taken_at"` // 0: on its way
	Taken       int                 `json:"taken"`
	TakenSeal   string              `json:"taken_seal"`
	TakenWarm   *float64            `json:"taken_temperature"`
	TakenBy     string              `json:"taken_by"`
	Listed      int                 `json:"listed"`  // tubes by their codes
	Missing     int                 `json:"missing"` // of these, booked in nowhere
}

const crateColumns = "id, number, outbreak, area, lab, collected_at, sent_at, due, sent, seal, sent_warm, handed_by, taken_at, taken, taken_seal, taken_warm, taken_by"

func scanCrate(r store.Row) (c Crate, err error) {
	var sent, taken int64
	into := []any{&c.ID, &c.Number, &c.Outbreak, &c.Area, &c.Lab, &c.CollectedAt, &c.SentAt, &c.Due, &c.Sent, &c.Seal, &sent, &c.HandedBy, &c.TakenAt, &c.Taken, &c.TakenSeal, &taken, &c.TakenBy}
	err = r.Scan(into...)
	c.SentWarm, c.TakenWarm = warmth(sent), warmth(taken)
	return c, err
}

func warmth(tenths int64) *float64 {
	if tenths == noWarmth {
		return nil
	}
	return new(float64(tenths) / 10)
}

func tenths(warm *float64) (int64, error) {
	if warm == nil {
		return noWarmth, nil
	}
	if !(*warm >= -100 && *warm <= 100) {
		return 0, outbreak.Refuse(outbreak.Invalid, "lab.temperature")
	}
	return int64(*warm * 10), nil
}

// SendCrate is the command of whoever hands a transport box over.
type SendCrate struct {
	Key         string              `json:"-"`
	Number      string              `json:"number"`
	Outbreak    outbreak.OutbreakID `json:"outbreak"`
	Area        string              `json:"area"` // code: where it was packed
	Lab         outbreak.LabID      `json:"lab"`
	CollectedAt outbreak.Instant    `json:"collected_at"` // 0: when it was sent
	SentAt      outbreak.Instant    `json:"sent_at"`      // 0: now
	Counted     int                 `json:"counted"`      // tubes; 0: as many as are listed
	Seal        string              `json:"seal"`
	Temperature *float64            `json:"temperature"`
	HandedBy    string              `json:"handed_by"` // the signature
	Tubes       []outbreak.TubeCode `json:"tubes"`
}

// SendCrate records that a transport box left for a laboratory. Tubes that no booth has handed in travel like any other.
func (s *Service) SendCrate(ctx context.Context, by outbreak.Actor, c SendCrate) (Crate, error) {
	if err := access.RequireAnywhere(by, access.CrateSend); err != nil {
		return Crate{}, err
	}
	if len(c.Tubes) > mostPerBatch {
		return Crate{}, outbreak.Refuse(outbreak.Invalid, "lab.batch_too_large", "most", mostPerBatch)
	}
	number, err := noteOf(c.Number)
	if err == nil && number == "" {
		err = outbreak.Refuse(outbreak.Invalid, "lab.crate_number")
	}
	if err != nil {
		return Crate{}, err
	}
	signed, err := noteOf(c.HandedBy)
	if err == nil && signed == "" {
		err = outbreak.Refuse(outbreak.Invalid, "lab.crate_signature")
	}
	if err != nil {
		return Crate{}, err
	}
	warm, err := tenths(c.Temperature)
	if err != nil {
		return Crate{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "lab.SendCrate", Key: c.Key}, c, func(tx *store.Tx) (Crate, error) {
		area, ok, err := registry.AreaByCode(tx, c.Area)
		if err == nil && !ok {
			err = outbreak.Refuse(outbreak.Invalid, "registry.no_area", "code", c.Area)
		}
		if err != nil {
			return Crate{}, err
		}
		if err := access.Require(by, access.CrateSend, outbreak.Scope{Area: area.Path, Outbreak: c.Outbreak}); err != nil {
			return Crate{}, err
		}
		lab, err := labByID(tx, c.Lab)
		if err != nil {
			return Crate{}, err
		}
		sent, err := momentOf(c.SentAt, tx.Now)
		if err != nil {
			return Crate{}, err
		}
		x := Crate{ID: outbreak.New[outbreak.CrateID](s.ids), Number: number, Outbreak: c.Outbreak, Area: area.Path, Lab: lab.ID, CollectedAt: min(c.CollectedAt, sent), SentAt: sent,
			Sent: c.Counted, Seal: cut32(c.Seal), SentWarm: c.Temperature, HandedBy: signed}
		if x.CollectedAt == 0 {
			x.CollectedAt = sent
		}
		codes := distinct(c.Tubes)
		if x.Listed, x.Missing = len(codes), len(codes); x.Sent == 0 {
			x.Sent = len(codes)
		}
		if x.Sent <= 0 {
			return Crate{}, outbreak.Refuse(outbreak.Invalid, "lab.crate_empty")
		}
		p, err := s.registry.ProtocolOf(tx, c.Outbreak)
		if err != nil {
			return Crate{}, err
		}
		x.Due = p.Deadline("clock.sample_to_lab", x.CollectedAt).Due
		n, err := tx.Exec("insert into lab_crate ("+crateColumns+`, lab_area, recorded_by, taken_user, recorded_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, 0, '', $13, '', $14, $15, '', $16)
			on conflict (number, sent_at) do nothing`, x.ID, x.Number, x.Outbreak, x.Area, x.Lab, x.CollectedAt, x.SentAt, x.Due, x.Sent, x.Seal, warm, x.HandedBy, noWarmth, lab.Area, by.String(), tx.Now)
		if err != nil {
			return Crate{}, err
		}
		if n == 0 {
			return Crate{}, outbreak.Refuse(outbreak.Conflict, "lab.crate_known", "number", x.Number)
		}
		if x.Missing, err = s.pack(tx, x, codes); err != nil {
			return Crate{}, err
		}
		_, err = s.journal.Append(tx, by, outbreak.CrateSent{Scope: outbreak.Scope{Area: x.Area, Outbreak: x.Outbreak}, Crate: x.ID, Lab: x.Lab, Counted: x.Sent, At: x.SentAt, Due: x.Due, Digest: digest(codes), Tubes: codes})
		return x, err
	})
}

// pack notes which tubes a box holds, and gives how many of them are booked in nowhere yet.
func (s *Service) pack(tx *store.Tx, x Crate, codes []outbreak.TubeCode) (int, error) {
	boxes, err := registry.BoxesOf(tx, codes)
	if err != nil {
		return 0, err
	}
	missing := 0
	var rows [][]any
	for _, code := range codes {
		at, err := s.ReceivedAt(tx, boxes[code].AreaID, code)
		if err != nil {
			return 0, err
		}
		if at == 0 {
			missing++
		}
		rows = append(rows, []any{boxes[code].AreaID, code, x.ID, x.Due, at})
	}
	_, err = tx.Insert("lab_crate_tube", []string{"area_id", "tube", "crate", "due", "received_at"}, []string{"area_id", "tube", "crate"}, rows)
	return missing, err
}

// distinct folds codes and leaves out what is none and what stands twice.
func distinct(tubes []outbreak.TubeCode) []outbreak.TubeCode {
	seen, list := map[outbreak.TubeCode]bool{}, []outbreak.TubeCode{}
	for _, c := range tubes {
		if c = c.Canonical(); c != "" && !seen[c] {
			seen[c] = true
			list = append(list, c)
		}
	}
	return list
}

// cut32 keeps the first characters of what stands on a seal.
func cut32(text string) string {
	if r := []rune(text); len(r) > 32 {
		return string(r[:32])
	}
	return text
}

// TakeCrate is the command of whoever takes a transport box over at a laboratory.
type TakeCrate struct {
	Key         string           `json:"-"`
	Crate       outbreak.CrateID `json:"crate"`
	Lab         outbreak.LabID   `json:"lab"` // where it came to, sent there or not
	At          outbreak.Instant `json:"at"`  // 0: now
	Counted     int              `json:"counted"`
	Seal        string           `json:"seal"`
	Temperature *float64         `json:"temperature"`
	TakenBy     string           `json:"taken_by"` // the signature
}

// TakeCrate records that a transport box was taken over. Its tubes are booked in one by one when they are scanned.
func (s *Service) TakeCrate(ctx context.Context, by outbreak.Actor, c TakeCrate) (Crate, error) {
	if err := access.RequireAnywhere(by, access.LabReceive); err != nil {
		return Crate{}, err
	}
	signed, err := noteOf(c.TakenBy)
	if err == nil && signed == "" {
		err = outbreak.Refuse(outbreak.Invalid, "lab.crate_signature")
	}
	if err != nil {
		return Crate{}, err
	}
	warm, err := tenths(c.Temperature)
	if err == nil && c.Counted < 0 {
		err = outbreak.Refuse(outbreak.Invalid, "lab.crate_empty")
	}
	if err != nil {
		return Crate{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "lab.TakeCrate", Key: c.Key}, c, func(tx *store.Tx) (Crate, error) {
		lab, err := labByID(tx, c.Lab)
		if err != nil {
			return Crate{}, err
		}
		if err := access.Require(by, access.LabReceive, outbreak.Scope{Area: lab.Area}); err != nil {
			return Crate{}, err
		}
		x, ok, err := store.One(tx, scanCrate, "select "+crateColumns+" from lab_crate where id = $1", c.Crate)
		if err != nil {
			return x, err
		}
		if !ok {
			return x, outbreak.Refuse(outbreak.NotFound, "lab.no_crate")
		}
		if x.TakenAt != 0 {
			return x, outbreak.Refuse(outbreak.Conflict, "lab.crate_taken")
		}
		if x.TakenAt, err = momentOf(c.At, tx.Now); err != nil {
			return x, err
		}
		x.Taken, x.TakenSeal, x.TakenWarm, x.TakenBy, x.Lab = c.Counted, cut32(c.Seal), c.Temperature, signed, lab.ID
		if err := tx.Must("update lab_crate set taken_at = $1, taken = $2, taken_seal = $3, taken_warm = $4, taken_by = $5, taken_user = $6, lab = $7, lab_area = $8 where id = $9",
			x.TakenAt, x.Taken, x.TakenSeal, warm, x.TakenBy, by.String(), lab.ID, lab.Area, x.ID); err != nil {
			return x, err
		}
		if _, err := s.journal.Append(tx, by, outbreak.CrateTaken{Scope: outbreak.Scope{Area: x.Area, Outbreak: x.Outbreak}, Crate: x.ID, Lab: lab.ID, Counted: x.Taken, Differs: x.Taken != x.Sent || x.TakenSeal != x.Seal, At: x.TakenAt}); err != nil {
			return x, err
		}
		return x, s.compareCrate(tx, by, lab, x)
	})
}

// compareCrate raises what was taken over otherwise than it was handed over.
func (s *Service) compareCrate(tx *store.Tx, by outbreak.Actor, lab Lab, x Crate) error {
	a := Alarm{Lab: lab.ID, Area: lab.Area, Crate: x.ID, At: x.TakenAt, Figures: map[string]float64{"sent": float64(x.Sent), "taken": float64(x.Taken)}}
	if x.Taken != x.Sent {
		a.What = CountDiffers
		if err := s.raise(tx, by, a, x.ID.String()); err != nil {
			return err
		}
	}
	if x.TakenSeal != x.Seal {
		a.What, a.Figures = SealDiffers, map[string]float64{} // the seals stand on the box
		return s.raise(tx, by, a, x.ID.String())
	}
	return nil
}

// ListCrates lists transport boxes the actor may see, those on their way first, then the newest.
func (s *Service) ListCrates(ctx context.Context, by outbreak.Actor, to outbreak.LabID, most int) (list []Crate, err error) {
	if err := access.RequireAnywhere(by, access.CrateRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		sees, args := within(by, access.CrateRead, "lab_area", nil)
		sent, args := within(by, access.CrateRead, "area", args)
		where, args := ofLab(to)("("+sees+" or "+sent+")", args)
		args = append(args, most)
		list, err = store.List(tx, scanCrate, "select "+crateColumns+" from lab_crate where "+where+fmt.Sprintf(" order by case when taken_at = 0 then 0 else 1 end, sent_at desc, id desc limit $%d", len(args)), args...)
		if err != nil {
			return err
		}
		return countMissing(tx, list)
	})
	return list, err
}

func countMissing(tx *store.Tx, list []Crate) error {
	if len(list) == 0 {
		return nil
	}
	at, ids := map[outbreak.CrateID]int{}, []outbreak.CrateID{}
	for i, x := range list {
		at[x.ID] = i
		ids = append(ids, x.ID)
	}
	in, args := store.In(nil, ids)
	return store.Each(tx, func(r store.Row) error {
		var id outbreak.CrateID
		var listed, missing int
		if err := r.Scan(&id, &listed, &missing); err != nil {
			return err
		}
		list[at[id]].Listed, list[at[id]].Missing = listed, missing
		return nil
	}, "select crate, count(*), cast(sum(case when received_at = 0 then 1 else 0 end) as bigint) from lab_crate_tube where crate in ("+in+") group by crate", args...)
}

// NeverCame is a tube that was sent in a transport box and is booked in at no laboratory.
type NeverCame struct {
	Tube  outbreak.TubeCode `json:"tube"`
	Crate outbreak.CrateID  `json:"crate"`
	Box   string            `json:"box"` // its number
	Lab   outbreak.LabID    `json:"lab"`
	Sent  outbreak.Instant  `json:"sent_at"`
	Due   outbreak.Instant  `json:"due"`
	Taken bool              `json:"taken"` // the box came, without the tube
}

// ListNeverCame lists tubes that should be at a laboratory by now, the longest overdue first.
func (s *Service) ListNeverCame(ctx context.Context, by outbreak.Actor, to outbreak.LabID, most int) (list []NeverCame, err error) {
	if err := access.RequireAnywhere(by, access.CrateRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		sees, args := within(by, access.CrateRead, "c.lab_area", []any{tx.Now})
		sent, args := within(by, access.CrateRead, "c.area", args)
		where := "(" + sees + " or " + sent + ")"
		if to != 0 {
			args = append(args, to)
			where += fmt.Sprintf(" and c.lab = $%d", len(args))
		}
		args = append(args, most)
		list, err = store.List(tx, func(r store.Row) (x NeverCame, err error) {
			var taken outbreak.Instant
			err = r.Scan(&x.Tube, &x.Crate, &x.Box, &x.Lab, &x.Sent, &x.Due, &taken)
			x.Taken = taken != 0
			return x, err
		}, `select t.tube, t.crate, c.number, c.lab, c.sent_at, t.due, c.taken_at from lab_crate_tube t join lab_crate c on c.id = t.crate
			where t.received_at = 0 and t.due > 0 and t.due <= $1 and `+where+fmt.Sprintf(" order by t.due, t.tube limit $%d", len(args)), args...)
		return err
	})
	return list, err
}
