package registry

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"hash"
	"strings"
	"sync"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// A personal code is what somebody shows at a sampling point, as a QR code or in 18 characters on a card. It holds a number and
// a proof that this house gave it: version (1 byte), epoch (1), number (4, big endian), and the first 5 bytes of the
// HMAC-SHA-256 of these six under the epoch's key, in Crockford's base 32. Anybody can read the number; the code opens nothing.
//
// The proof is symmetric: a device checks it without a network, and the house checks a hundred thousand a second. Who takes the
// key out of a device could make codes; a lost device therefore ends the epoch (NewCodeEpoch), after which old codes are still
// read, and marked as unproven.
const (
	codeVersion = 1
	codeBytes   = 11
	codeProof   = 5
	codeLength  = 18
)

var codeText = base32.NewEncoding(crockford).WithPadding(base32.NoPadding)

// codes are the keys of the epochs, in memory.
type codes struct {
	mu     sync.RWMutex
	epochs map[byte]*codeEpoch
	now    byte // the epoch new codes are of; 0: none yet
}

type codeEpoch struct {
	key   []byte
	ended bool
	macs  sync.Pool
}

func newCodeEpoch(key []byte, ended bool) *codeEpoch {
	return &codeEpoch{key: key, ended: ended, macs: sync.Pool{New: func() any { return hmac.New(sha256.New, key) }}}
}

// proof writes the proof of the first six bytes of a code behind them.
func (e *codeEpoch) proof(said, into []byte) {
	m := e.macs.Get().(hash.Hash)
	m.Reset()
	m.Write(said)
	var sum [sha256.Size]byte
	copy(into, m.Sum(sum[:0])[:codeProof])
	e.macs.Put(m)
}

// ReadCode reads a personal code: the number in it, and whether it carries its proof. A text that is no code gives 0. It asks no
// table: an epoch this process does not know proves nothing until LoadCodes has read it.
func (s *Service) ReadCode(text []byte) (no int64, proven bool) {
	if len(text) != codeLength {
		return 0, false
	}
	var b [codeBytes + 1]byte
	n, err := codeText.Decode(b[:], text)
	if err != nil || n != codeBytes || b[0] != codeVersion {
		return 0, false
	}
	no = int64(binary.BigEndian.Uint32(b[2:6]))
	s.codes.mu.RLock()
	e := s.codes.epochs[b[1]]
	s.codes.mu.RUnlock()
	if e == nil {
		return no, false
	}
	var proof [codeProof]byte
	e.proof(b[:6], proof[:])
	return no, !e.ended && hmac.Equal(proof[:], b[6:codeBytes])
}

// code writes the code of a number under the epoch of now.
func (c *codes) code(no int64) string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var b [codeBytes]byte
	b[0], b[1] = codeVersion, c.now
	binary.BigEndian.PutUint32(b[2:6], uint32(no))
	c.epochs[c.now].proof(b[:6], b[6:])
	return codeText.EncodeToString(b[:])
}

// TidyCode folds a code that was typed: capitals, no spaces and hyphens, and the letters people mistake for digits.
func TidyCode(text string) string {
	return misread.Replace(strings.ToUpper(text))
}

var misread = strings.NewReplacer(" ", "", "-", "", "O", "0", "I", "1", "L", "1")

// LoadCodes reads the keys of all epochs, and makes the first one when there is none.
func (s *Service) LoadCodes(ctx context.Context) error {
	var known bool
	read := func(tx *store.Tx) (err error) {
		known, err = s.readCodes(tx)
		return err
	}
	if err := s.db.Read(ctx, read); err != nil || known {
		return err
	}
	return s.db.Write(ctx, func(tx *store.Tx) error {
		known, err := s.readCodes(tx)
		if err != nil || known {
			return err
		}
		if err := s.beginEpoch(tx, 1); err != nil {
			return err
		}
		_, err = s.readCodes(tx)
		return err
	})
}

