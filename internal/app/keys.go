package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
)

// keepErased erases again whom a restored backup brought back, before any door opens.
func keepErased(ctx context.Context, c Config, reg *registry.Service) error {
	done, err := reg.ReapplyErasures(ctx)
	if err != nil {
		return err
	}
	if done.Erased > 0 {
		c.Log.Warn("identities that were destroyed had come back, and were destroyed again", "people", done.Erased)
	}
	if done.Unlisted != nil {
		c.Log.Error("erasures could not be written to the list beside the key file", "error", done.Unlisted)
	}
	if done.Wrong > 0 {
		c.Log.Error("lines of the list of erasures are torn or not signed by this site, and count for nothing", "lines", done.Wrong)
	}
	return nil
}

// SignHead signs the journal's head and adds the line to the file beside the key. at is the machine's time.
func (a *App) SignHead(ctx context.Context, at outbreak.Instant) (journal.SignedHead, error) {
	keys := a.House.Registry.Keys()
	if err := keys.Reload(); err != nil { // the key that signs may have been replaced
		return journal.SignedHead{}, err
	}
	h, err := journal.SignHead(ctx, a.House.DB, at, keys)
	if err != nil {
		return h, err
	}
	return h, keys.AppendBeside(headsFile, h.String())
}

// SignerRotation is what a new signing key came to, with the last head of the old key and the first of the new one: whoever
// keeps both has it from the old key how far the journal had come when it ended.
type SignerRotation struct {
	registry.SignerRotation
	Last  string `json:"last"`
	First string `json:"first"`
}

// RotateSigner makes a new signing key. The old one signs the journal's head a last time before its secret is destroyed, the
// new one at once after; both lines go to the file beside the key.
func (a *App) RotateSigner(ctx context.Context) (SignerRotation, error) {
	var turn SignerRotation
	last, err := a.SignHead(ctx, a.config.Wall.Now())
	if err == nil {
		turn.Last = last.String()
	} else if outbreak.KindOf(err) != outbreak.NotFound { // an empty journal has nothing to sign
		return turn, err
	}
	if turn.SignerRotation, err = a.House.Registry.Keys().RotateSigner(ctx); err != nil {
		return turn, err
	}
	first, err := a.SignHead(ctx, a.config.Wall.Now())
	turn.First = first.String()
	return turn, err
}

// rereadKeys reads the key file again, so that what other rooms seal lies under the newest key soon after a rotation. Who meets
// a key that is not known reads the file at once.
func (a *App) rereadKeys(context.Context) error { return a.House.Registry.Keys().Reload() }

// Reseal seals everything that lies under a master key itself under the newest, so that an older one is needed no more.
func (a *App) Reseal(ctx context.Context) error {
	for _, reseal := range []func(context.Context) error{a.House.Access.Reseal, a.House.Registry.ResealCodes, a.House.Registry.ResealSecrets, a.House.Reconcile.Reseal, a.House.Worklist.Reseal, a.House.Exchange.Reseal} {
		if err := reseal(ctx); err != nil {
			return err
		}
	}
	return nil
}

// headsFile is the ending of the file with signed heads, beside the key file.
const headsFile = "heads"

// HeadsFile names the file with the signed heads.
func (a *App) HeadsFile() string { return a.House.Registry.Keys().Beside(headsFile) }

// signDaily signs the first head of each day. It looks every hour, so that a site that was stopped at midnight signs too.
func (a *App) signDaily(ctx context.Context) error {
	last, err := a.lastHead()
	if err != nil {
		return err
	}
	now := a.config.Wall.Now()
	if last.At.Time().Format(time.DateOnly) == now.Time().Format(time.DateOnly) {
		return nil
	}
	return a.signMoved(ctx, last, now)
}

// signAtStop signs where a site that ran came to. That it cannot is said, and keeps nobody from stopping.
func (a *App) signAtStop(ctx context.Context) {
	last, err := a.lastHead()
	if err == nil {
		err = a.signMoved(ctx, last, a.config.Wall.Now())
	}
	if err != nil {
		a.config.Log.Error("the journal's head was not signed", "error", err)
	}
}

// signMoved signs a head unless the last one says the same.
func (a *App) signMoved(ctx context.Context, last journal.SignedHead, now outbreak.Instant) error {
	keys := a.House.Registry.Keys()
	if err := keys.Reload(); err != nil { // the key that signs may have been replaced
		return err
	}
	h, err := journal.SignHead(ctx, a.House.DB, now, keys)
	if outbreak.KindOf(err) == outbreak.NotFound { // nothing happened yet
		return nil
	}
	if err != nil {
		return err
	}
	if h.Seq == last.Seq && h.Hash == last.Hash {
		return nil
	}
	return keys.AppendBeside(headsFile, h.String())
}

// lastHead reads the last line of the file; the zero head when there is none.
func (a *App) lastHead() (journal.SignedHead, error) {
	f, err := os.Open(a.HeadsFile())
	if errors.Is(err, fs.ErrNotExist) {
		return journal.SignedHead{}, nil
	}
	if err != nil {
		return journal.SignedHead{}, fmt.Errorf("reading the signed heads: %w", err)
	}
	defer f.Close()
	var last journal.SignedHead
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if h, ok := journal.ParseHead(lines.Text()); ok {
			last = h
		}
	}
	return last, nil
}
