package cli

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"breakwater/internal/app"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
)

type keyCmd struct {
	Status keyStatusCmd `cmd:"" help:"Which keys there are, who needs them, and how old the recovery copy is."`
	Rotate keyRotateCmd `cmd:"" help:"Make a new key and bring everybody under it, while the site runs. Stopped, it goes on at the next call."`
	Split  keySplitCmd  `cmd:"" help:"Make a recovery copy in shares for several people."`
	Join   keyJoinCmd   `cmd:"" help:"Make the key file anew from shares."`
	Check  keyCheckCmd  `cmd:"" help:"Open every sealed identity and compare the index with it. Nothing is shown or changed."`
	Forget keyForgetCmd `cmd:"" help:"Take a retired master key out of the ring for good."`
}

type keyStatusCmd struct {
	site
	JSON bool `name:"json" help:"One JSON object on standard output."`
}

// Run prints how the key ring stands.
func (c keyStatusCmd) Run(r *run) error {
	a, done, err := c.open(r)
	if err != nil {
		return err
	}
	defer done()
	s, err := a.House.Registry.Keys().Status(r.ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return r.print(s)
	}
	r.tell("cli.key_ring", "ring", s.Ring, "file", s.File)
	for _, m := range s.Masters {
		key, at := "cli.key_older", m.Made
		switch {
		case m.Current:
			key = "cli.key_current"
		case m.Retired != 0:
			key, at = "cli.key_retired", m.Retired
		}
		r.tell(key, "key", m.ID, "at", at.String(), "people", m.People)
	}
	r.tell("cli.key_index", "key", s.Index.Newest, "waiting", s.Index.Waiting)
	r.tell("cli.key_signer", "signer", s.Signer)
	for _, old := range s.Signed {
		r.tell("cli.key_signed", "signer", old.Signer, "at", old.Retired.String())
	}
	r.tellSplit(s.Split)
	r.tell("cli.key_erased", "erased", s.Erased, "listed", s.Listed)
	if s.Backup != 0 {
		r.tell("cli.key_backup", "at", s.Backup.String())
	} else {
		r.tell("cli.key_no_backup")
	}
	if s.Open {
		r.say("cli.key_open", "file", s.File)
	}
	return nil
}

func (r *run) tellSplit(s *registry.SplitStatus) {
	if s == nil {
		r.tell("cli.key_no_split")
		return
	}
	r.tell("cli.key_split", "split", s.ID, "at", s.At.String(), "shares", s.Shares, "need", s.Need)
	if len(s.Lacks) > 0 {
		r.tell("cli.key_split_old", "keys", strings.Join(s.Lacks, ", "))
	}
	if len(s.Beyond) > 0 {
		r.tell("cli.key_split_beyond", "keys", strings.Join(s.Beyond, ", "))
	}
}

type keyRotateCmd struct {
	site
	Index bool `help:"The index key instead of the master key: every box is opened. Needed only when an index key may have become known." xor:"which"`
	Sign  bool `help:"The signing key instead of the master key: the old one signs the journal's head a last time and is destroyed; its public half stays." xor:"which"`
	JSON  bool `name:"json" help:"One JSON object on standard output."`
}

// Run rotates a key and tells how far it is.
func (c keyRotateCmd) Run(r *run) error {
	a, done, err := c.open(r)
	if err != nil {
		return err
	}
	defer done()
	if c.Sign {
		return c.sign(r, a)
	}
	keys := a.House.Registry.Keys()
	var result registry.Rotation
	if c.Index {
		result, err = keys.RotateIndex(r.ctx, r.steps("cli.key_progress"))
	} else {
		result, err = keys.Rotate(r.ctx, r.steps("cli.key_progress"), a.Reseal)
	}
	if err != nil {
		if r.ctx.Err() != nil {
			r.say("cli.key_stopped")
			return errFailed
		}
		return err
	}
	if c.JSON {
		return r.print(result)
	}
	if result.Resumed {
		r.say("cli.key_resumed")
	}
	r.say("cli.key_rotated", "key", result.Key, "people", result.People, "left", result.Left)
	for _, id := range result.Retired {
		r.say("cli.key_now_retired", "key", id)
	}
	if result.Left > 0 {
		return errFailed
	}
	s, err := keys.Status(r.ctx)
	if err == nil && (s.Split == nil || len(s.Split.Lacks) > 0) {
		r.say("cli.key_split_again")
	}
	return err
}

// sign replaces the signing key and prints what belongs elsewhere: both public keys, and the heads that join them.
func (c keyRotateCmd) sign(r *run, a *app.App) error {
	turn, err := a.RotateSigner(r.ctx)
	if turn.Key == 0 { // also when only the new head could not be kept, the rest is told
		return err
	}
	if c.JSON {
		return errors.Join(err, r.print(turn))
	}
	for _, line := range []string{turn.Last, turn.First} {
		if line != "" {
			fmt.Fprintln(r.streams.Out, line)
		}
	}
	r.say("cli.key_signer_rotated", "key", turn.Key, "signer", turn.Signer, "before", turn.Before)
	r.say("cli.key_split_again")
	return err
}

// steps tells of progress at every twentieth of the way.
func (r *run) steps(key string) registry.Progress {
	var last int64 = -1
	return func(done, total int64) {
		if part := done * 20 / max(total, 1); part != last {
			last = part
			r.say(key, "done", done, "total", total)
		}
	}
}