func (s *Service) readCodes(tx *store.Tx) (known bool, err error) {
	epochs := map[byte]*codeEpoch{}
	var now byte
	err = store.Each(tx, func(r store.Row) error {
		var epoch, by int64
		var box []byte
		var ended outbreak.Instant
		if err := r.Scan(&epoch, &box, &by, &ended); err != nil {
			return err
		}
		key, err := s.vault.OpenSecret(codeLabel(epoch), box, by)
		if err != nil {
			return fmt.Errorf("opening the key of personal codes of epoch %d: %w", epoch, err)
		}
		epochs[byte(epoch)] = newCodeEpoch(key, ended != 0)
		if ended == 0 {
			now = byte(epoch)
		}
		return nil
	}, "select epoch, sealed, sealed_by, ended_at from code_key order by epoch")
	if err != nil || now == 0 {
		return false, err
	}
	s.codes.mu.Lock()
	defer s.codes.mu.Unlock()
	s.codes.epochs, s.codes.now = epochs, now
	return true, nil
}

func codeLabel(epoch int64) string { return fmt.Sprintf("personal codes of epoch %d", epoch) }

func (s *Service) beginEpoch(tx *store.Tx, epoch int64) error {
	box, by, err := s.vault.SealSecret(codeLabel(epoch), fresh(sha256.Size))
	if err != nil {
		return err
	}
	return tx.Must("insert into code_key (epoch, sealed, sealed_by, begun_at, ended_at) values ($1, $2, $3, $4, 0)", epoch, box, by, tx.Now)
}

// mostEpochs is what one byte of a code can tell apart.
const mostEpochs = 255

// NewCodeEpoch ends the epoch of personal codes, after a device that knows the key was lost, and begins another. Codes from
// before are still read and marked as unproven.
func (s *Service) NewCodeEpoch(ctx context.Context, by outbreak.Actor, key string) (epoch int64, err error) {
	if err := access.Require(by, access.UserManage, outbreak.Scope{}); err != nil {
		return 0, err
	}
	epoch, err = store.Do(ctx, s.db, store.By{Actor: by, Route: "registry.NewCodeEpoch", Key: key}, struct{}{}, func(tx *store.Tx) (int64, error) {
		last, err := store.Count(tx, "select coalesce(max(epoch), 0) from code_key")
		if err != nil {
			return 0, err
		}
		if last >= mostEpochs {
			return 0, outbreak.Refuse(outbreak.Conflict, "registry.code_epochs")
		}
		if _, err := tx.Exec("update code_key set ended_at = $1 where ended_at = 0", tx.Now); err != nil {
			return 0, err
		}
		if err := s.beginEpoch(tx, last+1); err != nil {
			return 0, err
		}
		_, err = s.journal.Append(tx, by, outbreak.KeyChanged{What: "made", Of: "codes", Key: last + 1})
		return last + 1, err
	})
	if err != nil {
		return 0, err
	}
	return epoch, s.LoadCodes(ctx)
}

// ResealCodes seals the keys of personal codes under the master key that is current, so that an older one can be forgotten.
func (s *Service) ResealCodes(ctx context.Context) error {
	return s.db.Write(ctx, func(tx *store.Tx) error { return s.reseal(tx, "code_key", codeLabel) })
}

// reseal seals the keys of epochs in a table under the master key that is current; label binds a box to its epoch.
func (s *Service) reseal(tx *store.Tx, table string, label func(epoch int64) string) error {
	type row struct {
		epoch, by int64
		box       []byte
	}
	rows, err := store.List(tx, func(r store.Row) (x row, err error) {
		err = r.Scan(&x.epoch, &x.box, &x.by)
		return x, err
	}, "select epoch, sealed, sealed_by from "+table+" where sealed_by <> $1", s.vault.SecretKey())
	if err != nil {
		return err
	}
	for _, x := range rows {
		plain, err := s.vault.OpenSecret(label(x.epoch), x.box, x.by)
		if err != nil {
			return err
		}
		box, by, err := s.vault.SealSecret(label(x.epoch), plain)
		if err != nil {
			return err
		}
		if err := tx.Must("update "+table+" set sealed = $1, sealed_by = $2 where epoch = $3", box, by, x.epoch); err != nil {
			return err
		}
	}
	return nil
}

// CodeKey is the key of one epoch, as a sampling point's device needs it to check codes without a network.
type CodeKey struct {
	Epoch int64  `json:"epoch"`
	Key   []byte `json:"key"`
}

// CodeKeys gives the keys of the epochs that are not over, for a device that is being enrolled. It asks for no permission: the
// slice that enrols has.
func (s *Service) CodeKeys() (keys []CodeKey) {
	s.codes.mu.RLock()
	defer s.codes.mu.RUnlock()
	for epoch, e := range s.codes.epochs {
		if !e.ended {
			keys = append(keys, CodeKey{int64(epoch), e.key})
		}
	}
	return keys
}
