package registry

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/words"
)

// Share is one part of a recovery copy of the ring.
type Share struct {
	Number int
	Shares int
	Need   int
	Split  string // the same in all shares of one copy
	Ring   string
	At     outbreak.Instant // the day of the copy
	part   []byte
}

const (
	shareForm   = 1
	splitIDSize = 4
	shareHead   = 6 + splitIDSize + ringIDSize + 2
	sumSize     = 3
	mostShares  = 20
	dayLength   = 24 * time.Hour
)

// SplitRing makes a recovery copy of the ring as it is now: any need of the shares give it back, fewer tell nothing. The
// ring notes the copy, so that its status can say when it has become too old.
func (k *Keys) SplitRing(shares, need int) ([]Share, error) {
	if need < 2 || shares < need || shares > mostShares {
		return nil, outbreak.Refuse(outbreak.Invalid, "registry.split_numbers", "most", mostShares)
	}
	var made []Share
	err := k.vault.change(func(r *ring) error {
		id, now := spoken.EncodeToString(fresh(splitIDSize)), outbreak.WallClock{}.Now()
		made = nil
		for i, part := range splitSecret(r.compact(), shares, need) {
			made = append(made, Share{Number: i + 1, Shares: shares, Need: need, Split: id, Ring: r.id, At: now, part: part})
		}
		r.split = &splitMark{ID: id, At: now, Shares: shares, Need: need, Holds: r.names()}
		return nil
	})
	return made, err
}

// bytes is what the rows of a share say.
func (s Share) bytes() []byte {
	b := []byte{shareForm, byte(s.Number), byte(s.Shares), byte(s.Need)}
	b = binary.BigEndian.AppendUint16(b, uint16(shareHead+len(s.part)+sumSize))
	for _, name := range []string{s.Split, s.Ring} {
		id, err := spoken.DecodeString(name)
		if err != nil {
			panic("the name of a split or ring is made by the same alphabet")
		}
		b = append(b, id...)
	}
	b = binary.BigEndian.AppendUint16(b, uint16(time.Duration(s.At)*time.Millisecond/dayLength))
	b = append(b, s.part...)
	sum := sha256.Sum256(b)
	return append(b, sum[:sumSize]...)
}

// Text writes a share to be printed and kept: what it is, and numbered rows of four groups of five characters with a check
// character, to be read aloud and typed.
func (s Share) Text(lang words.Lang) string {
	var t strings.Builder
	say := func(key string) {
		t.WriteString(words.Text(lang, key, map[string]any{"number": s.Number, "shares": s.Shares, "need": s.Need, "split": s.Split,
			"ring": s.Ring, "date": s.At.Time().Format(time.DateOnly)}) + "\n")
	}
	say("registry.share_title")
	say("registry.share_of")
	say("registry.share_how")
	t.WriteString("\n")
	n := 0
	for row := range slices.Chunk([]byte(spoken.EncodeToString(s.bytes())), rowLength) {
		n++
		fmt.Fprintf(&t, "%02d", n)
		for group := range slices.Chunk(row, 5) {
			t.WriteString(" " + string(group))
		}
		t.WriteString(" - " + string(rowCheck(n, row)) + "\n")
	}
	return t.String()
}

const rowLength = 20

// rowCheck is the check character of a row: a sum over the field of 32 elements in which every place has another weight, so
// that one wrong character and two exchanged ones are always noticed, and a row in the place of another as well.
func rowCheck(number int, row []byte) byte {
	sum, weight := number&31, 2
	for _, c := range row {
		sum ^= times32(weight, strings.IndexByte(alphabet, c))
		weight = times32(weight, 2)
	}
	return alphabet[sum]
}

const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// times32 multiplies in the field of 32 elements (x^5 + x^2 + 1).
func times32(a, b int) (product int) {
	for range 5 {
		product ^= -(b & 1) & a
		if a <<= 1; a > 31 {
			a ^= 0x25
		}
		b >>= 1
	}
	return product
}

// ReadShare reads what Text wrote, also when it was typed: small letters, O for 0, I or L for 1, with or without spaces and
// hyphens. name is what the refusal calls the share.
func ReadShare(name, text string) (Share, error) {
	var s Share
	rows := map[int][]byte{}
	most := 0
	for line := range strings.Lines(text) {
		number, row, ok := rowOf(line)
		if !ok {
			continue
		}
		if len(row) < 2 || rowCheck(number, row[:len(row)-1]) != row[len(row)-1] || len(row) > rowLength+1 {
			return s, outbreak.Refuse(outbreak.Invalid, "registry.share_row", "share", name, "row", number)
		}
		rows[number], most = row[:len(row)-1], max(most, number)
	}
	var all []byte
	for n := 1; n <= most; n++ {
		if rows[n] == nil || len(rows[n]) < rowLength && n < most {
			return s, outbreak.Refuse(outbreak.Invalid, "registry.share_row", "share", name, "row", n)
		}
		all = append(all, rows[n]...)
	}
	b, err := spoken.DecodeString(string(all))
	if err != nil || len(b) < shareHead+sumSize {
		return s, outbreak.Refuse(outbreak.Invalid, "registry.share_none", "share", name)
	}
	return s, s.take(name, b, most)
}

