package exchange

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Kept is a list somebody is working on: sent, looked at, tried, loaded. It is its sender's alone and is kept sealed, so that he can go
// on after the program was started anew; after a while it is wiped with its key.
type Kept struct {
	ID       string
	User     outbreak.UserID
	Kind     Kind
	Outbreak outbreak.OutbreakID
	State    KeptState
	Turn     int64 // raised by every change
	Size     int64 // of the file, in bytes
	Back     int64 // of the workbook of rows that came back; 0: there is none
	SentAt   outbreak.Instant
	EndsAt   outbreak.Instant
	KeptHead

	lid  registry.Lid
	beat outbreak.Instant // when whoever loads it said so last
	halt bool             // he is asked to stop
}

// KeptHead is what is known of a list beside its state: it tells what stands in it.
type KeptHead struct {
	Name     string   `json:"name"` // of the file
	Party    string   `json:"party,omitempty"`
	Followed bool     `json:"followed,omitempty"`
	Plan     Plan     `json:"plan"`
	Report   *Report  `json:"report,omitempty"` // of the last try, of the load so far, or in the end
	Failed   *Failure `json:"failed,omitempty"` // why a load stopped
}

// KeptState is how far a list is.
type KeptState string

const (
	KeptMapping KeptState = "mapping"
	KeptTried   KeptState = "tried"
	KeptLoading KeptState = "loading"
	KeptLoaded  KeptState = "loaded"
	KeptStopped KeptState = "stopped"

	keptComing KeptState = "coming" // its file is being written down
)

// Failure is an error as it is kept.
type Failure struct {
	Kind  outbreak.Kind  `json:"kind"`
	Msg   string         `json:"msg"`
	Slots map[string]any `json:"slots,omitempty"`
}

// FailureOf keeps of an error what a person may read.
func FailureOf(err error) *Failure {
	if told, is := errors.AsType[*outbreak.Error](err); is {
		return &Failure{told.Kind, told.Msg, told.Slots}
	}
	return &Failure{}
}

// Err gives the error back.
func (f *Failure) Err() error {
	if f.Msg == "" {
		return errors.New("loading a list broke off")
	}
	return &outbreak.Error{Kind: f.Kind, Msg: f.Msg, Slots: f.Slots}
}

const (
	keptFor      = 24 * time.Hour   // since somebody last worked on it
	keptDoneFor  = 3 * time.Hour    // once every row of it is in
	keptSilence  = 15 * time.Second // a load that says nothing so long has ended with its program
	mostKept     = 300              // they stay a day: fewer, and some people keep everybody else out
	mostKeptEach = 3                // of one person
	mostKeptSize = 2 << 30          // bytes of all together
)

// KeepList is the command that keeps a list.
type KeepList struct {
	Kind     Kind
	Outbreak outbreak.OutbreakID
	File     io.Reader
	Size     int64
	KeptHead
}

// KeepList writes a list down sealed. The oldest of those the sender has beyond a few go.
func (s *Service) KeepList(ctx context.Context, by outbreak.Actor, c KeepList) (Kept, error) {
	if err := access.RequireAnywhere(by, MayLoad(c.Kind)); err != nil {
		return Kept{}, err
	}
	now := s.wall.Now()
	k := Kept{ID: rand.Text(), User: by.User, Kind: c.Kind, Outbreak: c.Outbreak, State: keptComing, Size: c.Size, SentAt: now, EndsAt: now.Add(keptFor), beat: now, KeptHead: c.KeptHead}
	chest, lid, err := s.rooms.Registry.NewChest(k.chest())
	if err != nil {
		return Kept{}, err
	}
	k.lid = lid
	if err := s.rooms.DB.Write(ctx, func(tx *store.Tx) error {
		if err := makeRoom(tx, by.User, c.Size, now); err != nil {
			return err
		}
		return insertKept(tx, k, chest)
	}); err != nil {
		return Kept{}, err
	}
	n, err := s.writePieces(ctx, chest, k.ID, 0, c.File)
	if err == nil && n != c.Size {
		err = fmt.Errorf("a list of %d bytes was %d bytes long", c.Size, n)
	}
	if err == nil {
		return s.changeKept(ctx, by, k.ID, func(k *Kept) error { k.State = KeptMapping; return nil })
	}
	return Kept{}, errors.Join(err, s.rooms.DB.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error { return wipe(tx, k.ID) }))
}

