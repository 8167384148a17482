package screening

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Device is one enrolment of a sampling point's device, or a set of paper sheets. Its times are of the wall clock.
type Device struct {
	ID         int64               `json:"id"` // the upper bits of its operations' ids
	Kind       string              `json:"kind"`
	Booth      outbreak.BoothID    `json:"booth"`
	Outbreak   outbreak.OutbreakID `json:"outbreak"`
	Area       outbreak.Path       `json:"area"`
	Name       string              `json:"name"`
	EnrolledAt outbreak.Instant    `json:"enrolled_at"`
	Until      outbreak.Instant    `json:"until"`
	Ended      string              `json:"ended,omitempty"` // left, lost or wiped; empty while it acts
	EndedAt    outbreak.Instant    `json:"ended_at,omitzero"`
	Acked      int64               `json:"acked"` // the counter up to which nothing is missing
	Beat

	user   outbreak.UserID
	madeBy string
}

// Kinds of devices, and how one ends.
const (
	kindDevice = "device"
	kindSheet  = "sheet"

	Left  = "left"  // signed out with nothing waiting
	Lost  = "lost"  // revoked
	Wiped = "wiped" // signed out by somebody who gave up what was waiting
)

// Scope is where the device belongs.
func (d Device) Scope() outbreak.Scope { return outbreak.Scope{Area: d.Area, Outbreak: d.Outbreak} }

// Missing is how many operations the device made, as far as it told, that are not on disk.
func (d Device) Missing() int64 { return max(d.Last-d.Acked, 0) }

// Holds is how many operations are on the device still, as far as it told.
func (d Device) Holds() int64 {
	if d.Ended != "" {
		return d.Missing()
	}
	return max(d.Missing(), d.Outbox)
}

const deviceColumns = "id, kind, booth, outbreak, area, name, user_id, made_by, enrolled_at, until, ended, ended_at, acked, beat_at, last, outbox, oldest, skew, queue, tubes, swabs"

// device reads a row; what is on disk may be further than the table says.
func (s *Service) device(r store.Row) (d Device, err error) {
	err = r.Scan(&d.ID, &d.Kind, &d.Booth, &d.Outbreak, &d.Area, &d.Name, &d.user, &d.madeBy, &d.EnrolledAt, &d.Until, &d.Ended, &d.EndedAt, &d.Acked,
		&d.BeatAt, &d.Last, &d.Outbox, &d.Oldest, &d.Skew, &d.Queue, &d.Tubes, &d.Swabs)
	d.Acked = max(d.Acked, s.intake.acks.upto(d.ID))
	return d, err
}

// Enrols lets devices enrol: access gives them what they act with, wall is the clock of codes, tokens and beats.
func (s *Service) Enrols(a *access.Service, wall outbreak.Clock) { s.access, s.wall = a, wall }

const (
	codeLasts      = 30 * time.Minute
	mostCodes      = 20 // of one booth that were not used: who needs more wants something else
	usualHours     = 72
	longestHours   = 31 * 24
	codeLetters    = 12
	codeAlphabet   = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	longestDevName = 60
)

// NewDeviceCode asks for a code by which one device enrols at a booth.
type NewDeviceCode struct {
	Key   string           `json:"-"`
	Booth outbreak.BoothID `json:"booth"`
	Name  string           `json:"name"`  // what people call the device; may be empty
	Hours int              `json:"hours"` // how long the device works; 0: three days
}

// DeviceCode is the code, to be typed or scanned at the device. It is shown once and stored nowhere.
type DeviceCode struct {
	Code  string           `json:"code"`
	Until outbreak.Instant `json:"until"`
}

