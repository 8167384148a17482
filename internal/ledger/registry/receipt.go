package registry

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"breakwater/internal/outbreak"
)

// Receipt is what the person, and whoever answers for the data, can keep: that an identity was destroyed, when, by whom and
// why, where the journal stood, signed with the site's key. It holds the person's code and no name.
type Receipt struct {
	Person    outbreak.PersonID `json:"person"`
	ErasedAt  outbreak.Instant  `json:"erased_at"`
	By        string            `json:"by"`
	Reason    string            `json:"reason"`
	Basis     string            `json:"basis"`
	Entry     int64             `json:"entry"` // of the journal
	Head      string            `json:"head"`  // its hash, hexadecimal
	Ring      string            `json:"ring"`
	Digest    string            `json:"digest"`    // SHA-256 of the lines before it, hexadecimal
	Signer    string            `json:"signer"`    // Ed25519 public key, base64 for addresses
	Signature string            `json:"signature"` // over the digest's lines and the signer
}

// receipt writes the receipt of an erasure.
func (v *Vault) receipt(e Erased) Receipt {
	r := Receipt{Person: e.Person, ErasedAt: e.At, By: e.Actor, Reason: e.Reason, Basis: e.Basis, Entry: e.Seq, Head: hex.EncodeToString(e.Head), Ring: v.ring.Load().id}
	sum := sha256.Sum256([]byte(r.lines()))
	r.Digest = hex.EncodeToString(sum[:])
	r.Signer, r.Signature = v.Sign([]byte(r.lines()))
	return r
}

// freshReceipt is receipt with the key that signs now. A file that is out of reach leaves the ring as it was read.
func (v *Vault) freshReceipt(e Erased) Receipt {
	_ = v.Reload()
	return v.receipt(e)
}

// lines are what is digested and signed.
func (r Receipt) lines() string {
	var b strings.Builder
	b.WriteString("breakwater erasure 1\n")
	for _, f := range [][2]string{{"person", r.Person.String()}, {"erased_at", r.ErasedAt.String()}, {"by", r.By}, {"reason", r.Reason},
		{"basis", r.Basis}, {"entry", fmt.Sprint(r.Entry)}, {"head", r.Head}, {"ring", r.Ring}} {
		fmt.Fprintf(&b, "%s: %s\n", f[0], f[1])
	}
	return b.String()
}

// Text is the receipt to be printed.
func (r Receipt) Text() string {
	return r.lines() + "digest: " + r.Digest + "\nsigner: " + r.Signer + "\nsignature: " + r.Signature + "\n"
}

// Genuine tells whether nothing of the receipt was changed since its signer signed it. Whose key it is the receipt does not
// tell: compare it with the one that is known to be the site's.
func (r Receipt) Genuine() bool {
	sum := sha256.Sum256([]byte(r.lines()))
	return r.Digest == hex.EncodeToString(sum[:]) && signed(r.Signer, r.Signature, []byte(r.lines()))
}
