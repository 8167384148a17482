package web

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
)

// NewKey makes the key a form carries in a hidden field, new for each form of each page.
func (v *View) NewKey() string { return rand.Text() }

// key is the idempotency key of what a form asks: its own key and everything that was filled in. The same form sent twice,
// by a double click or after an answer that was lost, is one command; a form that somebody went back to and filled in
// otherwise is another. Empty for a form without a key.
func (c *call) key() string {
	if c.form.Get("key") == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(c.route.Method + fill(c.route.Path, c.path) + "?" + c.form.Encode()))
	return "form-" + hex.EncodeToString(sum[:16])
}