// NewDeviceCode makes a one-time code, which lasts half an hour. A repeat with the same key cannot give it again: it is a Conflict.
func (s *Service) NewDeviceCode(ctx context.Context, by outbreak.Actor, c NewDeviceCode) (DeviceCode, error) {
	if err := access.RequireAnywhere(by, access.RoundManage); err != nil {
		return DeviceCode{}, err
	}
	c.Name, c.Hours = strings.TrimSpace(c.Name), cmp.Or(c.Hours, usualHours)
	if c.Hours < 1 || c.Hours > longestHours {
		return DeviceCode{}, outbreak.Refuse(outbreak.Invalid, "screening.device_hours", "most", longestHours/24)
	}
	if len([]rune(c.Name)) > longestDevName {
		return DeviceCode{}, outbreak.Refuse(outbreak.Invalid, "screening.device_name", "most", longestDevName)
	}
	now, code, made := s.wall.Now(), newCode(), false
	until, err := store.Do(ctx, s.db, store.By{Actor: by, Route: "screening.NewDeviceCode", Key: c.Key}, c, func(tx *store.Tx) (outbreak.Instant, error) {
		made = true
		b, err := boothByID(tx, c.Booth)
		if err != nil {
			return 0, err
		}
		if access.Require(by, access.RoundManage, outbreak.Scope{Area: b.Area, Outbreak: b.Outbreak}) != nil {
			return 0, outbreak.Refuse(outbreak.NotFound, "screening.no_booth")
		}
		if _, err := tx.Exec("delete from device_code where ends_at <= $1", now); err != nil {
			return 0, err
		}
		n, err := store.Count(tx, "select count(*) from device_code where booth = $1", b.ID)
		if err != nil {
			return 0, err
		}
		if n >= mostCodes {
			return 0, outbreak.Refuse(outbreak.Busy, "screening.device_codes")
		}
		ends := now.Add(codeLasts)
		return ends, tx.Must("insert into device_code (digest, booth, name, hours, made_by, ends_at) values ($1, $2, $3, $4, $5, $6)",
			codeDigest(code), b.ID, c.Name, c.Hours, by.String(), ends)
	})
	if err == nil && !made {
		err = outbreak.Refuse(outbreak.Conflict, "screening.device_code_once")
	}
	if err != nil {
		return DeviceCode{}, err
	}
	return DeviceCode{Code: code[:4] + "-" + code[4:8] + "-" + code[8:], Until: until}, nil
}

// newCode draws sixty bits in twelve letters that are not mixed up when read aloud.
func newCode() string {
	b := make([]byte, codeLetters)
	_, _ = rand.Read(b) // never fails
	for i := range b {
		b[i] = codeAlphabet[b[i]&31]
	}
	return string(b)
}

func codeDigest(code string) string {
	sum := sha256.Sum256([]byte("device code " + registry.TidyCode(code)))
	return hex.EncodeToString(sum[:])
}

// Enrolment is what a device gets and keeps: who it is, what it acts with, and what it needs to work without a network.
type Enrolment struct {
	DeviceState
	Token string `json:"token"`
}

// Enrol takes a one-time code and makes the device that shows it one of the booth's: with a new number, and a token that reaches
// the booth's area and outbreak and ends. The code is gone then. Expired when the code is wrong, used or over.
func (s *Service) Enrol(ctx context.Context, code string) (Enrolment, error) {
	if len(s.registry.CodeKeys()) == 0 { // the house has just started
		if err := s.registry.LoadCodes(ctx); err != nil {
			return Enrolment{}, err
		}
	}
	now := s.wall.Now()
	var e Enrolment
	err := s.db.Write(ctx, func(tx *store.Tx) error {
		e = Enrolment{}
		var d Device
		var hours int64
		known, err := tx1(tx, func(r store.Row) error { return r.Scan(&d.Booth, &d.Name, &hours, &d.madeBy) },
			"select booth, name, hours, made_by from device_code where digest = $1 and ends_at > $2", codeDigest(code), now)
		if err != nil {
			return err
		}
		if !known {
			return outbreak.Refuse(outbreak.Expired, "screening.device_code_wrong")
		}
		if err := tx.Must("delete from device_code where digest = $1", codeDigest(code)); err != nil {
			return err
		}
		b, err := boothByID(tx, d.Booth)
		if err != nil {
			return err
		}
		d.Kind, d.Outbreak, d.Area, d.Until = kindDevice, b.Outbreak, b.Area, now.Add(time.Duration(hours)*time.Hour)
		if d.ID, err = nextDevice(tx); err != nil {
			return err
		}
		key, err := s.access.AdmitDevice(tx, d.ID, d.Scope(), d.Until)
		if err != nil {
			return err
		}
		d.user, d.EnrolledAt, d.BeatAt = key.User, now, now
		e.Token = key.Secret
		if err := s.admit(tx, d); err != nil {
			return err
		}
		e.DeviceState, err = s.stateOf(tx, d, b)
		return err
	})
	return e, err
}