// rowOf cuts a line that begins with a number into the number and the folded characters behind it.
func rowOf(line string) (int, []byte, bool) {
	line = strings.TrimSpace(line)
	digits := len(line) - len(strings.TrimLeft(line, "0123456789"))
	number, err := strconv.Atoi(line[:min(digits, 3)])
	if err != nil || digits > 2 || number == 0 {
		return 0, nil, false
	}
	folded := strings.Map(func(r rune) rune {
		switch r {
		case ' ', '-', '.', ':', ')', '\t', '\u3000':
			return -1
		case 'O':
			return '0'
		case 'I', 'L':
			return '1'
		}
		return r
	}, strings.ToUpper(line[digits:]))
	if strings.Trim(folded, alphabet) != "" {
		return number, nil, true
	}
	return number, []byte(folded), true
}

func (s *Share) take(name string, b []byte, rows int) error {
	if whole := int(binary.BigEndian.Uint16(b[4:])); len(b) < whole {
		return outbreak.Refuse(outbreak.Invalid, "registry.share_row", "share", name, "row", rows+1)
	}
	body, sum := b[:len(b)-sumSize], b[len(b)-sumSize:]
	want := sha256.Sum256(body)
	if b[0] != shareForm || !bytes.Equal(want[:sumSize], sum) {
		return outbreak.Refuse(outbreak.Invalid, "registry.share_torn", "share", name)
	}
	s.Number, s.Shares, s.Need = int(b[1]), int(b[2]), int(b[3])
	s.Split = spoken.EncodeToString(body[6 : 6+splitIDSize])
	s.Ring = spoken.EncodeToString(body[6+splitIDSize : 6+splitIDSize+ringIDSize])
	s.At = outbreak.Instant(time.Duration(binary.BigEndian.Uint16(body[shareHead-2:])) * dayLength / time.Millisecond)
	s.part = body[shareHead:]
	return nil
}

// Recovered says what a joined copy holds.
type Recovered struct {
	Ring  string           `json:"ring"`
	Split string           `json:"split"`
	At    outbreak.Instant `json:"at"`
	Keys  []string         `json:"keys"`
	File  string           `json:"file"`
}

// NamedShare is a share and what to call it in a refusal.
type NamedShare struct {
	Name  string
	Share Share
}

// JoinRing gives the ring back from its shares and writes it to a file that must not exist yet. Too few shares, shares of
// different copies, one share twice and a false share are named as such.
func JoinRing(shares []NamedShare, file string) (Recovered, error) {
	parts := map[byte][]byte{}
	var first NamedShare
	for i, s := range shares {
		if i == 0 {
			first = s
		}
		if s.Share.Split != first.Share.Split || s.Share.Ring != first.Share.Ring {
			return Recovered{}, outbreak.Refuse(outbreak.Conflict, "registry.shares_mixed", "first", first.Name, "split", first.Share.Split,
				"other", s.Name, "other_split", s.Share.Split)
		}
		if parts[byte(s.Share.Number)] != nil {
			return Recovered{}, outbreak.Refuse(outbreak.Conflict, "registry.share_twice", "number", s.Share.Number)
		}
		parts[byte(s.Share.Number)] = s.Share.part
	}
	if need := first.Share.Need; len(parts) < max(need, 2) {
		return Recovered{}, outbreak.Refuse(outbreak.Conflict, "registry.shares_few", "given", len(parts), "need", max(need, 2))
	}
	r, err := ringOfParts(parts)
	if err != nil {
		return Recovered{}, falseShare(shares, parts, first.Share.Need)
	}
	if err := lonely(file); err != nil {
		return Recovered{}, err
	}
	s := first.Share
	r.split = &splitMark{ID: s.Split, At: s.At, Shares: s.Shares, Need: s.Need, Holds: r.names()}
	return Recovered{Ring: r.id, Split: s.Split, At: s.At, Keys: r.names(), File: file}, writeKeyFile(file, r)
}

func ringOfParts(parts map[byte][]byte) (*ring, error) {
	secret, err := joinSecret(parts)
	if err != nil {
		return nil, err
	}
	return readCompact(secret)
}

// falseShare names the share without which the others fit, when there are enough to tell.
func falseShare(shares []NamedShare, parts map[byte][]byte, need int) error {
	if len(parts) > need {
		for _, s := range shares {
			without := map[byte][]byte{}
			for n, p := range parts {
				if n != byte(s.Share.Number) {
					without[n] = p
				}
			}
			if _, err := ringOfParts(without); err == nil {
				return outbreak.Refuse(outbreak.Conflict, "registry.share_false", "share", s.Name, "number", s.Share.Number)
			}
		}
	}
	return outbreak.Refuse(outbreak.Conflict, "registry.shares_unfit")
}
