package registry

import (
	"context"
	"crypto/ed25519"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// SignerRotation is what a new signing key came to.
type SignerRotation struct {
	Key    int64  `json:"key"`    // the number of the key that signs now
	Signer string `json:"signer"` // its public half
	Before string `json:"before"` // that of the key it replaced
}

// RotateSigner makes a new signing key and destroys the secret of the old one; its public half stays, so that what it signed
// can be checked. Every call makes one. Running servers read the file again before they sign.
func (k *Keys) RotateSigner(ctx context.Context) (SignerRotation, error) {
	var turn SignerRotation
	err := k.vault.change(func(r *ring) error {
		now := outbreak.WallClock{}.Now()
		public := r.signing().Public().(ed25519.PublicKey)
		r.signed = append(r.signed, oldSigner{ID: r.sign.ID, Made: r.sign.Made, Retired: now, Public: hexadecimal(public)})
		r.sign = freshKey(r.sign.ID+1, now)
		turn = SignerRotation{Key: r.sign.ID, Signer: encoded(r.signing().Public().(ed25519.PublicKey)), Before: encoded(public)}
		return nil
	})
	if err != nil {
		return turn, err
	}
	return turn, k.db.Write(ctx, func(tx *store.Tx) error {
		_, err := k.journal.Append(tx, keeper,
			outbreak.KeyChanged{What: "made", Of: "sign", Key: turn.Key, Public: turn.Signer},
			outbreak.KeyChanged{What: "retired", Of: "sign", Key: turn.Key - 1, Public: turn.Before})
		return err
	})
}