// admit stores a new device and journals it.
func (s *Service) admit(tx *store.Tx, d Device) error {
	if err := tx.Must("insert into device ("+deviceColumns+", ended_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', 0, 0, $11, 0, 0, 0, 0, -1, -1, -1, '')",
		d.ID, d.Kind, d.Booth, d.Outbreak, d.Area, d.Name, d.user, d.madeBy, d.EnrolledAt, d.Until, d.BeatAt); err != nil {
		return err
	}
	_, err := s.journal.Append(tx, outbreak.SystemActor("enrolment"), outbreak.DeviceEnrolled{Scope: d.Scope(), Device: d.ID, What: d.Kind, Booth: d.Booth, User: d.user, By: d.madeBy, Until: d.Until})
	return err
}

func nextDevice(tx *store.Tx) (int64, error) {
	n, err := store.Count(tx, "select coalesce(max(id), $1) + 1 from device", registry.FirstDevice-1)
	if err == nil && n > registry.LastDevice {
		err = outbreak.Refuse(outbreak.Conflict, "screening.device_numbers")
	}
	return n, err
}

func tx1(tx *store.Tx, scan func(store.Row) error, query string, args ...any) (bool, error) {
	_, ok, err := store.One(tx, func(r store.Row) (struct{}, error) { return struct{}{}, scan(r) }, query, args...)
	return ok, err
}

// RevokeDevice is the command of somebody who missed a device.
type RevokeDevice struct {
	Key    string `json:"-"`
	Device int64  `json:"device"`
}

// RevokeDevice ends a lost device: its token opens nothing from now on. Who found it could still make personal codes: whoever
// manages keys begins a new epoch of them (registry.NewCodeEpoch).
func (s *Service) RevokeDevice(ctx context.Context, by outbreak.Actor, c RevokeDevice) (Device, error) {
	if err := access.RequireAnywhere(by, access.RoundManage); err != nil {
		return Device{}, err
	}
	d, err := store.Do(ctx, s.db, store.By{Actor: by, Route: "screening.RevokeDevice", Key: c.Key}, c, func(tx *store.Tx) (Device, error) {
		d, ok, err := store.One(tx, s.device, "select "+deviceColumns+" from device where id = $1 and kind = '"+kindDevice+"'", c.Device)
		if err != nil {
			return d, err
		}
		if !ok || access.Require(by, access.RoundManage, d.Scope()) != nil {
			return d, outbreak.Refuse(outbreak.NotFound, "screening.no_device")
		}
		return s.endDevice(tx, by, d, Lost)
	})
	if err == nil {
		err = s.forgetDevice(ctx, c.Device)
	}
	return d, err
}

// forgetDevice drops what access remembers of a device's token.
func (s *Service) forgetDevice(ctx context.Context, id int64) error {
	return s.db.Read(ctx, func(tx *store.Tx) error {
		user, _, err := store.One(tx, store.Value[outbreak.UserID], "select user_id from device where id = $1", id)
		s.access.ForgetDevice(user)
		return err
	})
}

// endDevice ends a device that acts.
func (s *Service) endDevice(tx *store.Tx, by outbreak.Actor, d Device, how string) (Device, error) {
	if d.Ended != "" {
		return d, nil
	}
	d.Ended, d.EndedAt = how, s.wall.Now()
	if err := tx.Must("update device set ended = $1, ended_at = $2, ended_by = $3, acked = $4, last = $5 where id = $6", d.Ended, d.EndedAt, by.String(), d.Acked, d.Last, d.ID); err != nil {
		return d, err
	}
	if err := s.access.DismissDevice(tx, d.user); err != nil {
		return d, err
	}
	_, err := s.journal.Append(tx, by, outbreak.DeviceEnded{Scope: d.Scope(), Device: d.ID, Booth: d.Booth, How: how, Missing: d.Missing()})
	return d, err
}

// ListDevices lists the devices of the booths the actor sees, the newest first; booth 0: of all.
func (s *Service) ListDevices(ctx context.Context, by outbreak.Actor, booth outbreak.BoothID, most int) (list []Device, err error) {
	if err := access.RequireAnywhere(by, access.RoundRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		cond, args := access.Within(by, access.RoundRead, "", nil)
		if booth != 0 {
			args = append(args, booth)
			cond += " and booth = $" + itoa(len(args))
		}
		args = append(args, max(most, 1))
		list, err = store.List(tx, s.device, "select "+deviceColumns+" from device where "+cond+" order by id desc limit $"+itoa(len(args)), args...)
		return err
	})
	return list, err
}