// FindKept gives a list to the one who sent it. One that was being loaded when the program ended says so.
func (s *Service) FindKept(ctx context.Context, by outbreak.Actor, id string) (k Kept, err error) {
	if err := access.RequireAnywhere(by, access.ContactLoad); err != nil {
		return k, err
	}
	err = s.rooms.DB.Read(ctx, func(tx *store.Tx) error {
		k, err = s.keptOf(tx, by, id)
		return err
	})
	return k.told(s.wall.Now()), err
}

// loads tells that somebody is loading the list: a load that has said nothing for a while ended with its program.
func (k Kept) loads(now outbreak.Instant) bool {
	return k.State == KeptLoading && now.Sub(k.beat) <= keptSilence
}

// told is the list as its sender sees it: of a load that ended with its program it says how far that had come.
func (k Kept) told(now outbreak.Instant) Kept {
	if k.State != KeptLoading || k.loads(now) {
		return k
	}
	rows := 0
	if k.Report != nil {
		rows = k.Report.Accepted + k.Report.Repeated + k.Report.Rejected
	}
	k.State, k.Failed = KeptStopped, FailureOf(outbreak.Refuse(outbreak.Conflict, "lists.broken_off", "rows", rows))
	return k
}

// ListKept lists what somebody is working on, the newest first.
func (s *Service) ListKept(ctx context.Context, by outbreak.Actor) (list []Kept, err error) {
	if err := access.RequireAnywhere(by, access.ContactLoad); err != nil {
		return nil, err
	}
	err = s.rooms.DB.Read(ctx, func(tx *store.Tx) error {
		ids, err := store.List(tx, store.Value[string], "select id from kept_list where user_id = $1 and state <> 'coming' and ends_at > $2 order by sent_at desc, id", by.User, s.wall.Now())
		if err != nil {
			return err
		}
		for _, id := range ids {
			k, err := s.keptOf(tx, by, id)
			if outbreak.KindOf(err) == outbreak.Forbidden { // of a kind he may load no more
				continue
			}
			if err != nil {
				return err
			}
			list = append(list, k.told(s.wall.Now()))
		}
		return nil
	})
	return list, err
}

// keptOf reads a list of somebody and opens its head.
func (s *Service) keptOf(tx *store.Tx, by outbreak.Actor, id string) (Kept, error) {
	now := s.wall.Now()
	k, head, is, err := readKept(tx, id)
	if err != nil {
		return k, err
	}
	if !is || k.User != by.User || k.State == keptComing || now >= k.EndsAt && k.State != KeptLoading {
		return Kept{}, outbreak.Refuse(outbreak.NotFound, "lists.gone")
	}
	if err := access.RequireAnywhere(by, MayLoad(k.Kind)); err != nil {
		return Kept{}, err
	}
	if k.KeptHead, err = s.openHead(k, head); err != nil {
		return Kept{}, err
	}
	return k, nil
}

func (s *Service) openHead(k Kept, sealed []byte) (h KeptHead, err error) {
	chest, err := s.rooms.Registry.OpenChest(k.chest(), k.lid)
	if err != nil {
		return h, err
	}
	plain, err := chest.Open(headPlace, sealed)
	if err != nil {
		return h, fmt.Errorf("opening what is known of a list: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(plain))
	d.UseNumber() // slots of sentences
	if err := d.Decode(&h); err != nil {
		return h, fmt.Errorf("reading what is known of a list: %w", err)
	}
	return h, nil
}

// chest is what the key of a list is bound to.
func (k Kept) chest() string { return "kept " + k.ID }