type keySplitCmd struct {
	site
	Shares int    `help:"How many shares to make." default:"5"`
	Need   int    `help:"How many of them give the keys back." default:"3"`
	Out    string `required:"" help:"Folder for the sheets; it must not hold any yet." placeholder:"DIR" type:"path"`
}

// Run writes one sheet for each share.
func (c keySplitCmd) Run(r *run) error {
	a, done, err := c.open(r)
	if err != nil {
		return err
	}
	defer done()
	if err := os.MkdirAll(c.Out, 0o700); err != nil {
		return fmt.Errorf("making the folder of the shares: %w", err)
	}
	if there, err := filepath.Glob(filepath.Join(c.Out, "share-*.txt")); err != nil || len(there) > 0 {
		return errors.Join(err, outbreak.Refuse(outbreak.Invalid, "registry.file_there", "file", filepath.Join(c.Out, "share-1.txt")))
	}
	shares, err := a.House.Registry.Keys().SplitRing(c.Shares, c.Need)
	if err != nil {
		return err
	}
	for _, s := range shares {
		if err := writeNew(filepath.Join(c.Out, fmt.Sprintf("share-%d.txt", s.Number)), s.Text(r.lang)); err != nil {
			return err
		}
	}
	r.say("cli.key_sheets", "shares", c.Shares, "need", c.Need, "dir", c.Out)
	return nil
}

// writeNew writes a file that was not there, for its owner alone, and brings it to the disk.
func writeNew(name, text string) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	_, err = f.WriteString(text)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

type keyJoinCmd struct {
	Shares []string `arg:"" help:"Files with the sheets, or with what was typed from them."`
	Out    string   `required:"" help:"Key file to make; it must not be there yet." placeholder:"FILE" type:"path"`
	JSON   bool     `name:"json" help:"One JSON object on standard output."`
}

// Run joins shares into a key file.
func (c keyJoinCmd) Run(r *run) error {
	var shares []registry.NamedShare
	for _, name := range c.Shares {
		text, err := os.ReadFile(name)
		if err != nil {
			return fmt.Errorf("reading a share: %w", err)
		}
		s, err := registry.ReadShare(filepath.Base(name), string(text))
		if err != nil {
			return err
		}
		shares = append(shares, registry.NamedShare{Name: filepath.Base(name), Share: s})
	}
	got, err := registry.JoinRing(shares, c.Out)
	if err != nil {
		return err
	}
	if c.JSON {
		return r.print(got)
	}
	r.say("cli.key_joined", "ring", got.Ring, "keys", strings.Join(got.Keys, ", "), "file", got.File)
	return nil
}

type keyCheckCmd struct {
	site
	JSON bool `name:"json" help:"One JSON object on standard output."`
}

// Run opens everything that is sealed; a box that stays shut is exit status 1.
func (c keyCheckCmd) Run(r *run) error {
	a, done, err := c.open(r)
	if err != nil {
		return err
	}
	defer done()
	found, err := a.House.Registry.Keys().Check(r.ctx, r.steps("cli.key_progress"))
	if err != nil {
		return err
	}
	if c.JSON {
		err = r.print(found)
	} else {
		r.tell("cli.key_checked", "people", found.People, "opened", found.Opened, "entries", found.Entries)
		for _, id := range found.Shut {
			r.tell("cli.key_shut", "person", id)
		}
		for _, t := range found.Tables {
			r.tell("cli.key_sealed", "table", t.Table, "column", t.Column, "boxes", t.Boxes, "opened", t.Opened)
			for _, place := range t.Shut {
				r.tell("cli.key_shut_box", "table", t.Table, "place", place)
			}
		}
	}
	if err == nil && !found.Whole() {
		return errFailed
	}
	return err
}

type keyForgetCmd struct {
	site
	Number int64 `arg:"" help:"Number of the master key."`
	EvenSo bool  `help:"Also when no backup is known from after the key was retired."`
}

// Run forgets a key.
func (c keyForgetCmd) Run(r *run) error {
	a, done, err := c.open(r)
	if err != nil {
		return err
	}
	defer done()
	if err := a.House.Registry.Keys().Forget(r.ctx, c.Number, c.EvenSo); err != nil {
		return err
	}
	r.say("cli.key_forgotten", "key", c.Number)
	r.say("cli.key_split_again")
	return nil
}

// tell writes a line of the answer to standard output, in the language of the person.
func (r *run) tell(key string, slots ...any) { r.line(r.streams.Out, key, slots) }

// rereadFiles reads the key file and the certificate again at each SIGHUP; stop ends that. What cannot be read leaves what was
// read before in use.
func rereadFiles(r *run, a *app.App) (stop func()) {
	hangup, end := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(hangup, syscall.SIGHUP)
	go func() {
		for {
			select {
			case <-end:
				return
			case <-hangup:
				if err := a.House.Registry.Keys().Reload(); err != nil {
					r.status(err)
				} else {
					r.say("cli.key_reread")
				}
				if is, err := a.RereadCertificate(); err != nil {
					r.status(err)
				} else if is {
					r.say("cli.certificate_reread")
				}
			}
		}
	}()
	return func() { signal.Stop(hangup); close(end) }
}
