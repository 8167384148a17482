package registry

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"maps"
	"strings"
	"sync"
	"time"

	"breakwater/internal/ledger/journal"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// A result secret opens one person's own result, and nothing else. It is not the personal code: that one is shown to everybody
// at a sampling point. It holds epoch (1 byte), number (4, big endian), generation (1) and the first 9 bytes of the HMAC-SHA-256
// of these under the epoch's key, in Crockford's base 32, and one check character behind it, so that somebody who mistypes it
// learns that without asking: 25 characters, printed in five groups of five.
//
// No table says which secrets there are. Only numbers whose secret was replaced or revoked stand in one, with the generation
// that is good now.
const (
	secretBytes  = 15
	secretProof  = 9
	secretLength = 25
	secretDomain = "breakwater result secret 1\x00"
)

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// Secrets reads result secrets from memory. Each process has its own and follows the journal, so that a secret revoked at one
// server opens nothing at another.
type Secrets struct {
	s      *Service
	step   sync.Mutex // held while tables are read
	mu     sync.RWMutex
	epoch  byte // the one whose secrets are good; 0: none was read yet
	macs   *sync.Pool
	raised map[int64]byte // the good generation of numbers that are no longer of generation 0
	at     int64          // journal sequence seen
}

// Secrets reads result secrets.
func (s *Service) Secrets() *Secrets { return &s.secrets }

// secretTag writes the proof of the first bytes of a secret behind them.
func secretTag(macs *sync.Pool, b *[secretBytes]byte, into []byte) {
	m := macs.Get().(hash.Hash)
	m.Reset()
	m.Write([]byte(secretDomain))
	m.Write(b[:secretBytes-secretProof])
	var sum [sha256.Size]byte
	copy(into, m.Sum(sum[:0])[:secretProof])
	macs.Put(m)
}

// Read gives the number whose result a secret opens; false when it opens nothing, whatever the reason: mistyped, of another
// site, replaced, revoked, a personal code. The text is as TidyCode gives it. It asks no table.
func (x *Secrets) Read(text []byte) (no int64, ok bool) {
	if len(text) != secretLength || checkOf(text[:secretLength-1]) != text[secretLength-1] {
		return 0, false
	}
	var b [secretBytes]byte
	if n, err := codeText.Decode(b[:], text[:secretLength-1]); err != nil || n != secretBytes {
		return 0, false
	}
	no = int64(binary.BigEndian.Uint32(b[1:5]))
	x.mu.RLock()
	macs, epoch, generation := x.macs, x.epoch, x.raised[no]
	x.mu.RUnlock()
	if macs == nil {
		return 0, false
	}
	var tag [secretProof]byte
	secretTag(macs, &b, tag[:])
	good := hmac.Equal(tag[:], b[secretBytes-secretProof:])
	return no, good && b[0] == epoch && b[5] == generation
}

// Ready tells whether the tables were read: before that every secret would seem to be wrong.
func (x *Secrets) Ready() bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.macs != nil
}

// of writes the secret of a number in a generation, in groups of five.
func (x *Secrets) of(no int64, generation byte) string {
	x.mu.RLock()
	macs, epoch := x.macs, x.epoch
	x.mu.RUnlock()
	var b [secretBytes]byte
	b[0], b[5] = epoch, generation
	binary.BigEndian.PutUint32(b[1:5], uint32(no))
	secretTag(macs, &b, b[secretBytes-secretProof:])
	text := codeText.EncodeToString(b[:])
	text += string(checkOf([]byte(text)))
	return text[:5] + "-" + text[5:10] + "-" + text[10:15] + "-" + text[15:20] + "-" + text[20:]
}

// checkOf is Luhn's check character over 32 letters: one wrong letter is always found, two that changed places nearly always.
// The page for residents computes the same.
func checkOf(text []byte) byte {
	sum, factor := 0, 2
	for i := len(text) - 1; i >= 0; i-- {
		d := strings.IndexByte(crockford, text[i])
		if d < 0 {
			return 0
		}
		d *= factor
		sum += d/32 + d%32
		factor = 3 - factor
	}
	return crockford[(32-sum%32)%32]
}

