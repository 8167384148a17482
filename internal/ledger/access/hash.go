package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"runtime/debug"
	"time"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"breakwater/internal/outbreak"
)

// Cost is what one password hash takes. The zero value is RFC 9106's second choice: 3 passes over 64 MiB in 4 lanes.
type Cost struct {
	Time    uint32 // passes
	Memory  uint32 // KiB
	Threads uint8
}

const (
	atOnce   = 2               // hashes that run at a time: together they hold 128 MiB
	patience = 5 * time.Second // how long somebody waits for his turn
	release  = 16 << 10        // KiB from which memory is handed back to the system
)

// hasher turns passwords into hashes, two at a time, so that a crowd signing in cannot eat the memory of the laboratory.
type hasher struct {
	cost Cost
	turn chan struct{}
}

func newHasher(cost Cost) *hasher {
	if cost == (Cost{}) {
		cost = Cost{Time: 3, Memory: 64 << 10, Threads: 4}
	}
	return &hasher{cost: cost, turn: make(chan struct{}, atOnce)}
}

// enter waits for a turn; leave has to be called once it was given.
func (h *hasher) enter(ctx context.Context) error {
	wait := time.NewTimer(patience)
	defer wait.Stop()
	select {
	case h.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-wait.C:
		busy := outbreak.Refuse(outbreak.Busy, "access.sign_in_crowded")
		busy.RetryAfter = patience
		return busy
	}
}

func (h *hasher) leave() {
	<-h.turn
	if len(h.turn) == 0 && h.cost.Memory >= release {
		debug.FreeOSMemory()
	}
}

// hash waits for a turn and hashes.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer h.leave()
	salt := random(16)
	return encode(h.cost, salt, derive(h.cost, password, salt, keyBytes)), nil
}

const keyBytes = 32

func derive(c Cost, password string, salt []byte, n int) []byte {
	return argon2.IDKey([]byte(norm.NFC.String(password)), salt, c.Time, c.Memory, c.Threads, uint32(n))
}

func encode(c Cost, salt, key []byte) string {
	b := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.Memory, c.Time, c.Threads, b.EncodeToString(salt), b.EncodeToString(key))
}

// nobody is a hash no password matches, at the going cost: the work done for an account that does not exist.
func (h *hasher) nobody() string { return encode(h.cost, random(16), random(keyBytes)) }

// matches does the work of one hash; the caller has a turn.
func matches(encoded, password string) (bool, error) {
	var c Cost
	var version int
	var salt64, key64 string
	n, err := fmt.Sscanf(fieldsOf(encoded), "argon2id v=%d m=%d,t=%d,p=%d %s %s", &version, &c.Memory, &c.Time, &c.Threads, &salt64, &key64)
	if err != nil || n != 6 || version != argon2.Version {
		return false, fmt.Errorf("reading a password hash: %d fields, version %d: %w", n, version, err)
	}
	salt, err := base64.RawStdEncoding.DecodeString(salt64)
	if err != nil {
		return false, fmt.Errorf("reading the salt of a password hash: %w", err)
	}
	key, err := base64.RawStdEncoding.DecodeString(key64)
	if err != nil || len(key) == 0 {
		return false, fmt.Errorf("reading the key of a password hash: %w", err)
	}
	return subtle.ConstantTimeCompare(key, derive(c, password, salt, len(key))) == 1, nil
}

func fieldsOf(encoded string) string {
	b := []byte(encoded)
	for i := range b {
		if b[i] == '$' {
			b[i] = ' '
		}
	}
	if len(b) > 0 {
		b = b[1:]
	}
	return string(b)
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails since Go 1.24
	return b
}

// newSecret makes what a session or token is known by: 256 bits, readable in a header.
func newSecret(prefix string) string {
	return prefix + base64.RawURLEncoding.EncodeToString(random(32))
}

// digest is what of a secret is stored. The secret has 256 bits of chance in it, so one round is enough.
func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
