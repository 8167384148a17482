package journal

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// SignedHead says how far the journal had come at a time, signed with the site's key, in one line of text. Whoever keeps the
// line elsewhere can tell later whether what it covers still stands: the chain alone proves that nobody changed the middle,
// not that nobody cut the end off or made everything anew.
type SignedHead struct {
	At        outbreak.Instant `json:"at"`
	Seq       int64            `json:"seq"`
	Hash      string           `json:"hash"`      // hexadecimal, of that record
	Signer    string           `json:"signer"`    // Ed25519 public key, base64 for addresses
	Signature string           `json:"signature"` // base64 for addresses
}

// Signer signs with the site's key.
type Signer interface {
	Sign(text []byte) (signer, signature string)
}

const headForm = "breakwater-head 1"

func (h SignedHead) text() string {
	return fmt.Sprintf("%s %s %d %s %s", headForm, h.At, h.Seq, h.Hash, h.Signer)
}

// String is the line.
func (h SignedHead) String() string { return h.text() + " " + h.Signature }

// HeadHash gives the sequence and hash of the last record, those of this transaction among them. Nil before the first.
func HeadHash(tx *store.Tx) (int64, []byte, error) {
	if r, begun := tx.Kept(recordKey{}).(*record); begun {
		return r.seq, r.prev, nil
	}
	return storedHead(tx)
}

// SignHead signs the journal's head as it is now. at is the machine's time. The names of what signs come from the signer: the
// public key stands in the line, so that everybody can check it.
func SignHead(ctx context.Context, db *store.DB, at outbreak.Instant, by Signer) (SignedHead, error) {
	h := SignedHead{At: at}
	err := db.Read(ctx, func(tx *store.Tx) error {
		seq, hash, err := storedHead(tx)
		h.Seq, h.Hash = seq, hex.EncodeToString(hash)
		return err
	})
	if err != nil {
		return h, fmt.Errorf("reading the journal's head: %w", err)
	}
	if h.Seq == 0 {
		return h, outbreak.Refuse(outbreak.NotFound, "journal.empty")
	}
	for range 2 { // once more when the key is replaced between its name and its signature
		h.Signer, _ = by.Sign(nil)
		if _, h.Signature = by.Sign([]byte(h.text())); h.genuine() {
			return h, nil
		}
	}
	return h, errors.New("the site's key gives signatures that are not true")
}

// genuine tells whether the signature is that of the key in the line.
func (h SignedHead) genuine() bool {
	key, err := base64.RawURLEncoding.DecodeString(h.Signer)
	if err != nil || len(key) != ed25519.PublicKeySize {
		return false
	}
	signature, err := base64.RawURLEncoding.DecodeString(h.Signature)
	return err == nil && ed25519.Verify(key, []byte(h.text()), signature)
}

// ReadHeads reads lines of signed heads; empty lines and lines that begin with # are passed over. A line that begins as a head
// and is not whole, as a crash leaves it at the end of the file, says nothing: its number is in torn. A line that is no head at
// all comes back as a refusal with its number.
func ReadHeads(from io.Reader) (heads []SignedHead, torn []int, err error) {
	text, err := io.ReadAll(io.LimitReader(from, 64<<20))
	if err != nil {
		return nil, nil, fmt.Errorf("reading signed heads: %w", err)
	}
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		h, ok := ParseHead(line)
		switch {
		case ok:
			heads = append(heads, h)
		case strings.HasPrefix(line, headForm+" ") || strings.HasPrefix(headForm, line):
			torn = append(torn, n)
		default:
			return nil, torn, outbreak.Refuse(outbreak.Invalid, "journal.head_line", "line", n)
		}
	}
	if len(heads) == 0 {
		return nil, torn, outbreak.Refuse(outbreak.Invalid, "journal.no_heads")
	}
	return heads, torn, nil
}

// Lengths of the last three fields of a whole line.
var (
	hashLength      = hex.EncodedLen(sha256.Size)
	signerLength    = base64.RawURLEncoding.EncodedLen(ed25519.PublicKeySize)
	signatureLength = base64.RawURLEncoding.EncodedLen(ed25519.SignatureSize)
)

// ParseHead reads one line; false when it is none or not whole. Whether it is genuine is VerifyAgainst's to say.
func ParseHead(line string) (h SignedHead, ok bool) {
	rest, ok := strings.CutPrefix(line, headForm+" ")
	f := strings.Fields(rest)
	if !ok || len(f) != 5 || h.At.UnmarshalText([]byte(f[0])) != nil || len(f[2]) < hashLength || len(f[3]) < signerLength || len(f[4]) < signatureLength {
		return h, false
	}
	seq, err := strconv.ParseInt(f[1], 10, 64)
	h.Seq, h.Hash, h.Signer, h.Signature = seq, f[2], f[3], f[4]
	return h, err == nil
}

// VerifyAgainst is Verify, and compares the journal with heads signed earlier. ours tells whether a signer is this site's, and
// until when it signed (0: it still does). What it finds beside the findings of Verify: head_forged, head_of_others and
// head_outlived, which is signed by a key after its end (the line says nothing), tail_cut (the journal
// is shorter than it was), tail_replaced (records after Last are not those that stood there), past_rewritten (nothing that was
// signed stands any more).
func VerifyAgainst(ctx context.Context, db *store.DB, heads []SignedHead, ours func(signer string) (until outbreak.Instant, ours bool)) (Verification, error) {
	v, err := Verify(ctx, db)
	if err != nil {
		return v, err
	}
	var found []Finding
	var told []SignedHead
	for _, h := range heads {
		until, is := ours(h.Signer)
		switch {
		case !h.genuine():
			found = append(found, Finding{Seq: h.Seq, What: "head_forged"})
		case !is:
			found = append(found, Finding{Seq: h.Seq, What: "head_of_others"})
		case until != 0 && h.At > until:
			found = append(found, Finding{Seq: h.Seq, What: "head_outlived"})
		default:
			told = append(told, h)
		}
	}
	slices.SortStableFunc(told, func(a, b SignedHead) int { return int(min(max(a.Seq-b.Seq, -1), 1)) })
	err = db.Read(ctx, func(tx *store.Tx) error {
		more, err := compare(tx, told)
		found = append(found, more...)
		return err
	})
	v.Findings = append(v.Findings, found...)
	return v, err
}

// compare looks every signed head up, in the order of sequences.
func compare(tx *store.Tx, heads []SignedHead) (found []Finding, err error) {
	last, err := store.Count(tx, "select coalesce(max(seq), 0) from journal where ledger = $1", ledger)
	if err != nil {
		return nil, err
	}
	var stands int64 // the last signed record that is still there
	for _, h := range heads {
		if h.Seq > last {
			return append(found, Finding{Seq: heads[len(heads)-1].Seq, What: "tail_cut", Last: last}), nil
		}
		hash, _, err := store.One(tx, store.Value[[]byte], "select hash from journal where ledger = $1 and seq = $2", ledger, h.Seq)
		if err != nil {
			return found, err
		}
		signed, err := hex.DecodeString(h.Hash)
		if err == nil && bytes.Equal(hash, signed) {
			stands = h.Seq
			continue
		}
		if len(found) > 0 {
			continue // one finding names where it begins; the rest follows from it
		}
		what := "tail_replaced"
		if stands == 0 {
			what = "past_rewritten"
		}
		found = append(found, Finding{Seq: h.Seq, What: what, Last: stands})
	}
	return found, nil
}