// Run reads the tables and follows the journal until ctx ends.
func (x *Secrets) Run(ctx context.Context) error {
	for {
		if err := x.CatchUp(ctx); err != nil {
			return err
		}
		if _, err := x.s.journal.Wait(ctx, x.seen()); err != nil {
			return err
		}
		select { // under load the journal moves hundreds of times a second
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (x *Secrets) seen() int64 {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.at
}

// secretKinds are the entries that change which secrets are good.
var secretKinds = []string{"ResultSecretChanged", "PersonErased", "KeyChanged"}

// CatchUp brings the memory to the journal's head.
func (x *Secrets) CatchUp(ctx context.Context) error {
	x.step.Lock()
	defer x.step.Unlock()
	if !x.Ready() {
		return x.load(ctx)
	}
	anew := false
	err := x.s.db.Read(ctx, func(tx *store.Tx) error {
		head, err := journal.Head(tx)
		if err != nil {
			return err
		}
		for at := x.seen(); at < head; {
			const most = 1000
			entries, err := journal.List(tx, at, head, secretKinds, most)
			if err != nil {
				return err
			}
			at = head
			if len(entries) == most {
				at = entries[most-1].Seq
			}
			for _, e := range entries {
				if e.Kind == (outbreak.KeyChanged{}).Kind() {
					anew = true
					continue
				}
				if err := x.apply(tx, e); err != nil {
					return fmt.Errorf("taking entry %d into the result secrets: %w", e.Seq, err)
				}
			}
			x.mu.Lock()
			x.at = at
			x.mu.Unlock()
		}
		return nil
	})
	if err != nil || !anew {
		return err
	}
	return x.load(ctx)
}

// apply takes over the generation of the person an entry is about.
func (x *Secrets) apply(tx *store.Tx, e outbreak.Entry) error {
	var who outbreak.PersonID
	err := outbreak.On(e, func(c outbreak.ResultSecretChanged) error { who = c.Person; return nil })
	if err == nil {
		err = outbreak.On(e, func(p outbreak.PersonErased) error { who = p.Person; return nil })
	}
	if err != nil {
		return err
	}
	raised, err := generations(tx, "where person = $1", who)
	x.mu.Lock()
	defer x.mu.Unlock()
	maps.Copy(x.raised, raised)
	return err
}

// generations reads which generation of numbers is good.
func generations(tx *store.Tx, where string, args ...any) (map[int64]byte, error) {
	raised := map[int64]byte{}
	err := store.Each(tx, func(r store.Row) error {
		var no, generation int64
		err := r.Scan(&no, &generation)
		raised[no] = byte(generation)
		return err
	}, "select no, generation from secret_generation "+where, args...)
	return raised, err
}

// load reads the tables, and makes the first key when there is none.
func (x *Secrets) load(ctx context.Context) error {
	var known bool
	read := func(tx *store.Tx) (err error) {
		known, err = x.read(tx)
		return err
	}
	if err := x.s.db.Read(ctx, read); err != nil || known {
		return err
	}
	if err := x.s.db.Write(ctx, func(tx *store.Tx) error {
		if n, err := store.Count(tx, "select count(*) from secret_key"); err != nil || n > 0 {
			return err
		}
		return x.s.beginSecrets(tx, 1)
	}); err != nil {
		return err
	}
	return x.s.db.Read(ctx, read)
}

func (x *Secrets) read(tx *store.Tx) (known bool, err error) {
	type row struct {
		epoch, by int64
		box       []byte
	}
	k, known, err := store.One(tx, func(r store.Row) (k row, err error) {
		err = r.Scan(&k.epoch, &k.box, &k.by)
		return k, err
	}, "select epoch, sealed, sealed_by from secret_key where ended_at = 0")
	if err != nil || !known {
		return false, err
	}
	key, err := x.s.vault.OpenSecret(secretLabelOf(k.epoch), k.box, k.by)
	if err != nil {
		return false, fmt.Errorf("opening the key of result secrets of epoch %d: %w", k.epoch, err)
	}
	head, err := journal.Head(tx)
	if err != nil {
		return false, err
	}
	raised, err := generations(tx, "")
	if err != nil {
		return false, err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.epoch, x.raised, x.at = byte(k.epoch), raised, head
	x.macs = &sync.Pool{New: func() any { return hmac.New(sha256.New, key) }}
	return true, nil
}

func secretLabelOf(epoch int64) string { return fmt.Sprintf("result secrets of epoch %d", epoch) }

func (s *Service) beginSecrets(tx *store.Tx, epoch int64) error {
	box, by, err := s.vault.SealSecret(secretLabelOf(epoch), fresh(sha256.Size))
	if err != nil {
		return err
	}
	return tx.Must("insert into secret_key (epoch, sealed, sealed_by, begun_at, ended_at) values ($1, $2, $3, $4, 0)", epoch, box, by, tx.Now)
}

// ResealSecrets seals the keys of result secrets under the master key that is current, so that an older one can be forgotten.
func (s *Service) ResealSecrets(ctx context.Context) error {
	return s.db.Write(ctx, func(tx *store.Tx) error {
		return s.reseal(tx, "secret_key", secretLabelOf)
	})
}
